//! Which sessions run: at most one a peer.
//!
//! Two replicas may dial each other at the same moment. Both keep the connection that the replica with the smaller
//! key dialled. When the same side dials again, the newer connection wins: the peer must have lost the older one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cairn_casebook::Change;
use cairn_ledger::ReplicaId;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::desk::Room;
use crate::nudge::Nudge;

/// The running sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    running: Mutex<HashMap<ReplicaId, Running>>,
    left: Notify,
    room: Room,
}

#[derive(Debug)]
struct Running {
    dialled_by: ReplicaId,
    nudge: Arc<Nudge>,
    since: Instant,
    /// The peer called because of urgent entries.
    urgent: bool,
}

/// A place among the running sessions; given up when dropped.
#[derive(Debug)]
pub struct Place {
    sessions: Arc<Sessions>,
    peer: ReplicaId,
    /// News for this session.
    pub nudge: Arc<Nudge>,
}

impl Sessions {
    /// Takes the place of a session with this peer, ending one that has to yield. `None`: this one has to yield.
    pub fn enter(self: &Arc<Self>, peer: ReplicaId, dialled_by: ReplicaId) -> Option<Place> {
        let nudge = Arc::new(Nudge::default());
        let mut running = self.lock();
        if let Some(other) = running.get(&peer) {
            if other.dialled_by < dialled_by {
                return None;
            }
            other.nudge.close("replaced");
        }
        let since = Instant::now();
        running.insert(peer, Running { dialled_by, nudge: nudge.clone(), since, urgent: false });
        Some(Place { sessions: self.clone(), peer, nudge })
    }

    /// Whether a session with this peer runs.
    pub fn has(&self, peer: &ReplicaId) -> bool {
        self.lock().contains_key(peer)
    }

    /// The peer of this session called because of urgent entries: it is given time for them.
    pub fn is_urgent(&self, peer: &ReplicaId) {
        if let Some(session) = self.lock().get_mut(peer) {
            session.urgent = true;
        }
    }

    /// The peers with whom a session runs; without those who have just called because of urgent entries.
    pub fn peers(&self, grace: Duration, now: Instant) -> Vec<ReplicaId> {
        let running = self.lock();
        let old = |session: &Running| now.saturating_duration_since(session.since) >= grace;
        let settled = running.iter().filter(|(_, session)| !session.urgent || old(session));
        settled.map(|(peer, _)| *peer).collect()
    }

    /// Ends the session with a peer.
    pub fn close(&self, peer: &ReplicaId, reason: &'static str) {
        if let Some(session) = self.lock().get(peer) {
            session.nudge.close(reason);
        }
    }

    /// Ends all sessions.
    pub fn close_all(&self, reason: &'static str) {
        self.lock().values().for_each(|running| running.nudge.close(reason));
    }

    /// Tells all sessions of a change.
    pub fn tell(&self, change: &Change) {
        let running = self.lock();
        for session in running.values() {
            match change {
                Change::Entries { space, urgent, .. } => session.nudge.changed(*space, *urgent),
                Change::Registry => session.nudge.rights(),
                Change::Attachments => session.nudge.files(),
                Change::Links => {}
            }
        }
    }

    /// Waits until no session runs.
    pub async fn wait_empty(&self) {
        loop {
            let left = self.left.notified();
            if self.lock().is_empty() {
                return;
            }
            left.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReplicaId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The room in front of the casebook, which all sessions share.
    pub(crate) fn room(&self) -> Room {
        self.sessions.room.clone()
    }

    /// Whether no other connection with this peer has taken over.
    pub fn is_current(&self) -> bool {
        let running = self.sessions.lock();
        running.get(&self.peer).is_some_and(|session| Arc::ptr_eq(&session.nudge, &self.nudge))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_current() {
            self.sessions.lock().remove(&self.peer);
            self.sessions.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: ReplicaId = ReplicaId([1; 32]);
    const LARGE: ReplicaId = ReplicaId([2; 32]);
    const PEER: ReplicaId = ReplicaId([3; 32]);

    #[test]
    fn of_two_crossing_connections_the_one_dialled_by_the_smaller_key_stays() {
        let sessions = Arc::new(Sessions::default());
        let first = sessions.enter(PEER, LARGE).unwrap();
        let second = sessions.enter(PEER, SMALL).unwrap();
        assert!(sessions.enter(PEER, LARGE).is_none());
        drop(first);
        assert!(sessions.has(&PEER), "the place of the session that yielded was not given up twice");
        drop(second);
        assert!(!sessions.has(&PEER));
    }

    #[test]
    fn who_called_because_of_urgent_entries_is_given_time() {
        let sessions = Arc::new(Sessions::default());
        let _place = sessions.enter(PEER, PEER).unwrap();
        let (grace, now) = (Duration::from_secs(30), Instant::now());
        assert_eq!(sessions.peers(grace, now), [PEER]);
        sessions.is_urgent(&PEER);
        assert!(sessions.peers(grace, now).is_empty());
        assert_eq!(sessions.peers(grace, now + grace * 2), [PEER]);
    }

    #[test]
    fn a_second_connection_of_the_same_side_replaces_the_first() {
        let sessions = Arc::new(Sessions::default());
        let _first = sessions.enter(PEER, SMALL).unwrap();
        assert!(sessions.enter(PEER, SMALL).is_some());
    }
}
