//! Passwords by Argon2id (RFC 9106), kept as PHC strings.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

/// Shortest password, in characters (NIST SP 800-63B asks for 8 with a second factor, 15 without; a post at a border
/// has neither the network for breach lists nor patience for 15).
pub const CHARS_MIN: usize = 10;
/// Longest password, in bytes.
pub const BYTES_MAX: usize = 256;

/// OWASP's floor for Argon2id: 19 MiB, two passes, one lane. A quarter of a second on a small board.
fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password with this salt; `None` when the password is longer than the limit.
pub fn hash(password: &str, salt: &[u8; 16]) -> Option<String> {
    if password.len() > BYTES_MAX {
        return None;
    }
    Some(argon2()?.hash_password_with_salt(password.as_bytes(), salt).ok()?.to_string())
}

/// Whether the password fits the hash. `None` stands for an unknown name and takes as long.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let known = stored.is_some();
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return false };
    let fits = argon2().is_some_and(|argon2| argon2.verify_password(password.as_bytes(), &parsed).is_ok());
    fits && known && password.len() <= BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let stored = hash("correct horse battery", &[5; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterz", Some(&stored)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("correct horse battery", Some("rubbish")));
        assert!(hash(&"x".repeat(BYTES_MAX + 1), &[5; 16]).is_none());
    }
}
