# People, roles, rights, passwords and the audit.

people-title = People
people-lead = Who can sign in here, and as what.
people-name = Name
people-role = Role
people-last = Last sign-in
people-never = not since the machine was started
people-state = Sign-in
people-on = Allowed
people-off = Switched off
people-add = Add a person
people-user = Sign-in name
people-user-hint = 2 to 32 of a–z, 0–9, dot and hyphen
people-display = Name that others see
people-display-hint = With rank or office, as it should stand beside a record
people-add-button = Add
people-choose-role = Choose a role.

role-officer-words = Checks, searches, writes records and markers
role-analyst-words = Also imports files
role-supervisor-words = Also undoes imports and reads the audit
role-administrator-words = Runs the machine: people, posts, sync. Sees no records
role-auditor-words = Reads the audit, and nothing else

right-check = Check a plate, a name, a number or a document
right-search = Search records
right-view = Open records
right-edit = Write records, markers and links, and settle two values
right-import = Import files
right-undo = Undo imports as a whole
right-see-sync = See what is where
right-sync-now = Ask for a sync, or cancel one
right-write-stick = Write a stick for another site
right-read-stick = Read a stick that came
right-manage-sync = Add addresses, cut and restore links
right-people = Add people, set passwords, change roles
right-enrol = Invite a post, join a hub
right-audit = Read and verify the audit

me-title = You
me-password = Your password
password-old = Present password
password-new = New password
password-first = First password
password-again = The same again
password-hint = At least 10 characters. Three unrelated words do well.
password-differs = The two passwords are not the same. Nothing was changed.
password-set = Set the password
password-set-heading = Set a new password
password-change = Change the password

audit-title = Audit
audit-lead = Who did what. Reading this page is written down too.
audit-verify = Verify the audit
audit-action = What
audit-all = Everything
audit-user = Sign-in name
audit-record = Number of a record
audit-filter = Show
audit-clear = Show everything
audit-none = No line answers to this.
audit-when = When
audit-who = Who
audit-what = What
audit-detail = On what
audit-count = Count
audit-proof = Proof
audit-witnessed = Elsewhere too
audit-here-only = Only here yet

action-check = Check
action-search = Search
action-view = Opened
action-create = Recorded
action-change = Changed
action-settle = Settled
action-import = Import
action-undo-import = Import undone
action-sign-in = Signed in
action-sign-in-refused = Sign-in refused
action-sign-out = Signed out
action-people = People
action-enrol = Enrolment
action-sync = Sync
action-stick-write = Stick written
action-stick-read = Stick read
action-stick-refused = Stick refused
action-stick-receipt = Stick arrived
action-audit-read = Audit read
action-refused = Refused
action-start = Started

verify-title = The audit, verified
verify-all = Verify every log
verify-sound = Every log is sound
verify-sound-words = { $count ->
    [one] 1 entry was read again: its chain, its signature and its seal are unbroken.
   *[other] { $count } entries were read again: their chains, signatures and seals are unbroken.
}
verify-broken = A log does not verify
verify-broken-words = Something was changed, lost or damaged. Do not repair it here: keep the machine as it is and call your administrator.
verify-log = Log
verify-written-by = Written by
verify-lane = Lane
verify-entries = Entries
verify-result = Result
verify-good = Sound
lane-urgent = urgent
lane-normal = normal
lane-bulk = bulk
