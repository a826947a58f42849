# Sticks: records carried by hand.

stick-title = Sticks
stick-lead = Where there is no link, records and their files travel by hand: a sealed file that only one site can open.
stick-go = Carry records by stick
stick-go-words = For a site that no link reaches: write a sealed file, carry it there, read it there.
stick-write = Write a stick
stick-write-button = Write and save the file
stick-to = For
stick-to-hint = Only this site can open it. It carries what the site is not proved to hold.
stick-everything = Everything
stick-everything-hint = For a new post, or one that was restored from a backup.
stick-files = Photographs and other files too
stick-files-hint = After the records, as many as a browser can carry: new ones first, the rest with the next stick. More fit on one from the command line.
stick-valid-7 = 7 days
stick-valid-30 = 30 days
stick-valid-180 = 180 days
stick-no-site = No other site is known here yet. Join a hub first, or invite a post.
stick-read = Read a stick
stick-read-button = Read it
stick-file = The file
stick-file-hint = Ends in .age. Reading it again after an interruption goes on where it was.
stick-no-file = Choose the file of the stick. Nothing was read.
stick-read-done = The stick was read.
stick-number = stick
stick-new = { $count ->
    [0] Nothing on it was new.
    [one] 1 entry was new and is saved here.
   *[other] { $count } entries were new and are saved here.
}
stick-held = { $count ->
    [0] { "" }
    [one] 1 was here before.
   *[other] { $count } were here before.
}
stick-files-new = { $count ->
    [one] 1 file is now whole here ({ $size }).
   *[other] { $count } files are now whole here ({ $size }).
}
stick-files-left-here = { $count ->
    [one] 1 file on it is not whole here. The stick can be read again for it.
   *[other] { $count } files on it are not whole here. The stick can be read again for them.
}
stick-files-missing = { $count ->
    [one] 1 file that is wanted here is still missing.
   *[other] { $count } files that are wanted here are still missing.
}
stick-and-files = { $count ->
    [one] and 1 file
   *[other] and { $count } files
}
stick-files-did-not-fit = { $count ->
    [one] 1 file did not fit
   *[other] { $count } files did not fit
}
stick-files-not-whole = { $count ->
    [one] 1 file is not whole here
   *[other] { $count } files are not whole here
}
stick-missing-words = Never read here: stick { $numbers }. Nothing is lost: this one carries the same and more.
stick-received-words = Our stick { $numbers } has arrived there.
stick-set-aside = Set aside:
stick-list = Written and read here
stick-none = No stick was written or read here.
stick-col-stick = Stick
stick-col-entries = Entries
stick-col-until = Good until
stick-for = For
stick-from = From
stick-state-on-the-way = On the way
stick-state-received = Arrived
stick-state-expired = Expired, not known to have arrived
stick-state-read = Read here
