//! Folding statements into what holds now.

use std::collections::BTreeMap;

use super::ReplicaRole;
use super::statement::{EpochKeyGrant, Founded, ReplicaCertified, SpaceKind, SpaceOpened, Statement, registry_space};
use crate::entry::{Entry, EntryKind, KeyId};
use crate::keyring::{KeyError, open_grant};
use crate::ledger::Ledger;
use crate::names::{Hlc, LogId, LogKey, ReplicaId, SpaceId};
use crate::store::StoreError;

/// Most grants kept for one epoch.
const GRANTS_PER_EPOCH_MAX: usize = 1024;

/// Where a statement was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementOrigin {
    /// The log.
    pub log: LogId,
    /// The number in it.
    pub number: u64,
    /// When it was written. Statements are applied in this order.
    pub hlc: Hlc,
}

impl StatementOrigin {
    /// The origin of an entry's statement.
    pub fn of(entry: &Entry) -> Self {
        let core = &entry.header.core;
        Self { log: core.log, number: core.number, hlc: core.hlc }
    }
}

/// A statement does not count. The registry is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementRefused {
    /// In another space.
    #[error("it is not in this agency's registry")]
    WrongSpace,
    /// By another replica.
    #[error("only the registrar {0} may state, not {1}")]
    NotTheRegistrar(ReplicaId, ReplicaId),
    /// Before the founding.
    #[error("the agency has not been founded by a statement that its root signed")]
    NotFounded,
    /// A second founding.
    #[error("the agency is founded already, in other words")]
    FoundedAlready,
    /// Not signed by the root.
    #[error("the founding is not signed by the root key that names this registry")]
    NotByTheRoot,
    /// A space changes its kind.
    #[error("space {0} exists already as another kind")]
    SpaceKindChanged(SpaceId),
    /// Two keys for one epoch.
    #[error("space {0} has another key for epoch {1}")]
    EpochConflict(SpaceId, u32),
    /// A key of a space that was not opened.
    #[error("space {0} has not been opened")]
    UnknownSpace(SpaceId),
    /// More grants of one epoch than are kept.
    #[error("there are already {GRANTS_PER_EPOCH_MAX} grants of this epoch")]
    TooManyGrants,
    /// The bytes are not a statement.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// The grants of one epoch.
#[derive(Clone, Debug)]
struct Grants {
    key_id: KeyId,
    /// Those that were not looked at yet.
    files: Vec<Vec<u8>>,
}

/// The order in which statements are applied.
type Order = (Hlc, LogId, u64);

fn order_of(entry: &Entry) -> Order {
    let core = &entry.header.core;
    (core.hlc, core.log, core.number)
}

/// What the statements so far say.
#[derive(Clone, Debug)]
pub struct Registry {
    space: SpaceId,
    founded: Option<Founded>,
    members: BTreeMap<ReplicaId, ReplicaCertified>,
    spaces: BTreeMap<SpaceId, SpaceOpened>,
    grants: BTreeMap<(SpaceId, u32), Grants>,
    set_aside: u64,
    /// How far each log of the registry has been applied.
    applied: BTreeMap<LogKey, u64>,
    /// The last of all that was applied.
    last: Option<Order>,
}

impl Registry {
    /// The registry in this space, before any statement.
    pub fn new(space: SpaceId) -> Self {
        let (members, spaces, grants) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let applied = BTreeMap::new();
        Self { space, founded: None, members, spaces, grants, set_aside: 0, applied, last: None }
    }

    /// Reads all statements that a ledger holds. Answers the registry and the statements that do not count.
    pub fn load(
        ledger: &Ledger,
        space: SpaceId,
    ) -> Result<(Self, Vec<(StatementOrigin, StatementRefused)>), StoreError> {
        let mut registry = Self::new(space);
        let refused = registry.catch_up(ledger)?;
        Ok((registry, refused))
    }

    /// Applies the statements that a ledger holds beyond those that were applied before. The registry of an agency with hundreds
    /// of members has tens of thousands, most of them grants: they are not read again whenever one is added. Answers the statements
    /// that do not count.
    pub fn catch_up(&mut self, ledger: &Ledger) -> Result<Vec<(StatementOrigin, StatementRefused)>, StoreError> {
        let mut found = self.beyond(ledger)?;
        if found.first().map(order_of) < self.last && !found.is_empty() {
            // An earlier life of the registrar has come to light: what it stated comes before.
            *self = Self::new(self.space);
            found = self.beyond(ledger)?;
        }
        let mut refused = Vec::new();
        for entry in found {
            if let Err(refusal) = self.apply_entry(ledger, &entry) {
                refused.push((StatementOrigin::of(&entry), refusal));
            }
            let core = &entry.header.core;
            // What stands behind a hole is read again: what fills the hole comes before it.
            if core.number <= ledger.last(&core.log).0 {
                self.applied.insert(core.log.key, core.number);
            }
            self.last = Some(order_of(&entry));
        }
        Ok(refused)
    }

    /// The entries that were not applied yet, those in carriers too, in the order in which they are to be.
    fn beyond(&self, ledger: &Ledger) -> Result<Vec<Entry>, StoreError> {
        let mut found = Vec::new();
        for log in ledger.logs_of(&self.space)? {
            let from = self.applied.get(&log.key).map_or(1, |number| number + 1);
            for page in ledger.pages(&log, from) {
                for entry in page? {
                    found.extend(ledger.rescued_in(&entry).unwrap_or_default());
                    found.push(entry);
                }
            }
        }
        found.sort_by_key(order_of);
        Ok(found)
    }

    /// Applies an entry of the registry's space. Entries of other kinds are passed over.
    pub fn apply_entry(&mut self, ledger: &Ledger, entry: &Entry) -> Result<(), StatementRefused> {
        if entry.header.core.kind != EntryKind::Statement {
            return Ok(());
        }
        let unreadable = |error: &dyn std::fmt::Display| StatementRefused::Unreadable(error.to_string());
        let body = ledger.open_body(entry).map_err(|error| unreadable(&error))?;
        let statement = Statement::decode(&body.payload).map_err(|error| unreadable(&error))?;
        self.apply(&StatementOrigin::of(entry), statement)
    }

    /// Applies a statement. Applying the same one again changes nothing.
    pub fn apply(&mut self, origin: &StatementOrigin, statement: Statement) -> Result<(), StatementRefused> {
        if origin.log.space != self.space {
            return Err(StatementRefused::WrongSpace);
        }
        let writer = origin.log.key.replica;
        if let Statement::Founded(founded) = statement {
            return self.found(writer, founded);
        }
        let registrar = self.registrar().ok_or(StatementRefused::NotFounded)?;
        if writer != registrar {
            return Err(StatementRefused::NotTheRegistrar(registrar, writer));
        }
        match statement {
            Statement::ReplicaCertified(certified) => {
                self.members.insert(certified.replica, certified);
            }
            Statement::SpaceOpened(opened) => self.open_space(opened)?,
            Statement::EpochKey(grant) => self.grant(grant)?,
            Statement::Founded(_) | Statement::Unknown { .. } => self.set_aside += 1,
        }
        Ok(())
    }

    fn found(&mut self, writer: ReplicaId, founded: Founded) -> Result<(), StatementRefused> {
        if registry_space(&founded.root) != self.space || !founded.is_signed() {
            return Err(StatementRefused::NotByTheRoot);
        }
        if writer != founded.registrar {
            return Err(StatementRefused::NotTheRegistrar(founded.registrar, writer));
        }
        match &self.founded {
            Some(first) if *first != founded => Err(StatementRefused::FoundedAlready),
            _ => {
                self.founded = Some(founded);
                Ok(())
            }
        }
    }

    fn open_space(&mut self, opened: SpaceOpened) -> Result<(), StatementRefused> {
        if self.spaces.get(&opened.space).is_some_and(|space| space.kind != opened.kind) {
            return Err(StatementRefused::SpaceKindChanged(opened.space));
        }
        self.spaces.insert(opened.space, opened);
        Ok(())
    }

    fn grant(&mut self, grant: EpochKeyGrant) -> Result<(), StatementRefused> {
        if !self.spaces.contains_key(&grant.space) {
            return Err(StatementRefused::UnknownSpace(grant.space));
        }
        let fresh = || Grants { key_id: grant.key_id, files: Vec::new() };
        let grants = self.grants.entry((grant.space, grant.epoch)).or_insert_with(fresh);
        if grants.key_id != grant.key_id {
            return Err(StatementRefused::EpochConflict(grant.space, grant.epoch));
        }
        if grants.files.contains(&grant.grant) {
            return Ok(());
        }
        if grants.files.len() >= GRANTS_PER_EPOCH_MAX {
            return Err(StatementRefused::TooManyGrants);
        }
        grants.files.push(grant.grant);
        Ok(())
    }

    /// Opens the grants that are for this replica and that the ledger lacks, and gives it the keys. Answers
    /// how many were new, and which grants could not be used and why (grants for others are not mentioned).
    /// Each grant is looked at once and forgotten: trying one costs as much as checking a signature.
    pub fn take_keys(&mut self, ledger: &Ledger, identity: &str) -> (usize, Vec<(SpaceId, u32, KeyError)>) {
        let mut taken = 0;
        let mut problems = Vec::new();
        for ((space, epoch), Grants { key_id, files }) in &mut self.grants {
            let files = std::mem::take(files);
            if ledger.keyring().get(space, *epoch, key_id).is_some() {
                continue;
            }
            for file in files.iter().rev() {
                let key = open_grant(file, identity).and_then(|key| match key.id(space) == *key_id {
                    true => ledger.add_key(*space, *epoch, key),
                    false => Err(KeyError::Damaged("it holds another key than it says".to_owned())),
                });
                match key {
                    Ok(()) => {
                        taken += 1;
                        break;
                    }
                    Err(KeyError::NotForUs) => {}
                    Err(error) => problems.push((*space, *epoch, error)),
                }
            }
        }
        (taken, problems)
    }

    /// The registry's own space.
    pub fn space(&self) -> SpaceId {
        self.space
    }

    /// The founding statement, once it is known.
    pub fn founded(&self) -> Option<&Founded> {
        self.founded.as_ref()
    }

    /// The replica whose statements count.
    pub fn registrar(&self) -> Option<ReplicaId> {
        self.founded.as_ref().map(|founded| founded.registrar)
    }

    /// A certified replica.
    pub fn member(&self, replica: &ReplicaId) -> Option<&ReplicaCertified> {
        self.members.get(replica)
    }

    /// All certified replicas.
    pub fn members(&self) -> impl Iterator<Item = &ReplicaCertified> {
        self.members.values()
    }

    /// The certified replicas that are hubs.
    pub fn hubs(&self) -> impl Iterator<Item = &ReplicaCertified> {
        self.members.values().filter(|member| member.role == ReplicaRole::Hub)
    }

    /// The spaces that were opened.
    pub fn spaces(&self) -> impl Iterator<Item = &SpaceOpened> {
        self.spaces.values()
    }

    /// What was stated when this space was opened.
    pub fn opened(&self, space: &SpaceId) -> Option<&SpaceOpened> {
        self.spaces.get(space)
    }

    /// The first space of a kind.
    pub fn space_of_kind(&self, kind: SpaceKind) -> Option<&SpaceOpened> {
        self.spaces.values().find(|space| space.kind == kind)
    }

    /// The name of the place where a replica stands.
    pub fn site_name(&self, replica: &ReplicaId) -> Option<&str> {
        self.members.get(replica).map(|member| member.site.as_str())
    }

    /// The age recipients of those members that may read: whom every epoch key is granted to. A relay is never among them.
    pub fn recipients(&self) -> Vec<String> {
        let readers = self.members.values().filter(|member| member.role != ReplicaRole::Relay);
        readers.map(|member| member.recipient.clone()).collect()
    }

    /// Whether this replica only carries.
    pub fn is_relay(&self, replica: &ReplicaId) -> bool {
        self.members.get(replica).is_some_and(|member| member.role == ReplicaRole::Relay)
    }

    /// The highest epoch granted of a space, with the id of its key.
    pub fn current_epoch(&self, space: &SpaceId) -> Option<(u32, KeyId)> {
        let epochs = self.grants.range((*space, 0)..=(*space, u32::MAX));
        epochs.last().map(|((_, epoch), grants)| (*epoch, grants.key_id))
    }

    /// How many statements of types from a newer Cairn were set aside.
    pub fn set_aside(&self) -> u64 {
        self.set_aside
    }
}
