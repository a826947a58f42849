//! Writing a stick: manifest, parcels in the planned order, end.

use std::io::Write;

use cairn_casebook::{Casebook, CasebookError, StickPlan};
use cairn_ledger::age_file::{AgeFileError, SealedWriter};
use cairn_ledger::ledger::ReplicaKey;
use cairn_sync_protocol::stick::{
    Manifest, SignedManifest, StickId, StickReceipt, StickSpace, end_piece, parcel_piece,
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
    /// Parcels.
    pub parcels: u64,
    /// Entries.
    pub entries: u64,
    /// Why logs were left out, if any were.
    pub left_out: Vec<String>,
}

/// Writes the planned stick, sealed to its addressee, and gives the output back. Memory is bounded by one parcel.
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
    let mut written = Written { id: SignedManifest::id(&signed), ..Written::default() };
    for run in &plan.runs {
        write_run(book, run, &mut sealed, &mut written, progress)?;
    }
    sealed.write_all(&end_piece(written.parcels, written.entries)).map_err(StickError::Medium)?;
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
                written.parcels += 1;
                written.entries += entries as u64;
                progress(written.entries);
            }
            Err(reason) => {
                // One log that cannot be read does not stop the others.
                if written.left_out.len() < REASONS_MAX {
                    written.left_out.push(format!("a log from number {from} on: {reason}"));
                }
                return Ok(());
            }
        }
    }
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
