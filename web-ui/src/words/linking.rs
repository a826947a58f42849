//! How a link is used, in the words of the reader.

use cairn_casebook::{HeldBack, LinkRule, LinkUse, LinkWhen, clock_words, windows_words};

use super::{Clock, Words};

impl Words {
    /// When a link is used: "From 22:00-05:00 each day, at most 5.0 MB a day."
    pub fn link_rule(self, rule: &LinkRule) -> String {
        let when = match rule.when {
            LinkWhen::Always => self.t("rule-says-always"),
            LinkWhen::Windows => self.a("rule-says-windows", "windows", &windows_words(&rule.windows)),
            LinkWhen::Metered => self.t("rule-says-metered"),
        };
        match rule.bytes_a_day {
            Some(bytes) => format!("{when} {}", self.a("rule-says-budget", "bytes", &self.bytes(bytes))),
            None => when,
        }
    }
}

impl Clock {
    /// Why a link is not used at this moment and what happens next; nothing when it may be used.
    pub fn link_waits(&self, link: &LinkUse) -> Option<String> {
        let waits = link.waits?;
        let key = match waits.because {
            HeldBack::Window => "rule-waits-window",
            HeldBack::Budget => "rule-waits-budget",
            HeldBack::Metered => "rule-waits-metered",
            HeldBack::Cancelled => "rule-waits-cancelled",
        };
        let until_ms = waits.until_ms.unwrap_or(self.now_ms);
        let time = clock_words(until_ms, link.offset_minutes);
        Some(self.words.with(key, &[("time", time.into()), ("until", self.until_words(until_ms).into())]))
    }

    /// "3.2 MB of 5.0 MB used today", when bytes are counted.
    pub fn link_used(&self, link: &LinkUse) -> Option<String> {
        let most = self.words.bytes(link.rule.bytes_a_day?);
        let used = self.words.bytes(link.used_today);
        Some(self.words.with("rule-used", &[("used", used.into()), ("most", most.into())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;
    use cairn_casebook::{LinkWaits, LinkWindow};

    #[test]
    fn an_officer_reads_when_it_goes_on_and_what_goes_before() {
        let clock = Clock { words: Words::new(Language::English), now_ms: 18 * 3_600_000 };
        let rule = LinkRule {
            when: LinkWhen::Windows,
            windows: vec![LinkWindow { from: 22 * 60, until: 5 * 60 }],
            bytes_a_day: Some(5_000_000),
        };
        let until_ms = Some(20 * 3_600_000);
        let waits = Some(LinkWaits { because: HeldBack::Window, until_ms });
        let link = LinkUse { rule, own: true, offset_minutes: 120, used_today: 3_200_000, waits };
        assert_eq!(clock.words.link_rule(&link.rule), "Each day 22:00-05:00. At most 5.0 MB a day.");
        assert_eq!(clock.link_used(&link).unwrap(), "3.2 MB of 5.0 MB used today.");
        let said = clock.link_waits(&link).unwrap();
        assert_eq!(said, "Next attempt at 22:00, in 2 hours. An urgent entry goes at once.");
        for because in [HeldBack::Budget, HeldBack::Metered, HeldBack::Cancelled] {
            let link = LinkUse { waits: Some(LinkWaits { because, until_ms }), ..link.clone() };
            let said = clock.link_waits(&link).unwrap();
            assert!(said.contains("urgent entry") && !said.contains('⟦'), "{said}");
        }
        assert_eq!(clock.link_waits(&LinkUse::default()), None);
    }
}
