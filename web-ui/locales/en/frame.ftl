# The frame of every page, and words that many pages share.

brand = Cairn
demo-word = Demonstration
demo-line = invented records, nothing here is real
skip = Skip to the page
menu = Menu
search-all = Search all records
search-placeholder = Search records ( / )
sign-out = Sign out
link-cut = Cut the link
link-restore = Restore the link
times-are-utc = Times are UTC.
about = About and help
shortcuts = Keys
close = Close
shortcut-search = Search
shortcut-check = Check
shortcut-new = New record
shortcut-home = Home
shortcut-help = This list
shortcut-palette = Go to a page, a record or a check
shortcut-off = Single keys can be switched off in your settings.
palette-open = Go to …
palette-title = Go to
palette-label = A page, a record, something to check or search
palette-keys = Arrow keys choose, Enter goes there, Escape closes.
palette-new = New record: { $kind }
palette-me = My settings
palette-drafts = Drafts
print-class = Police information. Handle it as the grade and handling codes of each record say.
print-class-demo = Demonstration: invented records
shortcut-escape = Back to where you were
printed-by-nobody = Printed at { $site }, { $time }. Keep it, hand it on or destroy it as your rules say.
printed = Printed by { $person }, { $site }, { $time }. Keep it, hand it on or destroy it as your rules say.

way-home = Home
way-check = Check
way-questions = Questions
way-search = Search
way-new = New record
way-import = Import
way-sync = Sync
way-audit = Audit
way-people = People

role-officer = Officer
role-analyst = Analyst
role-supervisor = Supervisor
role-administrator = Administrator
role-auditor = Auditor
site-hub = hub
site-post = post
site-relay = relay

connection-lost = The machine did not answer. Nothing was changed. Look whether this device is still on its network, and try again.
go-back = Back
save = Save
cancel = Cancel
yes = Yes
no = No
not-recorded = Not recorded
never = never
trouble-heading = This was not done
copy = Copy
copied = Copied
pager-earlier = Earlier
pager-next = Next page
pager-back = Page before
pager-where = { $first }–{ $last } of { $total }

# What was just done, at the top of the page that follows.
done-signed-out = You are signed out.
done-saved = Saved on this machine. It goes to the hub when there is a way to it.
done-created = Recorded on this machine. It goes to the hub when there is a way to it.
done-unchanged = Nothing was different, so nothing was saved.
done-met-another = Saved. Somebody else changed the same field while you were writing: both values are kept until one of you decides.
done-attached = Attached on this machine. The file follows to the hub after the records.
done-file-wanted = The file is fetched as soon as a link allows.
done-file-hidden = Taken from view. Nothing was deleted; it can be shown again below the files.
done-file-shown = The file is shown again.
done-settled = Settled. The decision is part of the record’s history.
done-marked = The marker is set. It travels before everything else.
done-linked = The two records are linked.
done-sync-asked = Sync was asked for. This page shows how it goes.
done-sync-cancelled = The sync was cancelled. What had arrived is kept; the rest waits 15 minutes, or until somebody says “Sync now”. An urgent entry goes at once.
done-rules-saved = The link settings are saved and count at once.
done-cut = The links of this machine are cut. Work goes on; everything waits here.
done-restored = The links of this machine are restored.
done-address-added = The address was added. It is tried at the next sync.
done-joined = This post has joined. Records of the region arrive now.
done-person-added = The person was added and can sign in.
done-person-changed = Changed. It holds from their next click on.
done-password-set = The password was set. Their other sessions have ended.
done-own-password-set = Your password was changed. Your other sessions have ended.
done-undone = The import was undone: its records are withdrawn, their history stays.
done-look-kept = Kept for this browser.
done-first-person = You are the first person here, and its administrator. Add the others next.
done-draft-kept = Kept as a draft on this machine. Nothing was recorded yet.
done-draft-dropped = The draft is discarded.
done-alert-read = Noted.
done-stopped = The import was stopped. What it had written stays and can be undone.

# Pages for what went wrong.
failure-bad-request = This could not be understood
failure-busy = Too much at once
failure-fault = A fault in the appliance
failure-invalid = The record was not saved
failure-mending = Not possible for a moment
failure-method-not-allowed = Not possible here
failure-no-room = No room on the disk
failure-no-such-address = There is no such page
failure-not-found = Not held here
failure-not-from-here = The form was not sent from here
failure-not-now = Not possible now
failure-peer-refused = The other side was refused
failure-refused = Your role does not allow this
failure-saved-unseen = Saved, but not shown yet
failure-sign-in-wait = Too many failed attempts
failure-sign-in-wrong = The name or the password is wrong
failure-signed-out = You are not signed in
failure-too-large = Too large
failure-wrong-host = Unknown address
# What happened, whether anything was lost, what to do; for the reasons that have one sentence.
failure-words-refused = Your role does not allow this. Nothing was read or changed. Ask an administrator if you need it.
failure-words-signed-out = You are not signed in, or your session has ended. Nothing was changed. Sign in and try again.
failure-words-not-from-here = This form was not sent from a page of your present session, so nothing was changed. Open the page again and send the form from there.
failure-words-no-such-address = There is no page at this address. Nothing was read or changed.
failure-words-method-not-allowed = This address does not take that kind of request. Nothing was read or changed.
failure-words-sign-in-wrong = The name or the password is wrong.
failure-words-sign-in-wait = Too many failed attempts. Try again in { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}.
failure-may-heading = What your role may do here
failure-home = To the home page
failure-role = You are signed in as { $role }.
