//! Whom to dial when: every member with a known address who is in no session, and everyone found by mDNS.
//!
//! After a failure the next attempt comes later, from one second to five minutes, with jitter so that a hub that
//! comes back is not met by all posts at once. A peer that answers and says no is asked again within half a minute:
//! asking costs little, and it may only have had its links cut. News and a person's wish try at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use cairn_casebook::{MaySync, Member};
use cairn_ledger::ReplicaId;
use tokio::time::Instant;

use crate::conduct::Ended;
use crate::endpoint::DialFailure;

const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(300);
const WAIT_REFUSED_MAX: Duration = Duration::from_secs(30);
/// Longest wait that a peer may ask for.
const WAIT_ASKED_MAX: Duration = Duration::from_secs(24 * 3_600);
/// After yielding to another connection with the same peer.
const WAIT_YIELDED: Duration = Duration::from_secs(5);
/// News dials at once, but not more often than this.
const NEWS_GAP: Duration = Duration::from_secs(5);
/// A session that lasted so long was a success.
const LASTED: Duration = Duration::from_secs(10);
/// Peers found by mDNS that are remembered.
const FOUND_MAX: usize = 256;

/// Someone to dial.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A member of the agency.
    Member(ReplicaId),
    /// A member found by mDNS; which one, the handshake tells.
    Found(String),
}

/// How a call ended.
#[derive(Debug)]
pub enum CallEnd {
    /// Nobody, or not whom we expected.
    Failed(DialFailure),
    /// Another connection with the same peer stays instead.
    Yielded,
    /// A session ran.
    Session(Ended),
    /// The peer takes no calls now, and says when to call again.
    NotNow(Duration),
}

/// A call to make.
#[derive(Debug)]
pub struct Call {
    /// Whom.
    pub target: Target,
    /// Who may answer.
    pub expected: Vec<ReplicaId>,
    /// Where, best first.
    pub addresses: Vec<String>,
    /// Whether urgent entries are the reason.
    pub urgent: bool,
}

/// A member and whether the link with it may be used.
#[derive(Clone, Debug)]
pub struct Callable {
    /// The member.
    pub member: Member,
    /// What the rules say.
    pub may: MaySync,
    /// Whether urgent entries wait for it. Looked at when the rules, or the peer itself, hold the link back.
    pub urgent: bool,
}

#[derive(Debug)]
struct Waiting {
    failures: u32,
    due: Instant,
    tried: Option<Instant>,
    calling: bool,
    /// The peer asked not to be called before it is due, but for urgent entries.
    asked_to_wait: bool,
}

#[derive(Debug)]
struct Found {
    addresses: Vec<SocketAddr>,
    replica: Option<ReplicaId>,
}

/// Everyone to dial and how it went so far.
#[derive(Debug, Default)]
pub struct Plan {
    waiting: HashMap<Target, Waiting>,
    found: HashMap<String, Found>,
    /// Addresses from which members dialled us.
    heard: HashMap<ReplicaId, SocketAddr>,
    /// When the first of those who could have been called last time, and were not, is due.
    next: Option<Instant>,
}

impl Plan {
    /// A member dialled us from this address.
    pub fn heard(&mut self, peer: ReplicaId, from: SocketAddr) {
        self.heard.insert(peer, from);
    }

    /// mDNS found a member at these addresses.
    pub fn found(&mut self, instance: String, addresses: Vec<SocketAddr>) {
        if self.found.len() < FOUND_MAX || self.found.contains_key(&instance) {
            let replica = self.found.get(&instance).and_then(|found| found.replica);
            self.found.insert(instance, Found { addresses, replica });
        }
    }

    /// mDNS lost it again.
    pub fn lost(&mut self, instance: &str) {
        self.found.remove(instance);
        self.waiting.remove(&Target::Found(instance.to_owned()));
    }

    /// The handshake told who it was that mDNS found.
    pub fn recognised(&mut self, target: &Target, peer: ReplicaId) {
        if let Target::Found(instance) = target
            && let Some(found) = self.found.get_mut(instance)
        {
            found.replica = Some(peer);
        }
    }

    /// The calls that are due; they count as begun.
    pub fn take_due(&mut self, members: &[Callable], busy: impl Fn(&ReplicaId) -> bool, now: Instant) -> Vec<Call> {
        let may = |one: &&Callable| !matches!(one.may, MaySync::NotBefore { .. }) && !busy(&one.member.replica);
        let free: Vec<&Callable> = members.iter().filter(may).collect();
        let mut calls: Vec<Call> = free.iter().map(|one| self.call_to_member(one)).collect();
        // Whom mDNS found may be anybody: a call that only urgent entries justify goes to whom they are for.
        let open = free.iter().filter(|one| one.may == MaySync::Yes);
        let everyone: Vec<ReplicaId> = open.map(|one| one.member.replica).collect();
        if !everyone.is_empty() {
            let unknown = self.found.iter().filter(|(_, found)| found.replica.is_none());
            calls.extend(unknown.map(|(instance, found)| Call {
                target: Target::Found(instance.clone()),
                expected: everyone.clone(),
                addresses: found.addresses.iter().map(SocketAddr::to_string).collect(),
                urgent: false,
            }));
        }
        self.next = None;
        calls.iter().filter(|call| call.urgent).for_each(|call| self.hurry_patient(&call.target, now));
        calls.retain(|call| !call.addresses.is_empty() && self.begin(&call.target, now));
        calls
    }

    fn call_to_member(&self, Callable { member, urgent, .. }: &Callable) -> Call {
        let mut addresses = member.addresses.clone();
        for address in self.nearby(&member.replica) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        let target = Target::Member(member.replica);
        Call { target, expected: vec![member.replica], addresses, urgent: *urgent }
    }

    /// Members that asked not to be called yet.
    pub fn patient(&self) -> Vec<ReplicaId> {
        let patient = self.waiting.iter().filter(|(_, waiting)| waiting.asked_to_wait);
        patient.filter_map(|(target, _)| if let Target::Member(peer) = target { Some(*peer) } else { None }).collect()
    }

    /// Urgent entries do not wait until a peer wants to be called.
    fn hurry_patient(&mut self, target: &Target, now: Instant) {
        let Some(waiting) = self.waiting.get_mut(target).filter(|waiting| waiting.asked_to_wait) else { return };
        waiting.hasten(WAIT_MIN, now);
    }

    /// Where a member was found by mDNS, and from where it dialled us.
    pub fn nearby(&self, member: &ReplicaId) -> Vec<String> {
        let found = self.found.values().filter(|found| found.replica == Some(*member));
        let addresses = found.flat_map(|found| &found.addresses).chain(self.heard.get(member));
        addresses.map(SocketAddr::to_string).collect()
    }

    fn begin(&mut self, target: &Target, now: Instant) -> bool {
        let fresh = || Waiting { failures: 0, due: now, tried: None, calling: false, asked_to_wait: false };
        let waiting = self.waiting.entry(target.clone()).or_insert_with(fresh);
        if waiting.calling {
            return false;
        }
        if waiting.due > now {
            self.next = Some(self.next.map_or(waiting.due, |next| next.min(waiting.due)));
            return false;
        }
        waiting.calling = true;
        waiting.tried = Some(now);
        true
    }

    /// A call ended. Gives how long to wait before the next; `random` is anything from 0 to 255.
    pub fn ended(&mut self, target: &Target, end: &CallEnd, random: u8, now: Instant) -> Duration {
        if let (Target::Member(peer), CallEnd::Failed(_)) = (target, end) {
            // It dialled from there once and is there no longer.
            self.heard.remove(peer);
        }
        let Some(waiting) = self.waiting.get_mut(target) else { return WAIT_MIN };
        waiting.calling = false;
        waiting.asked_to_wait = matches!(end, CallEnd::NotNow(_));
        let lasted = waiting.tried.is_some_and(|tried| now.duration_since(tried) >= LASTED);
        let wait = match end {
            CallEnd::Yielded => WAIT_YIELDED,
            CallEnd::NotNow(wait) => jittered(WAIT_MIN, random) + (*wait).min(WAIT_ASKED_MAX),
            CallEnd::Session(ended) if ended.equal || lasted => {
                waiting.failures = 0;
                jittered(WAIT_MIN, random)
            }
            CallEnd::Session(_) | CallEnd::Failed(DialFailure::Refused(_)) => waiting.later(WAIT_REFUSED_MAX, random),
            CallEnd::Failed(_) => waiting.later(WAIT_MAX, random),
        };
        waiting.due = now + wait;
        wait
    }

    /// A person wants it, or the links were restored: everything is due at once.
    pub fn hurry(&mut self, now: Instant) {
        self.waiting.values_mut().for_each(|waiting| {
            waiting.due = now;
            waiting.failures = 0;
            waiting.asked_to_wait = false;
        });
    }

    /// There is something new to send: what was not tried just now is due.
    pub fn news(&mut self, urgent: bool, now: Instant) {
        let gap = if urgent { WAIT_MIN } else { NEWS_GAP };
        for waiting in self.waiting.values_mut().filter(|waiting| !waiting.asked_to_wait) {
            waiting.hasten(gap, now);
        }
    }

    /// When the next call is due, as far as the last look at the plan could tell.
    pub fn next_due(&self) -> Option<Instant> {
        self.next
    }
}

impl Waiting {
    /// Due as soon as the last attempt is so long ago.
    fn hasten(&mut self, gap: Duration, now: Instant) {
        let earliest = self.tried.map_or(now, |tried| tried + gap);
        self.due = self.due.min(earliest.max(now));
    }

    fn later(&mut self, longest: Duration, random: u8) -> Duration {
        let wait = WAIT_MIN.saturating_mul(1 << self.failures.min(9)).min(longest);
        self.failures = self.failures.saturating_add(1);
        jittered(wait, random)
    }
}

/// Three to five quarters of it.
fn jittered(wait: Duration, random: u8) -> Duration {
    wait.mul_f64(0.75 + f64::from(random) / 510.0)
}

#[cfg(test)]
mod tests {
    use cairn_casebook::ReplicaRole;

    use super::*;

    const PEER: ReplicaId = ReplicaId([2; 32]);

    fn member(addresses: &[&str]) -> Callable {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        let member = Member { replica: PEER, site: "Harrow Point".into(), role: ReplicaRole::Hub, addresses };
        Callable { member, may: MaySync::Yes, urgent: false }
    }

    fn silence() -> CallEnd {
        CallEnd::Failed(DialFailure::Silent("no answer".into()))
    }

    fn no_session(_: &ReplicaId) -> bool {
        false
    }

    #[test]
    fn failures_wait_longer_each_time_up_to_five_minutes() {
        let (mut plan, mut now) = (Plan::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert_eq!(plan.take_due(&[member(&["hub:1"])], no_session, now).len(), 1);
            assert!(plan.take_due(&[member(&["hub:1"])], no_session, now).is_empty(), "one call at a time");
            let wait = plan.ended(&Target::Member(PEER), &silence(), 255, now);
            assert!(plan.take_due(&[member(&["hub:1"])], no_session, now).is_empty(), "not before it is due");
            now += wait;
            waits.push(wait.as_millis());
        }
        assert_eq!(waits[..4], [1_250, 2_500, 5_000, 10_000]);
        assert_eq!(waits[11], 375_000);
    }

    #[test]
    fn news_and_a_persons_wish_try_at_once() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        let hub = [member(&["hub:1"])];
        let mut at = now;
        for _ in 0..9 {
            assert_eq!(plan.take_due(&hub, no_session, at).len(), 1);
            at += plan.ended(&Target::Member(PEER), &silence(), 0, at);
        }
        let later = at - Duration::from_secs(60);
        assert!(plan.take_due(&hub, no_session, later).is_empty());
        assert_eq!(plan.next_due(), Some(at));
        plan.news(false, later);
        assert_eq!(plan.take_due(&hub, no_session, later).len(), 1);
        plan.ended(&Target::Member(PEER), &silence(), 0, later);
        plan.news(false, later);
        assert!(plan.take_due(&hub, no_session, later).is_empty(), "it was tried just now");
        plan.hurry(later);
        assert_eq!(plan.take_due(&hub, no_session, later).len(), 1);
    }

    #[test]
    fn who_is_in_a_session_is_not_dialled_and_not_waited_for() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        plan.take_due(&[member(&["hub:1"])], no_session, now);
        let wait = plan.ended(&Target::Member(PEER), &silence(), 0, now);
        assert!(plan.take_due(&[member(&["hub:1"])], |_| true, now + wait).is_empty());
        assert_eq!(plan.next_due(), None, "a call that cannot be made must not wake the loop");
    }

    #[test]
    fn a_neighbour_is_dialled_unknown_first_and_by_name_once_recognised() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        let neighbour: SocketAddr = "192.0.2.7:4440".parse().unwrap();
        plan.found("a".into(), vec![neighbour]);
        let calls = plan.take_due(&[member(&[])], no_session, now);
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].target, Target::Found("a".into()));
        plan.recognised(&calls[0].target, PEER);
        plan.ended(&calls[0].target, &CallEnd::Yielded, 0, now);
        let calls = plan.take_due(&[member(&[])], no_session, now);
        assert_eq!(calls.len(), 1);
        assert_eq!((&calls[0].target, &calls[0].addresses[0]), (&Target::Member(PEER), &"192.0.2.7:4440".to_owned()));
        plan.lost("a");
        plan.ended(&Target::Member(PEER), &silence(), 0, now);
        assert!(plan.take_due(&[member(&[])], no_session, now + WAIT_MAX * 2).is_empty());
    }

    #[test]
    fn who_may_not_be_called_is_not_called_and_urgent_entries_say_so() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        let at_ms = Some(22);
        let held = MaySync::NotBefore { at_ms, because: cairn_casebook::HeldBack::Window };
        let hub = |may| [Callable { may, urgent: may == MaySync::Urgent, ..member(&["hub:1"]) }];
        assert!(plan.take_due(&hub(held), no_session, now).is_empty());
        plan.found("a".into(), vec!["192.0.2.7:4440".parse().unwrap()]);
        let calls = plan.take_due(&hub(MaySync::Urgent), no_session, now);
        assert!(calls.len() == 1 && calls[0].urgent && calls[0].target == Target::Member(PEER));
    }

    #[test]
    fn a_peer_that_asks_for_patience_is_called_then_or_for_urgent_entries() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        let hub = [member(&["hub:1"])];
        assert!(!plan.take_due(&hub, no_session, now)[0].urgent);
        let asked = CallEnd::NotNow(Duration::from_secs(3_600));
        let wait = plan.ended(&Target::Member(PEER), &asked, 255, now);
        assert_eq!(plan.patient(), [PEER]);
        let later = now + Duration::from_secs(600);
        plan.news(true, later);
        assert!(plan.take_due(&hub, no_session, later).is_empty(), "urgent entries for somebody else are no reason");
        let urgent = [Callable { urgent: true, ..member(&["hub:1"]) }];
        assert!(plan.take_due(&urgent, no_session, later)[0].urgent);
        plan.ended(&Target::Member(PEER), &asked, 255, later);
        assert_eq!(plan.take_due(&hub, no_session, later + wait).len(), 1);
        plan.ended(&Target::Member(PEER), &CallEnd::NotNow(Duration::MAX), 255, later);
        assert_eq!(plan.take_due(&hub, no_session, later + WAIT_ASKED_MAX * 2).len(), 1, "nobody is forgotten");
    }
}
