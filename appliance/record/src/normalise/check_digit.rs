//! Check digits. A check digit that does not agree is a warning and never a refusal: real documents and
//! real data contain errors.

/// Whether a check digit agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It agrees.
    Agrees,
    /// It does not: a character was misread, or the number was made up.
    Differs,
    /// The number has no check digit, or not of this form.
    None,
}

/// The check digit of ICAO 9303 over characters of a machine-readable zone: digits count as themselves,
/// A to Z as 10 to 35, the filler as 0; weights 7, 3, 1 repeating; modulo 10. `None` when a character does
/// not belong in a machine-readable zone.
pub fn icao(zone: &str) -> Option<char> {
    let mut sum = 0;
    for (at, c) in zone.chars().enumerate() {
        let value = match c {
            '0'..='9' => c as u32 - '0' as u32,
            'A'..='Z' => c as u32 - 'A' as u32 + 10,
            '<' => 0,
            _ => return None,
        };
        sum = (sum + value * [7, 3, 1][at % 3]) % 10;
    }
    char::from_digit(sum, 10)
}

/// The check digit of a VIN, in its ninth place. Only North America and China require it, so
/// [`Check::Differs`] means "not applicable" for a European one.
pub fn vin(normalised: &str) -> Check {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    if !super::vin::is_vin(normalised) {
        return Check::None;
    }
    let mut sum = 0;
    for (c, weight) in normalised.chars().zip(WEIGHTS) {
        let Some(value) = vin_value(c) else { return Check::None };
        sum += value * weight;
    }
    let expected = if sum % 11 == 10 { Some('X') } else { char::from_digit(sum % 11, 10) };
    if normalised.chars().nth(8) == expected { Check::Agrees } else { Check::Differs }
}

fn vin_value(c: char) -> Option<u32> {
    Some(match c {
        '0'..='9' => c as u32 - '0' as u32,
        'A' | 'J' => 1,
        'B' | 'K' | 'S' => 2,
        'C' | 'L' | 'T' => 3,
        'D' | 'M' | 'U' => 4,
        'E' | 'N' | 'V' => 5,
        'F' | 'W' => 6,
        'G' | 'P' | 'X' => 7,
        'H' | 'Y' => 8,
        'R' | 'Z' => 9,
        _ => return None,
    })
}

/// The Luhn digit of an IMEI of 15 digits. One of 14 or 16 digits carries none.
pub fn imei(normalised: &str) -> Check {
    if normalised.len() != 15 || !normalised.bytes().all(|byte| byte.is_ascii_digit()) {
        return Check::None;
    }
    let sum: u32 = normalised
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    if sum.is_multiple_of(10) { Check::Agrees } else { Check::Differs }
}

/// The personal number of the former Yugoslavia (JMBG, EMBG, EMŠO): 13 digits that begin with a birth
/// date as day, month and three digits of the year.
pub fn personal_number(normalised: &str) -> Check {
    const WEIGHTS: [u32; 12] = [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    if normalised.len() != 13 || !normalised.bytes().all(|byte| byte.is_ascii_digit()) {
        return Check::None;
    }
    let digits: Vec<u32> = normalised.bytes().map(|byte| u32::from(byte - b'0')).collect();
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let expected = (11 - sum % 11) % 11 % 10;
    if digits[12] == expected { Check::Agrees } else { Check::Differs }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn icao_vectors() {
        for (zone, digit) in [("L898902C3", '6'), ("740812", '2'), ("120415", '9'), ("ZE184226B<<<<<", '1'), ("", '0')]
        {
            assert_eq!(icao(zone), Some(digit), "{zone}");
        }
        assert_eq!(icao("lower"), None);
    }

    #[test]
    fn vin_vectors() {
        for good in
            ["1M8GDM9AXKP042788", "5GZCZ43D13S812715", "1HGCM82633A004352", "JH4KA7561PC008269", "11111111111111111"]
        {
            assert_eq!(vin(good), Check::Agrees, "{good}");
        }
        assert_eq!(vin("WVWZZZ1JZXW000001"), Check::Differs);
        assert_eq!(vin("1M8GDM9AXKP04278"), Check::None);
    }

    #[test]
    fn imei_vectors() {
        for good in ["490154203237518", "356938035643809", "354178036859789"] {
            assert_eq!(imei(good), Check::Agrees, "{good}");
        }
        assert_eq!(imei("490154203237517"), Check::Differs);
        assert_eq!(imei("49015420323751"), Check::None);
    }

    #[test]
    fn personal_number_vectors() {
        assert_eq!(personal_number("0101006500006"), Check::Agrees);
        assert_eq!(personal_number("0710003730015"), Check::Agrees);
        assert_eq!(personal_number("0710003730016"), Check::Differs);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = (icao(&text), vin(&text), imei(&text), personal_number(&text));
        }
    }
}
