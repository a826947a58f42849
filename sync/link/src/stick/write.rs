//! Writing a stick: manifest, parcels and then files in the planned order, end.

use std::io::Write;

use cairn_casebook::{Casebook, CasebookError, EntryRef, ReplicaId, StickFile, StickPlan, StickSums};
use cairn_ledger::age_file::{AgeFileError, SealedWriter};
use cairn_ledger::ledger::ReplicaKey;
use cairn_sync_protocol::stick::{
    Counts, FileName, Manifest, SignedManifest, StickId, StickReceipt, StickSpace, chunk_piece, parcel_piece,
};

use super::StickError;

/// Bytes of bodies in one parcel.
const PARCEL_BYTES: usize = 256 * 1024;
/// A stick is written once and carried by hand: bytes cost little, time at the counter more.
const LEVEL: i32 = 6;
/// Reasons that are named.
const REASONS_MAX: usize = 16;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Names the stick.
    pub id: StickId,
    /// How much is on it.
    pub counts: Counts,
    /// The files that are wholly on it.
    pub files: Vec<EntryRef>,
    /// Bytes of those files, as they were attached.
    pub files_bytes: u64,
    /// Files that did not fit.
    pub files_left: u64,
    /// Why logs or files were left out, if any were.
    pub left_out: Vec<String>,
}

impl Written {
    /// What is noted of it, given its length.
    pub fn sums(&self, bytes: u64) -> StickSums {
        let (entries, files) = (self.counts.entries, self.files.len() as u64);
        StickSums { entries, bytes, files, files_left: self.files_left, carried: self.files.clone() }
    }

    fn leave_out(&mut self, why: String) {
        if self.left_out.len() < REASONS_MAX {
            self.left_out.push(why);
        }
    }
}

/// Writes the planned stick, sealed to its addressee, and gives the output back. Memory is bounded by one parcel or chunk.
/// `progress` is told the entries written so far.
pub fn write_stick<W: Write>(
    book: &Casebook,
    plan: &StickPlan,
    out: W,
    progress: &mut dyn FnMut(u64),
) -> Result<(W, Written), StickError> {
    let signed = manifest(plan).sign(&ReplicaKey::from_seed(&book.replica_seed()));
    let beginning = signed.beginning().ok_or(StickError::TooLarge("the list of logs"))?;
    let mut sealed = SealedWriter::begin(&plan.recipient, out).map_err(of_begin)?;
    sealed.write_all(&beginning).map_err(StickError::Medium)?;
    let (id, files_left) = (SignedManifest::id(&signed), plan.files_left);
    let mut written = Written { id, files_left, ..Written::default() };
    for run in &plan.runs {
        write_run(book, run, &mut sealed, &mut written, progress)?;
    }
    for file in &plan.files {
        write_file(book, plan.to, file, &mut sealed, &mut written)?;
    }
    sealed.write_all(&written.counts.end_piece()).map_err(StickError::Medium)?;
    let out = sealed.finish().map_err(StickError::Medium)?;
    Ok((out, written))
}

fn write_run<W: Write>(
    book: &Casebook,
    run: &cairn_casebook::StickRun,
    out: &mut SealedWriter<W>,
    written: &mut Written,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StickError> {
    let mut from = run.from;
    while from <= run.until {
        let piece = match book.read_parcel(&run.log, from, PARCEL_BYTES) {
            Ok(Some(parcel)) => {
                from = parcel.seal.number + 1;
                parcel_piece(&parcel, LEVEL).map(|piece| (piece, parcel.entries.len())).map_err(|e| e.to_string())
            }
            Ok(None) => Err("its last entries are not sealed".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match piece {
            Ok((piece, entries)) => {
                out.write_all(&piece).map_err(StickError::Medium)?;
                written.counts.parcels += 1;
                written.counts.entries += entries as u64;
                progress(written.counts.entries);
            }
            Err(reason) => {
                // One log that cannot be read does not stop the others.
                written.leave_out(format!("a log from number {from} on: {reason}"));
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Writes one file, a chunk at a time. One that turns out to be damaged does not stop the others.
fn write_file<W: Write>(
    book: &Casebook,
    to: ReplicaId,
    file: &StickFile,
    out: &mut SealedWriter<W>,
    written: &mut Written,
) -> Result<(), StickError> {
    let Some((space, chunks)) = book.chunks_for_stick(file)? else {
        written.leave_out(format!("a file of record {}: its entry cannot be read", file.record));
        return Ok(());
    };
    let name = FileName { record: file.record, attachment: file.attachment };
    out.write_all(&name.piece()).map_err(StickError::Medium)?;
    written.counts.files += 1;
    for chunk in chunks {
        let Some(sealed) = book.read_chunk(to, space, chunk)? else {
            written.leave_out(format!("a file of record {}: a part of it is damaged", file.record));
            return Ok(());
        };
        out.write_all(&chunk_piece(&sealed)).map_err(StickError::Medium)?;
        written.counts.chunks += 1;
    }
    written.files.push(file.attachment);
    written.files_bytes += file.bytes;
    Ok(())
}

fn manifest(plan: &StickPlan) -> Manifest {
    let space = |space: &cairn_casebook::StickSpace| StickSpace {
        space: space.space,
        before: space.before.clone(),
        after: space.after.clone(),
    };
    let receipt =
        |one: &cairn_casebook::StickReceipt| StickReceipt { number: one.number, id: one.id, at_ms: one.at_ms };
    Manifest {
        registry: plan.registry,
        from: plan.from,
        to: plan.to,
        number: plan.number,
        made_ms: plan.made_ms,
        expires_ms: plan.expires_ms,
        spaces: plan.spaces.iter().map(space).collect(),
        receipts: plan.receipts.iter().map(receipt).collect(),
    }
}

fn of_begin(error: AgeFileError) -> StickError {
    match error {
        AgeFileError::Io(error) => StickError::Medium(error),
        other => StickError::Casebook(CasebookError::Storage(other.to_string().into())),
    }
}
