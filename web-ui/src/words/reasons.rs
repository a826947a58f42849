//! Reasons that the crates below give as data, said in the words of the reader.

use cairn_casebook::{AuditLine, PeerSync, RejectedRow, SetAsideLine, VerifiedLog};
use cairn_record::{Arg, Kind, Reason, schema};
use fluent_bundle::FluentValue;

use super::Words;

impl Words {
    /// A reason as a clause. One that only has words is said as it is; one that no catalogue has, in English.
    pub fn said(self, reason: &Reason) -> String {
        if let Some(text) = reason.as_plain() {
            return text.to_string();
        }
        let args: Vec<(&str, FluentValue<'_>)> =
            reason.args.iter().map(|(name, arg)| (name.as_ref(), self.argument(arg))).collect();
        self.find(&format!("reason-{}", reason.name), &args).unwrap_or_else(|| reason.to_string())
    }

    /// A reason as a sentence.
    pub fn sentence(self, reason: &Reason) -> String {
        sentence(&self.said(reason))
    }

    /// Why a row of a file was rejected, or what is to be remarked on it.
    pub fn why(self, row: &RejectedRow) -> String {
        row.said.as_ref().map_or_else(|| row.reason.clone(), |why| self.sentence(why))
    }

    /// Why the last attempt to reach a peer failed; empty when it did not.
    pub fn failure(self, peer: &PeerSync) -> String {
        peer.failed.as_ref().map_or_else(|| peer.failure.clone(), |why| self.sentence(why))
    }

    /// Why an entry was set aside.
    pub fn aside(self, line: &SetAsideLine) -> String {
        line.said.as_ref().map_or_else(|| line.reason.clone(), |why| self.sentence(why))
    }

    /// What is wrong with a log.
    pub fn fault(self, log: &VerifiedLog) -> String {
        log.said.as_ref().map_or_else(|| log.fault.clone(), |why| self.sentence(why))
    }

    /// What a line of the audit was about: a sentence of the machine, the labels of fields, or what a person gave.
    pub fn audited(self, line: &AuditLine) -> String {
        if let Some(said) = &line.said {
            return self.said(said);
        }
        match line.action.as_str() {
            "create" => Kind::from_key(&line.detail).map_or_else(|| line.detail.clone(), |kind| self.kind(kind)),
            "change" | "settle" => {
                let labels: Vec<String> = line.detail.split(", ").map(|key| self.field_of_any(key)).collect();
                labels.join(", ")
            }
            "refused" => match line.detail.split_once(' ') {
                Some(("GET", path)) => self.a("audit-refused-page", "path", path),
                Some((_, path)) => self.a("audit-refused-act", "path", path),
                None => line.detail.clone(),
            },
            _ => line.detail.clone(),
        }
    }

    /// The label of a field by its key, of the first kind that has it.
    fn field_of_any(self, key: &str) -> String {
        let found = Kind::ALL.into_iter().find_map(|kind| Some((kind, schema(kind).by_key(key)?)));
        found.map_or_else(|| key.to_string(), |(kind, field)| self.field(kind, field))
    }

    fn argument(self, arg: &Arg) -> FluentValue<'static> {
        match arg {
            Arg::Number(number) => (*number).into(),
            Arg::Text(text) => text.clone().into(),
            Arg::Reason(reason) => self.said(reason).into(),
            Arg::Label { label, english } => self.label(label, english).into(),
            Arg::List(all) => {
                let texts: Vec<String> = all.iter().map(|one| self.in_list(one)).collect();
                texts.join(", ").into()
            }
        }
    }

    fn in_list(self, arg: &Arg) -> String {
        match arg {
            Arg::Reason(reason) => self.said(reason),
            Arg::Label { label, english } => self.label(label, english),
            other => other.to_string(),
        }
    }
}

/// Libraries begin small and end without a full stop; a person reads a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use cairn_record::reason;

    use super::*;
    use crate::words::Language;

    #[test]
    fn a_reason_is_said_in_the_words_of_the_reader() {
        let (english, longer) = (Words::new(Language::English), Words::new(Language::Longer));
        let label = Arg::Label { label: "field-person-surname".into(), english: "Surname".into() };
        let reason = reason!("row-invalid", part = "person", why = reason!("problem-required", field = label));
        assert_eq!(english.sentence(&reason), "Person: Surname is missing. Fill it in.");
        assert!(!longer.said(&reason).contains("Surname"), "{}", longer.said(&reason));
        assert_eq!(longer.said(&Reason::from("as it was said")), "as it was said");
        assert_eq!(english.said(&Reason::new("of-another-time").with("number", 3_u8)), "of-another-time 3");
    }

    #[test]
    fn every_reason_of_the_catalogue_can_be_said() {
        for line in cairn_record::reason::ENGLISH.lines().filter(|line| line.starts_with("reason-")) {
            let (key, text) = line.split_once(" = ").unwrap();
            let names = text.split("{ $").skip(1).filter_map(|rest| rest.split_once(" }")).map(|(name, _)| name);
            let args: Vec<(&str, FluentValue<'_>)> = names.map(|name| (name, "…".into())).collect();
            let said = Words::new(Language::English).find(key, &args);
            assert!(said.as_ref().is_some_and(|said| !said.contains('⟦')), "{key}: {said:?}");
        }
    }
}
