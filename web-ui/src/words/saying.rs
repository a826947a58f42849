//! Sentences about what the casebook answers with as data.

use cairn_casebook::{Caution, MatchedBy, SyncSays};
use cairn_record::{Confidence, IdentifierKind, Reading};

use super::{Clock, Words, number};

impl Words {
    /// Why a search found a record: "astra: same word; fairfax: name that sounds alike".
    pub fn met(self, met: &[(String, MatchedBy)]) -> String {
        let one = |(word, by): &(String, MatchedBy)| {
            let how = self.t(match by {
                MatchedBy::Identifier => "met-identifier",
                MatchedBy::Name => "met-name",
                MatchedBy::Word => "met-word",
                MatchedBy::Prefix => "met-prefix",
                MatchedBy::LookAlike => "met-lookalike",
                MatchedBy::SoundsLike => "met-sounds",
                MatchedBy::Misspelt => "met-misspelt",
            });
            self.with("met", &[("word", word.as_str().into()), ("how", how.into())])
        };
        met.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    /// What to look at again on a document.
    pub fn caution(self, caution: &Caution) -> String {
        match caution {
            Caution::Unread(why) => self.a("caution-unread", "why", &self.said(why)),
            Caution::CheckDigit(covers) => self.t(match covers.as_str() {
                "number" => "caution-number",
                "birth" => "caution-birth",
                "expiry" => "caution-expiry",
                "optional" => "caution-optional",
                _ => "caution-composite",
            }),
            Caution::Repaired { line, column, from, to } => self.with(
                "caution-repaired",
                &[
                    ("line", number(*line)),
                    ("place", number(*column)),
                    ("from", from.to_string().into()),
                    ("to", to.to_string().into()),
                ],
            ),
        }
    }

    /// How a check read what was typed: "Plate OH3338L (possibly)".
    pub fn reading(self, reading: &Reading) -> String {
        let what = self.t(match reading.identifier.kind {
            IdentifierKind::Plate => "read-plate",
            IdentifierKind::Phone => "read-phone",
            IdentifierKind::Document => "read-document",
            IdentifierKind::Vin => "read-vin",
            IdentifierKind::Name => "read-name",
        });
        // A name may be followed by a date of birth.
        let exact = &reading.identifier.exact;
        let text = match exact.split_once('|') {
            Some((name, born)) => self.with("read-born", &[("name", name.into()), ("date", born.into())]),
            None => exact.clone(),
        };
        let key = if reading.confidence == Confidence::Possible { "read-possibly" } else { "read-as" };
        self.with(key, &[("what", what.into()), ("text", text.into())])
    }
}

impl Clock {
    /// What the footer says of sync.
    pub fn sync(&self, says: &SyncSays) -> String {
        let w = self.words;
        let (key, peer, entries, since_ms) = match says {
            SyncSays::Cut => return w.t("sync-says-cut"),
            SyncSays::Alone => return w.t("sync-says-alone"),
            SyncSays::HasEverything { peer } => ("sync-says-has-everything", peer, 0, None),
            SyncSays::Comparing { peer } => ("sync-says-comparing", peer, 0, None),
            SyncSays::Sending { peer, entries } => ("sync-says-sending", peer, *entries, None),
            SyncSays::SendingFiles { peer, connected: true, files } => ("sync-says-files", peer, *files, None),
            SyncSays::SendingFiles { peer, files, .. } => ("sync-says-files-wait", peer, *files, None),
            SyncSays::HadEverything { peer, since_ms } => ("sync-says-had-everything", peer, 0, Some(*since_ms)),
            SyncSays::Several { sites, linked, have, sure } => {
                let key = if sites == sure { "sync-says-all-have" } else { "sync-says-some-have" };
                return w.with(key, &[("sites", number(*sites)), ("linked", number(*linked)), ("have", number(*have))]);
            }
            SyncSays::Waits { peer, entries, since_ms: None } => ("sync-says-waits", peer, *entries, None),
            SyncSays::Waits { peer, entries, since_ms } => ("sync-says-waits-since", peer, *entries, *since_ms),
        };
        let args = [
            // Which of the two a sentence is about changes its words in most languages: the hub has no name in it.
            ("who", if peer.is_some() { "site" } else { "hub" }.into()),
            ("site", peer.as_deref().unwrap_or_default().into()),
            ("count", number(entries)),
            ("ago", since_ms.map(|at| self.ago_words(at)).unwrap_or_default().into()),
        ];
        w.with(key, &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Words};

    #[test]
    fn a_document_that_does_not_add_up_is_told_in_the_words_of_the_reader() {
        let words = Words::new(Language::English);
        let repaired = Caution::Repaired { line: 2, column: 1, from: 'O', to: '0' };
        assert_eq!(words.caution(&repaired), "Line 2, place 1: O was read as 0.");
        for covers in ["number", "birth", "expiry", "optional", "composite"] {
            let said = words.caution(&Caution::CheckDigit(covers.into()));
            assert!(said.contains("does not fit"), "{covers}: {said}");
            assert_ne!(said, Words::new(Language::Longer).caution(&Caution::CheckDigit(covers.into())));
        }
    }

    #[test]
    fn the_footer_says_who_has_what_and_since_when() {
        let clock = Clock { words: Words::new(Language::English), now_ms: 3_600_000 };
        let bravo = || Some("Post Bravo".to_string());
        let said = |says: SyncSays| clock.sync(&says);
        assert_eq!(said(SyncSays::HasEverything { peer: None }), "The hub has everything.");
        assert_eq!(said(SyncSays::HasEverything { peer: bravo() }), "Post Bravo has everything.");
        assert_eq!(said(SyncSays::Sending { peer: None, entries: 1 }), "Sending 1 entry to the hub.");
        let waits = SyncSays::Waits { peer: bravo(), entries: 1_200, since_ms: Some(600_000) };
        assert_eq!(said(waits), "Saved here. 1,200 entries wait for Post Bravo; last compared 50 minutes ago.");
        let all = [
            SyncSays::Cut,
            SyncSays::Alone,
            SyncSays::Comparing { peer: None },
            SyncSays::HadEverything { peer: bravo(), since_ms: 0 },
            SyncSays::SendingFiles { peer: None, connected: true, files: 2 },
            SyncSays::SendingFiles { peer: None, connected: false, files: 1 },
            SyncSays::Waits { peer: None, entries: 1, since_ms: None },
            SyncSays::Several { sites: 3, linked: 3, have: 3, sure: 3 },
            SyncSays::Several { sites: 3, linked: 1, have: 2, sure: 1 },
        ];
        for says in all {
            let longer = Clock { words: Words::new(Language::Longer), ..clock };
            assert!(!clock.sync(&says).contains('⟦'), "{says:?}");
            assert_ne!(clock.sync(&says), longer.sync(&says), "{says:?} comes from the catalogue");
            let mirrored = Clock { words: Words::new(Language::Mirrored), ..clock };
            let plain = mirrored.sync(&says).replace(['\u{2068}', '\u{2069}'], "");
            assert_eq!(plain, longer.sync(&says), "{says:?} says the same in every direction");
        }
    }
}
