//! Whether and when this machine uses its links: cut or not, the rules, and what a person asked for at this moment.

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::{Lane, ReplicaId};
use cairn_record::reason;

use crate::link_rules::{LinkRules, MaySync, UsedBytes, day_of, may_sync_now, windows_words};
use crate::local_note::LocalNote;
use crate::{
    Actor, AuditEvent, Casebook, CasebookError, Change, HeldBack, LinkRule, LinkUse, LinkWaits, LinkWhen, Right,
};

/// How long a person's "Sync now" opens a link that its rule holds back, if both do not hold the same before.
const WISH_MS: u64 = 3_600_000;
/// How long a cancelled sync stays cancelled.
const CANCELLED_MS: u64 = 15 * 60_000;

/// What a person asked for last. Forgotten when the machine is restarted.
#[derive(Debug, Default)]
pub(crate) struct SyncWish {
    /// Not yet taken up by the sync task.
    request: Option<bool>,
    /// When a sync was asked for.
    wished_ms: Option<u64>,
    /// Until when nothing goes.
    cancelled_until_ms: Option<u64>,
}

impl Casebook {
    /// Cuts or restores the links of this machine (demonstrations and drills). Right: ManageSync; in a demo: SyncNow.
    pub fn set_cut(&self, actor: &Actor, cut: bool, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(if self.identity().demo { Right::SyncNow } else { Right::ManageSync })?;
        let event = AuditEvent::new("links", actor.via.key()).say(if cut {
            reason!("audit-links-cut")
        } else {
            reason!("audit-links-restored")
        });
        self.write_note(actor, LocalNote::Cut { cut }, event, now_ms)?;
        self.tell(Change::Links);
        Ok(())
    }

    /// Whether the links are cut on purpose.
    pub fn is_cut(&self) -> bool {
        self.memory().local.cut
    }

    /// Asks for a sync now (`true`): it goes whatever the rules say, until both sides hold the same, at most for an hour. Or
    /// cancels (`false`): nothing but urgent entries goes for 15 minutes. Refused while links are cut. The sync task sees
    /// [`Change::Links`]. Right: SyncNow.
    pub fn ask_sync(&self, actor: &Actor, start: bool, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(Right::SyncNow)?;
        if start && self.is_cut() {
            return Err(CasebookError::NotNow(reason!("links-are-cut")));
        }
        let event = AuditEvent::new("sync", actor.via.key()).say(if start {
            reason!("audit-sync-asked")
        } else {
            reason!("audit-sync-cancelled")
        });
        self.write_audit(actor, event, now_ms)?;
        *self.sync_wish() = SyncWish {
            request: Some(start),
            wished_ms: start.then_some(now_ms),
            cancelled_until_ms: (!start).then_some(now_ms.saturating_add(CANCELLED_MS)),
        };
        self.tell(Change::Links);
        Ok(())
    }

    /// Takes the pending request for a sync, if there is one: `Some(true)` start, `Some(false)` cancel.
    pub fn take_sync_request(&self) -> Option<bool> {
        self.sync_wish().request.take()
    }

    /// Until when a cancelled sync stays cancelled. A clock that was set back does not make it longer.
    pub(crate) fn cancelled_until(&self, now_ms: u64) -> Option<u64> {
        let until_ms = self.sync_wish().cancelled_until_ms;
        until_ms.filter(|until_ms| *until_ms > now_ms && until_ms - now_ms <= CANCELLED_MS)
    }

    /// When links may be used. Right: SeeSync.
    pub fn link_rules(&self, actor: &Actor) -> Result<LinkRules, CasebookError> {
        actor.must(Right::SeeSync)?;
        Ok(self.memory().local.link_rules.clone())
    }

    /// Sets when links may be used; it counts at once. Right: ManageSync.
    pub fn set_link_rules(&self, actor: &Actor, rules: LinkRules, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(Right::ManageSync)?;
        rules.check()?;
        for (at, site) in rules.sites.iter().enumerate() {
            if !self.members().iter().any(|member| member.replica == site.replica) {
                return Err(CasebookError::NotFound(reason!("site-not-here")));
            }
            if rules.sites[..at].iter().any(|other| other.replica == site.replica) {
                return Err(CasebookError::BadRequest(reason!("rules-twice")));
            }
        }
        let own =
            rules.sites.iter().map(|site| format!("; {}: {}", self.site_of(site.replica), in_english(&site.rule)));
        let rules_words = format!("{}{}", in_english(&rules.general), own.collect::<String>());
        let event = AuditEvent::new("links", actor.via.key()).say(reason!("audit-link-rules", rules = rules_words));
        self.write_note(actor, LocalNote::LinkRules(Box::new(rules)), event, now_ms)?;
        self.tell(Change::Links);
        Ok(())
    }

    /// Whether the link with a peer may be used now.
    pub fn may_link(&self, peer: &ReplicaId, now_ms: u64) -> MaySync {
        if self.is_wished(peer, now_ms) {
            return MaySync::Yes;
        }
        if let Some(until_ms) = self.cancelled_until(now_ms) {
            return match self.urgent_waits_for(peer) {
                true => MaySync::Urgent,
                false => MaySync::NotBefore { at_ms: Some(until_ms), because: HeldBack::Cancelled },
            };
        }
        let (rule, own, offset) = self.rule_of(peer);
        let used = if rule.bytes_a_day.is_some() { self.used_under(peer, own, now_ms) } else { UsedBytes::default() };
        may_sync_now(&rule, offset, used, now_ms, || self.urgent_waits_for(peer))
    }

    /// How the link with a peer is used, for people.
    pub(crate) fn link_use(&self, peer: &ReplicaId, now_ms: u64) -> LinkUse {
        let (rule, own, offset_minutes) = self.rule_of(peer);
        let used_today = self.used_under(peer, own, now_ms).on(day_of(now_ms, offset_minutes));
        let waits = match self.may_link(peer, now_ms) {
            MaySync::NotBefore { at_ms, because } => Some(LinkWaits { because, until_ms: at_ms }),
            MaySync::Yes | MaySync::Urgent => None,
        };
        LinkUse { rule, own, offset_minutes, used_today, waits }
    }

    fn rule_of(&self, peer: &ReplicaId) -> (LinkRule, bool, i32) {
        let memory = self.memory();
        let rules = &memory.local.link_rules;
        let (rule, own) = rules.of(peer);
        (rule.clone(), own, rules.offset_minutes)
    }

    /// What went today under a site's own rule, or with all sites under the general one.
    fn used_under(&self, peer: &ReplicaId, own: bool, now_ms: u64) -> UsedBytes {
        let rules = self.memory().local.link_rules.clone();
        let day = day_of(now_ms, rules.offset_minutes);
        let counts = |replica: &ReplicaId| if own { replica == peer } else { !rules.of(replica).1 };
        let peers = self.peers();
        let used = peers.iter().filter(|(replica, _)| counts(replica)).map(|(_, state)| state.used().on(day));
        UsedBytes { day, bytes: used.fold(0, u64::saturating_add) }
    }

    /// Whether a person asked for a sync that this peer has not had since.
    fn is_wished(&self, peer: &ReplicaId, now_ms: u64) -> bool {
        let Some(wished_ms) = self.sync_wish().wished_ms else { return false };
        let had = self.peers().get(peer).and_then(crate::peers::PeerState::last_equal_ms);
        now_ms.abs_diff(wished_ms) < WISH_MS && had.is_none_or(|had_ms| had_ms < wished_ms)
    }

    /// Whether urgent entries about records are held here that a peer is not proved to hold.
    pub fn urgent_waits_for(&self, peer: &ReplicaId) -> bool {
        for space in self.spaces_of_kind(SpaceKind::Records) {
            let here = self.frontier(space);
            let peers = self.peers();
            let state = peers.get(peer);
            let lacks = |log, number| state.is_none_or(|state| !state.holds(space, log, number));
            let mut urgent = here.0.iter().filter(|(log, _)| log.lane == Lane::Urgent && log.replica != *peer);
            if urgent.any(|(log, (number, _))| lacks(log, *number)) {
                return true;
            }
        }
        false
    }
}

/// A rule in English, for the audit.
fn in_english(rule: &LinkRule) -> String {
    let when = match rule.when {
        LinkWhen::Windows => windows_words(&rule.windows),
        LinkWhen::Always | LinkWhen::Metered => rule.when.key().to_owned(),
    };
    match rule.bytes_a_day {
        Some(bytes) => format!("{when}, {bytes} bytes a day"),
        None => when,
    }
}
