//! How a region comes to be, and how a post joins it.

use std::sync::Arc;

use cairn_casebook::{Actor, CasebookError};

use crate::clock::DAY_MS;
use crate::counts::{Counts, Sometimes};
use crate::machine::Machine;
use crate::truth;
use crate::wire::Path;
use crate::world::{Do, World};

impl World {
    /// A hub and its posts, most of them joined and in step.
    pub fn found(seed: u64, counts: Arc<Counts>, diary: bool) -> Result<Self, CasebookError> {
        let mut world = Self::new(seed, counts, diary);
        truth::of(&world.truth).now_ms = world.now_ms;
        for index in 0..world.plan.machines {
            let (name, hub) = if index == 0 { ("Hub".to_owned(), true) } else { (format!("Post {index}"), false) };
            let machine = Machine::init(index, &name, hub, seed, &world.truth, world.now_ms)?;
            world.machines.push(machine);
            truth::of(&world.truth).take_fresh();
            if index > 0 && !world.dice.chance(20) {
                world.join(index);
            }
        }
        if world.machines.len() >= 8 {
            world.hit(Sometimes::Crowd);
        }
        for machine in 1..world.machines.len() {
            world.meet_hub(machine);
        }
        world.begin();
        Ok(world)
    }

    fn begin(&mut self) {
        self.plan_in(1, Do::Act);
        let first_fault_ms = self.plan.gap_ms(self.plan.faults) / 2;
        self.plan_in(first_fault_ms, Do::Fault);
        if let Some((machine, dark_ms)) = self.plan.dark {
            let in_ms = self.dice.below(self.plan.span_ms - dark_ms * 9 / 8);
            self.plan_in(in_ms, Do::GoDark(machine));
        }
        for machine in 1..self.machines.len() {
            let in_ms = self.dice.stretch(100, self.plan.gap_ms(self.plan.dials));
            self.plan_in(in_ms, Do::Dial(machine));
        }
    }

    /// A post and the hub come into step over a good line.
    pub fn meet_hub(&mut self, machine: usize) {
        if !self.machines[machine].joined || self.machines[machine].book.is_none() || self.machines[0].book.is_none() {
            return;
        }
        let Some(wire) = self.connect(machine, 0, Path::GOOD, true) else { return };
        let until_ms = self.now_ms + 30 * 60_000;
        self.run_until(until_ms, |world| !world.wires.contains_key(&wire));
        if self.wires.contains_key(&wire) {
            let what = format!("a session of {machine} with the hub on a good line does not come to an end");
            truth::of(&self.truth).breaks(what);
        }
    }

    /// A post joins with a code that somebody reads out. The answer may be lost on its way.
    pub fn join(&mut self, machine: usize) {
        let (Some(hub), Some(post)) = (self.machines[0].book.clone(), self.machines[machine].book.clone()) else {
            return;
        };
        let (hub_ms, post_ms, terminal) = (self.clock(0), self.clock(machine), Actor::terminal());
        let late = self.now_ms > crate::clock::BEGIN_MS + 60_000;
        let answer = hub.invite(&terminal, &["10.0.0.1:4440".into()], DAY_MS, hub_ms).and_then(|invitation| {
            let request = post.join_request(&terminal, &invitation.code)?;
            hub.accept_join(self.machines[machine].replica, &request, hub_ms)
        });
        let lost = late && self.dice.chance(25);
        let outcome = answer.and_then(|grant| {
            if lost {
                self.hit(Sometimes::JoinAnswerLost);
                return Ok(false);
            }
            post.complete_join(&terminal, &grant, "10.0.0.1:4440", post_ms).map(|()| true)
        });
        match outcome {
            Ok(joined) => {
                self.machines[machine].joined = joined;
                if joined && late {
                    self.hit(Sometimes::LateJoin);
                }
            }
            Err(error) => self.say(|| format!("{machine} cannot join: {error}")),
        }
        truth::of(&self.truth).take_fresh();
        self.pump(0);
        self.pump(machine);
    }
}
