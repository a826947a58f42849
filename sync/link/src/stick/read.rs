//! Reading a stick: the same checks as over a link, parcel by parcel, each durable before the next is looked at.
//!
//! Until the manifest is read, its signature checked and the casebook asked, nothing is kept. A reading that was
//! interrupted is begun again: what is held already is passed over.

use std::io::BufRead;

use cairn_casebook::{Actor, Casebook, CasebookError, Reason, ReplicaId, StickArrival, StickReport, StickSums};
use cairn_ledger::OpenParcel;
use cairn_ledger::age_file::OpenedFile;
use cairn_sync_protocol::stick::{Manifest, Piece, SignedManifest, StickReader};

use super::read_files::Files;
use super::{Kept, StickError};

/// Bytes taken from the file at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Reasons that are named.
const REASONS_MAX: usize = 16;

/// Reads a stick of `length` bytes to its end. Memory is bounded by one piece and one list of a
/// file's chunks. `progress` is told the entries seen so far.
pub fn read_stick<R: BufRead>(
    book: &Casebook,
    actor: &Actor,
    (input, length): (R, u64),
    now_ms: &dyn Fn() -> u64,
    progress: &mut dyn FnMut(u64),
) -> Result<StickReport, StickError> {
    let outcome = book.may_read_sticks(actor).map_err(StickError::from).and_then(|()| {
        let file = book.open_stick(input, length).map_err(|error| StickError::of_file(error, Kept::default()))?;
        let mut reading = Reading {
            book,
            actor,
            now_ms,
            file,
            pieces: StickReader::default(),
            buffer: vec![0; CHUNK_BYTES],
            gap: false,
            files: Files::default(),
            report: StickReport::default(),
        };
        reading.run(progress)
    });
    if let Err(error) = &outcome {
        book.note_stick_refused(actor, error.reason(), now_ms())?;
    }
    outcome
}

struct Reading<'a, R: BufRead> {
    book: &'a Casebook,
    actor: &'a Actor,
    now_ms: &'a dyn Fn() -> u64,
    file: OpenedFile<R>,
    pieces: StickReader,
    buffer: Vec<u8>,
    gap: bool,
    files: Files,
    report: StickReport,
}

impl<R: BufRead> Reading<'_, R> {
    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<StickReport, StickError> {
        let Some(Piece::Manifest(signed)) = self.next()? else { return Err(StickError::NotAStick) };
        let stick = self.admit(&signed)?;
        while let Some(piece) = self.next()? {
            match piece {
                Piece::Parcel(parcel) => self.take(stick.from, *parcel)?,
                Piece::File(name) => self.files.begin(self.book, stick.from, name, &mut self.report)?,
                Piece::Chunk(bytes) => self.files.take(self.book, stick.from, bytes, &mut self.report)?,
                Piece::Manifest(_) | Piece::End => {}
            }
            progress(self.report.entries + self.report.held_before);
        }
        if !self.pieces.is_at_end() {
            return Err(StickError::Altered(self.kept()));
        }
        self.files.end(&mut self.report);
        self.finish(&stick)
    }

    /// The next piece; `None` when the file has ended, all of it checked.
    fn next(&mut self) -> Result<Option<Piece>, StickError> {
        loop {
            let kept = self.kept();
            if let Some(piece) = self.pieces.next_piece().map_err(|refusal| StickError::of_content(refusal, kept))? {
                return Ok(Some(piece));
            }
            match self.file.read_some(&mut self.buffer).map_err(|error| StickError::of_file(error, kept))? {
                0 => return Ok(None),
                read => self.pieces.feed(&self.buffer[..read]),
            }
        }
    }

    fn kept(&self) -> Kept {
        Kept { entries: self.report.entries, files: self.report.files }
    }

    fn admit(&mut self, signed: &SignedManifest) -> Result<StickArrival, StickError> {
        let stick = arrival(&signed.manifest, signed.id());
        if !signed.is_signed() {
            return Err(StickError::Altered(Kept::default()));
        }
        self.book.judge_stick(self.actor, &stick, (self.now_ms)())?;
        self.report.number = stick.number;
        self.report.made_ms = stick.made_ms;
        Ok(stick)
    }

    /// Keeps one parcel, unless all of it is held. What is refused is set aside; the others go on.
    fn take(&mut self, from: ReplicaId, parcel: OpenParcel) -> Result<(), StickError> {
        let entries = parcel.entries.len() as u64;
        let held = self.book.frontier(parcel.log.space);
        if held.number(&parcel.log.key) >= parcel.seal.number {
            self.report.held_before += entries;
            return Ok(());
        }
        match self.book.keep_parcel(from, parcel, (self.now_ms)()) {
            Ok(kept) => {
                self.report.entries += kept.new;
                self.report.held_before += entries.saturating_sub(kept.new);
                Ok(())
            }
            Err(CasebookError::PeerRefused { name, detail }) => {
                self.gap |= name == "gap";
                set_aside(&mut self.report, name, detail);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn finish(&mut self, stick: &StickArrival) -> Result<StickReport, StickError> {
        let whole = stick.spaces.iter().all(|space| self.book.holds_all(space.space, &space.before));
        // Only now: of a post that has just joined, the stick itself brought the names of the sites.
        self.report.site = self.book.site_name(stick.from);
        if self.gap || !whole {
            let (number, site) = (self.report.number, self.report.site.clone());
            return Err(StickError::Missing { number, site, kept: self.kept() });
        }
        let StickReport { entries, files, files_left, .. } = self.report;
        let sums = StickSums { entries, files, files_left, ..StickSums::default() };
        let read = self.book.note_stick_read(self.actor, stick, &sums, (self.now_ms)())?;
        (self.report.missing, self.report.files_missing) = (read.missing, read.files_missing);
        self.report.received = stick.receipts.iter().map(|receipt| receipt.number).collect();
        Ok(std::mem::take(&mut self.report))
    }
}

/// Names a reason for which something was set aside, as long as there are not too many.
pub(super) fn set_aside(report: &mut StickReport, name: &str, why: Reason) {
    if report.set_aside.len() < REASONS_MAX {
        report.set_aside.push(format!("{name}: {why}"));
        report.reasons.push(why);
    }
}

fn arrival(manifest: &Manifest, id: [u8; 16]) -> StickArrival {
    let space = |one: &cairn_sync_protocol::stick::StickSpace| cairn_casebook::StickSpace {
        space: one.space,
        before: one.before.clone(),
        after: one.after.clone(),
    };
    let receipt = |one: &cairn_sync_protocol::stick::StickReceipt| cairn_casebook::StickReceipt {
        number: one.number,
        id: one.id,
        at_ms: one.at_ms,
    };
    StickArrival {
        registry: manifest.registry,
        from: manifest.from,
        to: manifest.to,
        number: manifest.number,
        id,
        made_ms: manifest.made_ms,
        expires_ms: manifest.expires_ms,
        spaces: manifest.spaces.iter().map(space).collect(),
        receipts: manifest.receipts.iter().map(receipt).collect(),
    }
}
