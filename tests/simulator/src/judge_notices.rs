//! Holds what machines say of clocks and copies against what is true.

use cairn_casebook::{Notice, NoticeKind};

use crate::clock::DAY_MS;
use crate::counts::Sometimes;
use crate::people::supervisor;
use crate::world::World;

/// It is told for thirty days that a machine came back from a copy.
const SURELY_TOLD_MS: u64 = 29 * DAY_MS;

fn says(notices: &[Notice], kinds: &[NoticeKind]) -> bool {
    notices.iter().any(|notice| kinds.contains(&notice.kind))
}

impl World {
    /// What the page says of this machine's own clock: it must say that 1970 and 2050 are wrong, and nothing of a clock
    /// that has always been right. Two machines with one name have one time, so there nothing is certain.
    pub fn judge_clock_words(&mut self, machine: usize, notices: &[Notice]) {
        let one = &self.machines[machine];
        let (absurd, honest) = (one.clock.is_absurd(self.now_ms), one.clock.is_honest());
        let alone = self.machines.iter().filter(|other| other.replica == one.replica).count() == 1;
        let said = says(notices, &[NoticeKind::ClockHere]);
        let name = one.name.clone();
        if absurd && !said {
            self.breaks(format!("{name} does not say that its clock is wrong: {notices:?}"));
        }
        let back = says(notices, &[NoticeKind::ClockWentBack]);
        if honest && alone && (back || (said && !self.two_clocks_lie_alike())) {
            self.breaks(format!("{name} says that its clock is wrong, and it never was: {notices:?}"));
        }
        if absurd && said {
            self.hit(Sometimes::SaidClockHere);
        }
    }

    /// Two machines whose clocks went wrong may bear witness against one that is right.
    fn two_clocks_lie_alike(&self) -> bool {
        self.plan.traitor.is_some() || self.machines.iter().filter(|one| one.clock.lied_a_little()).count() > 1
    }

    /// After healing: the hub names every post whose clock says 1970 or 2050, and a machine that was put back says so.
    pub(crate) fn check_notices(&mut self) {
        let now_ms = self.now_ms;
        for machine in 0..self.machines.len() {
            let Some(notices) = self.notices_of(machine) else { continue };
            self.judge_clock_words(machine, &notices);
            let one = &self.machines[machine];
            let back_soon = one.rolled_back_ms.is_some_and(|at_ms| now_ms - at_ms < SURELY_TOLD_MS);
            // Damage takes entries, too; that is told in other words, and only until they are back.
            let restored = back_soon && one.damaged.is_empty() && !one.forks;
            let clocks = self.machines.iter().all(|one| one.clock.is_honest());
            let back = [NoticeKind::CameBack, NoticeKind::CameBackWhole, NoticeKind::TwinHere];
            if restored && clocks && one.joined {
                self.hit(Sometimes::SaidCameBack);
                if !says(&notices, &back) {
                    let name = self.machines[machine].name.clone();
                    self.breaks(format!("{name} was put back from a backup and does not say so: {notices:?}"));
                }
            }
        }
        self.check_absurd_clocks_are_named();
    }

    fn notices_of(&self, machine: usize) -> Option<Vec<Notice>> {
        let book = self.machines[machine].book.clone().filter(|_| self.machines[machine].is_honest())?;
        Some(book.sync_status(&supervisor(), self.clock(machine)).ok()?.notices)
    }

    fn check_absurd_clocks_are_named(&mut self) {
        let Some(at_hub) = self.notices_of(0).filter(|_| !self.machines[0].clock.is_absurd(self.now_ms)) else {
            return;
        };
        if says(&at_hub, &[NoticeKind::ClockHere, NoticeKind::ClockWentBack]) {
            return;
        }
        for machine in 1..self.machines.len() {
            let one = &self.machines[machine];
            let twins = self.machines.iter().filter(|other| other.replica == one.replica).count();
            if !one.is_honest() || !one.joined || twins > 1 || !one.clock.is_absurd(self.now_ms) {
                continue;
            }
            let name = one.name.clone();
            self.hit(Sometimes::SaidClockThere);
            let named = at_hub.iter().any(|notice| notice.kind == NoticeKind::ClockThere && notice.site == name);
            if !named {
                self.breaks(format!("the hub does not say that the clock of {name} is wrong: {at_hub:?}"));
            }
        }
    }
}
