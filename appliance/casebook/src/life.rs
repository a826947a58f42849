//! How an installation begins and is opened.
//!
//! Opening goes from what cannot be derived to what can: key store, logs, this machine's notes, the registry and the
//! keys it grants, then the views, caught up with the logs, then the search index, caught up with the views.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use cairn_finder::RandomSource;
use cairn_ledger::keystore::{Cost, Keystore, Secrets, create_key_file, random_incarnation};
use cairn_ledger::registry::{
    Founded, Registry, ReplicaCertified, ReplicaRole, RootKey, SpaceKind, SpaceOpened, Statement, local_space,
    registry_space,
};
use cairn_ledger::view::{ViewKey, ViewStore};
use cairn_ledger::{ClockQuality, EntryKind, EpochKey, Incarnation, Lane, Ledger, LogId, SpaceId};

use cairn_record::{Reason, reason};

use crate::core::{Memory, Parts, Writing, founding_space, founding_spaces};
use crate::damage::mending;
use crate::enrol::granting;
use crate::local_note::{LocalNote, Profile};
use crate::logs::LogTable;
use crate::notes::load_local;
use crate::place::{Folder, Place};
use crate::space_titles::founding_title;
use crate::{AuditEvent, Casebook, CasebookError, Entropy, InitRequest, Unlock, keys};

/// Bytes read from a log at a time.
const READ_BYTES: usize = 256 * 1024;

impl Casebook {
    /// Whether there is an installation in this folder.
    pub fn exists(dir: &Path) -> bool {
        Folder(dir).exists()
    }

    /// Makes a new installation in an empty or missing folder: keys, an agency of one with its registry and spaces.
    /// A post can work at once; when it joins a hub, what it wrote until then goes along. Fails if one is there.
    pub fn init(
        dir: &Path,
        request: &InitRequest,
        unlock: &Unlock,
        entropy: Arc<dyn Entropy>,
        now_ms: u64,
    ) -> Result<Self, CasebookError> {
        Self::init_in(&Folder(dir), request, unlock, entropy, now_ms)
    }

    /// [`Casebook::init`] in any place.
    pub fn init_in(
        place: &dyn Place,
        request: &InitRequest,
        unlock: &Unlock,
        entropy: Arc<dyn Entropy>,
        now_ms: u64,
    ) -> Result<Self, CasebookError> {
        let request = checked_request(request)?;
        if place.exists() {
            return Err(CasebookError::NotNow(reason!("already-there", place = place.name())));
        }
        place.make()?;
        let fill = |bytes: &mut [u8]| entropy.fill(bytes);
        let mut secrets = Secrets::generate(&fill);
        let mut root = [0; 32];
        entropy.fill(&mut root);
        secrets.agency_root = Some(root);
        secrets.space_keys = first_keys(&secrets, &*entropy);
        let cost = if request.demo { Cost::DEMONSTRATION } else { Cost::SERVICE };
        if let Unlock::KeyFile(path) = unlock
            && !path.exists()
        {
            create_key_file(path, &fill).map_err(|error| storage(&error))?;
        }
        // The founding entries are written before the key store: an installation exists only when it is whole.
        let founded = found(place, &secrets, &request, now_ms)?;
        drop(founded);
        Keystore::create(place.keystore(), borrowed(unlock), cost, secrets, &fill).map_err(|error| storage(&error))?;
        Self::open_in(place, unlock, entropy, now_ms)
    }

    /// Opens an installation; catches views and search up with the logs.
    pub fn open(dir: &Path, unlock: &Unlock, entropy: Arc<dyn Entropy>, now_ms: u64) -> Result<Self, CasebookError> {
        Self::open_in(&Folder(dir), unlock, entropy, now_ms)
    }

    /// [`Casebook::open`] in any place.
    pub fn open_in(
        place: &dyn Place,
        unlock: &Unlock,
        entropy: Arc<dyn Entropy>,
        now_ms: u64,
    ) -> Result<Self, CasebookError> {
        if !place.exists() {
            return Err(CasebookError::NotNow(reason!("nothing-there", place = place.name())));
        }
        let mut keystore = Keystore::open(place.keystore(), borrowed(unlock)).map_err(|error| storage(&error))?;
        let (ledger, new_life) = open_ledger(place, &mut keystore, &*entropy)?;
        place.settle()?;
        let views = place.views(&ViewKey::new(keystore.secrets.view_key))?;
        let memory = mending(&ledger, || load_memory(&ledger, &*views))?;
        let index_key = blake3::derive_key("cairn 2026 search index key v1", &keystore.secrets.view_key);
        let random: RandomSource = {
            let entropy = Arc::clone(&entropy);
            Arc::new(move |bytes: &mut [u8]| entropy.fill(bytes))
        };
        let (index, stamp) = place.search(&index_key, random)?.unzip();
        let book = Self(Parts {
            ledger,
            blobs: place.blobs()?,
            views,
            index,
            entropy,
            keystore: Mutex::new(keystore),
            memory: RwLock::new(memory),
            writing: Mutex::default(),
            logs: RwLock::default(),
            peers: Mutex::default(),
            receipts: Mutex::default(),
            throttle: Mutex::default(),
            join_failures: Mutex::default(),
            last_sign_in: Mutex::default(),
            sync_wish: Mutex::default(),
            callbacks: RwLock::default(),
            behind: AtomicBool::default(),
            records_written: AtomicU64::default(),
            sweep: Mutex::default(),
            attachments_known: AtomicU64::default(),
            attaching: RwLock::default(),
            files_looked_at: AtomicBool::default(),
            look: Mutex::default(),
            looks: Mutex::default(),
        });
        mending(&book.ledger, || book.catch_up(stamp.as_deref(), now_ms))?;
        if new_life.is_none() && book.is_known_to_have_written_more() {
            book.new_life(reason!("audit-lost-commits"), now_ms)?;
        }
        book.rescue(false, now_ms);
        book.look_behind_damage();
        if let Some(why) = new_life {
            tracing::warn!("this machine goes on under a new incarnation: {why}");
            book.write_machine_audit(AuditEvent::new("new_incarnation", "machine").say(why), now_ms)?;
        }
        book.write_machine_audit(AuditEvent::new("start", "machine"), now_ms)?;
        Ok(book)
    }

    /// Reads the log table, folds what the views lack, then what the search index lacks.
    fn catch_up(&self, index_stamp: Option<&[u8]>, now_ms: u64) -> Result<(), CasebookError> {
        let mut writing = self.writing();
        self.refresh_registry_memory()?;
        self.load_log_table(&mut writing)?;
        self.fold_before_indexing(&mut writing, now_ms)?;
        if let Some(stamp) = index_stamp {
            self.catch_index_up(stamp)?;
        }
        drop(writing);
        self.load_peers()
    }

    /// Folds everything that the views lack; the search index is filled afterwards, in one go.
    pub(crate) fn fold_before_indexing(&self, writing: &mut Writing, now_ms: u64) -> Result<(), CasebookError> {
        writing.index_later = true;
        self.fold_again_from_holes();
        let folded = self
            .fold_shared(writing, self.ledger.logs().into_iter(), now_ms)
            .and_then(|()| self.fold_behind_holes(writing, now_ms));
        writing.index_later = false;
        folded
    }

    pub(crate) fn load_log_table(&self, writing: &mut Writing) -> Result<(), CasebookError> {
        let mut table = LogTable::default();
        for row in self.views.rows(keys::logs()) {
            let row = row?;
            if let (Some(index), Some((log, number))) = (keys::log_index(&row.key), keys::read_log(&row.value)) {
                table.put(index, log, number);
            }
        }
        *self.logs_mut() = table;
        let number = |bytes: Vec<u8>| bytes.try_into().map(u64::from_be_bytes).unwrap_or_default();
        writing.stamp = self.views.stamp().map(number).unwrap_or_default();
        writing.records = self.views.get(&keys::counter("records"))?.map(number).unwrap_or_default();
        let attachments = self.views.get(&keys::counter("attachments"))?.map(number).unwrap_or_default();
        self.attachments_known.store(attachments, Ordering::Relaxed);
        Ok(())
    }

    /// Makes findable what was folded after the search index was last written.
    fn catch_index_up(&self, stamp: &[u8]) -> Result<(), CasebookError> {
        let indexed = read_index_stamp(stamp);
        let mut touched = std::collections::BTreeSet::new();
        let logs: Vec<(LogId, u64)> = self.logs().rows().map(|(_, log, number)| (*log, number)).collect();
        if indexed.is_empty() && !logs.is_empty() {
            return self.rebuild_index();
        }
        for (log, until) in logs.into_iter().filter(|(log, _)| self.space_kind(log.space) == Some(SpaceKind::Records)) {
            let mut from = indexed.get(&log).copied().unwrap_or(0) + 1;
            while from <= until {
                let entries = self.ledger.read(&log, from, READ_BYTES)?;
                let Some(last) = entries.last() else { break };
                from = last.header.core.number + 1;
                touched.extend(entries.iter().filter_map(|entry| self.ledger.open_body(entry).ok()?.record));
            }
        }
        for record in touched {
            if let Some(row) = self.row(record)? {
                self.index_record(&row);
            }
        }
        Ok(())
    }

    /// Ed25519 seed of this replica, for TLS.
    pub fn replica_seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.keystore().secrets.signing_seed)
    }

    /// Reads the registry again after statements came, takes the keys it grants, and folds what can now be opened.
    pub(crate) fn refresh_registry(&self, writing: &mut Writing, now_ms: u64) -> Result<(), CasebookError> {
        self.refresh_registry_memory()?;
        self.fold_shared(writing, self.ledger.logs().into_iter(), now_ms)
    }

    fn refresh_registry_memory(&self) -> Result<(), CasebookError> {
        let profile = self.profile();
        let before = self.memory().registry.clone();
        let (mut registry, former) = load_registries(&self.ledger, &profile, Some(before))?;
        let identity = self.keystore().secrets.age_identity.clone();
        let (taken, problems) = registry.take_keys(&self.ledger, &identity);
        for (space, epoch, problem) in problems {
            tracing::warn!(%space, epoch, %problem, "a key grant could not be used");
        }
        if taken > 0 {
            self.save_keys()?;
        }
        let mut memory = self.memory_mut();
        memory.registry = registry;
        memory.former = former;
        memory.founding = founding_spaces(&profile);
        Ok(())
    }

    /// Copies the keys held into the key store.
    pub(crate) fn save_keys(&self) -> Result<(), CasebookError> {
        let mut keystore = self.keystore();
        keystore.set_space_keys(&self.ledger.keyring());
        keystore.save(&|bytes: &mut [u8]| self.entropy.fill(bytes)).map_err(|error| storage(&error))
    }

    /// Saves a new incarnation in the key store.
    pub(crate) fn save_incarnation(&self, incarnation: Incarnation) -> Result<(), CasebookError> {
        let mut keystore = self.keystore();
        keystore.secrets.incarnation = incarnation;
        keystore.save(&|bytes: &mut [u8]| self.entropy.fill(bytes)).map_err(|error| storage(&error))
    }

    /// After a parcel was kept: folds it, and the registry when it was one of the registry's.
    pub(crate) fn after_parcel(&self, writing: &mut Writing, log: &LogId, now_ms: u64) -> Result<(), CasebookError> {
        let registry = self.memory().registry.space();
        if log.space == registry {
            return self.refresh_registry(writing, now_ms);
        }
        self.fold_shared(writing, std::iter::once(*log), now_ms)
    }
}

fn checked_request(request: &InitRequest) -> Result<InitRequest, CasebookError> {
    let name = |why: Reason, text: &str| {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 60 || text.chars().any(char::is_control) {
            return Err(CasebookError::BadRequest(why));
        }
        Ok(text.to_owned())
    };
    let country = request.country.trim().to_uppercase();
    if country.len() != 3 || !country.chars().all(|c| c.is_ascii_uppercase()) {
        return Err(CasebookError::BadRequest(reason!("country-form")));
    }
    Ok(InitRequest {
        agency: name(reason!("agency-form"), &request.agency)?,
        site: name(reason!("site-form"), &request.site)?,
        country,
        ..request.clone()
    })
}

/// Keys of the four spaces that an installation begins with.
fn first_keys(secrets: &Secrets, entropy: &dyn Entropy) -> Vec<(SpaceId, u32, EpochKey)> {
    let root = root_of(secrets);
    let replica = cairn_ledger::ledger::ReplicaKey::from_seed(&secrets.signing_seed).id();
    let spaces = [
        registry_space(&root),
        founding_space(&root, SpaceKind::Records),
        founding_space(&root, SpaceKind::Audit),
        local_space(&replica),
    ];
    let key = |space| {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        (space, 1, EpochKey::new(bytes))
    };
    spaces.into_iter().map(key).collect()
}

fn root_of(secrets: &Secrets) -> [u8; 32] {
    RootKey::from_seed(&secrets.agency_root.unwrap_or_default()).public()
}

/// Writes the founding of the agency of one: statements and this machine's profile, in one commit.
fn found(place: &dyn Place, secrets: &Secrets, request: &InitRequest, now_ms: u64) -> Result<Ledger, CasebookError> {
    let root_key = RootKey::from_seed(&secrets.agency_root.unwrap_or_default());
    let root = root_key.public();
    let key = cairn_ledger::ledger::ReplicaKey::from_seed(&secrets.signing_seed);
    let replica = key.id();
    let mut keyring = cairn_ledger::Keyring::new();
    for (space, epoch, key) in &secrets.space_keys {
        keyring.insert(*space, *epoch, key.clone()).map_err(|error| storage(&error))?;
    }
    let ledger = Ledger::open(place.logs(request.demo)?, key, secrets.incarnation, keyring)?;
    let recipient = cairn_ledger::keyring::recipient_of(&secrets.age_identity).map_err(|error| storage(&error))?;
    let mut drafts = Vec::new();
    for statement in founding_statements(&root_key, secrets, request, replica, &recipient)? {
        let payload = statement.encode().map_err(|error| CasebookError::BadRequest(error.to_string().into()))?;
        drafts.push(machine_draft(registry_space(&root), EntryKind::Statement, payload));
    }
    let profile = Profile {
        agency: request.agency.clone(),
        site: request.site.clone(),
        country: request.country.clone(),
        hub: request.hub,
        demo: request.demo,
        root,
        ..Profile::default()
    };
    let note = serde_json::to_vec(&LocalNote::Profile(Box::new(profile))).map_err(|error| storage(&error))?;
    drafts.push(machine_draft(local_space(&replica), EntryKind::Batch, note));
    ledger.commit(drafts, now_ms, ClockQuality::Local)?;
    Ok(ledger)
}

fn founding_statements(
    root: &RootKey,
    secrets: &Secrets,
    request: &InitRequest,
    replica: cairn_ledger::ReplicaId,
    recipient: &str,
) -> Result<Vec<Statement>, CasebookError> {
    let bad = |error: &dyn std::fmt::Display| CasebookError::BadRequest(error.to_string().into());
    let founded = Founded::sign(root, &request.agency, &request.country, replica).map_err(|error| bad(&error))?;
    let mut statements = vec![
        Statement::Founded(founded),
        Statement::ReplicaCertified(ReplicaCertified {
            replica,
            recipient: recipient.to_owned(),
            site: request.site.clone(),
            role: if request.hub { ReplicaRole::Hub } else { ReplicaRole::Post },
            addresses: Vec::new(),
        }),
    ];
    for kind in [SpaceKind::Records, SpaceKind::Audit] {
        let space = founding_space(&root.public(), kind);
        let title = founding_title(kind, &request.agency);
        statements.push(Statement::SpaceOpened(SpaceOpened { space, kind, title }));
        let key = secrets.space_keys.iter().find(|(of, ..)| *of == space);
        if let Some((_, epoch, key)) = key {
            statements.push(granting(space, *epoch, key, &[recipient.to_owned()])?);
        }
    }
    Ok(statements)
}

fn machine_draft(space: SpaceId, kind: EntryKind, payload: Vec<u8>) -> cairn_ledger::EntryDraft {
    let body = cairn_ledger::Body { author: cairn_ledger::Author::default(), purpose: None, record: None, payload };
    cairn_ledger::EntryDraft { space, lane: Lane::Normal, kind, body }
}

/// Opens the logs. When whole commits are missing at their end, or the folder is a copy (a restored backup, a cloned
/// card), peers may know more of this machine's past than it does: it goes on under a new incarnation, and says why.
fn open_ledger(
    place: &dyn Place,
    keystore: &mut Keystore,
    entropy: &dyn Entropy,
) -> Result<(Ledger, Option<Reason>), CasebookError> {
    let store = place.logs(false)?;
    let torn = store.open_report().torn.is_some_and(|torn| torn.commits_behind > 0);
    let (own, life) = (keystore.replica_key().id(), keystore.secrets.incarnation);
    let lost = store.lost().iter().any(|lost| (lost.log.key.replica, lost.log.key.incarnation) == (own, life));
    let why = match (place.is_copy(), torn || lost) {
        (true, _) => Some(reason!("audit-copied")),
        (false, true) => Some(reason!("audit-lost-commits")),
        (false, false) => None,
    };
    if why.is_some() {
        let fill = |bytes: &mut [u8]| entropy.fill(bytes);
        keystore.secrets.incarnation = random_incarnation(&fill);
        keystore.save(&fill).map_err(|error| storage(&error))?;
    }
    let keyring = keystore.keyring().map_err(|error| storage(&error))?;
    let ledger = Ledger::open(store, keystore.replica_key(), keystore.secrets.incarnation, keyring)?;
    Ok((ledger, why))
}

fn load_memory(ledger: &Ledger, views: &dyn ViewStore) -> Result<Memory, CasebookError> {
    let local = load_local(ledger, views)?;
    let (registry, former) = load_registries(ledger, &local.profile, None)?;
    let founding = founding_spaces(&local.profile);
    Ok(Memory { registry, former, founding, local })
}

/// The registry of the agency, going on from what was read of it before, and that of before joining.
fn load_registries(
    ledger: &Ledger,
    profile: &Profile,
    before: Option<Registry>,
) -> Result<(Registry, Option<Registry>), CasebookError> {
    let space = registry_space(&profile.root);
    let mut registry = before.filter(|before| before.space() == space).unwrap_or_else(|| Registry::new(space));
    let refused = registry.catch_up(ledger)?;
    for (origin, reason) in refused {
        tracing::warn!(number = origin.number, %reason, "a statement of the registry does not count");
    }
    let former = match profile.former_root {
        Some(root) => Some(Registry::load(ledger, registry_space(&root))?.0),
        None => None,
    };
    Ok((registry, former))
}

pub(crate) fn index_stamp(logs: &LogTable) -> Vec<u8> {
    let rows: Vec<Vec<u8>> = logs.rows().map(|(_, log, number)| keys::log_value(log, number)).collect();
    let mut out = Vec::new();
    for row in rows {
        out.push(row.len() as u8);
        out.extend_from_slice(&row);
    }
    // An index of more logs than a stamp can name is filled again at the next start.
    if out.len() > cairn_finder::STAMP_BYTES_MAX { Vec::new() } else { out }
}

fn read_index_stamp(mut stamp: &[u8]) -> std::collections::HashMap<LogId, u64> {
    let mut logs = std::collections::HashMap::new();
    while let Some((len, rest)) = stamp.split_first() {
        let Some((row, after)) = rest.split_at_checked(usize::from(*len)) else { break };
        stamp = after;
        logs.extend(keys::read_log(row));
    }
    logs
}

fn borrowed(unlock: &Unlock) -> cairn_ledger::keystore::Unlock<'_> {
    match unlock {
        Unlock::Passphrase(text) => cairn_ledger::keystore::Unlock::Passphrase(text),
        Unlock::KeyFile(path) => cairn_ledger::keystore::Unlock::KeyFile(path),
    }
}

fn storage(error: &dyn std::fmt::Display) -> CasebookError {
    CasebookError::Storage(error.to_string().into())
}
