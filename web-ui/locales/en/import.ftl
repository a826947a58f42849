# Import.

import-title = Import
import-lead = A file becomes records in four steps. Nothing is written before you have seen the counts.
import-steps = Steps
import-step-file = File
import-step-columns = How it is read
import-step-check = Check
import-step-apply = Apply
import-file = File with rows
import-file-hint = CSV, with the names of the columns in its first line. At most 64 MB.
import-send = Look at the file
import-nothing-yet = Nothing is written yet.
import-no-file = Choose a file first. Nothing was read.
import-list = Imports so far
import-none = Nothing has been imported on this machine.
import-col-file = File
import-col-when = When
import-col-state = State
import-stands = Applied
import-undone = Undone
import-read = Rows read
import-imported = Imported
import-would-import = Would be imported
import-same = Here already
import-rejected = Rejected
import-created = Records made
import-would-create = Records that would be made
import-changed = Records changed
import-rejected-rows = Rejected rows
import-download = Download as a file
import-line = Line
import-reason = Reason
import-row = The row
import-remark = Remark
import-remarks = { $count ->
    [one] 1 row was read with a remark
   *[other] { $count } rows were read with a remark
}
import-more-rejected = { $count ->
    [one] and 1 more, in the file to download
   *[other] and { $count } more, in the file to download
}
import-choose-title = How is this file read?
import-known = A mapping that is kept here
import-suggested = The columns are exactly those of “{ $mapping }”.
import-mapping = Mapping
import-mapping-hint = It says which column becomes which field, and how letters and dates are written.
import-mapping-choose = Choose a mapping
import-check = Check the file
import-check-words = A dry run: it writes nothing.
import-new-mapping = A file of another system
import-new-mapping-words = Say once what each column is. It is kept under a name for the next file.
import-sample = The first rows
import-sample-words = { $rows ->
    [one] Read as { $encoding }, about 1 row.
   *[other] Read as { $encoding }, about { $rows } rows.
}
import-encoding-unsure = The encoding is not certain: look whether the letters are right.
import-forget = Forget this file
import-checking = Checking the file
import-checked = Checked; nothing is written yet
import-checked-words = This is what the import would do. Rejected rows stay out; you can mend them and import the file again.
import-applying = Importing
import-applied = Imported
import-applied-words = { $count ->
    [0] Nothing new: what could be read was here already, in the same words.
    [one] 1 row was imported, and is saved on this machine.
   *[other] { $count } rows were imported, and are saved on this machine.
}
import-failed = The file could not be read
import-apply = { $count ->
    [0] Import nothing new
    [one] Import 1 row
   *[other] Import { $count } rows
}
import-other-mapping = Read it another way
import-see-batch = See this import, or undo it
import-going-check = { $count ->
    [one] 1 row checked
   *[other] { $count } rows checked
}
import-going-apply = { $read } rows read, { $imported } imported
import-meanwhile = You can leave this page and work on; the import goes on.
import-since = Begun { $when }.
import-stop = Stop
import-undo = Undo this import
import-was-undone = This import was undone: its records are withdrawn, their history stays.

columns-title = Say what each column is
columns-lead = Columns that you leave out are not read. What cannot be read is listed, never guessed.
columns-name = Name of this mapping
columns-name-hint = Small letters, digits and hyphens
columns-agency = The force it comes from
columns-agency-hint = It stands beside every value
columns-country = Country of its telephone numbers
columns-country-hint = For numbers without a country code
columns-reference = Column that names the row
columns-reference-hint = Importing the same row again changes nothing
columns-encoding = Letters
columns-encoding-sure = Certain
columns-separator = Between the cells
columns-separator-hint = As it was found
columns-column = Column
columns-samples = Values
columns-becomes = Becomes
columns-becomes-of = { $column } becomes
columns-dates = Dates are written
columns-dates-if = If it holds dates
columns-dates-of = How dates in { $column } are written
columns-century-of = Century of dates in { $column }
columns-leave-out = Leave out
columns-keep = Keep and go on
century-none = Four-digit years
century-past = Two digits: long ago (births)
century-current = Two digits: since 2000
separator-comma = Comma
separator-semicolon = Semicolon
separator-tab = Tab
separator-bar = Vertical bar
