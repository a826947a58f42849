//! How a post becomes a member: an invitation that is good once, a request under it, and the hub's answer.

use cairn_ledger::registry::{
    EpochKeyGrant, MAX_ADDRESSES, ReplicaCertified, ReplicaRole, SHARED_SPACES_MAX, SpaceKind, SpaceOpened, Statement,
};
use cairn_ledger::{Body, EntryDraft, EntryKind, EpochKey, Lane, ReplicaId, SpaceId, keyring};

use cairn_record::reason;

use crate::carrying::role_of;
use crate::code;
use crate::exchange::{checked_address, peer_refused};
use crate::local_note::{LocalNote, OpenInvitation};
use crate::{
    Actor, AuditEvent, Casebook, CasebookError, Change, Identity, Invitation, JoinGrant, JoinRequest, JoiningSpace,
    Right,
};

/// Longest an invitation is good for: a week.
pub const VALID_MS_MAX: u64 = 7 * 24 * 3_600 * 1_000;
/// Wrong codes in an hour after which joining is closed for that hour.
const WRONG_CODES_MAX: usize = 10;
const HOUR_MS: u64 = 3_600_000;
/// Most invitations open at a time.
const OPEN_MAX: usize = 500;
/// Most spaces that a post brings along.
const BROUGHT_MAX: usize = 8;

impl Casebook {
    /// Hub: makes an invitation for one post, good once, for at most a week. Right: Enrol.
    pub fn invite(
        &self,
        actor: &Actor,
        addresses: &[String],
        valid_ms: u64,
        now_ms: u64,
    ) -> Result<Invitation, CasebookError> {
        self.invite_as(actor, ReplicaRole::Post, addresses, valid_ms, now_ms)
    }

    /// The same, for one machine of this role.
    pub fn invite_as(
        &self,
        actor: &Actor,
        role: ReplicaRole,
        addresses: &[String],
        valid_ms: u64,
        now_ms: u64,
    ) -> Result<Invitation, CasebookError> {
        actor.must(Right::Enrol)?;
        if self.identity().role != "hub" {
            return Err(CasebookError::NotNow(reason!("only-hub-invites")));
        }
        if !self.keeps_registry() {
            return Err(CasebookError::NotNow(reason!("only-first-hub-invites")));
        }
        if self.invitations(actor, now_ms)?.len() >= OPEN_MAX {
            return Err(CasebookError::NotNow(reason!("too-many-invitations", most = OPEN_MAX)));
        }
        let addresses = addresses.iter().take(8).map(|one| checked_address(one)).collect::<Result<Vec<_>, _>>()?;
        let mut secret = [0; code::SECRET_BYTES];
        self.entropy.fill(&mut secret);
        let open = OpenInvitation {
            code: code::encode(self.ledger.replica(), secret),
            addresses,
            expires_ms: now_ms.saturating_add(valid_ms.min(VALID_MS_MAX)),
            hub: role == ReplicaRole::Hub,
            relay: role == ReplicaRole::Relay,
        };
        let note = LocalNote::Invitation {
            secret_hash: secret_hash(&secret),
            code: open.code.clone(),
            expires_ms: open.expires_ms,
            addresses: open.addresses.clone(),
            hub: open.hub,
            relay: open.relay,
        };
        self.write_note(actor, note, AuditEvent::new("enrol", actor.via.key()).say(reason!("audit-invited")), now_ms)?;
        Ok(self.invitation(open))
    }

    fn invitation(&self, open: OpenInvitation) -> Invitation {
        let Identity { agency, site, .. } = self.identity();
        let OpenInvitation { code, addresses, expires_ms, hub, relay } = open;
        Invitation { code, addresses, agency, site, expires_ms, hub, relay }
    }

    /// Whether this machine's statements count in the registry.
    fn keeps_registry(&self) -> bool {
        self.memory().registry.registrar() == Some(self.ledger.replica())
    }

    /// Whether this machine can join a hub: it has joined none yet, and nobody has joined it.
    pub fn may_join(&self) -> bool {
        let memory = self.memory();
        memory.local.profile.joined.is_none() && memory.registry.members().count() <= 1
    }

    /// Hub: invitations that are still open. Right: Enrol.
    pub fn invitations(&self, actor: &Actor, now_ms: u64) -> Result<Vec<Invitation>, CasebookError> {
        actor.must(Right::Enrol)?;
        let open: Vec<_> =
            self.memory().local.invitations.values().filter(|open| open.expires_ms > now_ms).cloned().collect();
        Ok(open.into_iter().map(|open| self.invitation(open)).collect())
    }

    /// Post, or one more hub: what it sends to the hub to join. Right: Enrol.
    pub fn join_request(&self, actor: &Actor, code: &str) -> Result<JoinRequest, CasebookError> {
        actor.must(Right::Enrol)?;
        let identity = self.identity();
        if !self.may_join() {
            return Err(CasebookError::NotNow(reason!("joined-already", agency = identity.agency)));
        }
        let recipient =
            self.keystore().recipient().map_err(|error| CasebookError::Storage(error.to_string().into()))?;
        Ok(JoinRequest {
            secret: code::code_secret(code)?,
            site: identity.site.clone(),
            country: identity.country,
            age_recipient: recipient,
            hub: identity.role == "hub",
            addresses: Vec::new(),
            unused: self.holds_no_record()?,
            spaces: self.own_spaces(&identity.site)?,
        })
    }

    fn holds_no_record(&self) -> Result<bool, CasebookError> {
        let mut spaces = self.spaces_of_kind(SpaceKind::Records).into_iter();
        spaces.try_fold(true, |none, space| Ok(none && self.ledger.frontier(&space)?.0.is_empty()))
    }

    /// The spaces that this post has written to so far.
    fn own_spaces(&self, site: &str) -> Result<Vec<JoiningSpace>, CasebookError> {
        let keyring = self.ledger.keyring();
        let mut spaces = Vec::new();
        for (kind, word, title) in [(SpaceKind::Records, "records", "Records"), (SpaceKind::Audit, "audit", "Audit")] {
            for space in self.spaces_of_kind(kind) {
                let held = keyring.epoch_keys().find(|(of, ..)| *of == space);
                let Some((_, epoch, key)) = held else { continue };
                let title = format!("{title} of {site} from before it joined").chars().take(120).collect();
                spaces.push(JoiningSpace { space, kind: word.into(), title, epoch, key: *key.expose() });
            }
        }
        Ok(spaces)
    }

    /// Hub: answers a join request that came over a connection authenticated as `replica`. A wrong, used or expired
    /// code is refused and counted; ten in an hour close the door for the rest of that hour.
    pub fn accept_join(
        &self,
        replica: ReplicaId,
        request: &JoinRequest,
        now_ms: u64,
    ) -> Result<JoinGrant, CasebookError> {
        self.check_door(now_ms)?;
        let secret_hash = secret_hash(&request.secret);
        let open = self.memory().local.invitations.get(&secret_hash).cloned();
        let Some(open) = open.filter(|open| open.expires_ms > now_ms && self.keeps_registry()) else {
            return self.wrong_code(replica, now_ms);
        };
        if open.hub != request.hub {
            return Err(peer_refused("wrong-role", reason!("peer-wrong-role")));
        }
        let was = self.memory().registry.member(&replica).map(|member| member.role);
        if open.relay && (!request.unused || was.is_some_and(|role| role != ReplicaRole::Relay)) {
            return Err(peer_refused("wrong-role", reason!("peer-relay-used")));
        }
        let role = role_of(open.hub, open.relay);
        let mut writing = self.writing();
        if !self.memory().local.invitations.contains_key(&secret_hash) {
            return Err(peer_refused("used-code", reason!("peer-used-code")));
        }
        self.must_have_room(role, request)?;
        let actor = Actor::machine();
        let drafts = self.joining_drafts(replica, role, request)?;
        let note = LocalNote::InvitationUsed { secret_hash, replica };
        let site = &request.site;
        let detail = match role {
            ReplicaRole::Hub => reason!("audit-hub-joined", site = site),
            ReplicaRole::Post => reason!("audit-post-joined", site = site),
            ReplicaRole::Relay => reason!("audit-relay-joined", site = site),
        };
        let mut all = vec![
            self.note_draft(&actor, &note)?,
            self.audit_draft(&actor, &AuditEvent::new("enrol", "machine").say(detail))?,
        ];
        all.extend(drafts);
        self.commit(&mut writing, all, now_ms)?;
        self.memory_mut().local.apply(note);
        self.refresh_registry(&mut writing, now_ms)?;
        drop(writing);
        self.tell(Change::Registry);
        self.grant(replica)
    }

    fn check_door(&self, now_ms: u64) -> Result<(), CasebookError> {
        let mut failures = self.join_failures();
        failures.retain(|at| now_ms.saturating_sub(*at) < HOUR_MS);
        if failures.len() < WRONG_CODES_MAX {
            return Ok(());
        }
        Err(peer_refused("door-closed", reason!("peer-door-closed")))
    }

    fn wrong_code(&self, replica: ReplicaId, now_ms: u64) -> Result<JoinGrant, CasebookError> {
        self.join_failures().push(now_ms);
        let detail = reason!("audit-wrong-code", machine = &replica.to_string()[..8]);
        self.write_machine_audit(AuditEvent::new("enrol_refused", "machine").say(detail), now_ms)?;
        Err(peer_refused("wrong-code", reason!("peer-wrong-code")))
    }

    /// What a session cannot list is never synced: a post that would bring more is told so now and not left without it.
    fn must_have_room(&self, role: ReplicaRole, request: &JoinRequest) -> Result<(), CasebookError> {
        let shared = [SpaceKind::Records, SpaceKind::Audit].map(|kind| self.spaces_of_kind(kind).len());
        let new = brought(role, request).filter(|brought| self.space_kind(brought.space).is_none()).count();
        // The registry is one of them.
        if 1 + shared.iter().sum::<usize>() + new <= SHARED_SPACES_MAX {
            return Ok(());
        }
        Err(peer_refused("agency-full", reason!("peer-agency-full", most = SHARED_SPACES_MAX)))
    }

    /// The statements that make a replica a member and give it, and everybody else, the keys. A relay gets none, and brings
    /// along nothing but its own audit.
    fn joining_drafts(
        &self,
        replica: ReplicaId,
        role: ReplicaRole,
        request: &JoinRequest,
    ) -> Result<Vec<EntryDraft>, CasebookError> {
        // Hubs and relays are called by posts, which learn from the registry where they are; a post calls.
        let addresses = request.addresses.iter().take(if role == ReplicaRole::Post { 0 } else { MAX_ADDRESSES });
        let mut statements = vec![Statement::ReplicaCertified(ReplicaCertified {
            replica,
            recipient: request.age_recipient.clone(),
            site: self.free_site_name(&request.site, replica),
            role,
            addresses: addresses.map(|address| checked_address(address)).collect::<Result<_, _>>()?,
        })];
        let relay = role == ReplicaRole::Relay;
        let newcomer = if relay { Vec::new() } else { vec![request.age_recipient.clone()] };
        if !relay {
            let shared = [self.spaces_of_kind(SpaceKind::Records), self.spaces_of_kind(SpaceKind::Audit)].concat();
            let keyring = self.ledger.keyring();
            for (space, epoch, key) in keyring.epoch_keys().filter(|(space, ..)| shared.contains(space)) {
                statements.push(granting(space, epoch, key, &newcomer)?);
            }
        }
        for brought in brought(role, request) {
            statements.extend(self.adopting(brought, &newcomer)?);
        }
        statements.iter().map(|statement| self.statement_draft(statement)).collect()
    }

    fn adopting(&self, brought: &JoiningSpace, newcomer: &[String]) -> Result<Vec<Statement>, CasebookError> {
        let kind = match brought.kind.as_str() {
            "records" => SpaceKind::Records,
            "audit" => SpaceKind::Audit,
            _ => return Err(peer_refused("bad-space", reason!("peer-bad-space"))),
        };
        let key = EpochKey::new(brought.key);
        if self.space_kind(brought.space).is_some() {
            return self.adopted_before(brought, &key, newcomer);
        }
        let mut recipients = self.memory().registry.recipients();
        recipients.extend_from_slice(newcomer);
        let title: String = brought.title.chars().take(120).collect();
        let grant = granting(brought.space, brought.epoch, &key, &recipients)?;
        self.ledger
            .add_key(brought.space, brought.epoch, key)
            .map_err(|_| peer_refused("bad-space", reason!("peer-bad-space")))?;
        Ok(vec![Statement::SpaceOpened(SpaceOpened { space: brought.space, kind, title }), grant])
    }

    /// A post whose answer was lost on its way asks again, with another code. It brings what was adopted then: that it
    /// holds the key shows that the space is its own.
    fn adopted_before(
        &self,
        brought: &JoiningSpace,
        key: &EpochKey,
        newcomer: &[String],
    ) -> Result<Vec<Statement>, CasebookError> {
        let keyring = self.ledger.keyring();
        let same = |(space, epoch, held): (SpaceId, u32, &EpochKey)| {
            space == brought.space && epoch == brought.epoch && held.expose() == key.expose()
        };
        if keyring.epoch_keys().any(same) {
            let again = (!newcomer.is_empty()).then(|| granting(brought.space, brought.epoch, key, newcomer));
            return again.into_iter().collect();
        }
        Err(peer_refused("bad-space", reason!("peer-bad-space")))
    }

    /// A site name that no other member has.
    fn free_site_name(&self, wished: &str, replica: ReplicaId) -> String {
        let wished: String = wished.trim().chars().filter(|c| !c.is_control()).take(60).collect();
        let wished = if wished.is_empty() { "Post".to_owned() } else { wished };
        let memory = self.memory();
        let taken =
            |name: &str| memory.registry.members().any(|member| member.site == name && member.replica != replica);
        if !taken(&wished) {
            return wished;
        }
        (2..).map(|number| format!("{wished} ({number})")).find(|name| !taken(name)).unwrap_or(wished.clone())
    }

    /// The draft of a statement in this agency's registry.
    pub(crate) fn statement_draft(&self, statement: &Statement) -> Result<EntryDraft, CasebookError> {
        let payload = statement.encode().map_err(|error| CasebookError::BadRequest(error.to_string().into()))?;
        let body = Body { author: cairn_ledger::Author::default(), purpose: None, record: None, payload };
        let space = self.memory().registry.space();
        Ok(EntryDraft { space, lane: Lane::Normal, kind: EntryKind::Statement, body })
    }

    fn grant(&self, replica: ReplicaId) -> Result<JoinGrant, CasebookError> {
        let memory = self.memory();
        let (registry, root) = (memory.registry.space(), memory.registry.founded().map(|founded| founded.root));
        let keyring = self.ledger.keyring();
        let held = keyring.epoch_keys().filter(|(space, ..)| *space == registry).last();
        let (Some(root), Some((_, epoch, key))) = (root, held) else {
            return Err(CasebookError::Storage(reason!("no-registry")));
        };
        let addresses = memory.registry.member(&self.ledger.replica()).map(|hub| hub.addresses.clone());
        Ok(JoinGrant {
            agency: memory.registry.founded().map(|founded| founded.agency.clone()).unwrap_or_default(),
            registry,
            root,
            registry_epoch: epoch,
            registry_key: *key.expose(),
            site: memory.registry.site_name(&replica).unwrap_or_default().to_owned(),
            hub: self.ledger.replica(),
            addresses: addresses.unwrap_or_default(),
            relay: memory.registry.is_relay(&replica),
        })
    }

    /// Post: takes the hub's answer; from now on it is a member. `reached` is the address at which the hub answered.
    pub fn complete_join(
        &self,
        actor: &Actor,
        grant: &JoinGrant,
        reached: &str,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        actor.must(Right::Enrol)?;
        if cairn_ledger::registry::registry_space(&grant.root) != grant.registry {
            return Err(peer_refused("bad-grant", reason!("peer-bad-grant")));
        }
        let mut writing = self.writing();
        let key = EpochKey::new(grant.registry_key);
        self.ledger
            .add_key(grant.registry, grant.registry_epoch, key)
            .map_err(|error| CasebookError::Storage(error.to_string().into()))?;
        self.save_keys()?;
        let mut addresses = vec![reached.to_owned()];
        addresses.extend(grant.addresses.iter().cloned());
        let mut profile = self.profile();
        profile.join(grant, addresses);
        let note = LocalNote::Profile(Box::new(profile));
        let event = AuditEvent::new("enrol", actor.via.key()).say(reason!("audit-joined", agency = &grant.agency));
        let drafts = vec![self.note_draft(actor, &note)?, self.audit_draft(actor, &event)?];
        self.commit(&mut writing, drafts, now_ms)?;
        self.memory_mut().local.apply(note);
        self.refresh_registry(&mut writing, now_ms)?;
        drop(writing);
        self.tell(Change::Registry);
        Ok(())
    }
}

/// What of the spaces of a request is taken. A relay brings nothing but its own audit.
fn brought(role: ReplicaRole, request: &JoinRequest) -> impl Iterator<Item = &JoiningSpace> {
    let taken = move |brought: &&JoiningSpace| role != ReplicaRole::Relay || brought.kind == "audit";
    request.spaces.iter().filter(taken).take(BROUGHT_MAX)
}

/// A statement that grants a key.
pub(crate) fn granting(
    space: SpaceId,
    epoch: u32,
    key: &EpochKey,
    recipients: &[String],
) -> Result<Statement, CasebookError> {
    let grant = keyring::grant(key, recipients).map_err(|error| CasebookError::BadRequest(error.to_string().into()))?;
    Ok(Statement::EpochKey(EpochKeyGrant { space, epoch, key_id: key.id(&space), grant }))
}

fn secret_hash(secret: &[u8; code::SECRET_BYTES]) -> String {
    blake3::Hash::from(blake3::derive_key("cairn 2026 secret of a joining code v1", secret)).to_hex().to_string()
}
