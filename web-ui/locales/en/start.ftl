# Before anyone is signed in; about and help; how pages look.

sign-in-title = Sign in
sign-in-user = Sign-in name
sign-in-password = Password
sign-in-button = Sign in
sign-in-help = Forgotten? An administrator of this site sets a new password. Every attempt is in the audit.

first-title = Start this machine
first-lead = { $site } is a { $role } of { $agency }. It has its keys; now it needs its first person.
first-doors = Where to begin
first-door-agency = A new agency
first-door-agency-words = Work alone from now on: add the first person below, then the others.
first-door-join = Join a hub
first-door-join-words = Add the first person below, then enter the hub’s code or file under “Sync”.
first-door-demo = Look around first
first-door-demo-words = A hub and two posts with invented records, kept apart from this machine:
first-person = The first person
first-person-words = They become the administrator: they add the others and see no records.
first-code = Start code
first-code-hint = It is shown where the appliance was started.
first-wrong-code = This is not the start code. Nothing was changed. Look for it where the appliance was started.
first-closed = The first person is added on the machine itself, on its command line. Nothing was changed.
first-button = Add and sign in

look-heading = How pages look in this browser
look-theme = Colours
look-auto = As the machine
look-light = Light
look-dark = Dark
look-rows = Rows
look-comfortable = Comfortable
look-compact = Compact
look-keep = Keep

about-lead = Cairn keeps records with no network, shares them when there is a way, and says how old every answer is.
about-machine = This machine
about-site = Site
about-agency = Agency
about-member = Member of a region
about-not-member = Not yet: it has not joined a hub
about-version = Version
about-key = Its public key
about-licence = Free software under the MIT or the Apache 2.0 licence. Contains htmx and idiomorph (0BSD).
help-heading = In short
help-check = Check
help-check-words = Type or scan into the one box: a plate, a name, a phone, a document number, or the lines of a passport. The answer comes from this machine, in the same second.
help-verdicts = What an answer means
help-verdicts-words = “Hit” is the same identifier. “Possible” looks or sounds alike: compare before you act. “Nothing held” speaks only for what has arrived here; beside it stands who has not been heard from.
help-offline = No network
help-offline-words = Everything works without one. What you save is safe on this machine at once. The line at the foot of every page says what has not reached the hub yet.
help-two-values = Two values
help-two-values-words = When two people change the same field while apart, both values are kept. One of you opens the record and decides; the decision is part of its history.
help-private = Screens that others can see
help-private-words = Discreet markers never show on the check page. “Details in private” is on every hit, so that its being there says nothing.
help-audit = The audit
help-audit-words = Every check, search, opened record, change, import and sign-in is written down before its answer is shown. Other machines keep a copy of the proof.
