//! How spaces are called. Founding names them in English, which goes into the registry; whoever shows a title that founding
//! gave says it in the reader's words.

use cairn_ledger::registry::SpaceKind;

/// What founding calls a space, before the agency's name.
const FOUNDED: [(SpaceKind, &str, &str); 3] = [
    (SpaceKind::Registry, "registry", "Registry of "),
    (SpaceKind::Records, "records", "Records of "),
    (SpaceKind::Audit, "audit", "Audit of "),
];

/// What the registry of a site is called that it kept as an agency of one before it joined.
pub const FORMER_REGISTRY: &str = "Registry of this site alone, from before it joined";

/// The title that founding gives to a space of this kind.
pub(crate) fn founding_title(kind: SpaceKind, agency: &str) -> String {
    let begins = FOUNDED.iter().find(|(of, ..)| *of == kind).map_or("", |(_, _, begins)| *begins);
    format!("{begins}{agency}")
}

/// The agency in a title that founding gave to a space of this kind (`registry`, `records`, `audit`); nothing when people
/// named the space.
pub fn founded_title<'a>(kind: &str, title: &'a str) -> Option<&'a str> {
    let (_, _, begins) = FOUNDED.iter().find(|(_, of, _)| *of == kind)?;
    title.strip_prefix(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_founding_named_is_known_again() {
        for (kind, word, _) in FOUNDED {
            assert_eq!(founded_title(word, &founding_title(kind, "Northmark")), Some("Northmark"));
        }
        assert_eq!(founded_title("records", "Harbour cases"), None);
        assert_eq!(founded_title("local", "This machine"), None);
    }
}
