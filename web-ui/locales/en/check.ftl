# Check.

check-title = Check
check-label = Plate, name, phone, document number, or the lines of a passport
check-hint = Blanks, hyphens and capitals do not matter. A document reader can type straight into the box.
check-button = Check
check-empty = The answer appears here.
check-empty-more = It comes from what this machine holds, with no network needed, and says how old it is. Every check is in the audit.

verdict-hit = Hit
verdict-possible = Possible
verdict-nothing_held = Nothing held
verdict-not_understood = Not understood
verdict-hit-words = { $count ->
    [one] 1 record answers to this exactly.
   *[other] { $count } records answer to this.
}
verdict-possible-words = { $count ->
    [one] 1 record is close to this. Compare before you act.
   *[other] { $count } records are close to this. Compare before you act.
}
verdict-nothing_held-words = Nothing is held here on this, as of { $time }.
verdict-not_understood-words = This could not be read as anything that can be checked. Nothing was looked up.

matched-exact = Same
matched-look_alike = Looks alike
matched-mention = Mentioned
matched-name = Name alike

check-call = Call
check-set-by = Set by
check-review-by = review by { $date }
check-held-by = Held by
check-age = Last changed
check-linked = Linked
check-open = Open the record
check-private = Details in private
check-more = { $count ->
    [one] 1 more record answers; make the check narrower to see it.
   *[other] { $count } more records answer; make the check narrower to see them.
}
check-lost = Part of this record was lost on a disk: what is shown of it may be old.
check-sources = How fresh this is
check-read-as = Read as
check-answered = Answered
check-next-heading = What this answer is worth
check-next-search = Search all records instead
check-damaged = Part of what this machine held was damaged on its disk: what is asked may have been in it.
check-unheard-none = Every site that this machine knows was heard from within a day. Newer entries may still be on their way.
check-unheard-alone = This machine knows no other site: only what was recorded here was looked at.
check-unheard-partly = never everything
check-unheard = { $count ->
    [one] Not heard from within a day: { $sites }. It may hold something that has not arrived here.
   *[other] Not heard from within a day: { $sites }. They may hold something that has not arrived here.
}
check-unheard-site = { $site } ({ $when })

source-here = This machine, up to now
source-damaged = This machine, not complete: part of what it held was damaged on its disk
source-complete = Complete up to { $when }
source-partly = Not complete. Newest entry { $when }
source-never = Nothing has arrived from it yet
source-name = { $site } ({ $role })

private-title = Show what must stay private
private-words = This page may show warnings that the person in front of you must not see. Turn the screen away from them first.
private-show = The screen is turned away: show it
private-back = Back without showing

# How a check read what was typed.
read-as = { $what } { $text }
read-possibly = { $what } { $text } (possibly)
read-born = { $name }, born { $date }
read-plate = Plate
read-phone = Phone
read-document = Document
read-vin = VIN
read-name = Name

# What to look at again on a document.
caution-unread = The lines of the document could not be read: { $why }.
caution-number = The check digit of the document number does not fit. Look at the document again.
caution-birth = The check digit of the date of birth does not fit. Look at the document again.
caution-expiry = The check digit of the date of expiry does not fit. Look at the document again.
caution-optional = The check digit of the second number does not fit. Look at the document again.
caution-composite = The check digit of the whole line does not fit. Look at the document again.
caution-repaired = Line { $line }, place { $place }: { $from } was read as { $to }.
