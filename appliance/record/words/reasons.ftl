# Reasons that the crates give as data, in English. One line each: the screens read this file with Fluent beside their own
# catalogue, and the command line fills it in by itself (record/src/reason.rs), so a sentence has arguments and nothing else.
# Most begin small and end without a stop: whoever shows one makes a sentence of it.

reason-plain = { $text }
reason-calendar-day = { $day } { $month } { $year }

# What is wrong with a record that somebody proposes.
reason-problem-unknown-field = A { $kind } has no field number { $number }. Leave it out.
reason-problem-only-one = { $field } takes one value, and { $given } were given. Keep one.
reason-problem-too-many = { $field } takes at most { $most } values, and { $given } were given.
reason-problem-not-yes-no = { $field } must be yes or no.
reason-problem-not-a-number = { $field } must be a whole number.
reason-problem-not-a-record = { $field } must be another record. Choose one.
reason-problem-not-text = { $field } must be text, not { $given }.
reason-problem-too-long = { $field } has { $length } characters and may have { $most }. Shorten it.
reason-problem-not-a-code = { $field } cannot be "{ $given }". Choose one of the list.
reason-problem-not-a-country = { $field } cannot be "{ $given }". Choose a country of the list.
reason-problem-not-a-date = { $field } is not a date: "{ $given }". Write year-month-day, such as 1997-04-08, or only the year.
reason-problem-not-a-time = { $field } is not a date with a time: "{ $given }". Write it like 2026-02-28T14:02, or only the date.
reason-problem-no-characters = { $field } has no letter and no digit: "{ $given }". Leave it empty if it is not known.
reason-problem-in-future = { $field } lies in the future: { $given }. Check it.
reason-problem-in-future-perhaps = { $field } lies in the future: { $given }. Is it right?
reason-problem-too-old = { $field } would make the person more than { $years } years old: { $given }. Check it.
reason-problem-is-today = { $field } is today. Check it.
reason-problem-not-a-position = { $field } must be degrees between -{ $most } and +{ $most }, such as +41.9981.
reason-problem-phone-unreadable = { $field } "{ $given }" is no telephone number. It is kept, but a check will not find it.
reason-problem-vin-form = A VIN has 17 letters and digits, and { $given } has another form. It is kept as it is.
reason-problem-vin-check-digit = The check digit of the VIN { $given } does not agree. That is usual for European vehicles.
reason-problem-imei-check-digit = The check digit of the IMEI { $given } does not agree. Was it copied correctly?
reason-problem-personal-number-check-digit = If { $given } is a personal number of the former Yugoslavia, its check digit does not agree. Was it copied correctly?
reason-problem-required = { $field } is missing. Fill it in.
reason-problem-says-nothing = This record says nothing yet. Fill in at least one of: { $fields }.
reason-problem-dates-out-of-order = { $until } lies before { $from }. Check both.
reason-problem-grade-scheme = A grade means nothing without its scheme. Choose the grading scheme.
reason-problem-grade-of-other-scheme = The scheme { $scheme } has no grade "{ $code }" here. Choose one of its own.
reason-problem-grade-reason = This grade says that the source or the information is doubted. Write down why.
reason-problem-handling-conditions = This handling code allows sharing only with conditions. Write down which.
reason-problem-link-to-itself = A link joins two different records, and both ends of this one are the same. Choose another.
reason-problem-record-too-large = The record has { $bytes } bytes of text and may have { $most }. Shorten the longest text.

# Lines of a document that cannot be read.
reason-mrz-shape = this is not a machine-readable zone: it must be 2 lines of 44 or 36 characters or 3 of 30, and this has lines of { $found }. Scan or type it again
reason-mrz-character = character "{ $character }" in line { $line }, column { $column } does not occur in a machine-readable zone, which has only A to Z, 0 to 9 and <. Scan or type it again
reason-mrz-no-today = the date of today is not known, and without it a two-digit year of birth cannot be read

# Rows of a file that are not read, or are read with a remark.
reason-row-empty = The row is empty.
reason-row-columns-cut = The row has { $found } columns and the header { $columns }: it was cut off, and which columns are missing cannot be known.
reason-row-columns-more = The row has { $found } columns and the header { $columns }: a separator stands inside a text without quotation marks.
reason-row-too-many-columns = The row has more than { $most } columns.
reason-row-too-long = The row is longer than { $most } bytes.
reason-row-quote-open = A quotation mark opens a text and nothing closes it where the row should end.
reason-row-quote-after = Text follows a closing quotation mark; quotation marks inside a text must be doubled.
reason-row-encoding = { $column }: it has bytes that stand for no letter in { $encoding }.
reason-row-control = { $column }: it has the control character { $control }, which no text has.
reason-row-no-reference = The column "{ $column }", which names the row, is empty.
reason-row-repeated = Line { $line } already has the reference "{ $reference }" and says something else.
reason-row-date-form = { $column }: "{ $text }" is not written as { $formats }.
reason-row-date-calendar = { $column }: "{ $text }" is no date of the calendar.
reason-row-date-two-ways = { $column }: "{ $text }" can be read in two ways as { $formats }, and is not guessed.
reason-row-invalid = { $part }: { $why }
reason-row-too-many = The file has more than { $most } rows. The rest, from this line on, was not read. Split the file.
reason-row-no-code = { $column }: "{ $text }" has no code; its words are kept in the remarks of the { $part }.
reason-row-lost-letters = { $column }: letters were lost before this file was written: "{ $text }".

# Files and mappings that cannot be used.
reason-file-not-read = the file was not read: { $why }
reason-file-too-large = the file has { $bytes } bytes and may have { $most }; split it and import the pieces
reason-file-no-such = there is no file of this number
reason-file-none-chosen = no file was chosen, or it is empty. Nothing was attached: go back and choose one
reason-file-empty = the file is empty
reason-file-header = the first line, which must name the columns, cannot be read as { $encoding }: { $why }
reason-header-encoding = it has bytes that stand for no letter in this encoding
reason-file-no-column = the file has no column { $missing }; it has { $found }. Is it the right mapping, with the right separator and encoding?
reason-file-column-twice = the file has two columns "{ $name }", and the mapping cannot tell which is meant; rename one in the file
reason-file-no-today = the date of today is not known, and without it two-digit years cannot be read
reason-mapping-not-here = a mapping called { $mapping } is not held here; it may not have arrived yet
reason-mapping-unreadable = the mapping cannot be read: { $why }
reason-mapping-unusable = the mapping cannot be used: { $why }
reason-mapping-name = its name must be 1 to 60 lower-case letters, digits and hyphens
reason-mapping-titles = title, origin_system, origin_agency and reference must each have 1 to 70 characters
reason-mapping-separator = "{ $separator }" cannot stand between cells
reason-mapping-country = "{ $code }" is no country code of three letters
reason-import-not-here = an import with the id { $batch } is not held here; it may not have arrived yet
reason-import-undone = this import was undone already

# Records, versions, drafts, searches.
reason-not-your-role = your role does not allow this; nothing was read or changed; ask an administrator
reason-not-saved = the record was not saved: { $problems }
reason-record-not-here = the record { $record } is not held here; it may not have arrived yet
reason-record-lost = part of this record was lost on a disk, and no site is known to hold it, so that it does not come back by itself; what is shown here may be old, and what is written into it may not reach every site: write it anew, as a new record
reason-record-lost-one-waits = part of this record was lost on a disk, and no site is known to hold it, so that it does not come back by itself; 1 change that builds on it waits and is not shown, so what is shown here may be old: write it anew, as a new record
reason-record-lost-some-wait = part of this record was lost on a disk, and no site is known to hold it, so that it does not come back by itself; { $waiting } changes that build on it wait and are not shown, so what is shown here may be old: write it anew, as a new record
reason-record-lost-whole = the beginning of the record { $record } was lost on a disk, and no site is known to hold it, so that nothing of the record can be shown; it does not come back by itself: write it anew, as a new record
reason-record-empty = an empty record is not saved; fill in at least one field
reason-record-other-kind = the record is of another kind
reason-record-withdrawn = the record was withdrawn; import it again to work on it
reason-settled-already = this is settled already; open the record again
reason-changed-meanwhile = the record has changed since you opened it; nothing was changed: open it again and decide
reason-field-of-machine = field { $field } is set by the machine, not by people
reason-version-missing = a change must say which version of the record it is based on
reason-version-unreadable = this is not a version of a record
reason-value-not-chosen = no value was chosen that this field can hold, so nothing was changed; go back and choose one
reason-draft-too-long = this is too long to be kept as a draft (at most { $most } kB); save it instead. An earlier draft of it is still kept
reason-search-too-long = the search text is longer than { $most } characters; shorten it
reason-search-too-deep = a search shows only its first hits: narrow it with another word or a kind of record

reason-also-sounds-alike = names that sound like “{ $word }”
reason-also-looks-alike = numbers and marks that look like “{ $word }”

# What the doctor finds.
reason-doctor-log = the log of { $site } in { $space } is damaged: { $why }
reason-doctor-frozen = the log of { $site } has two histories and is frozen after entry { $number }; peers hold the proof, and what came after is carried on elsewhere
reason-doctor-damaged = what { $site } wrote in { $space } under number { $numbers } (log { $life }) was damaged on this disk; another site holds it, and it comes back at the next sync with it
reason-doctor-lost-notes = what this machine noted for itself under number { $numbers } (log { $life }) was damaged on this disk; copies of the notes are in use, and nothing else has to be done than to have the disk or card replaced
reason-doctor-lost = what { $site } wrote in { $space } under number { $numbers } (log { $life }) was damaged on this disk; no site is known to hold it, and it comes back from any that does
reason-doctor-lost-record = part of the record { $record } was lost, and no site is known to hold it, so that it does not come back by itself; what is shown of it may be old: write it anew, as a new record
reason-doctor-mended = segment { $number } of the journal was damaged and is kept as { $file }; what is good of it is in its place, and what is missing is named
reason-doctor-gone = segment { $number } of the journal was missing; what was in it is named
reason-doctor-views = the views cannot be read as they should ({ $detail }); no record is lost: run cairn doctor --rebuild
reason-doctor-index = the search index cannot be read as it should ({ $detail }); no record is lost: run cairn doctor --rebuild
reason-doctor-parts-removed = parts of files that were never acknowledged were removed: { $count }; nothing is lost
reason-doctor-parts-damaged = parts of files are damaged on this disk and were set aside: { $count }; they come back from peers that hold them
reason-doctor-parts-unread = the parts of files could not be looked at: { $why }
reason-doctor-torn = the last { $bytes } bytes of the journal were a write that was never acknowledged; they were set aside at the last start, and nothing is lost
reason-doctor-torn-behind = the journal was damaged { $bytes } bytes before its end, in front of { $commits } acknowledged commits; its end was kept aside as it was, what is good of it stays in use, and what is not comes back from peers that hold it

# The disk and the machine.
reason-disk-full = the disk is full, so this was not saved and not answered: whatever is done here is written in the audit first. Nothing was lost. Free some space and try again; if it cannot wait, call another site
reason-sign-in-disk-full = the disk of this machine is full, so that nobody can sign in: no sign-in counts that is not in the audit, and that cannot be written. Nothing is lost. Have whoever looks after this machine free space on its disk, then sign in again
reason-disk-low = only { $free } MB of disk are free, less than the { $floor } MB kept for records: imports wait until there is more room. Records can still be written
reason-mending = the appliance is putting its index right after an error of the disk ({ $why }); no record is lost, and nothing is answered meanwhile, because the answer could be incomplete: try again in a few seconds
reason-saved-unseen = this was saved on this machine and is safe, but it cannot be shown yet ({ $why }): do not enter it again, it appears by itself when the disk works again
reason-view-no-room = the disk is full
reason-view-damage = a part of it is damaged
reason-view-other = { $detail }
reason-view-behind = what was written last is not in it yet
reason-disk-reopen = the store must be opened again after an error of the disk; what was acknowledged before is safe: start Cairn again
reason-disk-other = the disk or the store answered: { $detail }
reason-view-damaged = a view of the records is damaged and has to be built again; no record is lost: run cairn doctor --rebuild
reason-too-many-logs = more logs than the views can name; build them again with cairn doctor --rebuild
reason-no-search-index = this installation has no search index
reason-no-key-yet = this machine holds no key to write with yet; sync with the hub and try again
reason-no-registry = this hub has no registry of its own
reason-stopped-inside = a fault inside the appliance stopped this request; what was saved before is safe; look at the record before you try again, and report it if it happens twice
reason-already-there = there is an installation in { $place } already; it was left as it is
reason-nothing-there = there is no installation in { $place }; run cairn init
reason-agency-form = the agency has 1 to 60 characters on one line
reason-site-form = the site has 1 to 60 characters on one line
reason-country-form = the country is a code of three letters, such as MKD (ISO 3166-1 alpha-3)
reason-log-fault = entry { $number } does not hold: its place in the chain, its signature or its content is not what it should be
reason-log-hole = number { $numbers } was damaged on this disk and is missing; what comes before it was verified, and what follows was not

# People.
reason-user-taken = there is already somebody called { $user } here
reason-user-unknown = there is nobody called { $user } here
reason-user-name-form = a sign-in name has 2 to 32 letters a to z, digits, dots or hyphens, and is not "terminal"
reason-display-name-form = a name has at most { $most } characters on one line
reason-too-many-people = this machine holds at most { $most } accounts
reason-wait-seconds = too many failed attempts; the next one is possible in { $seconds } s
reason-old-password-wrong = the present password is wrong; nothing was changed
reason-password-short = a password has at least { $least } characters; a sentence you remember is best
reason-password-long = a password has at most { $most } bytes
reason-last-administrator = this is the last administrator; make somebody else administrator first
reason-nobody-any-more = somebody was added here meanwhile; nothing was changed; sign in

# Inviting and joining.
reason-relay-cannot-read = this machine is a relay: it carries records that it cannot read, and holds no key to them; nothing was read or changed and nothing is lost; ask at a post or at the hub
reason-relay-no-sticks = sticks do not go to or from a relay: what it carries it can neither read nor pack; nothing was written or read and nothing is lost; write the stick for a post or the hub
reason-only-hub-invites = only a hub invites; this machine is a post
reason-too-many-invitations = there are { $most } open invitations; let some expire first
reason-only-first-hub-invites = only the hub with which the agency began invites; this is another one of its hubs
reason-joined-already = this machine belongs to { $agency } already
reason-not-a-code = this is not a joining code: it has 24 letters and digits in six groups of four; read it again
reason-address-form = an address is a host and a port, such as 192.168.1.10:4440
reason-join-no-address = the hub was not found on this network; give its address, such as 192.0.2.10:4440, and try again with the same code
reason-join-unreachable = the hub did not answer at { $address }; check the address and that the hub is running, then try again with the same code
reason-join-wrong-hub = what answered at { $address } is not the hub that made this code; nothing was sent to it. Check the code and the address
reason-join-refused = the hub refused ({ $name }): { $detail }
reason-join-garbled = the hub's answer at { $address } cannot be read; it may run another version
reason-peer-wrong-code = the code is wrong, was used, or has expired; ask for a new one
reason-peer-used-code = this code has just been used by another post
reason-peer-door-closed = too many wrong codes; joining is closed for an hour
reason-peer-agency-full = the agency has no room for another machine: its members share at most { $most } spaces, and each post brings its own; nothing was changed, what is recorded on this machine stays on it, and the code is still good
reason-peer-relay-used = this code makes a machine a relay, which can read no record, and records were written on this one or it was a post before; nothing was changed and the code is still good; use a machine that is newly set up
reason-peer-wrong-role = this code was made for a hub and this machine is a post, or the other way round; the code is still good, ask for another one
reason-line-too-long = this line is too long for an invitation; scan it again
reason-peer-bad-space = the post brings something that only a hub may bring, or that is known already
reason-peer-bad-grant = the hub's answer contradicts itself

# Links: why there is none, or why it ended.
reason-link-silent = the other machine does not answer: { $why }
reason-link-no-answer = no answer in time
reason-link-no-such-address = its address cannot be found in this network
reason-link-stranger = what answers at this address has the key of another machine
reason-link-refused = the other machine refused the connection; its links may be cut
reason-link-unknown-here = the other machine does not know this one (unknown-replica); it may not have heard yet that it is a member
reason-link-duplicate = another connection with the same machine is used instead
reason-link-closed = the other machine ended the connection
reason-link-closed-by-name = the other machine ended the connection: { $name }
reason-link-timed-out = nothing was heard of the other machine for too long
reason-link-restarted = the other machine was restarted
reason-link-late = the other machine did not begin the session in time
reason-link-other = the network answered: { $detail }
reason-link-takes-nothing = the other machine does not take what is sent to it
reason-link-cut-here = this machine cut its links
reason-link-cut-there = the other machine cut its links
reason-link-cancelled-here = the sync was cancelled here
reason-link-cancelled-there = the sync was cancelled at the other machine
reason-link-ended-here = this machine ended the session: { $name }
reason-link-ended-there = the other machine ended the session: { $why }
reason-link-broken-rule = what the other machine sent was not taken, and nothing was changed by it: { $why }
reason-link-not-taken = the other machine did not take some entries: { $why }
reason-link-no-room-here = the disk of this machine is nearly full, so that it did not take everything; nothing is lost, and the rest is asked for again every few minutes: free space on this disk
reason-link-no-room-there = the disk of the other machine is nearly full, so that it did not take everything; nothing is lost, and the rest is offered again every few minutes: have somebody there free space on its disk
reason-link-in-order = in good order
reason-link-no-listen = cannot listen on { $address }: { $detail }; nothing else is affected, choose another port or stop the program that has it
reason-link-bad-key = the key of this machine cannot be used for TLS: { $detail }; restore it from a backup
reason-link-not-now = the other machine takes no calls now, by its link settings
reason-rules-no-window = say at which hours the link may be used, such as 22:00-05:00; the rules were left as they are
reason-rules-windows = a rule has at most { $most } windows; the rules were left as they are
reason-rules-odd-window = a window begins and ends at two different times between 00:00 and 23:59; the rules were left as they are
reason-rules-bytes = the bytes of a day are at least 50 kB, which is a few syncs without news, and at most 1,000 GB; the rules were left as they are
reason-rules-offset = the time of the rules is at most 14 hours from UTC; the rules were left as they are
reason-rules-not-a-window = { $text } is not a window; write it like 22:00-05:00. The rules were left as they are
reason-rules-twice = a site has one link rule; the rules were left as they are
reason-link-nobody = no address of any peer is known here; add one on the sync page or join a hub first
reason-links-are-cut = the links of this machine are cut on purpose, so that nothing can go and nothing was asked for; what is written here waits and nothing is lost: restore the link first, at the foot of any page or with “cairn links restore”, which whoever manages sync here may do

# What another machine sent and was refused.
reason-peer-refused = refused: { $why }
reason-peer-version = the two machines have no version of the protocol in common; update the older one
reason-peer-other-agency = the other machine belongs to another agency
reason-peer-not-shared = the registry held here does not let the two machines share this
reason-peer-not-authorised = its writer was not allowed to write this
reason-peer-gap = something between is missing here; it comes with the next sync
reason-peer-frozen = a log has two histories; what both have in common is kept, what came after is carried on by the machines that hold it, and the administrator of the hub has to look at it
reason-peer-no-room = there was too little room on the disk of the machine that should keep it; it will be asked for again
reason-peer-storage = it could not be stored; it will be asked for again
reason-peer-slow = the other machine did not answer in time
reason-peer-rule = it breaks a rule that every honest machine keeps ({ $name }); it was kept out and nothing else is affected

# Entries that were set aside.
reason-aside-unusable = it says something that no honest machine writes; it stays in its log and nothing else is affected ({ $detail })
reason-aside-other-record = the entry is about another record than its change; it stays in its log
reason-aside-not-asked = it was written by a machine that was not asked; it does not count
reason-aside-flood = { $site } has { $most } open questions here, which is the most; what it asks beyond that is not answered
reason-aside-may-not-ask = whoever asked may not ask, or gave no reason; it is not answered
reason-aside-unread = its entry cannot be read here
reason-aside-other-space = the record lives in another space; its changes cannot come from this one

# Sticks.
reason-stick-none = this file is not a Cairn stick; nothing was read; choose a file that `cairn stick write` or the sync page made
reason-stick-truncated = the stick breaks off before its end; { $kept }; nothing is lost; copy it again from where it came from, or ask for a new stick, which carries the same
reason-stick-altered = the stick is not as it was written: it was altered or damaged on the way; { $kept }; nothing is lost; ask for a new stick
reason-stick-newer = the stick was written by a newer Cairn than this one; { $kept }; nothing is lost; update this machine, then read it again
reason-stick-missing = stick { $number } from { $site } goes on from entries that this machine does not hold: an earlier one is missing, or this machine was restored from a backup; { $kept }; nothing is lost; ask { $site } for a stick with everything
reason-stick-too-large = there is too much to say for one stick ({ $what }); nothing was written; sync over a link once
reason-stick-medium = the stick or its disk answered: { $detail }; what was kept before is safe; put it in again and repeat the command
reason-stick-too-long-for-browser = the stick is longer than the { $most } MB that go through a browser; use `cairn stick write` on the machine itself; nothing was written and nothing is lost
reason-stick-kept-nothing = nothing of it was kept
reason-stick-kept = entries that stood whole before were checked and kept: { $entries }
reason-stick-kept-files = entries and whole files that stood before were checked and kept: { $entries } and { $files }
reason-stick-file-unknown = a file on the stick belongs to no entry that is held here: the entry was set aside, or is on another stick; its parts were not kept and nothing is lost; read the stick again when the entry has come
reason-stick-file-incomplete = the stick does not carry all of { $file }: a part of it was damaged where the stick was written; the parts that came were kept and nothing is lost; the file comes when its writer has it whole again
reason-stick-files-no-room = there is no room here for all files of the stick: the disk would fall below what records need; all records of the stick were kept, and the files that fitted; free some space and read the same stick again
reason-stick-foreign = this stick is for another site or of another agency; nothing of it was read and nothing is lost; carry it to the site it is meant for, or ask for one that is addressed to this site
reason-stick-unknown-writer = this stick was written by a machine that the registry held here does not know; nothing of it was kept; ask the hub for a newer stick, which brings the registry up to date, and then read this one again
reason-stick-replayed = stick { $number } from { $site } was read here already, on { $on }; nothing was changed and nothing is lost; ask { $site } for a new stick if something is missing
reason-stick-expired = stick { $number } from { $site } was good until { $until }, and for this machine it is { $today }; nothing of it was kept; check the clock of this machine, else ask { $site } for a new stick, which carries the same and more
reason-stick-no-recipient = the registry held here does not say how to seal for { $site }; sync with it once first
reason-stick-no-site = site { $site } (known sites: { $known }) is not held here; it may not have arrived yet
reason-stick-two-sites = { $site } names more than one site; give the key of one
reason-stick-meanwhile = another stick for { $site } was written meanwhile; this one was discarded, write it again

# Lines of the audit that are sentences.
reason-audit-invited = invitation made
reason-audit-relay-joined = relay { $site } joined; it carries and was given no key
reason-audit-post-joined = post { $site } joined
reason-audit-hub-joined = hub { $site } joined
reason-audit-joined = joined { $agency }
reason-audit-wrong-code = wrong, used or expired joining code from machine { $machine }
reason-audit-person-added = added { $user } as { $role }
reason-audit-password = new password for { $user }
reason-audit-person-off = { $user }: { $role }, switched off
reason-audit-person-on = { $user }: { $role }, may sign in
reason-audit-mapping = mapping { $mapping } saved
reason-audit-import = { $file } as { $mapping }, batch { $batch }
reason-audit-import-counts = { $file }: { $read } rows read, { $imported } imported, { $same } same, { $rejected } rejected
reason-audit-import-undone = { $file }, batch { $batch }
reason-audit-stick-written = stick { $number } for { $site }; entries: { $entries }, bytes: { $bytes }
reason-audit-stick-read = stick { $number } from { $site }; new entries: { $entries }
reason-audit-stick-written-files = stick { $number } for { $site }; entries: { $entries }, files: { $files }, bytes: { $bytes }
reason-audit-stick-read-files = stick { $number } from { $site }; new entries: { $entries }, files that became whole: { $files }
reason-audit-stick-receipt = { $site } has read stick { $number }
reason-audit-link-opened = records move over the link to { $site }
reason-audit-link-closed = link to { $site } closed ({ $why }); entries received: { $received }, sent: { $sent }
reason-audit-refused = { $site }: { $why } ({ $name })
reason-audit-links-cut = cut
reason-audit-links-restored = restored
reason-audit-link-rules = rules: { $rules }
reason-audit-sync-asked = asked for
reason-audit-sync-cancelled = cancelled
reason-audit-asked = { $site }: { $text } ({ $why })
reason-audit-was-asked = { $site } asked: { $text } ({ $why })
reason-audit-address = address { $address } added
reason-audit-fork = a log of { $site } has two histories and is frozen
reason-audit-rescued = what was written behind a fork or behind damage was carried on
reason-audit-rolled-back = peers know more of this machine's past than it does: it was restored or cloned
reason-audit-copied = the data folder is a copy: a restored backup, a cloned card, or moved to another disk
reason-audit-lost-commits = the disk lost writes that it had taken
reason-audit-sound = every log is sound
reason-audit-faults = faults were found

# Requests that the screens do not carry out.
reason-sent-too-large = What you sent is larger than { $most }, the most this page takes. Nothing was read or changed.
reason-sent-broken = What you sent broke off or could not be read. Nothing was changed. Send it again.
reason-sent-not-text = The form is not text in UTF-8. Nothing was changed.
reason-sent-not-understood = The request could not be understood. Nothing was changed.
reason-sent-wrong-type = This address takes { $wanted }. Nothing was read or changed.
reason-form-too-many-fields = The form has more than { $most } fields. Nothing was changed.
reason-form-no-kind = The form does not say which kind of record it is about. Nothing was changed.
reason-form-no-draft = The form does not say what it is a draft of. Nothing was kept or changed.
reason-uploads-busy = Others are sending files at this moment. Nothing was read. Send it again shortly.
reason-imports-busy = Too many files are being imported at this moment. Nothing was read.
reason-passwords-busy = More than { $most } passwords are being checked at this moment. Try again shortly.
reason-stopping = The appliance is stopping.
reason-session-not-begun = The session could not be begun.
reason-session-ended = The session has ended.
reason-sign-in-too-long = The name or the password is too long.
reason-password-too-long = The password is too long. Nothing was changed.
reason-file-running = This file is being read already. Wait until that is done, or stop it.
reason-file-gone = This file is no longer kept here (files are dropped after half an hour). Send it again.
reason-file-unfinished = This file has not been read to its end, so that there is no list of refused rows yet.
reason-import-unknown = No import of this name was applied here.
reason-invitation-gone = This invitation is no longer open: it was used, or its time is over. Make a new one.
reason-person-unknown = Nobody of this name can sign in here.
reason-address-no-record = This address does not name a record. Nothing was read.
reason-site-not-here = this site is not held here; it may not have arrived yet
reason-probes-busy = Others are trying this at the moment. Try again shortly.
reason-nobody-to-see = No other site is known here, so there is nobody to see. Join a hub first.
reason-site-unknown = There is no such site here. Nothing was tried.
reason-page-not-made = The page could not be put together. What was asked has been done; look before you try again.
reason-page-closed = This page is closed because the table of rights does not name it.
reason-wrong-host = This appliance does not answer under that address. Use the address you were given, or have it added to the configuration.

# Questions to other sites.
reason-ask-why = a question needs its reason, in { $least } to { $most } characters; nothing was asked
reason-ask-too-long = a question has at most { $most } characters; nothing was asked
reason-ask-not-understood = this cannot be read as a plate, a name, a number or a document; nothing was asked
reason-ask-nobody = there is nobody to ask: this machine belongs to no hub yet; nothing was asked
reason-ask-not-a-member = the site to ask is no member of the agency; nothing was asked
reason-ask-own-full = you have { $most } questions open that nobody has answered yet; nothing was asked: wait for answers, or for questions to end
reason-ask-site-full = { $most } questions of this site are open, which is the most; nothing was asked: wait until some have ended
reason-question-not-here = this question is not held here

# Files that belong to records.
reason-file-no-thumbnail = this file has no thumbnail
reason-file-not-here = "{ $file }" is not on this machine yet; fetch it first: it comes as soon as a peer has it
reason-file-no-part = the file has no such part
reason-file-sealed-wrongly = whoever attached this file sealed it wrongly; ask for it to be attached again
reason-file-damaged = a part of "{ $file }" was damaged on this disk and was set aside; it is fetched again as soon as a peer has it
reason-file-too-many = this record has { $most } files, which is the most; nothing was attached: take one from view first
reason-file-attached-already = this very file is attached already; nothing was changed
reason-file-unknown = this file of the record { $record } is not held here; it may not have arrived yet
reason-file-too-large-to-attach = the file has { $size } MB, and one may have at most { $most } MB; nothing was attached: split it, or make the picture smaller
reason-file-no-room = there is too little room on this disk for the file: { $free } MB are free and { $floor } MB are kept for records; nothing was attached, and records can still be written: free some space and try again
reason-file-disk-full = the disk is full; nothing was attached and nothing was lost: free some space and try again
reason-file-entry-unreadable = an entry about a file cannot be read: { $detail }
reason-link-no-files = the peer gives no parts of files: { $why }
