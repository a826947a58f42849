//! What breaks: links, disks, power, clocks, cards, and people's faith.

use cairn_ledger::store::Fault;
use cairn_ledger::view::MemoryViews;
use cairn_ledger::{EntryKind, LogId, LogStore};

use crate::clock::DAY_MS;
use crate::counts::Sometimes;
use crate::hostile::{MOODS, Mood};
use crate::machine::Backup;
use crate::wire::Path;
use crate::world::{Do, World};

const HOUR_MS: u64 = 3_600_000;

impl World {
    /// Whether two machines can reach each other.
    fn reaches(&self, one: usize, other: usize) -> bool {
        let key = (one.min(other), one.max(other));
        self.apart_until_ms.get(&key).is_none_or(|until_ms| *until_ms <= self.now_ms)
    }

    /// A machine looks for somebody to talk to.
    pub fn look_around(&mut self, machine: usize) {
        let gap_ms = self.plan.gap_ms(self.plan.dials);
        let in_ms = (gap_ms as f64 * 2.0 * self.dice.share()) as u64 + 1;
        self.plan_in(in_ms, Do::Dial(machine));
        let Some(book) = self.machines[machine].book.clone() else { return };
        if !self.machines[machine].joined {
            if self.reaches(0, machine) {
                self.join(machine);
            }
            return;
        }
        let members = book.members();
        let wanted = if self.dice.chance(75) { members.iter().find(|member| member.is_hub()) } else { None };
        let Some(wanted) = wanted.or_else(|| self.dice.pick(&members)).map(|member| member.replica) else { return };
        let there: Vec<usize> = (0..self.machines.len())
            .filter(|other| self.machines[*other].replica == wanted && self.machines[*other].book.is_some())
            .filter(|other| *other != machine && self.reaches(machine, *other))
            .collect();
        let Some(other) = self.dice.pick(&there).copied() else { return };
        if self.machines[machine].sessions.has(&wanted) {
            if !self.dice.chance(50) {
                return;
            }
            self.hit(Sometimes::DoubleDial);
        }
        let path = Path::any(&mut self.dice);
        if path.bytes_per_s < 1_000 {
            self.hit(Sometimes::CrawlingLink);
        }
        if let Some(mood) = self.machines[machine].mood.or(self.machines[other].mood) {
            self.say(|| format!("a hostile session: {mood:?}"));
        }
        if let Some(wire) = self.connect(machine, other, path, false) {
            let lasts_ms = self.dice.stretch(500, 20 * 60_000);
            self.plan_in(lasts_ms, Do::Fate(wire));
        }
    }

    /// A connection meets its fate.
    pub fn meet_fate(&mut self, id: u64) {
        let Some(wire) = self.wires.get_mut(&id).filter(|wire| !wire.dead) else { return };
        match self.dice.below(10) {
            0..5 => {
                if wire.pipes.iter().any(|pipe| !pipe.frames.is_empty()) {
                    self.counts.hit(Sometimes::LinkCut);
                }
                self.kill(id);
            }
            5..7 => {
                // One direction falls silent; if for too long, both sides give the connection up.
                let (side, for_ms) = (self.dice.below(2) as usize, self.dice.stretch(500, 40_000));
                let until_ms = self.now_ms + for_ms;
                wire.pipes[side].silent_until_ms = until_ms;
                self.counts.hit(Sometimes::OneWaySilence);
                if for_ms > crate::wire::IDLE_MS {
                    self.kill(id);
                } else {
                    let in_ms = for_ms + self.dice.stretch(1_000, 60_000);
                    self.plan_in(in_ms, Do::Fate(id));
                }
            }
            7 => {
                let (from, to, path) = (wire.machines[0], wire.machines[1], wire.path);
                self.hit(Sometimes::Flap);
                self.kill(id);
                for _ in 0..self.dice.between(1, 4) {
                    let for_ms = self.dice.stretch(20, 10_000);
                    if let Some(again) = self.connect(from, to, path, false) {
                        self.plan_in(for_ms, Do::Fate(again));
                    }
                }
            }
            _ => {
                let machine = wire.machines[self.dice.below(2) as usize];
                let sessions = self.machines[machine].sessions.clone();
                sessions.close_all("links-cut");
                self.pump(machine);
            }
        }
    }

    /// Something breaks.
    pub fn strike(&mut self) {
        let in_ms = (self.plan.gap_ms(self.plan.faults) as f64 * 2.0 * self.dice.share()) as u64;
        self.plan_in(in_ms, Do::Fault);
        let machine = self.dice.below(self.machines.len() as u64) as usize;
        match self.dice.below(100) {
            0..22 => self.cut_power(machine),
            22..42 => self.fail_disk(machine),
            42..57 => self.part(machine),
            57..72 => self.lie_about_time(machine),
            72..82 => self.back_up(machine),
            82..90 => self.restore(machine),
            90..94 => self.copy_card(machine),
            _ => self.change_mood(),
        }
    }

    /// The power goes; the machine starts again after a while.
    fn cut_power(&mut self, machine: usize) {
        if self.machines[machine].book.is_none() {
            return;
        }
        self.hit(Sometimes::PowerCut);
        self.halt(machine);
        let share = if self.dice.chance(50) { self.dice.share() } else { 0.0 };
        let views = self.views_after_power_cut(machine);
        let one = &mut self.machines[machine];
        one.disk = one.disk.after_power_cut(share, views);
        if self.dice.chance(30) {
            self.damage_journal(machine);
        }
        let in_ms = self.dice.stretch(1_000, self.plan.span_ms / 20);
        self.say(|| format!("power cut at {machine}"));
        self.plan_in(in_ms, Do::Boot(machine));
    }

    /// A byte of the journal goes bad, in an entry that another machine holds: it must come back from there. Nobody puts an
    /// older disk into that one meanwhile. Or, once, in a change that nobody else has yet.
    fn damage_journal(&mut self, machine: usize) {
        let whole = self.machines.iter().all(|one| one.is_honest() && one.joined && one.disk.logs.lost().is_empty());
        if !whole || self.plan.traitor.is_some() || self.forked() {
            return;
        }
        let mut logs = self.machines[machine].disk.logs.logs();
        // What it wrote last, perhaps nobody else has yet.
        let late = self.gone.is_none() && self.dice.chance(40);
        let one = &self.machines[machine];
        let is_change = |log: &LogId| {
            let last = one.disk.logs.entry(log, one.disk.logs.last(log).0).ok().flatten();
            last.is_some_and(|last| last.header.core.kind == EntryKind::RecordChange)
        };
        logs.retain(|log| !late || (log.key.replica == one.replica && is_change(log)));
        let Some(log) = self.dice.pick(&logs).copied() else { return };
        let last = self.machines[machine].disk.logs.last(&log).0.max(1);
        let number = self.dice.between(if late { last.saturating_sub(6).max(1) } else { 1 }, last);
        let held = |one: &crate::machine::Machine| one.disk.logs.entry(&log, number).ok().flatten();
        let Some(entry) = held(&self.machines[machine]) else { return };
        // A copy of its card does not give back what a machine shares with nobody.
        let replica = self.machines[machine].replica;
        let others = self.machines.iter().filter(|one| one.replica != replica);
        let elsewhere = others.filter(|one| held(one).is_some_and(|there| there == entry)).count();
        // A hub that forgets who its only post is cannot be helped by it.
        if machine == 0 && entry.header.core.kind == EntryKind::Statement {
            return;
        }
        let gone = if elsewhere == 0 { self.gone_with(&entry) } else { None };
        if elsewhere == 0 && gone.is_none() {
            return;
        }
        self.machines.iter_mut().for_each(|one| one.backup = None);
        let now_ms = self.now_ms;
        let one = &mut self.machines[machine];
        let (disk, damaged) = one.disk.with_damage(&entry);
        if damaged {
            one.disk = disk;
            one.rolled_back_ms = Some(now_ms);
            one.damaged.insert(log);
            self.say(|| format!("entry {number} of {log:?} goes bad at {machine}"));
            self.hit(Sometimes::JournalDamaged);
            if gone.is_some() {
                self.gone = gone;
                self.hit(Sometimes::LostForGood);
            }
        }
    }

    fn views_after_power_cut(&mut self, machine: usize) -> MemoryViews {
        let views = self.machines[machine].disk.views.copy();
        match self.dice.below(10) {
            0..2 => {
                self.hit(Sometimes::LostViews);
                MemoryViews::new()
            }
            2..4 => {
                if views.damage(self.dice.below(60) as usize) {
                    self.hit(Sometimes::DamagedViews);
                }
                views
            }
            4..7 => match self.machines[machine].old_views.take() {
                Some(old) => {
                    self.hit(Sometimes::StaleViews);
                    old
                }
                None => views,
            },
            _ => views,
        }
    }

    /// A post is closed for more than a year: nobody starts it before.
    pub fn go_dark(&mut self, machine: usize) {
        let Some((_, dark_ms)) = self.plan.dark else { return };
        self.say(|| format!("{machine} is switched off for {} days", dark_ms / DAY_MS));
        self.halt(machine);
        self.machines[machine].dark_until_ms = self.now_ms + dark_ms;
        self.plan_in(dark_ms, Do::Boot(machine));
    }

    /// A machine is started.
    pub fn boot(&mut self, machine: usize) {
        if self.machines[machine].book.is_some() {
            return;
        }
        let now_ms = self.now_ms;
        let dark_until_ms = self.machines[machine].dark_until_ms;
        if now_ms < dark_until_ms {
            self.plan_in(dark_until_ms - now_ms, Do::Boot(machine));
            return;
        }
        if std::mem::take(&mut self.machines[machine].dark_until_ms) > 0 {
            self.hit(Sometimes::DarkYear);
        }
        match self.machines[machine].boot(now_ms) {
            Ok(()) => {
                self.say(|| format!("{machine} starts"));
                truth_is_kept(self, machine);
            }
            Err(error) => {
                self.say(|| format!("{machine} does not start: {error}"));
                self.plan_in(60_000, Do::Boot(machine));
            }
        }
        crate::truth::of(&self.truth).take_fresh();
    }

    /// One of the next writes fails; a while later somebody starts the machine again.
    fn fail_disk(&mut self, machine: usize) {
        let one = &self.machines[machine];
        if one.book.is_none() {
            return;
        }
        if self.dice.chance(25) {
            return self.hurt_chunks(machine);
        }
        let one = &self.machines[machine];
        let (what, fault) = match self.dice.below(4) {
            0 => (Sometimes::DiskFull, Fault::Full),
            1 => (Sometimes::DiskError, Fault::Io),
            2 => (Sometimes::TornWrite, Fault::Tear(1 + self.dice.below(40) as usize)),
            _ => (Sometimes::FailedFlush, Fault::Flush),
        };
        let times = if fault == Fault::Full { self.dice.between(1, 12) } else { 1 };
        let after = self.dice.below(4);
        (0..times).for_each(|time| one.disk.logs.inject(after + time, fault));
        self.say(|| format!("the disk of {machine} will fail: {fault:?}"));
        self.hit(what);
        if self.dice.chance(50) {
            // Bad luck: people write just then.
            if let Some(book) = self.machines[machine].book.clone() {
                self.work_through_failure(machine, &book);
            }
        }
        if fault != Fault::Full {
            let in_ms = self.dice.stretch(10_000, self.plan.span_ms / 30);
            self.halt_later(machine, in_ms);
        }
    }

    /// After an error of the disk the store must be opened again.
    fn halt_later(&mut self, machine: usize, in_ms: u64) {
        // What was not flushed may be there or not.
        let share = if self.dice.chance(50) { 1.0 } else { self.dice.share() };
        self.halt(machine);
        let one = &mut self.machines[machine];
        one.disk = one.disk.after_power_cut(share, one.disk.views.copy());
        self.plan_in(in_ms, Do::Boot(machine));
    }

    /// Machines lose sight of each other, for seconds or months.
    fn part(&mut self, machine: usize) {
        let for_ms = self.dice.stretch(5_000, self.plan.span_ms / 2);
        let until_ms = self.now_ms + for_ms;
        let others: Vec<usize> = if self.dice.chance(40) {
            (0..self.machines.len()).collect()
        } else {
            vec![self.dice.below(self.machines.len() as u64) as usize]
        };
        for other in others.into_iter().filter(|other| *other != machine) {
            self.apart_until_ms.insert((machine.min(other), machine.max(other)), until_ms);
            let between = |wire: &crate::wire::Wire| wire.machines.contains(&machine) && wire.machines.contains(&other);
            let ids: Vec<u64> = self.wires.iter().filter(|(_, wire)| between(wire)).map(|(id, _)| *id).collect();
            ids.into_iter().for_each(|id| self.kill(id));
            self.hit(Sometimes::Partition);
        }
        if for_ms > 30 * DAY_MS {
            self.hit(Sometimes::LongPartition);
        }
    }

    fn lie_about_time(&mut self, machine: usize) {
        let now_ms = self.now_ms;
        let hours = self.dice.between(1, 400) as i64 * if self.dice.chance(50) { 1 } else { -1 };
        let drift = self.dice.between(10, 2_000) as i64;
        let clock = &mut self.machines[machine].clock;
        let what = match self.dice.below(6) {
            0 => {
                clock.say_1970(now_ms);
                Sometimes::Clock1970
            }
            1 => {
                clock.say_2050(now_ms);
                Sometimes::Clock2050
            }
            2 => {
                clock.drift(now_ms, drift);
                Sometimes::ClockDrift
            }
            3 => {
                clock.jump(now_ms, hours * HOUR_MS as i64);
                Sometimes::ClockJump
            }
            _ => return clock.set_right(now_ms),
        };
        self.hit(what);
        self.say(|| format!("the clock of {machine}: {what:?}"));
    }

    fn back_up(&mut self, machine: usize) {
        let by_file = self.dice.chance(50);
        let one = &mut self.machines[machine];
        // A hub that forgets a post which joined since cannot be helped by anybody it still knows.
        if one.book.is_none() || !one.joined || (one.hub && self.machines.iter().any(|other| !other.joined)) {
            return;
        }
        let one = &mut self.machines[machine];
        one.old_views = Some(one.disk.views.copy());
        let disk = one.disk.copy(one.disk.label.clone(), by_file || one.hub);
        let (promised, attached) = (one.promised.clone(), one.attached.clone());
        one.backup = Some(Backup { disk, promised, attached, by_file: by_file || one.hub });
    }

    fn restore(&mut self, machine: usize) {
        let Some(backup) = self.machines[machine].backup.take() else { return };
        self.hit(if backup.by_file { Sometimes::BackupRestored } else { Sometimes::ImageRestored });
        self.halt(machine);
        let now_ms = self.now_ms;
        self.say(|| format!("an older disk is put into {machine} (by file: {})", backup.by_file));
        let one = &mut self.machines[machine];
        one.disk = backup.disk;
        one.promised = backup.promised;
        one.attached = backup.attached;
        one.rolled_back_ms = Some(now_ms);
        one.forks |= !backup.by_file;
        one.old_views = None;
        let in_ms = self.dice.stretch(1_000, HOUR_MS);
        self.plan_in(in_ms, Do::Boot(machine));
    }

    /// Somebody copies a post's card and runs both.
    fn copy_card(&mut self, machine: usize) {
        let one = &self.machines[machine];
        if one.hub || !one.joined || one.book.is_none() || self.machines.len() > 20 {
            return;
        }
        let by_file = self.dice.chance(60);
        let twin = self.machines[machine].twin(self.machines.len(), by_file, self.now_ms);
        self.machines[machine].forks |= !by_file;
        self.hit(match (by_file, twin.mood) {
            (true, _) => Sometimes::CardCloned,
            (false, None) => Sometimes::CardImaged,
            (false, Some(_)) => Sometimes::Equivocated,
        });
        self.say(|| format!("the card of {machine} is copied (by file: {by_file})"));
        let index = twin.index;
        self.machines.push(twin);
        self.plan_in(1_000, Do::Boot(index));
        self.plan_in(2_000, Do::Dial(index));
    }

    /// A post turns against the others, or thinks of something else to do.
    fn change_mood(&mut self) {
        let Some((traitor, share)) = self.plan.traitor else { return };
        let begun = (self.now_ms - crate::clock::BEGIN_MS) as f64 >= self.plan.span_ms as f64 * share;
        if !begun || !self.machines[traitor].joined || self.machines.get(traitor).is_none() {
            return;
        }
        let mood = self.dice.pick(&MOODS).copied().unwrap_or(Mood::Quiet);
        let replica = self.machines[traitor].replica;
        for machine in self.machines.iter_mut().filter(|machine| machine.replica == replica) {
            machine.turn(mood);
        }
        if mood == Mood::Quiet && self.machines.len() <= 20 {
            // Two histories on purpose: a second machine with the same keys.
            self.copy_card(traitor);
        }
    }

    /// Everybody hangs up.
    pub fn hang_up(&mut self) {
        for machine in 0..self.machines.len() {
            self.machines[machine].sessions.close_all("done");
            self.pump(machine);
        }
        let ids: Vec<u64> = self.wires.keys().copied().collect();
        for id in ids {
            for side in 0..2 {
                let alive = self.wires.get(&id).is_some_and(|wire| !wire.dead && wire.ends[side].is_some());
                if alive {
                    self.lose(id, side, "the end of the run");
                }
            }
        }
    }
}

/// A machine that has just started must have everything that it promised.
fn truth_is_kept(world: &mut World, machine: usize) {
    let one = &world.machines[machine];
    let promised = one.promised.iter().filter(|(log, _)| !one.damaged.contains(log));
    let broken: Vec<String> = promised.filter_map(|(log, last)| one.broken_promise(log, last)).collect();
    for what in broken {
        crate::truth::of(&world.truth).breaks(what);
    }
}
