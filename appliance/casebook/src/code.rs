//! The code that a post joins with: short enough to read over the telephone, and it pins the hub's key.
//!
//! 15 bytes in Crockford's base 32, in six groups of four: 8 bytes of the hub's key pin, 6 bytes of secret,
//! 1 byte of check. The pin keeps an impostor on the network from answering for the hub; the secret is good once.

use cairn_ledger::ReplicaId;

use cairn_record::reason;

use crate::CasebookError;
use crate::exchange::checked_address;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BYTES: usize = 15;

/// Length of the pin of a hub's key in a code.
pub const PIN_BYTES: usize = 8;
/// Length of the secret in a code.
pub const SECRET_BYTES: usize = 6;

/// The first bytes of a keyed hash of a replica's key, as a code carries them.
pub fn key_pin(replica: ReplicaId) -> [u8; PIN_BYTES] {
    let hash = blake3::derive_key("cairn 2026 pin of a hub in a joining code v1", &replica.0);
    let mut pin = [0; PIN_BYTES];
    pin.copy_from_slice(&hash[..PIN_BYTES]);
    pin
}

/// The pin in a code. Fails on a code that was misheard or mistyped.
pub fn code_pin(code: &str) -> Result<[u8; PIN_BYTES], CasebookError> {
    let bytes = decode(code)?;
    let mut pin = [0; PIN_BYTES];
    pin.copy_from_slice(&bytes[..PIN_BYTES]);
    Ok(pin)
}

/// The secret in a code.
pub fn code_secret(code: &str) -> Result<[u8; SECRET_BYTES], CasebookError> {
    let bytes = decode(code)?;
    let mut secret = [0; SECRET_BYTES];
    secret.copy_from_slice(&bytes[PIN_BYTES..PIN_BYTES + SECRET_BYTES]);
    Ok(secret)
}

/// The code for a hub's key and a secret.
pub fn encode(hub: ReplicaId, secret: [u8; SECRET_BYTES]) -> String {
    let mut bytes = [0; BYTES];
    bytes[..PIN_BYTES].copy_from_slice(&key_pin(hub));
    bytes[PIN_BYTES..BYTES - 1].copy_from_slice(&secret);
    bytes[BYTES - 1] = check_byte(&bytes[..BYTES - 1]);
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let digits: Vec<char> =
        (0..24).rev().map(|place| ALPHABET[(number >> (place * 5) & 31) as usize] as char).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// How the one line of an invitation begins, as a QR code carries it.
const LINE: &str = "CAIRN-JOIN:";
/// Longest such line.
const LINE_CHARS_MAX: usize = 600;
/// Most addresses in it.
const LINE_ADDRESSES_MAX: usize = 8;

/// An invitation in one line: `CAIRN-JOIN:`, the code without hyphens, and each address after a slash. All in capitals, so that
/// a QR code of it is small; names of hosts know no case.
pub fn join_line(code: &str, addresses: &[String]) -> String {
    let mut line = format!("{LINE}{}", code.replace('-', ""));
    for address in addresses.iter().take(LINE_ADDRESSES_MAX) {
        line.push('/');
        line.push_str(&address.to_ascii_uppercase());
    }
    line
}

/// The code and the addresses in what a person typed or a scanner read: a code alone, or the whole line.
pub fn read_join_line(text: &str) -> Result<(String, Vec<String>), CasebookError> {
    let text = text.trim();
    let is_line = text.get(..LINE.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(LINE));
    if !is_line {
        return Ok((text.to_owned(), Vec::new()));
    }
    if text.len() > LINE_CHARS_MAX {
        return Err(CasebookError::BadRequest(reason!("line-too-long")));
    }
    let mut parts = text[LINE.len()..].split('/');
    let code = parts.next().unwrap_or_default().to_owned();
    let addresses = parts.take(LINE_ADDRESSES_MAX).filter(|part| !part.trim().is_empty());
    let addresses = addresses.map(|address| checked_address(&address.to_ascii_lowercase()));
    Ok((code, addresses.collect::<Result<_, _>>()?))
}

fn decode(code: &str) -> Result<[u8; BYTES], CasebookError> {
    let wrong = || CasebookError::BadRequest(reason!("not-a-code"));
    let mut number = 0_u128;
    let mut digits = 0;
    for letter in code.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = ALPHABET.iter().position(|known| *known as char == letter).ok_or_else(wrong)?;
        digits += 1;
        if digits > 24 {
            return Err(wrong());
        }
        number = number << 5 | value as u128;
    }
    let mut bytes = [0; BYTES];
    bytes.copy_from_slice(&number.to_be_bytes()[16 - BYTES..]);
    if digits != 24 || bytes[BYTES - 1] != check_byte(&bytes[..BYTES - 1]) {
        return Err(wrong());
    }
    Ok(bytes)
}

fn check_byte(bytes: &[u8]) -> u8 {
    blake3::derive_key("cairn 2026 check byte of a joining code v1", bytes)[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: ReplicaId = ReplicaId([7; 32]);

    #[test]
    fn a_code_carries_the_pin_and_the_secret() {
        let code = encode(HUB, [1, 2, 3, 4, 5, 6]);
        assert_eq!(code.len(), 29);
        assert_eq!(code_pin(&code).unwrap(), key_pin(HUB));
        assert_eq!(code_secret(&code).unwrap(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_code_may_be_typed_as_it_was_heard() {
        let code = encode(HUB, [9; 6]);
        let heard = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(code_secret(&heard).unwrap(), [9; 6]);
    }

    #[test]
    fn a_code_with_one_wrong_letter_is_refused() {
        let code = encode(HUB, [3; 6]);
        let refused = (0..code.len())
            .filter(|at| code.as_bytes()[*at] != b'-')
            .filter(|at| {
                let mut other = code.clone().into_bytes();
                other[*at] = if other[*at] == b'Z' { b'Y' } else { b'Z' };
                code_pin(&String::from_utf8(other).unwrap()).is_err()
            })
            .count();
        assert!(refused >= 23, "one check byte catches nearly every slip: {refused} of 24");
        assert!(code_pin("").is_err() && code_pin(&code[..24]).is_err() && code_pin(&format!("{code}-AAAA")).is_err());
    }

    #[test]
    fn an_invitation_in_one_line_comes_back_whole() {
        let code = encode(HUB, [1, 2, 3, 4, 5, 6]);
        let addresses = ["hub.example:7411".to_owned(), "[2001:db8::7]:7411".to_owned()];
        let line = join_line(&code, &addresses);
        for typed in [line.clone(), line.to_lowercase(), format!(" {line}\n")] {
            let (read, at) = read_join_line(&typed).unwrap();
            assert_eq!((code_secret(&read).unwrap(), at), ([1, 2, 3, 4, 5, 6], addresses.to_vec()));
        }
        assert_eq!(read_join_line(&code).unwrap(), (code.clone(), Vec::new()));
        assert_eq!(read_join_line(&join_line(&code, &[])).unwrap().1, Vec::<String>::new());
        assert!(read_join_line(&format!("{line}/no port")).is_err());
        assert!(read_join_line(&format!("{LINE}{}", "/a:1".repeat(300))).is_err());
        assert!(read_join_line("").unwrap().0.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_is_read_or_refused(text in "\\PC{0,60}") {
            let read = |text: &str| read_join_line(text).and_then(|(code, _)| code_pin(&code));
            proptest::prop_assert!(read(&text).is_err());
            let line = format!("{LINE}{text}");
            proptest::prop_assert!(read(&line).is_err());
        }
    }
}
