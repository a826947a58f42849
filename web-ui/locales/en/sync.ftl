# Home, sync, invitations and joining.

home-title = Home
home-held = { $count ->
    [0] No records on this machine yet.
    [one] 1 record on this machine.
   *[other] { $count } records on this machine.
}
home-tasks = What waits for you
home-calm = Nothing waits for you.
home-to-do = To do
home-decide = Decide
home-review = Review
home-waits = Waits
home-set-aside = Set aside
aside-record-change = A change of a record that cannot be used
home-join = Join a hub
home-join-more = With a code or a file from the hub. Until then this post works alone.
home-add-people = Add the people who will work here
home-add-people-more = Each with a name and a role of their own, so that the audit can tell them apart.
home-conflict = Two values wait for a decision
home-more-conflicts = { $count ->
    [one] and 1 more record with two values
   *[other] and { $count } more records with two values
}
home-waiting = { $count ->
    [one] 1 entry is not yet known to be at a hub
   *[other] { $count } entries are not yet known to be at a hub
}
home-waiting-more = Saved on this machine; they go when there is a way.
home-peer-failed = { $site } could not be reached
home-empty = An empty machine
home-empty-more = Import a file, write the first record, or join a hub and let its records arrive.
home-recent = Changed last
home-ways = Where to go

sync-title = Sync
sync-lead = What is where, and what waits.
sync-relay = This machine is a relay: it carries records that it cannot read. That everything is here says nothing of what the hub has. Files and sticks do not pass it.
sync-carried = What it carries
sync-carried-more = Sealed records of others, on their way to whoever may read them.
sync-carried-from = Written at
sync-carried-entries = Entries
sync-now = Sync now
sync-cancel = Cancel the sync
sync-none = No other site is known here yet
sync-none-post = Join a hub with a code or a file, and records of the region arrive.
sync-none-hub = Invite a post with a code, and its records arrive.
sync-connected = Connected now
sync-not-connected = Not connected
sync-last-contact = Last contact
sync-last-equal = Last fully equal
sync-sent = Sent
sync-received = Received
sync-since-start = since this machine was started
sync-next = Next attempt
sync-addresses = Addresses
sync-no-address = none; found nearby by itself if there is a way
sync-failed = The last attempt failed:
sync-space = Space
sync-state = State
sync-to-send = To send
sync-to-receive = To receive
# What founding named. Other spaces bear the names that people gave them.
space-registry = Registry of { $agency }
space-former-registry = Registry of this site alone, from before it joined
space-records = Records of { $agency }
space-audit = Audit of { $agency }
space-local = This machine
sync-kind-registry = members and keys
sync-kind-records = records
sync-kind-audit = audit
sync-kind-local = of this machine
sync-equal = Equal
sync-different = Not equal
sync-unknown = Never compared
sync-detail = Space by space
sync-all-equal = Everything is equal
sync-all-equal-then = Everything was equal when last compared
sync-waits-send = { $count ->
    [one] 1 entry to send
   *[other] { $count } entries to send
}
sync-waits-receive = { $count ->
    [one] 1 entry to receive
   *[other] { $count } entries to receive
}
sync-cut-words = The links of this machine are cut on purpose. Work goes on; everything waits here until they are restored.
sync-add-address = Add an address
sync-address-label = Address and port
sync-address-hint = For example 10.0.4.2:7411 or hub.example:7411
sync-address-of = Of which site
sync-address-any = The hub
sync-add = Add
sync-enrol = Posts of this region
sync-go-invite = Invite a post
sync-go-join = Join a hub
sync-go-join-hub = Or join another hub, as one more hub of its agency
sync-invite-words = A code that is good once, to be read over the telephone or carried as a file.

invite-title = Invite a site
invite-lead = The site that joins becomes a member of this region: it receives its records and sends its own.
invite-addresses = Addresses of this hub
invite-addresses-hint = One a line, as the post will reach it. Without any, the post looks for the hub nearby.
invite-valid = Good for
invite-valid-1 = 1 hour
invite-valid-24 = 1 day
invite-valid-168 = 7 days
invite-make = Make a code
invite-open = Open invitations
invite-none = No invitation is open.
invite-none-other = No other invitation is open.
invite-code = The code
invite-code-words = Read it out in groups of four. It is good once, and ends { $when }.
invite-expires = ends { $when }
invite-file = Save as a file
invite-file-words = Carry the file to the post by hand and delete it afterwards: whoever has it can join once.
invite-not-hub = Only a hub can invite. This is a post.
invite-not-first = Only the hub with which the agency began invites. This is another one of its hubs.
invite-for = For
invite-for-post = a post
invite-for-hub = one more hub of this agency, which posts find when this one is gone
invite-tag-hub = for a hub
invite-for-relay = a relay: it carries records between posts and hub and can read none of them; files do not pass it
invite-tag-relay = for a relay
invite-scan = Scan it at the machine that joins, on the page “Join a hub”, or print this page and take it there.
invite-reach = This hub is reached at { $addresses }.

join-title = Join a hub
join-lead = The hub gives you a code, a square to scan, or a file. Joining needs a way to the hub once; afterwards this post works alone for as long as it must.
join-code = Code
join-code-hint = Groups of four characters; blanks and capitals do not matter. Or the whole line that a scanner types when it reads the square.
join-address = Address of the hub
join-address-hint = Leave it empty when the hub is on the same network.
join-file = Or the file from the hub
join-button = Join
join-done-already = This post is a member of { $agency } already.
join-is-hub = Sites have joined this hub, so that it joins nobody itself.
join-as-hub = This machine joins as one more hub of the agency that invites it. Ask there for an invitation for a hub.
join-bad-file = This file is not an invitation of a hub. Nothing was changed. Ask the hub for a new one.
join-need-code = Enter the code, or choose the file from the hub.

# The line at the foot of every page. $who is "hub" for the hub, which has no name here, and "site" for another site, whose
# name is $site.
sync-says-cut = Links are cut on this machine. Everything is saved here.
sync-says-alone = This machine works alone. Everything is saved here.
sync-says-all-have = All { $sites } other sites have everything.
sync-says-some-have = { $have } of { $sites } other sites have everything from here; { $linked ->
    [0] none is connected
    [one] 1 is connected
   *[other] { $linked } are connected
}.
sync-says-has-everything = { $who ->
    [hub] The hub has everything.
   *[site] { $site } has everything.
}
sync-says-comparing = { $who ->
    [hub] Comparing with the hub.
   *[site] Comparing with { $site }.
}
sync-says-sending = { $who ->
    [hub] Sending { $count ->
        [one] 1 entry
       *[other] { $count } entries
    } to the hub.
   *[site] Sending { $count ->
        [one] 1 entry
       *[other] { $count } entries
    } to { $site }.
}
sync-says-files = { $who ->
    [hub] The hub has every record. { $count ->
        [one] 1 file to follow.
       *[other] { $count } files to follow.
    }
   *[site] { $site } has every record. { $count ->
        [one] 1 file to follow.
       *[other] { $count } files to follow.
    }
}
sync-says-files-wait = { $who ->
    [hub] The hub has every record from here. { $count ->
        [one] 1 file waits for a link.
       *[other] { $count } files wait for a link.
    }
   *[site] { $site } has every record from here. { $count ->
        [one] 1 file waits for a link.
       *[other] { $count } files wait for a link.
    }
}
sync-says-had-everything = { $who ->
    [hub] The hub has everything from here. Last compared { $ago }; no link now.
   *[site] { $site } has everything from here. Last compared { $ago }; no link now.
}
sync-says-waits = { $who ->
    [hub] Saved here. { $count ->
        [one] 1 entry waits
       *[other] { $count } entries wait
    } for the hub.
   *[site] Saved here. { $count ->
        [one] 1 entry waits
       *[other] { $count } entries wait
    } for { $site }.
}
sync-says-waits-since = { $who ->
    [hub] Saved here. { $count ->
        [one] 1 entry waits
       *[other] { $count } entries wait
    } for the hub; last compared { $ago }.
   *[site] Saved here. { $count ->
        [one] 1 entry waits
       *[other] { $count } entries wait
    } for { $site }; last compared { $ago }.
}
