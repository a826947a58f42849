//! Holds what the machines say and keep against what is true.

use std::collections::BTreeSet;

use cairn_casebook::{Casebook, Freshness, Whereabout};
use cairn_ledger::{EntryHash, Frontier, LogStore, ReplicaId, SpaceId};
use cairn_record::RecordId;

use crate::counts::Sometimes;
use crate::people::supervisor;
use crate::truth;
use crate::world::World;

/// News may be on its way for so long while the page says "complete": a connection here lasts twenty minutes at most, and a
/// crawling one may need all of them.
const NEWS_MS: u64 = 25 * 60_000;

impl World {
    pub(crate) fn breaks(&mut self, what: String) {
        self.say(|| format!("BROKEN: {what}"));
        truth::of(&self.truth).breaks(what);
    }

    /// The machine of a replica, if what it holds can be known: there is one of it, it is honest, and no older disk was put
    /// in since the session with it began.
    fn known_machine(&self, replica: ReplicaId, asker: usize) -> Option<usize> {
        let mut of_it = self.machines.iter().filter(|machine| machine.replica == replica);
        let machine = of_it.next().filter(|_| of_it.next().is_none()).filter(|machine| machine.is_honest())?;
        let Some(rolled_back_ms) = machine.rolled_back_ms else { return Some(machine.index) };
        let ends = [asker, machine.index];
        let since = |wire: &&crate::wire::Wire| ends.iter().all(|one| wire.machines.contains(one)) && !wire.dead;
        let live = self.wires.values().filter(since).map(|wire| wire.opened_ms).max();
        live.filter(|opened_ms| *opened_ms > rolled_back_ms).map(|_| machine.index)
    }

    /// Whether a machine's disk holds everything up to a frontier.
    fn holds(&self, machine: usize, space: SpaceId, frontier: &Frontier) -> bool {
        let logs = &self.machines[machine].disk.logs;
        frontier.0.iter().all(|(key, (number, _))| logs.last(&cairn_ledger::LogId { space, key: *key }).0 >= *number)
    }

    /// Somebody reads the status page of a machine: every word on it must be true.
    pub fn read_the_page(&mut self, machine: usize) {
        let Some(book) = self.machines[machine].book.clone().filter(|_| self.machines[machine].is_honest()) else {
            return;
        };
        let Ok(status) = book.sync_status(&supervisor(), self.clock(machine)) else { return };
        if status.state == "ok" {
            self.judge_all(machine, &book, &status.words);
        }
        self.judge_clock_words(machine, &status.notices);
        for peer in status.peers.iter().filter(|peer| peer.connected) {
            let Some(there) = self.known_machine(peer.replica, machine) else { continue };
            if self.machines[there].rolled_back_ms.is_some() {
                // "The same when last compared" may be from before.
                continue;
            }
            for space in peer.spaces.iter().filter(|space| space.equal == Some(true)) {
                let here = book.frontier(space.space);
                if !self.holds(there, space.space, &here) {
                    let (me, it) = (&self.machines[machine].name, &self.machines[there].name);
                    let what = format!("{me} says that {it} holds the same of {}, and it does not", space.title);
                    self.breaks(what);
                }
            }
        }
    }

    /// The page says "The hub has everything."
    fn judge_all(&mut self, machine: usize, book: &Casebook, words: &str) {
        let own = self.machines[machine].replica;
        let members = book.members();
        let Some(watched) = members.iter().find(|member| member.is_hub()).or(members.first()) else { return };
        let Some(there) = self.known_machine(watched.replica, machine) else { return };
        self.hit(Sometimes::SaidAll);
        for space in book.shared_spaces(watched.replica).iter().filter(|space| !space.registry && !space.audit) {
            let mut frontier = book.frontier(space.space);
            frontier.0.retain(|key, _| key.replica == own);
            if !self.holds(there, space.space, &frontier) {
                let (me, it) = (&self.machines[machine].name, &self.machines[there].name);
                let what = format!("{me} says \"{words}\", and {it} lacks entries of its records");
                self.breaks(what);
                return;
            }
        }
    }

    /// The page of a record says who has it.
    pub fn judge_whereabouts(&mut self, machine: usize, record: RecordId, lines: &[Whereabout]) {
        if !self.machines[machine].is_honest() {
            return;
        }
        for line in lines.iter().filter(|line| line.has_it) {
            let named = self.machines.iter().find(|one| one.name == line.site).map(|one| one.replica);
            let Some(there) = named.and_then(|replica| self.known_machine(replica, machine)) else { continue };
            let missing = {
                let truth = truth::of(&self.truth);
                let entries = truth.of_record.get(&record).into_iter().flatten();
                let has =
                    |one: usize, hash| truth.written.get(hash).is_some_and(|written| self.has(one, hash, written));
                let missing = entries.filter(|hash| has(machine, hash) && !has(there, hash));
                let place = |hash| truth.written.get(hash).map(|written| (written.log, written.number));
                missing.filter_map(place).collect::<Vec<_>>()
            };
            self.hit(Sometimes::SaidHasIt);
            if !missing.is_empty() && !self.forked() {
                let me = &self.machines[machine].name;
                let what = format!("{me} says that {} has {record}, and it lacks {missing:?}", line.site);
                self.breaks(what);
            }
        }
    }

    /// Whether somewhere two histories were written under one name.
    pub fn forked(&self) -> bool {
        self.machines.iter().any(|machine| machine.forks)
    }

    /// The answer to a check says how fresh each source is.
    pub fn judge_freshness(&mut self, machine: usize, lines: &[Freshness]) {
        if !self.machines[machine].is_honest() || !self.machines[machine].clock.is_honest() {
            return;
        }
        // What others say of a time is as good as their clocks were then: of a lie by hours nobody can know afterwards.
        if self.machines.iter().any(|one| one.clock.lied_a_little()) {
            return;
        }
        // Two machines with one name: what one of them saw counts as seen by the other, which is not so.
        if self.machines.len() > self.plan.machines {
            return;
        }
        for line in lines.iter().filter(|line| !line.here) {
            let Some(complete_ms) = line.complete_ms else { continue };
            let twins = self.machines.iter().filter(|one| one.replica == line.replica);
            if twins.clone().count() != 1 || twins.clone().any(|one| !one.is_honest() || one.rolled_back_ms.is_some()) {
                continue;
            }
            if self.machines[machine].rolled_back_ms.is_some() || self.forked() || self.plan.traitor.is_some() {
                continue;
            }
            let lacking = {
                let truth = truth::of(&self.truth);
                let records: BTreeSet<SpaceId> = self.records_spaces(machine);
                let logs = &self.machines[machine].disk.logs;
                let lacks = |written: &&truth::Written| {
                    written.log.key.replica == line.replica
                        && records.contains(&written.log.space)
                        && written.at_ms + NEWS_MS < complete_ms
                        && logs.last(&written.log).0 < written.number
                };
                // An entry that failed to be stored has a number that another one took; it is not lacking.
                let lacking = truth.written.iter().filter(|(_, written)| lacks(written));
                let lacking = lacking.filter(|(hash, written)| self.exists(hash, written));
                lacking.filter(|(hash, written)| !self.has(machine, hash, written)).map(|(_, at)| at.at_ms).min()
            };
            self.hit(Sometimes::SaidComplete);
            if let Some(at_ms) = lacking {
                let me = &self.machines[machine].name;
                let hours = (complete_ms - at_ms) / 3_600_000;
                let what = format!(
                    "{me} says that everything of {} until now is here, and lacks an entry written {hours} h before",
                    line.site
                );
                self.breaks(what);
            }
        }
    }

    /// Whether its writer's disk took it.
    fn exists(&self, hash: &EntryHash, written: &truth::Written) -> bool {
        let mut writers = self.machines.iter().filter(|machine| machine.replica == written.log.key.replica);
        writers.any(|machine| machine.holds(&written.log, written.number, hash))
    }

    fn records_spaces(&self, machine: usize) -> BTreeSet<SpaceId> {
        let Some(book) = &self.machines[machine].book else { return BTreeSet::new() };
        let Some(peer) = book.members().first().map(|member| member.replica) else { return BTreeSet::new() };
        let spaces = book.shared_spaces(peer);
        spaces.iter().filter(|space| !space.registry && !space.audit).map(|space| space.space).collect()
    }

    /// A machine has just proved that it holds the same as another: so records must say the same wherever frontiers do.
    pub fn compare(&mut self, machine: usize) {
        let other = self.dice.below(self.machines.len() as u64) as usize;
        if other == machine || self.forked() || !self.machines[machine].is_honest() || !self.machines[other].is_honest()
        {
            return;
        }
        let (Some(one), Some(two)) = (self.machines[machine].book.clone(), self.machines[other].book.clone()) else {
            return;
        };
        // The views of a machine with a damaged journal know more than its frontiers say, until it is healed.
        let whole = |one: usize| self.machines[one].joined && self.machines[one].damaged.is_empty();
        if !whole(machine) || !whole(other) {
            return;
        }
        let spaces = one.shared_spaces(self.machines[other].replica);
        let shared = two.shared_spaces(self.machines[machine].replica);
        let content = |space: &&cairn_casebook::SharedSpace| !space.audit;
        if spaces != shared || !spaces.iter().filter(content).all(|s| one.frontier(s.space) == two.frontier(s.space)) {
            return;
        }
        self.hit(Sometimes::Compared);
        let spaces = spaces.iter().map(|space| space.space).collect();
        if let Some(record) = differing(&one, &two, &spaces).find(|record| !self.is_of_gone(record)) {
            let (a, b) = (&self.machines[machine].name, &self.machines[other].name);
            let what = format!("{a} and {b} hold the same entries, and {record} says different things");
            self.breaks(what);
        }
    }
}

/// The records of these spaces that two casebooks do not agree about.
pub fn differing<'a>(
    one: &Casebook,
    two: &Casebook,
    spaces: &'a BTreeSet<SpaceId>,
) -> impl Iterator<Item = RecordId> + use<'a> {
    let (one, two) = match (one.record_digests(), two.record_digests()) {
        (Ok(one), Ok(two)) => (one, two),
        _ => Default::default(),
    };
    let ids: BTreeSet<RecordId> = one.keys().chain(two.keys()).copied().collect();
    let shared = |held: Option<&(SpaceId, [u8; 32])>| held.is_some_and(|(space, _)| spaces.contains(space));
    let differs = move |id: &RecordId| (shared(one.get(id)) || shared(two.get(id))) && one.get(id) != two.get(id);
    ids.into_iter().filter(differs)
}
