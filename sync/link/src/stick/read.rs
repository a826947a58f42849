//! Reading a stick: the same checks as over a link, parcel by parcel, each durable before the next is looked at.
//!
//! Until the manifest is read, its signature checked and the casebook asked, nothing is kept. A reading that was
//! interrupted is begun again: what is held already is passed over.

use std::io::BufRead;

use cairn_casebook::{Actor, Casebook, CasebookError, ReplicaId, StickArrival, StickReport};
use cairn_ledger::OpenParcel;
use cairn_ledger::age_file::OpenedFile;
use cairn_sync_protocol::stick::{Manifest, Piece, SignedManifest, StickReader};

use super::StickError;

/// Bytes taken from the file at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Reasons that are named.
const REASONS_MAX: usize = 16;

/// Reads a stick of `length` bytes to its end. Memory is bounded by one piece. `progress` is told the entries seen so far.
pub fn read_stick<R: BufRead>(
    book: &Casebook,
    actor: &Actor,
    (input, length): (R, u64),
    now_ms: &dyn Fn() -> u64,
    progress: &mut dyn FnMut(u64),
) -> Result<StickReport, StickError> {
    let outcome = book.may_read_sticks(actor).map_err(StickError::from).and_then(|()| {
        let file = book.open_stick(input, length).map_err(|error| StickError::of_file(error, 0))?;
        let mut reading = Reading {
            book,
            actor,
            now_ms,
            file,
            pieces: StickReader::default(),
            buffer: vec![0; CHUNK_BYTES],
            gap: false,
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
    report: StickReport,
}

impl<R: BufRead> Reading<'_, R> {
    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<StickReport, StickError> {
        let Some(Piece::Manifest(signed)) = self.next()? else { return Err(StickError::NotAStick) };
        let stick = self.admit(&signed)?;
        while let Some(piece) = self.next()? {
            if let Piece::Parcel(parcel) = piece {
                self.take(stick.from, *parcel)?;
                progress(self.report.entries + self.report.held_before);
            }
        }
        if !self.pieces.is_at_end() {
            return Err(StickError::Altered(self.report.entries));
        }
        self.finish(&stick)
    }

    /// The next piece; `None` when the file has ended, all of it checked.
    fn next(&mut self) -> Result<Option<Piece>, StickError> {
        loop {
            let kept = self.report.entries;
            if let Some(piece) = self.pieces.next_piece().map_err(|refusal| StickError::of_content(refusal, kept))? {
                return Ok(Some(piece));
            }
            match self.file.read_some(&mut self.buffer).map_err(|error| StickError::of_file(error, kept))? {
                0 => return Ok(None),
                read => self.pieces.feed(&self.buffer[..read]),
            }
        }
    }

    fn admit(&mut self, signed: &SignedManifest) -> Result<StickArrival, StickError> {
        let stick = arrival(&signed.manifest, signed.id());
        if !signed.is_signed() {
            return Err(StickError::Altered(0));
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
                if self.report.set_aside.len() < REASONS_MAX {
                    self.report.set_aside.push(format!("{name}: {detail}"));
                    self.report.reasons.push(detail);
                }
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
            let StickReport { number, ref site, entries, .. } = self.report;
            return Err(StickError::Missing { number, site: site.clone(), entries });
        }
        self.report.missing = self.book.note_stick_read(self.actor, stick, self.report.entries, (self.now_ms)())?;
        self.report.received = stick.receipts.iter().map(|receipt| receipt.number).collect();
        Ok(std::mem::take(&mut self.report))
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
