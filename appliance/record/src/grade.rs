//! Grades of intelligence: which codes belong to which scheme, and what they mean.
//!
//! A grade without its scheme is meaningless. In 5x5x5, 4x4 and 6x6 the source is a letter and the
//! information a digit; in 3x5x2 it is the other way round.

/// `(code, English meaning)` in the order of the scheme.
pub type Meanings = &'static [(&'static str, &'static str)];

/// One grading scheme.
#[derive(Debug)]
pub struct Scheme {
    /// The code that records store.
    pub key: &'static str,
    /// How far the source is trusted.
    pub source: Meanings,
    /// How far the information is trusted.
    pub information: Meanings,
    /// What may be done with it.
    pub handling: Meanings,
    /// Source and information codes that need their reason written down.
    pub reason_required: &'static [&'static str],
    /// Handling codes that need their conditions written down.
    pub conditions_required: &'static [&'static str],
}

/// The schemes Cairn knows. The older UK scheme and Europol's write handling as `1` to `5` and `H0` to
/// `H3`; the Admiralty scheme has no handling codes of its own.
pub static SCHEMES: [Scheme; 4] = [
    Scheme {
        key: "3x5x2",
        source: &[("1", "Reliable"), ("2", "Untested"), ("3", "Not reliable")],
        information: &[
            ("A", "Known directly to the source"),
            ("B", "Known indirectly to the source but corroborated"),
            ("C", "Known indirectly to the source"),
            ("D", "Not known"),
            ("E", "Suspected to be false"),
        ],
        handling: &[("P", "Lawful sharing permitted"), ("C", "Lawful sharing permitted with conditions")],
        reason_required: &["3", "E"],
        conditions_required: &["C"],
    },
    Scheme {
        key: "5x5x5",
        source: &[
            ("A", "Always reliable"),
            ("B", "Mostly reliable"),
            ("C", "Sometimes reliable"),
            ("D", "Unreliable"),
            ("E", "Untested"),
        ],
        information: &[
            ("1", "Known to be true without reservation"),
            ("2", "Known personally to the source, not to the officer"),
            ("3", "Not known personally to the source but corroborated"),
            ("4", "Cannot be judged"),
            ("5", "Suspected to be false or malicious"),
        ],
        handling: &[
            ("1", "Law enforcement and prosecutors"),
            ("2", "Also partners who do not prosecute, with authorisation"),
            ("3", "Also foreign law enforcement, with conditions"),
            ("4", "Originating agency only"),
            ("5", "No further dissemination, refer to the originator"),
        ],
        reason_required: &["D", "5"],
        conditions_required: &["3", "5"],
    },
    Scheme {
        key: "4x4",
        source: &[
            ("A", "Reliable in all instances"),
            ("B", "Reliable in most instances"),
            ("C", "Unreliable in most instances"),
            ("X", "Cannot be assessed"),
        ],
        information: &[
            ("1", "Accuracy not in doubt"),
            ("2", "Known personally to the source, not to the official"),
            ("3", "Not known personally to the source but corroborated"),
            ("4", "Not known personally to the source, cannot be corroborated"),
        ],
        handling: &[
            ("H0", "Only to prevent and combat crime"),
            ("H1", "Not in judicial proceedings without permission"),
            ("H2", "Not to be passed on without permission"),
            ("H3", "Other restrictions"),
        ],
        reason_required: &[],
        conditions_required: &["H3"],
    },
    Scheme {
        key: "6x6",
        source: &[
            ("A", "Completely reliable"),
            ("B", "Usually reliable"),
            ("C", "Fairly reliable"),
            ("D", "Not usually reliable"),
            ("E", "Unreliable"),
            ("F", "Cannot be judged"),
        ],
        information: &[
            ("1", "Confirmed by other sources"),
            ("2", "Probably true"),
            ("3", "Possibly true"),
            ("4", "Doubtful"),
            ("5", "Improbable"),
            ("6", "Cannot be judged"),
        ],
        handling: &[],
        reason_required: &[],
        conditions_required: &[],
    },
];

/// The scheme with this key.
pub fn scheme(key: &str) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| scheme.key == key)
}

/// The meaning of a code in a list of meanings.
pub fn meaning(list: Meanings, code: &str) -> Option<&'static str> {
    list.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::codes;

    #[test]
    fn every_code_of_every_scheme_can_be_stored() {
        for scheme in &SCHEMES {
            assert!(codes::GRADE_SCHEME.iter().any(|(code, _)| *code == scheme.key));
            for (code, _) in scheme.source {
                assert!(codes::GRADE_SOURCE.iter().any(|(known, _)| known == code), "{} {code}", scheme.key);
            }
            for (code, _) in scheme.information {
                assert!(codes::GRADE_INFORMATION.iter().any(|(known, _)| known == code), "{} {code}", scheme.key);
            }
        }
    }

    #[test]
    fn source_and_information_change_places_between_schemes() {
        assert!(meaning(scheme("3x5x2").unwrap().source, "B").is_none());
        assert!(meaning(scheme("6x6").unwrap().source, "B").is_some());
    }
}
