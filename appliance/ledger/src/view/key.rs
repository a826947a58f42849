//! Tables, keys, rows and batches: data that both engines understand.

/// What a row is about. The number is part of the stored key; never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// Single values of the views themselves.
    Meta = 1,
    /// The state of each record.
    Record = 2,
    /// From a normalised identifier to the records that bear it.
    Identifier = 3,
    /// From an import's source and row to its record.
    Source = 4,
    /// From a record to its links.
    RecordLinks = 5,
    /// Records whose people disagree.
    Conflict = 6,
    /// Records by time of their last change.
    Recent = 7,
    /// Markers in force.
    Marker = 8,
    /// Changes that wait for earlier entries.
    Parked = 9,
    /// Imports, and the records of each.
    Batch = 10,
    /// What is known of each peer.
    Peer = 11,
    /// Entries that cannot be used, with the reason.
    SetAside = 12,
    /// From a record to its entries.
    Entry = 13,
    /// Numbers that pages show.
    Counter = 14,
    /// What people have begun to write and not saved. Not rebuilt from the logs: never part of them.
    Draft = 15,
    /// Questions asked from here or answered here, and what waits with them.
    Question = 16,
    /// The same by time.
    QuestionTime = 17,
    /// Answers and alerts that somebody has read. Not rebuilt from the logs: never part of them.
    Read = 18,
    /// Files that belong to a record.
    Attachment = 19,
    /// Files of which chunks are to be fetched.
    Fetch = 20,
    /// What this machine noted for itself, a second time. Not rebuilt from the logs: it is there for when they are damaged.
    Note = 21,
}

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Text, names, ids: stored only as a keyed hash. Rows with equal parts stand together; the order is
    /// meaningless but fixed.
    Hidden(Vec<u8>),
    /// A time or a count, stored in clear so that rows stand in its order. Never a number that says
    /// something about a person.
    Ascending(u64),
    /// The same, the highest first.
    Descending(u64),
}

/// Where a row stands: a table and parts. Also a prefix: of all rows whose key begins with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The table.
    pub table: Table,
    /// Its parts, most significant first. Keep the same shape of parts throughout a table.
    pub parts: Vec<Part>,
}

impl Key {
    /// The whole table, or a key to add parts to.
    pub fn new(table: Table) -> Self {
        Self { table, parts: Vec::new() }
    }

    /// With one more hidden part.
    pub fn hidden(self, bytes: impl AsRef<[u8]>) -> Self {
        self.with(Part::Hidden(bytes.as_ref().to_vec()))
    }

    /// With one more part that orders rows, lowest first.
    pub fn ascending(self, number: u64) -> Self {
        self.with(Part::Ascending(number))
    }

    /// With one more part that orders rows, highest first.
    pub fn descending(self, number: u64) -> Self {
        self.with(Part::Descending(number))
    }

    /// The bytes of the hidden part at `index`, for reading keys that a scan returned.
    pub fn hidden_part(&self, index: usize) -> Option<&[u8]> {
        match self.parts.get(index)? {
            Part::Hidden(bytes) => Some(bytes),
            Part::Ascending(_) | Part::Descending(_) => None,
        }
    }

    /// The number of the part at `index`, for reading keys that a scan returned.
    pub fn number_part(&self, index: usize) -> Option<u64> {
        match self.parts.get(index)? {
            Part::Ascending(number) | Part::Descending(number) => Some(*number),
            Part::Hidden(_) => None,
        }
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

/// One row that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its whole key, in clear.
    pub key: Key,
    /// Its value.
    pub value: Vec<u8>,
}

/// Rows to write and to remove, in order; a later one replaces an earlier one with the same key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(super) rows: Vec<(Key, Option<Vec<u8>>)>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `value` under `key`, replacing what is there.
    pub fn put(&mut self, key: Key, value: impl Into<Vec<u8>>) {
        self.rows.push((key, Some(value.into())));
    }

    /// Removes what is under `key`, if there is something.
    pub fn remove(&mut self, key: Key) {
        self.rows.push((key, None));
    }

    /// How many rows it writes or removes.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
