//! What the footer says of sync, as data: the screens say it in the words of the reader, the command line in English.
//!
//! A post watches its hub; with several hubs, the one that has most of what was written here, by name. A hub, and a post
//! without one, watches everybody.

use crate::peers::entries;
use crate::{Casebook, Member};

/// One sentence about what is where. `peer` is `None` for the hub and else the name of the site that is watched instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncSays {
    /// The links are cut on purpose.
    Cut,
    /// There is nobody else.
    Alone,
    /// The peer is proved to hold everything, and is connected.
    HasEverything {
        /// The peer.
        peer: Option<String>,
    },
    /// Connected, and not compared yet.
    Comparing {
        /// The peer.
        peer: Option<String>,
    },
    /// Connected, and some entries are not there yet.
    Sending {
        /// The peer.
        peer: Option<String>,
        /// Entries that are not proved to be there.
        entries: u64,
    },
    /// Every entry is there, and files that belong to records are not, or not proved to be.
    SendingFiles {
        /// The peer.
        peer: Option<String>,
        /// Whether there is a link.
        connected: bool,
        /// Files.
        files: u64,
    },
    /// Not connected; everything written here was there at the last comparison.
    HadEverything {
        /// The peer.
        peer: Option<String>,
        /// When they were last compared.
        since_ms: u64,
    },
    /// Not connected; entries wait here.
    Waits {
        /// The peer.
        peer: Option<String>,
        /// Entries that are not proved to be there.
        entries: u64,
        /// When they were last compared, if ever.
        since_ms: Option<u64>,
    },
    /// Several sites are watched.
    Several {
        /// How many.
        sites: u64,
        /// How many are connected.
        linked: u64,
        /// How many are proved to hold everything written here; those without a link as of their last comparison.
        have: u64,
        /// Of those, how many are connected and have said so in this session.
        sure: u64,
    },
}

impl SyncSays {
    /// `ok`, `waiting`, `cut` or `alone`.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Alone => "alone",
            Self::HasEverything { .. } => "ok",
            Self::Several { sites, sure, .. } if *sites == *sure => "ok",
            _ => "waiting",
        }
    }

    /// Whether it is about a site with which there is no link.
    pub const fn no_link(&self) -> bool {
        match self {
            Self::HadEverything { .. } | Self::Waits { .. } => true,
            Self::Several { sites, linked, .. } => *linked < *sites,
            _ => false,
        }
    }

    /// The sentence in English, for the command line and the API.
    pub fn in_english(&self, now_ms: u64) -> String {
        let at_start = |peer: &Option<String>| peer.clone().unwrap_or_else(|| "The hub".into());
        let within = |peer: &Option<String>| peer.clone().unwrap_or_else(|| "the hub".into());
        match self {
            Self::Cut => "Links are cut on this machine. Everything is saved here.".into(),
            Self::Alone => "This machine works alone. Everything is saved here.".into(),
            Self::HasEverything { peer } => format!("{} has everything.", at_start(peer)),
            Self::Comparing { peer } => format!("Comparing with {}.", within(peer)),
            Self::Sending { peer, entries: count } => format!("Sending {} to {}.", entries(*count), within(peer)),
            Self::SendingFiles { peer, connected: true, files } => {
                format!("{} has every record. {} to follow.", at_start(peer), crate::peers::files(*files))
            }
            Self::SendingFiles { peer, connected: false, files } => format!(
                "{} has every record from here. {} for a link.",
                at_start(peer),
                waiting(crate::peers::files(*files), *files)
            ),
            Self::HadEverything { peer, since_ms } => format!(
                "{} has everything from here. Last compared {}; no link now.",
                at_start(peer),
                ago(*since_ms, now_ms)
            ),
            Self::Waits { peer, entries: count, since_ms: Some(since) } => format!(
                "Saved here. {} for {}; last compared {}.",
                waiting(entries(*count), *count),
                within(peer),
                ago(*since, now_ms)
            ),
            Self::Waits { peer, entries: count, since_ms: None } => {
                format!("Saved here. {} for {}.", waiting(entries(*count), *count), within(peer))
            }
            Self::Several { sites, sure, .. } if sites == sure => format!("All {sites} other sites have everything."),
            Self::Several { sites, linked, have, .. } => {
                let are = match linked {
                    0 => "none is connected".into(),
                    1 => "1 is connected".into(),
                    linked => format!("{linked} are connected"),
                };
                format!("{have} of {sites} other sites have everything from here; {are}.")
            }
        }
    }
}

impl Casebook {
    /// The footer's sentence, cheap, for every page.
    pub fn sync_says(&self) -> SyncSays {
        if self.is_cut() {
            return SyncSays::Cut;
        }
        let members = self.readers();
        let hubs: Vec<&Member> = members.iter().filter(|member| member.is_hub()).collect();
        let post = self.identity().role != "hub";
        match (members.as_slice(), hubs.as_slice()) {
            ([], _) => SyncSays::Alone,
            (_, [hub]) if post => self.says_of(hub, !hub.is_hub()),
            (_, [_, ..]) if post => self.says_of(self.best_of(&hubs), true),
            ([only], _) => self.says_of(only, true),
            _ => self.says_of_all(&members),
        }
    }

    /// The one of several hubs that has most of what was written here: with a link before one without, then the one that was
    /// compared last.
    fn best_of<'a>(&self, hubs: &[&'a Member]) -> &'a Member {
        let rank = |hub: &&&Member| {
            let link = self.link_with(hub);
            (link.connected && link.said, link.connected, std::cmp::Reverse(link.waiting), link.since_ms)
        };
        hubs.iter().max_by_key(rank).copied().unwrap_or(hubs[0])
    }

    fn says_of_all(&self, members: &[Member]) -> SyncSays {
        let (mut linked, mut have, mut sure) = (0, 0, 0);
        for link in self.links_with(members) {
            let all = link.waiting == 0 && link.files == 0 && link.since_ms.is_some();
            linked += u64::from(link.connected);
            have += u64::from(all);
            sure += u64::from(all && link.connected && link.said);
        }
        SyncSays::Several { sites: members.len() as u64, linked, have, sure }
    }

    fn says_of(&self, watched: &Member, named: bool) -> SyncSays {
        let peer = named.then(|| watched.site.clone());
        let link = self.link_with(watched);
        let (since_ms, connected, files) = (link.since_ms, link.connected, link.files);
        match (link.connected, link.waiting, since_ms) {
            // What it held in an earlier session it may have lost since.
            (true, 0, Some(_)) if link.said && files > 0 => SyncSays::SendingFiles { peer, connected, files },
            (true, 0, Some(_)) if link.said => SyncSays::HasEverything { peer },
            (true, 0, _) => SyncSays::Comparing { peer },
            (true, entries, _) => SyncSays::Sending { peer, entries },
            (false, 0, Some(_)) if files > 0 => SyncSays::SendingFiles { peer, connected, files },
            (false, 0, Some(since_ms)) => SyncSays::HadEverything { peer, since_ms },
            (false, entries, since_ms) => SyncSays::Waits { peer, entries, since_ms },
        }
    }
}

/// "1 entry waits", "3 entries wait".
fn waiting(what: String, count: u64) -> String {
    format!("{what} {}", if count == 1 { "waits" } else { "wait" })
}

/// A time in words, relative to now.
fn ago(at_ms: u64, now_ms: u64) -> String {
    let Some(age_ms) = (now_ms + 60_000).checked_sub(at_ms) else {
        return "in the future by this machine's clock".into();
    };
    match age_ms.saturating_sub(60_000) / 60_000 {
        0 => "just now".into(),
        1 => "a minute ago".into(),
        minutes @ 2..=119 => format!("{minutes} minutes ago"),
        minutes @ 120..=2_880 => format!("{} hours ago", minutes / 60),
        minutes => format!("{} days ago", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_thing_waits_and_several_wait() {
        let says = |entries, since_ms| SyncSays::Waits { peer: None, entries, since_ms }.in_english(7_000_000);
        assert_eq!(says(1, None), "Saved here. 1 entry waits for the hub.");
        assert_eq!(says(2, None), "Saved here. 2 entries wait for the hub.");
        assert_eq!(says(1, Some(0)), "Saved here. 1 entry waits for the hub; last compared 116 minutes ago.");
        let files = SyncSays::SendingFiles { peer: None, connected: false, files: 1 };
        assert_eq!(files.in_english(0), "The hub has every record from here. 1 file waits for a link.");
        let several = |linked| SyncSays::Several { sites: 3, linked, have: 1, sure: 0 }.in_english(0);
        assert!(several(1).ends_with("; 1 is connected.") && several(2).ends_with("; 2 are connected."));
    }
}
