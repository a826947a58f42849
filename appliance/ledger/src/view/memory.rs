//! Views in memory, with faults on demand, for the simulator and for tests.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::engine::{Engine, Write};
use super::open::{OpenOutcome, OpenReport};
use super::sealed_views::SealedViews;
use super::{ViewError, ViewKey, ViewStore};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// A place in memory that behaves like a folder: it outlives the stores that are opened on it, and lets
/// one be open at a time.
#[derive(Clone, Default)]
pub struct MemoryViews {
    rows: Arc<Mutex<Rows>>,
    in_use: Arc<AtomicBool>,
    faults: Faults,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No space on the device.
    Full,
    /// The device refuses.
    Io,
    /// A read gives one wrong bit.
    WrongBit,
}

/// Faults to come. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<BTreeMap<u64, Fault>>>);

impl Faults {
    /// Lets the call to the engine after `calls` more calls fail. Every read, walk and write is a call.
    pub fn after(&self, calls: u64, fault: Fault) {
        self.planned().insert(calls, fault);
    }

    fn planned(&self) -> MutexGuard<'_, BTreeMap<u64, Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one call; the fault that is due.
    fn due(&self) -> Option<Fault> {
        let mut planned = self.planned();
        let due = planned.remove(&0);
        let later = std::mem::take(&mut *planned);
        planned.extend(later.into_iter().map(|(calls, fault)| (calls - 1, fault)));
        due
    }
}

impl MemoryViews {
    /// An empty place without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The faults of this place.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Opens the store in this place; wipes it and says so when what is there is damaged.
    pub fn open(&self, key: &ViewKey) -> Result<(Box<dyn ViewStore>, OpenReport), ViewError> {
        let (views, outcome) = self.opened(key)?;
        let stamp = views.stamp();
        Ok((Box::new(views), OpenReport { outcome, stamp }))
    }

    fn opened(&self, key: &ViewKey) -> Result<(SealedViews<MemoryEngine>, OpenOutcome), ViewError> {
        let fresh = self.rows().is_empty();
        let checked = SealedViews::open(self.engine(key)?, key).and_then(|views| views.check().map(|_| views));
        match checked {
            Ok(views) => Ok((views, if fresh { OpenOutcome::Created } else { OpenOutcome::Opened })),
            Err(ViewError::Corrupt(reason)) => {
                self.rows().clear();
                let outcome = OpenOutcome::Rebuild { reason: reason.to_owned() };
                Ok((SealedViews::open(self.engine(key)?, key)?, outcome))
            }
            Err(other) => Err(other),
        }
    }

    /// What is here now in a place of its own: what a backup holds, or a device after a power cut.
    pub fn copy(&self) -> Self {
        Self { rows: Arc::new(Mutex::new(self.rows().clone())), ..Self::default() }
    }

    /// Changes one bit of one row as the device keeps it; false when there is no such row.
    pub fn damage(&self, row: usize) -> bool {
        let mut rows = self.rows();
        let value = rows.values_mut().nth(row).and_then(|value| value.last_mut());
        value.map(|byte| *byte ^= 1).is_some()
    }

    #[cfg(test)]
    pub(super) fn row_count(&self) -> usize {
        self.rows().len()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn engine(&self, key: &ViewKey) -> Result<MemoryEngine, ViewError> {
        if self.in_use.swap(true, Ordering::SeqCst) {
            return Err(ViewError::Locked);
        }
        Ok(MemoryEngine { place: self.clone(), key: key.clone(), holds_lock: true, failed: AtomicBool::new(false) })
    }
}

struct MemoryEngine {
    place: MemoryViews,
    /// To open the place again with.
    key: ViewKey,
    holds_lock: bool,
    failed: AtomicBool,
}

impl MemoryEngine {
    /// Counts a call; whether what it reads gets a wrong bit.
    fn call(&self) -> Result<bool, ViewError> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(ViewError::NeedsReopen);
        }
        let failure = match self.place.faults.due() {
            None => return Ok(false),
            Some(Fault::WrongBit) => return Ok(true),
            Some(Fault::Full) => ViewError::Full,
            Some(Fault::Io) => ViewError::Io(io::Error::other("an injected fault")),
        };
        self.failed.store(true, Ordering::SeqCst);
        Err(failure)
    }
}

impl Engine for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let wrong = self.call()?;
        let mut value = self.place.rows().get(key).cloned();
        if let (true, Some(byte)) = (wrong, value.as_mut().and_then(|value| value.last_mut())) {
            *byte ^= 1;
        }
        Ok(value)
    }

    fn walk(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), ViewError> {
        let wrong = self.call()?;
        let rows = self.place.rows();
        let start = after.filter(|after| *after >= prefix).map_or(Bound::Included(prefix), Bound::Excluded);
        for (key, value) in rows.range::<[u8], _>((start, Bound::Unbounded)) {
            let mut value = value.clone();
            if let (true, Some(byte)) = (wrong, value.last_mut()) {
                *byte ^= 1;
            }
            if !key.starts_with(prefix) || !visit(key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, writes: &[Write]) -> Result<(), ViewError> {
        self.call()?;
        let mut rows = self.place.rows();
        for (key, value) in writes {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(())
    }

    fn disk_bytes(&self) -> Result<u64, ViewError> {
        Ok(0)
    }

    fn beside(&self) -> Result<Self, ViewError> {
        self.call()?;
        let place = MemoryViews { faults: self.place.faults.clone(), ..MemoryViews::default() };
        Ok(Self { place, key: self.key.clone(), holds_lock: false, failed: AtomicBool::new(false) })
    }

    fn switch_to(&mut self, other: Self) -> Result<(), ViewError> {
        self.call()?;
        let rows = std::mem::take(&mut *other.place.rows());
        *self.place.rows() = rows;
        Ok(())
    }

    fn again(&mut self) -> Result<SealedViews<Self>, ViewError> {
        if !self.holds_lock {
            return Err(ViewError::NeedsReopen);
        }
        self.place.in_use.store(false, Ordering::SeqCst);
        let opened = self.place.opened(&self.key);
        // The new engine holds the place from now on, or this one still does.
        self.holds_lock = opened.is_err();
        self.place.in_use.store(true, Ordering::SeqCst);
        Ok(opened?.0)
    }

    fn close(&mut self, _in_order: bool) -> Result<(), ViewError> {
        if std::mem::take(&mut self.holds_lock) {
            self.place.in_use.store(false, Ordering::SeqCst);
        }
        Ok(())
    }
}

impl Drop for MemoryEngine {
    fn drop(&mut self) {
        if self.holds_lock {
            self.place.in_use.store(false, Ordering::SeqCst);
        }
    }
}
