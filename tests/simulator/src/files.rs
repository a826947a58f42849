//! Files that belong to records: people attach them, chunks go over the wires, and in the end the hub has every one.

use std::collections::BTreeMap;

use cairn_casebook::{Actor, Casebook, CasebookError, EntryRef};
use cairn_ledger::blob::BlobFault;
use cairn_ledger::{BlobStore, ChunkName, SpaceId};
use cairn_record::RecordId;
use cairn_sync_link::files::{FileAct, FileAnswer, FileErrand, FileEvent};
use cairn_sync_protocol::files::KeptChunk;

use crate::counts::Sometimes;
use crate::people::supervisor;
use crate::truth;
use crate::world::{Do, World};

/// Rounds in which every post brings the hub its files.
const ROUNDS_MAX: usize = 6;
/// Different files in a world: some are attached more than once.
const CONTENTS: u64 = 12;
/// A session that ends as soon as all is done waits for files as long as some of them move.
const QUIET_MS: u64 = 15_000;

/// Which of a side's two streams: the one it asks on.
pub const ASKING: usize = 0;
/// The one it answers on.
pub const ANSWERING: usize = 1;

/// What a machine acknowledged, with the number of its content.
pub type Attached = BTreeMap<(RecordId, EntryRef), u64>;

/// The file with this number: up to three chunks.
fn content(number: u64) -> Vec<u8> {
    let mut bytes = vec![0; 1 + (number as usize * 7_919) % 70_000];
    blake3::Hasher::new().update(&number.to_be_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

impl World {
    /// A person at a post attaches a file, takes one from view, or asks for one.
    pub fn handle_files(&mut self, machine: usize, book: &Casebook, record: RecordId) {
        let now_ms = self.clock(machine);
        truth::of(&self.truth).take_fresh();
        let Ok(files) = book.attachments(&supervisor(), record, now_ms) else {
            truth::of(&self.truth).take_fresh();
            return;
        };
        self.promised(machine, None);
        let number = self.dice.below(CONTENTS);
        let outcome = match (self.dice.below(10), files.last()) {
            (0, Some(file)) => book.show_attachment(&supervisor(), record, file.id, !file.shown, now_ms),
            (1..4, Some(file)) => book.want_attachment(&supervisor(), record, file.id, now_ms),
            _ if machine == 0 => return,
            _ => book.attach(&supervisor(), record, &format!("file {number}"), &content(number), now_ms).inspect(
                |line| {
                    self.machines[machine].attached.insert((record, line.id), number);
                    self.counts.hit(Sometimes::Attached);
                },
            ),
        };
        match outcome {
            Ok(line) => {
                self.say(|| format!("{machine} has {} at {record}: {:?}", line.name, line.whole));
                self.promised(machine, None);
            }
            Err(error) => {
                self.say(|| format!("{machine} cannot attach: {error}"));
                truth::of(&self.truth).take_fresh();
            }
        }
    }

    /// The disk fails while it takes chunks, or loses a bit of one that somebody else has.
    pub fn hurt_chunks(&mut self, machine: usize) {
        if self.dice.chance(60) {
            let fault = if self.dice.chance(50) { BlobFault::Full } else { BlobFault::Half };
            self.machines[machine].disk.blobs.inject(self.dice.below(3), fault);
            return self.hit(Sometimes::ChunkFault);
        }
        let mut chunks: Vec<(SpaceId, ChunkName)> = Vec::new();
        let hub = &self.machines[0].disk.blobs;
        let _ = hub.each(&mut |space, name| chunks.push((space, name)));
        chunks.sort();
        let Some((space, name)) = self.dice.pick(&chunks).copied() else { return };
        hub.damage(&space, &name);
        self.say(|| format!("a chunk at the hub is damaged: {name}"));
        self.hit(Sometimes::ChunkDamaged);
    }

    /// One side of a stream for files takes what happened.
    pub fn file_step(&mut self, wire: u64, side: usize, stream: usize, event: FileEvent) {
        let now_ms = self.now_ms;
        let Some(machine) = self.end(wire, side).filter(|end| !end.over).map(|end| end.machine) else { return };
        let shown_ms = self.clock(machine);
        let Some(end) = self.end(wire, side) else { return };
        if end.files_over[stream] {
            return;
        }
        if !matches!(event, FileEvent::Tick) {
            end.stirred_ms = now_ms;
        }
        for act in end.files[stream].step(shown_ms, event) {
            match act {
                FileAct::Send(bytes) => {
                    let opener = if stream == ASKING { side } else { 1 - side };
                    self.transmit(wire, side, Some(opener), bytes);
                }
                FileAct::Errand(errand) => self.hand_in_file(wire, side, stream, errand),
                FileAct::End => {
                    if let Some(end) = self.end(wire, side) {
                        end.files_over[stream] = true;
                    }
                }
            }
        }
        let rest = self.end(wire, side).is_some_and(|end| {
            let [asking, answering] = &end.files;
            asking.rests() && (asking.known() == 0 || answering.rests())
        });
        self.files_rest(wire, side, rest);
    }

    /// The clock of the files.
    pub fn file_tick(&mut self, wire: u64, side: usize) {
        let now_ms = self.now_ms;
        self.file_step(wire, side, ASKING, FileEvent::Tick);
        let waits = self
            .end(wire, side)
            .is_some_and(|end| end.conduct.waits_for_files() && now_ms >= end.stirred_ms.saturating_add(QUIET_MS));
        if waits {
            self.files_rest(wire, side, true);
        }
    }

    fn hand_in_file(&mut self, wire: u64, side: usize, stream: usize, errand: FileErrand) {
        let in_ms = self.dice.below(8);
        let Some(end) = self.end(wire, side) else { return };
        end.file_errands.push_back((stream, errand));
        self.plan_in(in_ms, Do::FileWork(wire, side));
    }

    /// A casebook gets to the next errand about files.
    pub fn work_files(&mut self, wire: u64, side: usize) {
        let Some(end) = self.end(wire, side).filter(|end| !end.over) else { return };
        let Some((stream, errand)) = end.file_errands.pop_front() else { return };
        let (machine, peer, book) = (end.machine, end.peer, end.book.clone());
        let shown_ms = self.clock(machine);
        let answer = errand.run(&*book, peer, shown_ms);
        if matches!(answer, Some(FileAnswer::Kept(KeptChunk::New))) {
            self.hit(Sometimes::ChunkKept);
        }
        truth::of(&self.truth).take_fresh();
        if let Some(answer) = answer {
            self.file_step(wire, side, stream, FileEvent::Answer(answer));
        }
        self.pump(machine);
    }

    /// Every file that an honest post acknowledged is at the post, and at the hub when there was time.
    pub fn check_files(&mut self) {
        for round in 0.. {
            let lacking = self.lacking_files();
            if lacking.is_empty() || !truth::of(&self.truth).broken.is_empty() {
                return;
            }
            if round >= ROUNDS_MAX {
                lacking.into_iter().for_each(|what| self.fails(what));
                return;
            }
            for machine in self.honest().into_iter().skip(1) {
                self.meet_hub(machine);
            }
        }
    }

    fn lacking_files(&self) -> Vec<String> {
        let Some(hub) = self.machines[0].book.clone() else { return Vec::new() };
        let mut lacking = Vec::new();
        for one in self.honest().into_iter().map(|one| &self.machines[one]) {
            let Some(book) = &one.book else { continue };
            for ((record, id), number) in &one.attached {
                if let Err(why) = reads(book, *record, *id, *number) {
                    lacking.push(format!("{} acknowledged a file of {record} and cannot open it: {why}", one.name));
                }
                let known = hub.attachments(&Actor::terminal(), *record, self.clock(0)).unwrap_or_default();
                if known.iter().any(|file| file.id == *id)
                    && let Err(why) = reads(&hub, *record, *id, *number)
                {
                    lacking.push(format!("{} acknowledged a file of {record}, and the hub: {why}", one.name));
                }
            }
        }
        lacking
    }
}

/// Opens a file and compares it with what was attached.
fn reads(book: &Casebook, record: RecordId, id: EntryRef, number: u64) -> Result<(), CasebookError> {
    let open = book.open_attachment(&Actor::terminal(), record, id, crate::clock::BEGIN_MS)?;
    let mut bytes = Vec::new();
    for part in 0..open.parts() {
        bytes.extend_from_slice(&book.attachment_part(record, id, &open, part)?);
    }
    if bytes == content(number) { Ok(()) } else { Err(CasebookError::Storage("it says something else".into())) }
}
