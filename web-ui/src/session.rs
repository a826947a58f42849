//! Who is signed in: sessions in memory, gone when the appliance stops.
//!
//! A session is named by 256 random bits that only the browser (or the caller of the API) knows; here only
//! their hash is kept, so that a memory dump opens no door. Sessions end after 30 idle minutes and after 12
//! hours in any case.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_casebook::{Actor, Entropy};

/// A session ends when it was not used for this long.
pub const IDLE_MAX_MS: u64 = 30 * 60 * 1000;
/// A session ends this long after it began, used or not.
pub const AGE_MAX_MS: u64 = 12 * 60 * 60 * 1000;
/// Sessions at one time; the one unused for longest makes room.
pub const SESSIONS_MAX: usize = 1024;
/// Sessions of one person at one time; the one unused for longest makes room.
pub const SESSIONS_PER_PERSON_MAX: usize = 16;

/// Names a session on this side: the hash of its token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey")
    }
}

/// A session as a request finds it.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who, as they were when they signed in.
    pub actor: Actor,
    /// What every form of this session carries.
    pub csrf: String,
    /// Its name on this side.
    pub key: SessionKey,
}

/// A session that has just begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The token: 64 hexadecimal digits, told to the other side once.
    pub token: String,
    /// What every form of this session carries.
    pub csrf: String,
    /// Who.
    pub actor: Actor,
}

struct Held {
    actor: Actor,
    csrf: String,
    began_ms: u64,
    used_ms: u64,
}

impl Held {
    fn is_over(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.used_ms) >= IDLE_MAX_MS || now_ms.saturating_sub(self.began_ms) >= AGE_MAX_MS
    }
}

/// All sessions of this installation.
pub struct Sessions {
    entropy: Arc<dyn Entropy>,
    held: Mutex<HashMap<SessionKey, Held>>,
}

impl Sessions {
    /// No sessions yet.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, held: Mutex::new(HashMap::new()) }
    }

    /// Begins a session for somebody whose password was right.
    pub fn open(&self, actor: Actor, now_ms: u64) -> Opened {
        let mut secret = [0; 32];
        self.entropy.fill(&mut secret);
        let token = hex(&secret);
        let csrf = hex(&blake3::derive_key("cairn 2026 form token of a session v1", &secret));
        let mut held = self.lock();
        held.retain(|_, session| !session.is_over(now_ms));
        let own = held.values().filter(|session| session.actor.user == actor.user).count();
        if own >= SESSIONS_PER_PERSON_MAX {
            drop_oldest(&mut held, |session| session.actor.user == actor.user);
        } else if held.len() >= SESSIONS_MAX {
            drop_oldest(&mut held, |_| true);
        }
        let session = Held { actor: actor.clone(), csrf: csrf.clone(), began_ms: now_ms, used_ms: now_ms };
        held.insert(key_of(&token), session);
        Opened { token, csrf, actor }
    }

    /// The session with this token, if it is still running; it counts as used now.
    pub fn find(&self, token: &str, now_ms: u64) -> Option<Session> {
        let key = key_of(token);
        let mut held = self.lock();
        if held.get(&key)?.is_over(now_ms) {
            held.remove(&key);
            return None;
        }
        let session = held.get_mut(&key)?;
        session.used_ms = session.used_ms.max(now_ms);
        Some(Session { actor: session.actor.clone(), csrf: session.csrf.clone(), key })
    }

    /// Ends a session.
    pub fn close(&self, key: SessionKey) {
        self.lock().remove(&key);
    }

    /// Ends the session with this token, if there is one.
    pub fn close_token(&self, token: &str) {
        self.close(key_of(token));
    }

    /// Ends every session of a person but the one given: their password was changed.
    pub fn close_others(&self, user: &str, keep: Option<SessionKey>) {
        self.lock().retain(|key, session| session.actor.user != user || Some(*key) == keep);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn drop_oldest(held: &mut HashMap<SessionKey, Held>, among: impl Fn(&Held) -> bool) {
    let oldest = held.iter().filter(|(_, session)| among(session)).min_by_key(|(_, session)| session.used_ms);
    if let Some(key) = oldest.map(|(key, _)| *key) {
        held.remove(&key);
    }
}

/// The token has 256 random bits, so that a plain hash is enough and a look-up by it leaks no timing.
fn key_of(token: &str) -> SessionKey {
    SessionKey(blake3::derive_key("cairn 2026 session token v1", token.as_bytes()))
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two secrets are the same, without telling by the time taken where they differ.
pub(crate) fn same_secret(one: &str, other: &str) -> bool {
    // Comparing keyed hashes takes the same time wherever the texts differ.
    blake3::derive_key("cairn 2026 compare v1", one.as_bytes())
        == blake3::derive_key("cairn 2026 compare v1", other.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use cairn_casebook::{Role, Via};

    use super::*;

    /// Counts upwards, so that no two draws are the same.
    #[derive(Default)]
    struct Counted(AtomicU64);

    impl Entropy for Counted {
        fn fill(&self, buffer: &mut [u8]) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            buffer[..8].copy_from_slice(&number);
        }
    }

    fn sessions() -> Sessions {
        Sessions::new(Arc::new(Counted::default()))
    }

    fn actor(user: &str) -> Actor {
        Actor { user: user.into(), display: user.into(), role: Some(Role::Officer), via: Via::Screen }
    }

    #[test]
    fn a_token_opens_its_own_session_only() {
        let sessions = sessions();
        let (one, two) = (sessions.open(actor("one"), 0), sessions.open(actor("two"), 0));
        assert_ne!((&one.token, &one.csrf), (&two.token, &two.csrf));
        assert_ne!(one.token, one.csrf, "a form must not give the session away");
        assert_eq!(sessions.find(&one.token, 1).unwrap().actor.user, "one");
        assert!(sessions.find(&one.csrf, 1).is_none());
        sessions.close_token(&one.token);
        assert!(sessions.find(&one.token, 1).is_none());
        assert_eq!(sessions.find(&two.token, 1).unwrap().csrf, two.csrf);
    }

    #[test]
    fn the_session_unused_for_longest_makes_room() {
        let sessions = sessions();
        let kept = sessions.open(actor("kept"), 0);
        let mine: Vec<_> = (0..SESSIONS_PER_PERSON_MAX as u64).map(|at| sessions.open(actor("me"), at)).collect();
        sessions.find(&mine[0].token, 100);
        sessions.open(actor("me"), 100);
        assert!(sessions.find(&mine[0].token, 101).is_some(), "it was used last");
        assert!(sessions.find(&mine[1].token, 101).is_none(), "it made room");
        for number in 0..SESSIONS_MAX as u64 {
            sessions.open(actor(&format!("user{number}")), 200);
        }
        assert!(sessions.find(&kept.token, 201).is_none());
        assert_eq!(sessions.lock().len(), SESSIONS_MAX);
    }

    #[test]
    fn a_clock_set_back_ends_no_session_and_prolongs_none_for_ever() {
        let sessions = sessions();
        let opened = sessions.open(actor("one"), AGE_MAX_MS);
        assert!(sessions.find(&opened.token, 0).is_some());
        assert!(sessions.find(&opened.token, AGE_MAX_MS + IDLE_MAX_MS).is_none());
    }
}
