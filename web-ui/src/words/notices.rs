//! What to know before trusting a date or the name of a machine, in the words of the reader.

use cairn_casebook::Notice;
use fluent_bundle::FluentValue;

use super::{Clock, Words};

/// A notice in three sentences or so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What is wrong.
    pub what: String,
    /// What it means.
    pub means: String,
    /// What to do.
    pub act: String,
    /// Whether somebody must act.
    pub grave: bool,
}

impl Clock {
    /// The notice as this reader reads it.
    pub fn notice(&self, notice: &Notice) -> Told {
        let key = format!("notice-{}", notice.kind.key().replace('_', "-"));
        let args: [(&str, FluentValue<'_>); 5] = [
            ("site", notice.site.as_str().into()),
            ("at", self.exact_time_words(notice.at_ms).into()),
            ("shown", self.exact_time_words(self.now_ms).into()),
            ("apart", self.age_words(notice.apart_ms).into()),
            ("entries", super::number(usize::try_from(notice.entries).unwrap_or(usize::MAX))),
        ];
        let say = |end: &str| self.words.with(&format!("{key}{end}"), &args);
        Told { what: say(""), means: say("-means"), act: say("-do"), grave: notice.kind.is_grave() }
    }
}

impl Words {
    /// What the footer adds to its sentence when this machine's clock is wrong.
    pub fn wrong_clock(self) -> String {
        self.t("notice-footer-clock")
    }

    /// What the footer adds to its sentence when this machine's disk is nearly full.
    pub fn low_disk(self) -> String {
        self.t("notice-footer-disk")
    }
}

#[cfg(test)]
mod tests {
    use cairn_casebook::NoticeKind;

    use super::*;
    use crate::words::Language;

    fn notice(kind: NoticeKind) -> Notice {
        Notice {
            kind,
            site: "Post Alpha".into(),
            at_ms: 0,
            apart_ms: 56 * 31_557_600_000,
            entries: 3,
            words: String::new(),
        }
    }

    #[test]
    fn every_notice_says_what_is_wrong_what_it_means_and_what_to_do() {
        let clock = Clock { words: Words::new(Language::English), now_ms: 1_763_802_750_000 };
        for kind in NoticeKind::ALL {
            let told = clock.notice(&notice(kind));
            for said in [&told.what, &told.means, &told.act] {
                assert!(said.len() > 20 && !said.contains('⟦'), "{kind:?}: {said}");
            }
            let longer = Clock { words: Words::new(Language::Longer), ..clock };
            assert_ne!(longer.notice(&notice(kind)).what, told.what, "{kind:?} comes from the catalogue");
        }
    }

    #[test]
    fn a_clock_in_1970_is_named_with_its_date() {
        let clock = Clock { words: Words::new(Language::English), now_ms: 1_763_802_750_000 };
        let told = clock.notice(&notice(NoticeKind::ClockThere));
        assert!(
            told.what.contains("Post Alpha is wrong: it shows 1 January 1970, 00:00 UTC, 56 years apart"),
            "{told:?}"
        );
    }
}
