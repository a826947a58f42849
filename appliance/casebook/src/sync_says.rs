//! What the footer says of sync, as data: the screens say it in the words of the reader, the command line in English.

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
}

impl SyncSays {
    /// `ok`, `waiting`, `cut` or `alone`.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Alone => "alone",
            Self::HasEverything { .. } => "ok",
            _ => "waiting",
        }
    }

    /// Whether it is about a site with which there is no link.
    pub const fn no_link(&self) -> bool {
        matches!(self, Self::HadEverything { .. } | Self::Waits { .. })
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
            Self::HadEverything { peer, since_ms } => format!(
                "{} has everything from here. Last compared {}; no link now.",
                at_start(peer),
                ago(*since_ms, now_ms)
            ),
            Self::Waits { peer, entries: count, since_ms: Some(since) } => format!(
                "Saved here. {} wait for {}; last compared {}.",
                entries(*count),
                within(peer),
                ago(*since, now_ms)
            ),
            Self::Waits { peer, entries: count, since_ms: None } => {
                format!("Saved here. {} wait for {}.", entries(*count), within(peer))
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
        let members = self.members();
        let hub_first = members.iter().find(|member| member.hub).or(members.first());
        hub_first.map_or(SyncSays::Alone, |watched| self.says_of(watched))
    }

    fn says_of(&self, watched: &Member) -> SyncSays {
        let peer = (!watched.hub).then(|| watched.site.clone());
        let link = self.link_with(watched);
        let since_ms = link.since_ms;
        match (link.connected, link.waiting, since_ms) {
            // What it held in an earlier session it may have lost since.
            (true, 0, Some(_)) if link.said => SyncSays::HasEverything { peer },
            (true, 0, _) => SyncSays::Comparing { peer },
            (true, entries, _) => SyncSays::Sending { peer, entries },
            (false, 0, Some(since_ms)) => SyncSays::HadEverything { peer, since_ms },
            (false, entries, since_ms) => SyncSays::Waits { peer, entries, since_ms },
        }
    }
}

/// A time in words, relative to now.
fn ago(at_ms: u64, now_ms: u64) -> String {
    let minutes = now_ms.saturating_sub(at_ms) / 60_000;
    match minutes {
        0 => "just now".into(),
        1 => "a minute ago".into(),
        2..=90 => format!("{minutes} minutes ago"),
        91..=2_880 => format!("{} hours ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1_440),
    }
}
