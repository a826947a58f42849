//! Numbers of documents.

/// A document number for comparison: upper case letters and digits only, as a machine-readable zone
/// writes it. Cyrillic look-alikes become Latin, as on plates.
pub fn document(raw: &str) -> String {
    super::plate::plate(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_hyphens_do_not_matter() {
        assert_eq!(document("l898 902-c3"), "L898902C3");
        assert_eq!(document("А1234567"), "A1234567");
    }
}
