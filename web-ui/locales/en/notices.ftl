# What to know before trusting a date or the name of a machine: what is wrong, what it means, what to do.

notice-clock-here = This machine’s clock is wrong: it shows { $shown }.
notice-clock-here-means = Nothing is lost, and changes keep their order. But what is written here now bears the date { $at }, and how old an answer is cannot be relied on.
notice-clock-here-do = Set the date and the time of this machine. What was written until then keeps its date; from then on dates are right.

notice-clock-went-back = This machine’s clock went back: it shows { $shown }, and entries written here bear { $at } already.
notice-clock-went-back-means = It is wrong now, or it was before. Nothing is lost, and changes keep their order. But what is written here bears { $at } until the clock has passed it.
notice-clock-went-back-do = Compare this machine’s clock with a watch, and set it if need be.

notice-clock-there = The clock of { $site } is wrong: it shows { $at }, { $apart } apart from this machine’s.
notice-clock-there-means = Nothing is lost, and changes keep their order. But what was written there may bear wrong dates.
notice-clock-there-do = Ask somebody at { $site } to set the date and the time of that machine.

notice-clocks-differ = The clocks of this machine and of { $site } are { $apart } apart.
notice-clocks-differ-means = It is not known which is wrong. Nothing is lost, and changes keep their order. But what was written where the clock is wrong bears wrong dates.
notice-clocks-differ-do = Compare this machine’s clock with a watch, and ask somebody at { $site } to do the same.

notice-came-back = This machine came back from a copy of its data, or lost some of what it wrote, on { $at }.
notice-came-back-means = A backup was restored, a folder or card was copied, or a disk lost or damaged what it had taken. What other sites hold of what is missing comes back at the next sync. This machine goes on under a new incarnation.
notice-came-back-do = Let it sync. If it was a copy, and the machine from which it was made still runs, switch one of the two off.

notice-came-back-whole = This machine came back from a copy of its data, or lost some of what it wrote, on { $at }, and has its past again.
notice-came-back-whole-means = A backup was restored, a folder or card was copied, or a disk lost or damaged what it had taken. Everything that other sites held of this machine’s past is here again. It goes on under a new incarnation.
notice-came-back-whole-do = If it was a copy, and the machine from which it was made still runs, switch one of the two off.

notice-came-back-there = { $site } came back from a copy of its data, or lost some of what it wrote, on { $at }.
notice-came-back-there-means = A backup was restored there, a folder or card was copied, or a disk lost or damaged what it had taken. Nothing that it had sent is lost. It goes on under a new incarnation.
notice-came-back-there-do = If nobody at { $site } knows of it, somebody may have copied its card: ask.

notice-twin-here = Another machine runs with a copy of this one’s data, and wrote in its name on { $at }.
notice-twin-here-means = Nothing is lost: each writes under an incarnation of its own, and both arrive at the hub. But the audit cannot tell the two machines apart, and whoever has the copy reads what this machine can.
notice-twin-here-do = Find it and switch it off. If it is needed, set it up anew and let it join with a code of its own. If nobody knows of it, treat it as stolen.

notice-twin-there = Two machines run under the name of { $site }; both had written on { $at }.
notice-twin-there-means = Nothing is lost: each writes under an incarnation of its own. But the audit cannot tell the two machines apart, and whoever has the copy reads what { $site } can.
notice-twin-there-do = Find out which is the right one and switch the other off. If it is needed, set it up anew and let it join with a code of its own. If nobody knows of it, treat it as stolen.

notice-two-histories = Two histories were written under the same numbers at { $site }.
notice-two-histories-means = Its card was copied block by block and both ran, or somebody deceives. Nothing is lost: what both histories have in common is kept everywhere, and what came after is carried on by the machines that hold it.
notice-two-histories-do = Find out which machines ran as { $site }, and switch off the one that should not. If it is needed, set it up anew and let it join with a code of its own. If nobody knows of it, treat it as stolen.

notice-damaged = { $entries ->
    [one] One entry that { $site } wrote was damaged on this machine’s disk.
   *[other] { $entries } entries that { $site } wrote were damaged on this machine’s disk.
}
notice-damaged-means = The damaged file was set aside, and another site holds what is missing: it comes back at the next sync. Until then answers of this machine are not complete.
notice-damaged-do = Let it sync, and have its disk or card looked at.

notice-lost = { $entries ->
    [one] One entry that { $site } wrote was damaged on this machine’s disk, and no site is known to hold it.
   *[other] { $entries } entries that { $site } wrote were damaged on this machine’s disk, and no site is known to hold them.
}
notice-lost-means = The damaged file was set aside. If a site that has not been met since holds what is missing, it comes back from there. Answers of this machine are not complete.
notice-lost-do = Run “cairn doctor”, which names what is missing. Restore a backup if there is one, and have the disk or card replaced.

notice-disk-low = The disk of this machine is nearly full.
notice-disk-low-means = Nothing is lost, and records can be written while there is any room. But imports and files wait, and so does some of what other sites send.
notice-disk-low-do = Free space on this disk, or move to a larger one. What waits is taken within minutes.

# Beside the footer’s sentence, on every page.
notice-footer-clock = This machine’s clock is wrong.
notice-footer-disk = This machine’s disk is nearly full.
