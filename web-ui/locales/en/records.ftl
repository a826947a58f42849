# Search, records and their forms.

search-title = Search
search-heading-for = Search: { $text }
search-label = Name, number, address, words from a report
search-button = Search
search-count = { $count ->
    [0] Nothing found
    [one] 1 record
   *[other] { $count } records
}
search-also = Also searched:
search-ignored = Only the first { $count } words were looked for. Not looked for:
search-narrow = Kinds of record
search-pages = Pages
search-narrow-it = Only the first { $count } can be looked through. Narrow the search: another word, or a kind of record.
search-none = No record on this machine has these words.
search-none-more = Try fewer words, another spelling, or part of a name. What other sites hold and have not sent yet cannot be found here.
search-empty = Search looks through every record on this machine.
search-empty-more = It finds other spellings too. To find out whether somebody or something is wanted, use Check.
facet-all = All kinds

grade-in-words = Source: { $source }. Information: { $information }.
tag-conflict = Two values
tag-lost = Part lost
tag-withdrawn = Withdrawn
tag-discreet = Discreet

holding = { $person }, { $site }
holding-short = { $force }, { $reference }
holding-force = { $force }, brought in at { $site }
holding-force-reference = { $force }, { $reference }, brought in at { $site }

record-changed = Changed
record-edit = Change
record-mark = Set a marker
record-link = Link
record-withdrawn = This record was withdrawn: the import that brought it was undone. It is kept for its history and no check finds it.
record-lost-new = Write it anew
record-values = What is held
record-common = Grade, handling and origin
record-history = History
record-places = Where it is
record-links = Links
record-no-links = No links yet.
record-not-here-yet = A record that has not arrived here yet
record-about-link = about this link
record-open-marker = open the marker
record-space = Space:
record-number = Number of the record
record-audit = Who looked at it
place-here = Saved on this machine
place-has-it = { $site } has it
place-waits = { $site }: not known to have it yet
place-since = since
history-file = File
history-settles = Settled two values
history-first = Recorded

files-heading = Photographs and files
files-none = None yet.
files-hidden = { $count ->
    [one] 1 file taken from view
   *[other] { $count } files taken from view
}
file-open = Open { $name }
file-small = { $name }, small; the whole file is not on this machine yet
file-not-here = Not on this machine yet.
file-partly = { $here } of { $all } parts are on this machine.
file-coming = Fetched as soon as a link allows: { $here } of { $all } parts are here.
file-fetch = Fetch
file-hide = Take from view
file-hide-named = Take { $name } from view
file-show = Show again
file-show-named = Show { $name } again
file-add = Add a file
file-add-hint = A photograph, a scan, a dump of messages: at most 32 MB. Drop it here or choose it.
file-add-button = Attach

settle-heading = { $field }: two values wait for a decision
settle-words = They were written apart. Nothing was overwritten. Choose the one that holds from now on; the others stay in the history.
settle-other = Another value
settle-button = Let this hold

link-title = Link to another record
link-lead = First find the record at the other end, then say what links the two.
link-label = Find the other record
link-choose = Link to this

new-title = New record
new-lead = What is it about?
new-title-marker = Set a marker
new-title-link = Link two records
marker-in-private = A marker, to be opened in private
new-kind = New record: { $kind }
new-marker-link = Markers and links are made from the record they are about: open it and choose “Set a marker” or “Link”.
new-person = A human being, as far as known: a surname alone will do
new-organisation = A company, a group, an authority
new-vehicle = A road vehicle, by its plate or VIN
new-document = A passport, an identity card, a permit
new-phone = A telephone number, with its handset
new-location = An address, a house, a crossing
new-event = A crime, an incident, a stop, a crossing, custody
new-report = An intelligence report with its grade and handling
new-marker = A warning or a request on a record
new-link = What ties two records together
edit-title = Change: { $title }

form-must = needed
form-choose = Choose
form-day = Day
form-month = Month
form-year = Year
form-time = Time
form-add-another = Add another
form-common = Grade, handling and remarks
form-locked = Two values wait for a decision. Settle them on the page of the record.
form-hint-date = Leave out what is not known
form-hint-country = Name or three letters
form-hint-record = Open the record and copy its number from there
form-hint-contact = Name and telephone, on duty at any hour if possible
form-hint-when-asked = For questions only: a site that holds the record already finds it in its own checks
form-hint-handling = One code for each box

draft-keep = Keep as draft
draft-from = You have an unsaved draft of this form from
draft-go-on = Go on with it
draft-discard = Discard
draft-discard-named = Discard the draft: { $title }
draft-going-on = This is your draft. Nothing of it is recorded until you save.
draft-kept-at = Draft kept at { $time }
drafts-title = Drafts
drafts-lead = What you have begun and not saved.
drafts-none = You have no drafts.
drafts-where = Drafts are kept sealed on this machine for 14 days, at most 20. They are never sent anywhere and nobody else can open them.
draft-change = A change to a record ({ $kind })
home-draft-more = Begun and not saved; kept
home-draft-tag = Draft
draft-lost = The draft could not be kept just now. What you wrote is still on this page: save it, or sign in again in another tab and go on here.

# Why a search found a record.
met = { $word }: { $how }
met-identifier = same number or mark
met-name = same name
met-word = same word
met-prefix = begins like this
met-lookalike = number or mark that looks alike
met-sounds = name that sounds alike
met-misspelt = one letter differs
