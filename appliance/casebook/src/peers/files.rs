//! What is known of the files that a peer has: as it says over a link, and as its receipts for sticks say.

use std::sync::atomic::Ordering;

use cairn_ledger::registry::{ReplicaRole, SpaceKind};
use cairn_ledger::{LogId, LogKey, ReplicaId, SpaceId};
use serde::{Deserialize, Serialize};

use super::PeerState;
use crate::{Casebook, CasebookError, Member};

/// A peer has every file whose manifest stands no later than here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilesHad {
    /// How many files were known here then.
    known: u64,
    /// The last numbers then, of every log that may name files.
    until: Vec<(SpaceId, LogKey, u64)>,
}

impl FilesHad {
    /// Whether the file whose manifest stands there is one of them.
    pub(crate) fn has(&self, log: &LogId, number: u64) -> bool {
        let mut until = self.until.iter();
        until.any(|(space, key, last)| *space == log.space && *key == log.key && number <= *last)
    }
}

impl Casebook {
    /// A peer lacks so many of the files that it wants, and knows of so many.
    pub(super) fn note_files(
        &self,
        peer: ReplicaId,
        (lacking, known): (u64, u64),
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        // Nobody attaches meanwhile, and no view is being rebuilt: so many files stand no later than there.
        let writing = self.writing();
        let here = self.attachments_known.load(Ordering::Relaxed);
        // A post wants some files only: that it lacks none of those says nothing of the others.
        let all = self.is_hub_here(peer) && lacking == 0 && known >= here;
        let all = all.then(|| self.files_up_to_now(here));
        drop(writing);
        let changed = self.peer(peer, |state| {
            if all.is_some() {
                state.files_had = all;
            } else if state.files_had.as_ref().is_some_and(|had| lacking > here.saturating_sub(had.known)) {
                // It lacks more than what came since: it has lost some that it had.
                state.files_had = None;
            }
            state.files.replace((lacking, known)) != Some((lacking, known))
        });
        if changed { self.save_peer(peer, now_ms) } else { Ok(()) }
    }

    fn files_up_to_now(&self, known: u64) -> FilesHad {
        let mut until = Vec::new();
        let spaces: Vec<SpaceId> = {
            let memory = self.memory();
            let records = memory.registry.spaces().filter(|space| space.kind == SpaceKind::Records);
            records.map(|space| space.space).collect()
        };
        for space in spaces {
            let logs = self.frontier(space).0;
            until.extend(logs.into_iter().map(|(key, (number, _))| (space, key, number)));
        }
        FilesHad { known, until }
    }

    /// Whether a peer is a hub, by the registry held here.
    pub(crate) fn is_hub_here(&self, peer: ReplicaId) -> bool {
        self.memory().registry.member(&peer).is_some_and(|member| member.role == ReplicaRole::Hub)
    }

    /// The files that a peer has said it has, over a link.
    pub(crate) fn files_had(&self, peer: ReplicaId) -> FilesHad {
        self.peers().get(&peer).and_then(|state| state.files_had.clone()).unwrap_or_default()
    }

    /// Files that a hub may lack. A post fetches what somebody wants there, which is nothing to wait for here.
    pub(super) fn files_lacking(&self, peer: &Member, state: Option<&PeerState>) -> u64 {
        let here = self.attachments_known.load(Ordering::Relaxed);
        let had = state.and_then(|state| state.files_had.as_ref()).map_or(0, |had| had.known);
        match state.and_then(|state| state.files) {
            _ if !peer.is_hub() || here == 0 => 0,
            Some((lacking, known)) => lacking.max(here.saturating_sub(known)),
            None => here.saturating_sub(had),
        }
    }

    /// A file was attached somewhere: what peers said before says nothing of it.
    pub(crate) fn forget_files_of_peers(&self) {
        self.peers().values_mut().for_each(|state| state.files = None);
    }
}
