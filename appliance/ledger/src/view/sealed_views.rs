//! A view store over any engine: sealing, pieces of long values, atomic steps, and an account of all rows.
//!
//! The account is one small row, rewritten in every step: how many rows there are, their bytes, and the XOR
//! of a keyed hash of each. [`SealedViews::check`] reads all rows and compares. That is what finds a row
//! that an engine lost or brought back from the past, which sealing alone cannot.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use super::engine::{Engine, Write};
use super::key::{Batch, Key, Row, Table};
use super::seal::{OWN, PIECES, SALT_BYTES, Sealer, TAG_BYTES, limit, put_parts, read_parts};
use super::{SCAN_ROWS_MAX, STAMP_BYTES_MAX, VALUE_BYTES_MAX, ViewError, ViewKey, ViewStats, ViewStore};
use crate::codec::wire::{self, Reader};

/// Most rows and bytes of one step, from the experiments in the decisions folder: larger batches make sled
/// slow, and a value above about 7 KB leaves its log for files that it never syncs.
const STEP_ROWS_MAX: usize = 100;
const STEP_BYTES_MAX: usize = 64 * 1024;
/// Values up to this stay in their row.
const WHOLE_BYTES_MAX: usize = 3_800;
const PIECE_BYTES: usize = 3_800;
const PIECE_KEY_BYTES: usize = 19;

const ACCOUNT_KEY: &[u8] = &[OWN];
const STAMP_KEY: &[u8] = &[OWN, 1];

pub(super) struct SealedViews<E> {
    sealer: Sealer,
    engine: RwLock<E>,
    books: Mutex<Books>,
}

/// What is known without asking the engine. Holding it is the right to write.
#[derive(Clone, Default)]
struct Books {
    account: Account,
    stamp: Option<Vec<u8>>,
    broken: bool,
    damaged: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Account {
    rows: u64,
    bytes: u64,
    sum: [u8; 16],
}

/// A row as it goes to the engine: its value, and the pieces when it is long.
struct Sealed {
    value: Vec<u8>,
    pieces: Vec<Write>,
}

impl<E: Engine> SealedViews<E> {
    /// Takes over an engine and reads its account. [`ViewError::Corrupt`] when there is none and yet rows.
    pub(super) fn open(engine: E, key: &ViewKey) -> Result<Self, ViewError> {
        let views = Self { sealer: Sealer::new(key), engine: RwLock::new(engine), books: Mutex::default() };
        let account = views.read_account()?;
        let stamp = views.get_stored(STAMP_KEY)?;
        *views.books() = Books { account, stamp, broken: false, damaged: false };
        Ok(views)
    }

    fn read_account(&self) -> Result<Account, ViewError> {
        let engine = self.engine();
        let Some(value) = engine.get(ACCOUNT_KEY)? else {
            let mut empty = true;
            engine.walk(&[], None, &mut |_, _| {
                empty = false;
                false
            })?;
            return if empty { Ok(Account::default()) } else { Err(ViewError::Corrupt("the account is missing")) };
        };
        let bad = ViewError::Corrupt("the account cannot be read");
        let Some((salt, sealed)) = value.split_first_chunk::<SALT_BYTES>() else { return Err(bad) };
        Account::decode(&self.sealer.open(ACCOUNT_KEY, salt, sealed)?).ok_or(bad)
    }

    fn engine(&self) -> RwLockReadGuard<'_, E> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usable(&self) -> Result<(), ViewError> {
        if self.books().broken { Err(ViewError::NeedsReopen) } else { Ok(()) }
    }

    /// Reads, and remembers what a failure says about the state of the store. The engine is let go of before the books
    /// are asked for: whoever replaces it holds the books first.
    fn reading<T>(&self, read: impl FnOnce(&E) -> Result<T, ViewError>) -> Result<T, ViewError> {
        self.usable()?;
        let done = read(&self.engine());
        done.inspect_err(|error| note(&mut self.books(), error))
    }

    fn get_stored(&self, stored: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let engine = self.engine();
        let Some(value) = engine.get(stored)? else { return Ok(None) };
        self.open_row(&*engine, stored, &value).map(Some)
    }

    /// What is inside a row.
    fn open_row(&self, engine: &E, stored: &[u8], value: &[u8]) -> Result<Vec<u8>, ViewError> {
        let row = RowHead::read(value)?;
        let mut plain = self.sealer.open(&associated(stored, row.long_bytes), row.salt, row.sealed)?;
        for index in 0..pieces_of(row.long_bytes) {
            let key = self.sealer.piece_key(stored, row.salt, index);
            let piece = engine.get(&key)?.ok_or(ViewError::Corrupt("a piece of a long value is missing"))?;
            plain.extend(self.sealer.open(&key, &[], &piece)?);
        }
        Ok(plain)
    }

    fn seal_row(&self, stored: &[u8], parts: &[u8], value: &[u8]) -> Result<Sealed, ViewError> {
        let whole = [parts, value].concat();
        let salt = self.sealer.salt(stored, &whole);
        let long = whole.len() > WHOLE_BYTES_MAX;
        let (inside, long_bytes) = if long { (parts, value.len()) } else { (&*whole, 0) };
        let mut row = Vec::new();
        wire::put_number(&mut row, long_bytes as u64);
        row.extend_from_slice(&salt);
        row.extend(self.sealer.seal(&associated(stored, long_bytes as u64), &salt, inside)?);
        let mut pieces = Vec::new();
        for (index, piece) in (0..).zip(value[..long_bytes].chunks(PIECE_BYTES)) {
            let key = self.sealer.piece_key(stored, &salt, index);
            let sealed = self.sealer.seal(&key, &[], piece)?;
            pieces.push((key, Some(sealed)));
        }
        Ok(Sealed { value: row, pieces })
    }

    fn open_found(&self, engine: &E, stored: &[u8], value: &[u8], table: Table) -> Result<Row, ViewError> {
        let plain = self.open_row(engine, stored, value)?;
        let mut inside = Reader(&plain);
        let key =
            read_parts(stored, &mut inside, table).ok_or(ViewError::Corrupt("the key inside a row cannot be read"))?;
        Ok(Row { key, value: inside.0.to_vec() })
    }

    /// The rows of a batch in stored form; a later one replaces an earlier one.
    fn sealed_rows(&self, batch: &Batch) -> Result<BTreeMap<Vec<u8>, Option<Sealed>>, ViewError> {
        let mut rows = BTreeMap::new();
        for (key, value) in &batch.rows {
            let stored = self.sealer.stored(key)?;
            let sealed = match value {
                None => None,
                Some(value) => {
                    limit("a value of a view", value.len(), VALUE_BYTES_MAX)?;
                    let mut parts = Vec::new();
                    put_parts(&mut parts, key);
                    Some(self.seal_row(&stored, &parts, value)?)
                }
            };
            rows.insert(stored, sealed);
        }
        Ok(rows)
    }

    fn sealed_account(&self, account: &Account) -> Result<Write, ViewError> {
        let plain = account.encode();
        let salt = self.sealer.salt(ACCOUNT_KEY, &plain);
        let mut value = salt.to_vec();
        value.extend(self.sealer.seal(ACCOUNT_KEY, &salt, &plain)?);
        Ok((ACCOUNT_KEY.to_vec(), Some(value)))
    }

    fn write(
        &self,
        account: &mut Account,
        rows: BTreeMap<Vec<u8>, Option<Sealed>>,
        stamp: Option<Sealed>,
    ) -> Result<(), ViewError> {
        let engine = self.engine();
        let mut pieces = Vec::new();
        let mut heads = Vec::new();
        let stamp = stamp.map(|sealed| (STAMP_KEY.to_vec(), Some(sealed)));
        let has_stamp = stamp.is_some();
        for (stored, sealed) in rows.into_iter().chain(stamp) {
            let value = sealed.map(|sealed| {
                pieces.extend(sealed.pieces);
                sealed.value
            });
            heads.push((stored, value));
        }
        // New pieces first, where nobody looks for them yet; then rows and account; old pieces last. A crash
        // in between leaves pieces that nothing points at, which the next compaction leaves behind.
        for step in steps(&pieces, 0) {
            engine.apply(step)?;
        }
        let mut old_pieces = Vec::new();
        for step in steps(&heads, usize::from(has_stamp)) {
            self.write_step(&*engine, account, step, &mut old_pieces)?;
        }
        for step in steps(&old_pieces, 0) {
            engine.apply(step)?;
        }
        Ok(())
    }

    fn write_step(
        &self,
        engine: &E,
        account: &mut Account,
        step: &[Write],
        old_pieces: &mut Vec<Write>,
    ) -> Result<(), ViewError> {
        let mut writes = Vec::with_capacity(step.len() + 1);
        for (stored, value) in step {
            let old = engine.get(stored)?;
            if old == *value {
                continue;
            }
            if let Some(old) = old {
                let row = RowHead::read(&old)?;
                let keys = (0..pieces_of(row.long_bytes)).map(|index| self.sealer.piece_key(stored, row.salt, index));
                old_pieces.extend(keys.map(|key| (key, None)));
                account.remove(self.sealer.account_hash(stored, &old), row_bytes(stored, &old)?);
            }
            if let Some(value) = value {
                account.add(self.sealer.account_hash(stored, value), row_bytes(stored, value)?);
            }
            writes.push((stored.clone(), value.clone()));
        }
        if writes.is_empty() {
            return Ok(());
        }
        writes.push(self.sealed_account(account)?);
        engine.apply(&writes)
    }

    /// Reads everything and compares it with the account.
    fn audit(&self, engine: &E, account: &Account) -> Result<(), ViewError> {
        let mut found = Account::default();
        let mut long = Vec::new();
        let mut unreadable = false;
        engine.walk(&[], None, &mut |stored, value| {
            if stored == ACCOUNT_KEY || stored.first() == Some(&PIECES) {
                return true;
            }
            match (row_bytes(stored, value), RowHead::read(value)) {
                (Ok(bytes), Ok(row)) => {
                    found.add(self.sealer.account_hash(stored, value), bytes);
                    if row.long_bytes > 0 {
                        long.push((stored.to_vec(), value.to_vec()));
                    }
                }
                _ => unreadable = true,
            }
            !unreadable
        })?;
        if unreadable || found != *account {
            return Err(ViewError::Corrupt("the rows do not agree with their account"));
        }
        long.iter().try_for_each(|(stored, value)| self.open_row(engine, stored, value).map(drop))
    }

    /// Copies rows as they are, with their pieces: sealed rows stay valid under their key. Gives the account of them.
    fn copy_rows(&self, from: &E, to: &E, wanted: impl Fn(&[u8]) -> bool) -> Result<Account, ViewError> {
        let mut account = Account::default();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let mut rows = Vec::new();
            let mut last = None;
            from.walk(&[], after.as_deref(), &mut |stored, value| {
                last = Some(stored.to_vec());
                if stored.first() != Some(&PIECES) && wanted(stored) {
                    rows.push((stored.to_vec(), value.to_vec()));
                }
                rows.len() < STEP_ROWS_MAX
            })?;
            if last.is_none() {
                return Ok(account);
            }
            after = last;
            for (stored, value) in rows.iter().filter(|(stored, _)| stored != ACCOUNT_KEY) {
                self.copy_pieces(from, to, stored, value)?;
                account.add(self.sealer.account_hash(stored, value), row_bytes(stored, value)?);
            }
            let writes: Vec<Write> = rows.into_iter().map(|(stored, value)| (stored, Some(value))).collect();
            steps(&writes, 0).try_for_each(|step| to.apply(step))?;
        }
    }

    fn copy_pieces(&self, from: &E, to: &E, stored: &[u8], value: &[u8]) -> Result<(), ViewError> {
        let row = RowHead::read(value)?;
        for index in 0..pieces_of(row.long_bytes) {
            let key = self.sealer.piece_key(stored, row.salt, index);
            let piece = from.get(&key)?.ok_or(ViewError::Corrupt("a piece of a long value is missing"))?;
            to.apply(&[(key, Some(piece))])?;
        }
        Ok(())
    }

    fn stats_of(&self, account: &Account) -> Result<ViewStats, ViewError> {
        Ok(ViewStats { rows: account.rows, live_bytes: account.bytes, disk_bytes: self.engine().disk_bytes()? })
    }
}

impl<E: Engine> ViewStore for SealedViews<E> {
    fn stamp(&self) -> Option<Vec<u8>> {
        self.books().stamp.clone()
    }

    fn commit(&self, batch: &Batch, stamp: Option<&[u8]>) -> Result<(), ViewError> {
        let rows = self.sealed_rows(batch)?;
        limit("a stamp", stamp.map_or(0, <[u8]>::len), STAMP_BYTES_MAX)?;
        let sealed = stamp.map(|stamp| self.seal_row(STAMP_KEY, &[], stamp)).transpose()?;
        let mut books = self.books();
        if books.broken {
            return Err(ViewError::NeedsReopen);
        }
        let mut account = books.account;
        if let Err(error) = self.write(&mut account, rows, sealed) {
            // Some steps may have been written: only the engine knows, so it has to be asked again.
            books.broken = true;
            note(&mut books, &error);
            return Err(error);
        }
        books.account = account;
        if let Some(stamp) = stamp {
            books.stamp = Some(stamp.to_vec());
        }
        Ok(())
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError> {
        let stored = self.sealer.stored(key)?;
        let row = self.reading(|engine| {
            let Some(value) = engine.get(&stored)? else { return Ok(None) };
            self.open_found(engine, &stored, &value, key.table).map(Some)
        })?;
        // Another key with the same keyed hash would be a chance of one in 2^96: not what was asked for.
        Ok(row.filter(|row| row.key == *key).map(|row| row.value))
    }

    fn scan(&self, prefix: &Key, limit: usize, after: Option<&Key>) -> Result<Vec<Row>, ViewError> {
        let stored = self.sealer.stored(prefix)?;
        let after = after.map(|key| self.sealer.stored(key)).transpose()?;
        let limit = limit.min(SCAN_ROWS_MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        self.reading(|engine| {
            let mut found = Vec::new();
            engine.walk(&stored, after.as_deref(), &mut |key, value| {
                found.push((key.to_vec(), value.to_vec()));
                found.len() < limit
            })?;
            found.iter().map(|(key, value)| self.open_found(engine, key, value, prefix.table)).collect()
        })
    }

    fn count(&self, prefix: &Key) -> Result<u64, ViewError> {
        let stored = self.sealer.stored(prefix)?;
        self.reading(|engine| {
            let mut rows = 0;
            engine.walk(&stored, None, &mut |_, _| {
                rows += 1;
                true
            })?;
            Ok(rows)
        })
    }

    fn stats(&self) -> Result<ViewStats, ViewError> {
        self.usable()?;
        let account = self.books().account;
        self.stats_of(&account)
    }

    fn check(&self) -> Result<ViewStats, ViewError> {
        let mut books = self.books();
        if books.broken {
            return Err(ViewError::NeedsReopen);
        }
        let audited = self.audit(&self.engine(), &books.account);
        audited.inspect_err(|error| note(&mut books, error))?;
        self.stats_of(&books.account)
    }

    fn compact(&self) -> Result<(), ViewError> {
        let mut books = self.books();
        if books.broken {
            return Err(ViewError::NeedsReopen);
        }
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        let rewritten = engine.beside().and_then(|fresh| {
            self.copy_rows(&engine, &fresh, |_| true)?;
            self.audit(&fresh, &books.account)?;
            engine.switch_to(fresh)
        });
        rewritten.inspect_err(|error| note(&mut books, error))
    }

    fn keep_only(&self, tables: &[Table]) -> Result<(), ViewError> {
        let mut books = self.books();
        if books.broken {
            return Err(ViewError::NeedsReopen);
        }
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        let of_these = |stored: &[u8]| tables.iter().any(|table| stored.first() == Some(&(*table as u8)));
        let rewritten = engine.beside().and_then(|fresh| {
            let account = self.copy_rows(&engine, &fresh, of_these)?;
            fresh.apply(&[self.sealed_account(&account)?])?;
            engine.switch_to(fresh)?;
            Ok(account)
        });
        let account = rewritten.inspect_err(|error| note(&mut books, error))?;
        *books = Books { account, ..Books::default() };
        Ok(())
    }

    fn reopen(&self) -> Result<(), ViewError> {
        let mut books = self.books();
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = engine.again()?;
        *books = fresh.books.into_inner().unwrap_or_else(PoisonError::into_inner);
        *engine = fresh.engine.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(())
    }

    fn close(&self) -> Result<(), ViewError> {
        let mut books = self.books();
        let in_order = !books.broken && !books.damaged;
        if std::mem::replace(&mut books.broken, true) && !in_order {
            return Ok(());
        }
        self.engine.write().unwrap_or_else(PoisonError::into_inner).close(in_order)
    }
}

fn note(books: &mut Books, error: &ViewError) {
    match error {
        ViewError::Corrupt(_) => books.damaged = true,
        ViewError::Io(_) | ViewError::Full | ViewError::NeedsReopen => books.broken = true,
        ViewError::Locked | ViewError::TooLarge { .. } => {}
    }
}

/// What stands in clear at the front of a row, and the rest.
struct RowHead<'a> {
    /// Length of the value when it is in pieces; 0 when it is in the row.
    long_bytes: u64,
    salt: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> RowHead<'a> {
    fn read(value: &'a [u8]) -> Result<Self, ViewError> {
        let bad = |_| ViewError::Corrupt("a row cannot be read");
        let mut from = Reader(value);
        let long_bytes = from.number().map_err(bad)?;
        let salt = from.take(SALT_BYTES).map_err(bad)?;
        if long_bytes > VALUE_BYTES_MAX.max(STAMP_BYTES_MAX) as u64 {
            return Err(ViewError::Corrupt("a row cannot be read"));
        }
        Ok(Self { long_bytes, salt, sealed: from.0 })
    }
}

fn pieces_of(long_bytes: u64) -> u16 {
    long_bytes.div_ceil(PIECE_BYTES as u64) as u16
}

/// The bytes that a row takes with its pieces, keys included.
fn row_bytes(stored: &[u8], value: &[u8]) -> Result<u64, ViewError> {
    let long_bytes = RowHead::read(value)?.long_bytes;
    let around = u64::from(pieces_of(long_bytes)) * (PIECE_KEY_BYTES + TAG_BYTES) as u64;
    Ok((stored.len() + value.len()) as u64 + long_bytes + around)
}

fn associated(stored: &[u8], long_bytes: u64) -> Vec<u8> {
    [stored, &long_bytes.to_be_bytes()].concat()
}

/// Cuts writes into steps inside the limits. The last `together` writes join the step before them, however
/// full it is.
fn steps(writes: &[Write], together: usize) -> impl Iterator<Item = &[Write]> {
    let mut rest = writes;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let mut len = 0;
        for (key, value) in &rest[..rest.len().saturating_sub(together)] {
            bytes += key.len() + value.as_ref().map_or(0, Vec::len);
            if len > 0 && (len == STEP_ROWS_MAX || bytes > STEP_BYTES_MAX) {
                break;
            }
            len += 1;
        }
        if rest.len() - len <= together {
            len = rest.len();
        }
        let (step, later) = rest.split_at(len);
        rest = later;
        (!step.is_empty()).then_some(step)
    })
}

impl Account {
    fn add(&mut self, hash: [u8; 16], bytes: u64) {
        self.rows = self.rows.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(bytes);
        self.mix(hash);
    }

    fn remove(&mut self, hash: [u8; 16], bytes: u64) {
        self.rows = self.rows.wrapping_sub(1);
        self.bytes = self.bytes.wrapping_sub(bytes);
        self.mix(hash);
    }

    fn mix(&mut self, hash: [u8; 16]) {
        self.sum.iter_mut().zip(hash).for_each(|(sum, hash)| *sum ^= hash);
    }

    fn encode(&self) -> Vec<u8> {
        [&self.rows.to_be_bytes()[..], &self.bytes.to_be_bytes(), &self.sum].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (rows, rest) = bytes.split_first_chunk()?;
        let (total, sum) = rest.split_first_chunk()?;
        Some(Self { rows: u64::from_be_bytes(*rows), bytes: u64::from_be_bytes(*total), sum: sum.try_into().ok()? })
    }
}
