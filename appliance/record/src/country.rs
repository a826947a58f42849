//! Countries: their codes as documents write them, and how their telephone numbers are built.

mod table;

/// One country.
#[derive(Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-3 code, which is what records store (`RKS` for Kosovo, as its passports write it).
    pub alpha3: &'static str,
    /// ISO 3166-1 alpha-2 code.
    pub alpha2: &'static str,
    /// English name.
    pub name: &'static str,
    /// Country calling code without plus; empty where there is none.
    pub calling_code: &'static str,
    /// What is dialled before a national number inside the country; empty where nothing is.
    pub trunk: &'static str,
    /// Lengths of a national number in digits, each with the digits it can begin with.
    pub plan: &'static [(u8, &'static str)],
}

/// Codes that ICAO 9303 adds to ISO 3166-1, and what they mean. `UTO` is the country of specimens.
pub const ICAO_CODES: &[(&str, &str)] = &[
    ("D", "Germany"),
    ("GBD", "British overseas territories citizen"),
    ("GBN", "British national (overseas)"),
    ("GBO", "British overseas citizen"),
    ("GBP", "British protected person"),
    ("GBS", "British subject"),
    ("EUE", "European Union"),
    ("UNA", "United Nations specialised agency"),
    ("UNK", "United Nations mission in Kosovo"),
    ("UNO", "United Nations"),
    ("UTO", "Utopia (specimen)"),
    ("XBA", "African Development Bank"),
    ("XCC", "Caribbean Community"),
    ("XCO", "Common Market for Eastern and Southern Africa"),
    ("XEC", "Economic Community of West African States"),
    ("XIM", "African Export-Import Bank"),
    ("XOM", "Sovereign Military Order of Malta"),
    ("XPO", "INTERPOL"),
    ("XXA", "Stateless person"),
    ("XXB", "Refugee (1951 convention)"),
    ("XXC", "Other refugee"),
    ("XXX", "Unknown nationality"),
];

/// Codes of countries that no longer exist and still stand in records and documents.
pub const FORMER_CODES: &[(&str, &str)] = &[
    ("CSK", "Czechoslovakia"),
    ("DDR", "East Germany"),
    ("SCG", "Serbia and Montenegro"),
    ("SUN", "Soviet Union"),
    ("YUG", "Yugoslavia"),
    ("ZAR", "Zaire"),
];

/// Every country of today, by alpha-3 code.
pub fn all() -> &'static [Country] {
    table::COUNTRIES
}

/// Every code that a record may hold: of countries of today, of ICAO's list but the `D` that stands for `DEU`, of former
/// countries.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let others = ICAO_CODES.iter().chain(FORMER_CODES).map(|(code, _)| *code).filter(|code| *code != "D");
    all().iter().map(|country| country.alpha3).chain(others)
}

/// The country with this alpha-3 code (upper case).
pub fn by_alpha3(code: &str) -> Option<&'static Country> {
    let at = table::COUNTRIES.binary_search_by(|country| country.alpha3.cmp(code)).ok()?;
    table::COUNTRIES.get(at)
}

/// The English meaning of a code that a record may hold: a country of today, a former one or one of
/// ICAO's.
pub fn name(code: &str) -> Option<&'static str> {
    let listed = |list: &[(&str, &'static str)]| list.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
    by_alpha3(code).map(|country| country.name).or_else(|| listed(ICAO_CODES)).or_else(|| listed(FORMER_CODES))
}

/// Reads a country as people and documents write it: alpha-3, alpha-2, the `D` and the fillers of a
/// machine-readable zone, or the English name. Returns the code that records store.
pub fn read(text: &str) -> Option<&'static str> {
    let text = text.trim().trim_end_matches('<');
    let upper = text.to_uppercase();
    if upper == "D" {
        return Some("DEU");
    }
    let coded = |list: &'static [(&str, &str)]| list.iter().find(|(code, _)| *code == upper).map(|(code, _)| *code);
    let named = |country: &&Country| country.alpha2 == upper || country.name.to_uppercase() == upper;
    by_alpha3(&upper)
        .or_else(|| table::COUNTRIES.iter().find(named))
        .map(|country| country.alpha3)
        .or_else(|| coded(ICAO_CODES))
        .or_else(|| coded(FORMER_CODES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_code_twice() {
        assert!(all().windows(2).all(|pair| pair[0].alpha3 < pair[1].alpha3));
        let mut alpha2: Vec<_> = all().iter().map(|country| country.alpha2).collect();
        alpha2.sort_unstable();
        alpha2.dedup();
        assert_eq!(alpha2.len(), all().len());
    }

    #[test]
    fn countries_are_read_as_documents_write_them() {
        for (written, code) in
            [("MKD", "MKD"), ("mk", "MKD"), ("D<<", "DEU"), ("North Macedonia", "MKD"), ("XXA", "XXA")]
        {
            assert_eq!(read(written), Some(code), "{written}");
        }
        assert_eq!(read("Atlantis"), None);
        assert_eq!(name("YUG"), Some("Yugoslavia"));
    }
}
