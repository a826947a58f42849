//! Vehicle identification numbers (ISO 3779).

/// A VIN for comparison: upper case letters and digits only; I, O and Q, which a VIN never has, as the
/// digits they were meant to be.
pub fn vin(raw: &str) -> String {
    super::plate::plate(raw)
        .chars()
        .map(|c| match c {
            'I' => '1',
            'O' | 'Q' => '0',
            other => other,
        })
        .collect()
}

/// Whether `normalised` has the form of a VIN: 17 letters and digits of the Latin script.
pub fn is_vin(normalised: &str) -> bool {
    normalised.len() == 17 && normalised.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_a_vin_never_has_were_meant_as_digits() {
        assert_eq!(vin("1m8gdm9axkpo42788"), "1M8GDM9AXKP042788");
        assert!(is_vin("1M8GDM9AXKP042788"));
        assert!(!is_vin("1M8GDM9AXKP04278"));
    }
}
