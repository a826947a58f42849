//! The end of a run: everything is healed, everybody talks to everybody, and then nothing may differ.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use cairn_casebook::Actor;
use cairn_ledger::{EntryHash, LogId, LogStore, SpaceId};
use cairn_record::RecordId;

use crate::counts::Sometimes;
use crate::gone::is_carried;
use crate::judge::differing;
use crate::machine::Promises;
use crate::truth;
use crate::world::World;

/// Rounds in which every post talks to the hub once.
const ROUNDS_MAX: usize = 10;

impl World {
    pub(crate) fn fails(&mut self, what: String) {
        self.say(|| format!("BROKEN: {what}"));
        truth::of(&self.truth).breaks(what);
    }

    /// Ends all faults and brings everybody into step.
    pub fn heal(&mut self) {
        self.healing = true;
        self.forget_plans();
        self.apart_until_ms.clear();
        self.hang_up();
        self.run_until(self.now_ms + 60_000, |_| false);
        for machine in 0..self.machines.len() {
            if self.machines[machine].is_honest() {
                self.revive(machine);
            } else {
                self.halt(machine);
            }
        }
        let promised: Vec<_> = self.machines.iter().map(|machine| machine.promised.clone()).collect();
        for round in 0.. {
            for machine in 1..self.machines.len() {
                if self.machines[machine].is_honest() {
                    if !self.machines[machine].joined {
                        self.join(machine);
                    }
                    self.meet_hub(machine);
                }
            }
            if !truth::of(&self.truth).broken.is_empty() {
                return;
            }
            let unreached = || self.unreached(&promised).into_iter().next();
            match self.out_of_step().or_else(unreached) {
                None => break,
                Some(what) if round >= ROUNDS_MAX => {
                    self.describe_logs();
                    return self.fails(format!("after {round} rounds on good lines, {what}"));
                }
                Some(_) => {}
            }
        }
        self.check_files();
        self.check_promises(&promised);
        self.check_records();
        self.check_sound();
        self.check_notices();
    }

    fn revive(&mut self, machine: usize) {
        // An earlier fault of the disk may still wait for its write.
        for _ in 0..20 {
            self.halt(machine);
            let one = &mut self.machines[machine];
            one.disk = one.disk.after_power_cut(1.0, one.disk.views.copy());
            self.boot(machine);
            if self.machines[machine].book.is_some() {
                return;
            }
        }
        self.fails(format!("{} does not start any more", self.machines[machine].name));
    }

    pub(crate) fn honest(&self) -> Vec<usize> {
        let honest = self.machines.iter().filter(|one| one.is_honest() && one.book.is_some());
        honest.map(|one| one.index).collect()
    }

    /// The frozen logs of a machine and their last common numbers. Where a proof bounds the fork too late, two machines may
    /// hold different entries below that number, unsealed; that the log is frozen is what they must agree about.
    fn frozen_at(&self, machine: usize) -> BTreeMap<LogId, u64> {
        if !self.forked() && self.plan.traitor.is_none() {
            return BTreeMap::new();
        }
        self.machines[machine].raw(false).map(|raw| raw.frozen_logs()).into_iter().flatten().collect()
    }

    /// What is not the same everywhere yet.
    fn out_of_step(&self) -> Option<String> {
        // What damage took must come back, of audit spaces too.
        let damaged = self.honest().into_iter().find_map(|one| self.broken_promises(one).into_iter().next());
        let lost = || self.honest().into_iter().find_map(|one| self.lost_at(one));
        let stranded = || self.honest().into_iter().find_map(|one| self.stranded_at(one));
        if let Some(what) = damaged.or_else(lost).or_else(stranded) {
            return Some(what);
        }
        let hub = self.machines[0].book.as_ref()?;
        let at_hub = self.frozen_at(0);
        for machine in self.honest().into_iter().skip(1) {
            let frozen: Vec<LogId> =
                self.frozen_at(machine).into_keys().filter(|log| at_hub.contains_key(log)).collect();
            let one = &self.machines[machine];
            let book = one.book.as_ref()?;
            if !one.joined {
                return Some(format!("{} has not joined", one.name));
            }
            let (ours, theirs) = (hub.shared_spaces(one.replica), book.shared_spaces(self.machines[0].replica));
            if ours != theirs {
                return Some(format!("the hub and {} do not share the same spaces", one.name));
            }
            for space in ours.iter().filter(|space| !space.audit) {
                let (mut ours, mut theirs) = (hub.frontier(space.space), book.frontier(space.space));
                for log in frozen.iter().filter(|log| log.space == space.space) {
                    ours.0.remove(&log.key);
                    theirs.0.remove(&log.key);
                }
                if ours != theirs {
                    let differing = ours.0.iter().find(|(key, held)| theirs.0.get(key) != Some(held));
                    let differing =
                        differing.or_else(|| theirs.0.iter().find(|(key, held)| ours.0.get(key) != Some(held)));
                    return Some(format!("the hub and {} differ in {:?}: {differing:?}", one.name, space.space));
                }
            }
        }
        self.undiscovered_fork()
    }

    /// What a machine acknowledged and does not have, but for what damage took for good.
    fn broken_promises(&self, machine: usize) -> Vec<String> {
        let one = &self.machines[machine];
        let promised = one.promised.iter().filter(|(log, (number, _))| !self.is_gone_at(log, *number));
        promised.filter_map(|(log, last)| one.broken_promise(log, last)).collect()
    }

    /// What damage took of a machine and is not back: somebody honest held it.
    fn lost_at(&self, machine: usize) -> Option<String> {
        let one = &self.machines[machine];
        let lost = one.disk.logs.lost().into_iter().find(|lost| !self.is_gone(lost));
        lost.map(|lost| format!("{} still lacks what damage took: {lost:?}", one.name))
    }

    /// What a machine holds behind a fork, or behind what damage took for good, and nobody carries on.
    fn stranded_at(&self, machine: usize) -> Option<String> {
        let torn = self.is_torn(machine);
        // A hub without an honest post has nobody to carry it on to.
        if (!torn && !self.forked() && self.plan.traitor.is_none()) || self.honest().len() < 2 {
            return None;
        }
        let raw = self.machines[machine].raw(false)?;
        let behind_fork = raw.rescue_drafts(true).ok()?;
        let behind_damage = raw.rescue_drafts_behind(&raw.lost()).ok()?;
        let name = &self.machines[machine].name;
        let what = match (behind_fork.is_empty(), behind_damage.is_empty()) {
            (true, true) => return None,
            (false, _) => "a fork",
            (true, false) => "what damage took",
        };
        Some(format!("what {name} holds behind {what} is not carried on to the others"))
    }

    /// A log of which the hub and a post hold two histories, or of which one of them knows that it has two, while not both
    /// have frozen it. Audit spaces never come to rest, since each session is noted in them; but this they must settle.
    fn undiscovered_fork(&self) -> Option<String> {
        if !self.forked() && self.plan.traitor.is_none() {
            return None;
        }
        let at_hub = self.frozen_at(0);
        for machine in self.honest().into_iter().skip(1) {
            let (there, one) = (self.frozen_at(machine), &self.machines[machine]);
            let shared: BTreeSet<SpaceId> =
                self.machines[0].book.as_ref()?.shared_spaces(one.replica).iter().map(|space| space.space).collect();
            for log in self.machines[0].disk.logs.logs().iter().filter(|log| shared.contains(&log.space)) {
                let forked = match (at_hub.contains_key(log), there.contains_key(log)) {
                    (true, true) => None,
                    (true, false) => Some("does not know that it has two histories, as the hub does"),
                    (false, true) => Some("knows that it has two histories, and the hub does not"),
                    (false, false) => self.disagree(machine, log).then_some("holds another history of it than the hub"),
                };
                if let Some(what) = forked {
                    return Some(format!("{} {what}: {log:?}", one.name));
                }
            }
        }
        None
    }

    /// Whether the hub and this machine hold different entries under the last number that both hold of a log.
    fn disagree(&self, machine: usize, log: &LogId) -> bool {
        let disks = [0, machine].map(|one| &self.machines[one].disk.logs);
        let number = disks.iter().map(|logs| logs.last(log).0).min().unwrap_or_default();
        let hashes = disks.map(|logs| logs.entry(log, number).ok().flatten().map(|entry| entry.header.hash()));
        number > 0 && hashes[0] != hashes[1]
    }

    /// How far everybody holds what the hub holds, for a person.
    fn describe_logs(&mut self) {
        for machine in self.honest() {
            let Some(raw) = self.machines[machine].raw(false) else { continue };
            let frozen: BTreeMap<LogId, u64> = raw.frozen_logs().into_iter().collect();
            let mut logs = raw.logs();
            logs.sort();
            for log in logs {
                let (number, hash) = raw.last(&log);
                let (who, hash) = (log.key.replica.to_string(), format!("{hash:?}"));
                self.say(|| {
                    format!(
                        "{machine} holds {}/{}/{:?} of {} up to {number} {}, frozen after {:?}",
                        &who[..6],
                        log.key.incarnation.0 % 10_000,
                        log.key.lane,
                        &log.space.to_string()[..6],
                        &hash[..20.min(hash.len())],
                        frozen.get(&log)
                    )
                });
            }
        }
    }

    /// Everything that an honest machine acknowledged is where it was acknowledged, and at the hub, and at every other
    /// member, in its own log or carried on from behind a fork.
    fn check_promises(&mut self, promised: &[Promises]) {
        let honest = self.honest();
        let mut broken: Vec<String> = honest.iter().flat_map(|one| self.broken_promises(*one)).collect();
        if !self.frozen_at(0).is_empty() {
            self.hit(Sometimes::Frozen);
        }
        broken.extend(self.unreached(promised));
        if !broken.is_empty() {
            self.describe_logs();
        }
        broken.into_iter().for_each(|what| self.fails(what));
    }

    /// What honest machines acknowledged and the hub does not have.
    fn unreached(&self, promised: &[Promises]) -> Vec<String> {
        let Some(hub) = self.machines[0].book.as_ref() else { return Vec::new() };
        // Opened only when something is not in its own log.
        let raw = LazyCell::new(|| self.machines[0].raw_with_keys());
        let honest = self.honest();
        let shared = honest.iter().flat_map(|one| hub.shared_spaces(self.machines[*one].replica));
        let shared: BTreeSet<SpaceId> = shared.map(|space| space.space).collect();
        let carried =
            |log: &LogId, number, hash: &EntryHash| raw.as_ref().is_some_and(|raw| is_carried(raw, log, number, hash));
        let has = |log: &LogId, number, hash: &EntryHash| {
            self.machines[0].holds(log, number, hash) || carried(log, number, hash)
        };
        let mut unreached = Vec::new();
        for one in honest {
            let name = &self.machines[one].name;
            let logs = promised[one].iter().filter(|(log, _)| shared.contains(&log.space));
            let lacking =
                logs.filter(|(log, (number, hash))| !self.is_gone_at(log, *number) && !has(log, *number, hash));
            unreached.extend(lacking.map(|(log, (number, _))| {
                format!("{name} acknowledged entry {number} of {log:?}, and the hub never got it")
            }));
        }
        unreached
    }

    /// Everywhere the records say the same, and they say the same again when they are built anew.
    fn check_records(&mut self) {
        let Some(hub) = self.machines[0].book.clone() else { return };
        for machine in self.honest().into_iter().skip(1) {
            let Some(book) = self.machines[machine].book.clone() else { continue };
            self.hit(Sometimes::Compared);
            let shared = hub.shared_spaces(self.machines[machine].replica);
            let spaces = shared.iter().map(|space| space.space).collect();
            if let Some(record) = differing(&hub, &book, &spaces).find(|record| !self.is_of_gone(record)) {
                for (one, book) in [(0, &hub), (machine, &book)] {
                    self.say(|| format!("{one} has {record} from {:?}", book.entries_of(record)));
                }
                self.describe_logs();
                let what = format!("after healing the hub and {} differ about {record}", self.machines[machine].name);
                self.fails(what);
            }
        }
        let one = self.dice.below(self.machines.len() as u64) as usize;
        let Some(book) = self.machines[one].book.clone() else { return };
        let Ok(before) = book.record_digests() else { return };
        self.trace(&before.values().flat_map(|(_, digest)| *digest).collect::<Vec<u8>>());
        let rebuilt = book.rebuild(&Actor::terminal(), self.clock(one));
        let after = book.record_digests();
        let but_gone = |digests: &BTreeMap<RecordId, (SpaceId, [u8; 32])>| {
            let kept = digests.iter().filter(|(id, _)| !self.is_of_gone(id));
            kept.map(|(id, digest)| (*id, *digest)).collect::<Vec<_>>()
        };
        if rebuilt.is_err() || after.as_ref().ok().map(but_gone) != Some(but_gone(&before)) {
            let name = &self.machines[one].name;
            let changed = after
                .ok()
                .and_then(|after| before.iter().find(|(id, state)| after.get(id) != Some(state)).map(|(id, _)| *id));
            self.fails(format!(
                "{name} says something else after its views are built anew: {changed:?} {:?}",
                rebuilt.err()
            ));
        }
    }

    /// Every log verifies, and nothing honest was set aside.
    fn check_sound(&mut self) {
        for machine in self.honest() {
            let Some(book) = self.machines[machine].book.clone() else { continue };
            let now_ms = self.clock(machine);
            let name = self.machines[machine].name.clone();
            match book.verify(&Actor::terminal(), false, now_ms) {
                Ok(verified) => {
                    let torn = self.is_torn(machine);
                    for log in verified.logs.iter().filter(|log| !log.fault.is_empty() && !torn) {
                        self.fails(format!("{name}: the log of {} in {}: {}", log.site, log.space, log.fault));
                    }
                }
                Err(error) => self.fails(format!("{name} cannot verify its logs: {error}")),
            }
            if self.plan.traitor.is_some() || self.forked() {
                continue;
            }
            if let Ok(home) = book.home(&Actor::terminal(), now_ms)
                && let Some(line) = home.set_aside.first()
            {
                self.fails(format!("{name} set an honest {} aside: {}", line.what, line.reason));
            }
        }
    }
}
