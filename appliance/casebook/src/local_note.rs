//! What a machine notes for itself: accounts, invitations, mappings, imports, settings.
//!
//! The payload of an entry in this machine's local space, as JSON. The local space never leaves the machine; its
//! folded state is small and lives in memory.

use std::collections::{BTreeMap, BTreeSet};

use cairn_intake::Mapping;
use cairn_ledger::{EntryRef, ReplicaId};
use serde::{Deserialize, Serialize};

pub use crate::stick_notes::StickNote;
use crate::{ImportBatch, ImportReport, JoinGrant, LinkRules, Role};

/// One note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum LocalNote {
    /// A person was added or changed; the newest note counts.
    Account(Account),
    /// An invitation was made.
    Invitation {
        /// BLAKE3 of the secret.
        secret_hash: String,
        /// The code as it was shown, so that it can be shown again.
        code: String,
        /// Until when.
        expires_ms: u64,
        /// Addresses of the hub.
        addresses: Vec<String>,
        /// Whether it admits another hub.
        #[serde(default)]
        hub: bool,
        /// Whether it admits a relay.
        #[serde(default)]
        relay: bool,
    },
    /// An invitation was used by this replica.
    InvitationUsed {
        /// BLAKE3 of the secret.
        secret_hash: String,
        /// Who joined.
        replica: ReplicaId,
    },
    /// A mapping was saved.
    Mapping {
        /// Its text, TOML.
        toml: String,
    },
    /// An import began; until it is finished the batch counts as open.
    ImportBegun {
        /// Id of the batch.
        batch: String,
        /// Name of the file.
        file: String,
        /// Name of the mapping.
        mapping: String,
        /// Who.
        person: String,
        /// When.
        at_ms: u64,
    },
    /// An import ended.
    ImportDone {
        /// Id of the batch.
        batch: String,
        /// What it did, without the raw text of rejected rows.
        report: Box<ImportReport>,
    },
    /// An import was taken back.
    ImportUndone {
        /// Id of the batch.
        batch: String,
        /// When.
        at_ms: u64,
    },
    /// An address was given for a peer, or for any hub.
    Address {
        /// The peer.
        replica: Option<ReplicaId>,
        /// `host:port`.
        address: String,
    },
    /// Links were cut or restored by hand.
    Cut {
        /// Cut or not.
        cut: bool,
    },
    /// When links may be used; the newest note counts.
    LinkRules(Box<LinkRules>),
    /// Somebody wants this attachment on this machine.
    Wanted {
        /// Its entry.
        attachment: EntryRef,
    },
    /// Every attachment is to be fetched, as at a hub, or only what somebody wants.
    FetchAll {
        /// Every one or not.
        all: bool,
    },
    /// A stick was written.
    StickWritten(Box<StickNote>),
    /// A stick was read to its end.
    StickRead {
        /// Who wrote it.
        from: ReplicaId,
        /// Its number.
        number: u64,
        /// Its id in hexadecimal.
        id: String,
        /// When it was read.
        at_ms: u64,
        /// When it was made.
        made_ms: u64,
        /// Until when it may be read.
        expires_ms: u64,
        /// Entries that were new.
        entries: u64,
        /// Files that became whole.
        #[serde(default)]
        files: u64,
        /// Files on it that are not whole here.
        #[serde(default)]
        files_left: u64,
    },
    /// A site said that it has read a stick.
    StickReceipted {
        /// Who.
        by: ReplicaId,
        /// Its number.
        number: u64,
        /// When, by its clock.
        at_ms: u64,
    },
    /// What this installation is; the newest note counts.
    Profile(Box<Profile>),
}

/// What an installation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Agency name.
    pub agency: String,
    /// Site name.
    pub site: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// Whether it is a hub.
    pub hub: bool,
    /// Whether it is a demonstration.
    pub demo: bool,
    /// Root key of the agency whose registry counts here.
    pub root: [u8; 32],
    /// Root key of the agency of one that this post was before it joined.
    pub former_root: Option<[u8; 32]>,
    /// The hub that it joined, and its addresses.
    pub joined: Option<(ReplicaId, Vec<String>)>,
    /// Whether it joined as a relay.
    #[serde(default)]
    pub relay: bool,
}

impl Profile {
    /// Becomes a member of the hub's agency.
    pub fn join(&mut self, grant: &JoinGrant, addresses: Vec<String>) {
        self.agency.clone_from(&grant.agency);
        self.site.clone_from(&grant.site);
        self.former_root = Some(self.root);
        self.root = grant.root;
        self.relay = grant.relay;
        self.joined = Some((grant.hub, addresses));
    }
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Sign-in name.
    pub user: String,
    /// Name others see.
    pub display: String,
    /// Role.
    pub role: Role,
    /// Whether sign-in is switched off.
    pub disabled: bool,
    /// Argon2id hash as a PHC string.
    pub password_hash: String,
}

/// An invitation that is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInvitation {
    /// The code.
    pub code: String,
    /// Until when.
    pub expires_ms: u64,
    /// Addresses of the hub.
    pub addresses: Vec<String>,
    /// Whether it admits another hub.
    pub hub: bool,
    /// Whether it admits a relay.
    pub relay: bool,
}

/// The folded notes.
#[derive(Debug, Default)]
pub struct LocalState {
    /// What this installation is.
    pub profile: Profile,
    /// People by sign-in name.
    pub accounts: BTreeMap<String, Account>,
    /// Open invitations by hash of the secret.
    pub invitations: BTreeMap<String, OpenInvitation>,
    /// Saved mappings by name.
    pub mappings: BTreeMap<String, Mapping>,
    /// Imports in the order they were begun.
    pub imports: Vec<ImportBatch>,
    /// Addresses given by hand, newest last.
    pub addresses: Vec<(Option<ReplicaId>, String)>,
    /// Whether links are cut by hand.
    pub cut: bool,
    /// When links may be used.
    pub link_rules: LinkRules,
    /// Attachments that somebody wants here.
    pub wanted: BTreeSet<EntryRef>,
    /// Whether every attachment is to be fetched.
    pub fetch_all: bool,
    /// Sticks written, oldest first.
    pub sticks_written: Vec<StickNote>,
    /// Sticks read, oldest first.
    pub sticks_read: Vec<StickNote>,
    /// Files that sites have by their receipts for sticks.
    pub files_there: BTreeMap<ReplicaId, BTreeSet<EntryRef>>,
}

impl LocalState {
    /// Folds one note in.
    pub fn apply(&mut self, note: LocalNote) {
        match note {
            LocalNote::Account(account) => {
                self.accounts.insert(account.user.clone(), account);
            }
            LocalNote::Invitation { secret_hash, code, expires_ms, addresses, hub, relay } => {
                let open = OpenInvitation { code, expires_ms, addresses, hub, relay };
                self.invitations.insert(secret_hash, open);
            }
            LocalNote::InvitationUsed { secret_hash, .. } => {
                self.invitations.remove(&secret_hash);
            }
            LocalNote::Mapping { toml } => {
                if let Ok(mapping) = Mapping::parse(&toml) {
                    self.mappings.insert(mapping.name.clone(), mapping);
                }
            }
            LocalNote::ImportBegun { batch, file, mapping, person, at_ms } => {
                let report = ImportReport { batch: batch.clone(), file, mapping, ..ImportReport::default() };
                self.imports.push(ImportBatch { batch, report, person, at_ms, undone_ms: None });
            }
            LocalNote::ImportDone { batch, report } => {
                if let Some(import) = self.import_mut(&batch) {
                    import.report = *report;
                }
            }
            LocalNote::ImportUndone { batch, at_ms } => {
                if let Some(import) = self.import_mut(&batch) {
                    import.undone_ms = Some(at_ms);
                }
            }
            LocalNote::Address { replica, address } => {
                self.addresses.retain(|known| *known != (replica, address.clone()));
                self.addresses.push((replica, address));
            }
            LocalNote::Cut { cut } => self.cut = cut,
            LocalNote::LinkRules(rules) => self.link_rules = *rules,
            LocalNote::Wanted { attachment } => {
                self.wanted.insert(attachment);
            }
            LocalNote::FetchAll { all } => self.fetch_all = all,
            LocalNote::StickWritten(note) => self.remember_written(*note),
            LocalNote::StickRead { from, number, id, at_ms, made_ms, expires_ms, entries, files, files_left } => {
                let (bytes, carried, received_ms) = (0, None, None);
                let (peer, files_carried, files_owed) = (from, Vec::new(), Vec::new());
                self.remember_read(StickNote {
                    peer,
                    number,
                    id,
                    at_ms,
                    made_ms,
                    expires_ms,
                    entries,
                    bytes,
                    carried,
                    received_ms,
                    files,
                    files_left,
                    files_carried,
                    files_owed,
                });
            }
            LocalNote::StickReceipted { by, number, at_ms } => self.remember_receipt(&by, number, at_ms),
            LocalNote::Profile(profile) => self.profile = *profile,
        }
    }

    fn import_mut(&mut self, batch: &str) -> Option<&mut ImportBatch> {
        self.imports.iter_mut().find(|import| import.batch == batch)
    }
}
