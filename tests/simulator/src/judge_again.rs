//! After a cut nothing comes again but what was on its way: what a machine held when it greeted is never sent to it again.

use cairn_ledger::OpenParcel;
use cairn_sync_protocol::Event;

use crate::counts::Sometimes;
use crate::world::World;

impl World {
    /// Takes note of how far a machine holds a space when it greets.
    pub fn note_told(&mut self, wire: u64, side: usize, answer: &Event) {
        let Event::LocalFrontier(space, frontier) = answer else { return };
        if let Some(end) = self.end(wire, side) {
            end.told.entry(*space).or_insert_with(|| frontier.clone());
        }
    }

    /// A parcel is about to be kept. An honest peer sends it from where this machine stood when it greeted, or later.
    pub fn judge_sent_again(&mut self, wire: u64, side: usize, parcel: &OpenParcel) {
        let Some((told, _)) =
            self.end(wire, side).and_then(|end| end.told.get(&parcel.log.space)?.0.get(&parcel.log.key).copied())
        else {
            return;
        };
        let Some(sender) = self.end(wire, 1 - side).map(|end| end.machine) else { return };
        if !self.machines[sender].is_honest() || self.forked() {
            return;
        }
        if parcel.first > told {
            self.hit(Sometimes::WentOn);
            return;
        }
        let (log, first) = (parcel.log, parcel.first);
        self.breaks(format!("entry {first} of {log:?} is sent to a machine that told that it holds {told}"));
    }
}
