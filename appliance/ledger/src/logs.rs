//! The logs of a frontier, in pages that copies share.
//!
//! A hub remembers of each of its peers what both hold of each space, several times over: what was said, what is held, what was
//! agreed. Most of that is the same, and what differs are a few logs. So a change copies the page in which the log stands and
//! the list of pages, and everything else stays common.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::names::{EntryHash, LogKey};

/// Most lines on a page: small, because each change copies one.
const PAGE_LINES_MAX: usize = 16;

/// The last number of a log, and its hash.
type Held = (u64, EntryHash);
type Line = (LogKey, Held);
type Page = Arc<Vec<Line>>;

/// The logs of a frontier, in order, each with its last number and hash.
#[derive(Clone, Debug, Default, Eq)]
pub struct Logs {
    /// None is empty; lines rise on a page and from page to page.
    pages: Arc<Vec<Page>>,
}

impl Logs {
    /// Each log with its last number and hash, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&LogKey, &Held)> {
        self.pages.iter().flat_map(|page| page.iter().map(|(log, held)| (log, held)))
    }

    /// The logs alone.
    pub fn keys(&self) -> impl Iterator<Item = &LogKey> {
        self.iter().map(|(log, _)| log)
    }

    /// The logs alone, to be taken away.
    pub fn into_keys(self) -> impl Iterator<Item = LogKey> {
        self.into_iter().map(|(log, _)| log)
    }

    /// The numbers and hashes alone.
    pub fn values(&self) -> impl Iterator<Item = &Held> {
        self.iter().map(|(_, held)| held)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pages.iter().map(|page| page.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// How far a log goes.
    pub fn get(&self, log: &LogKey) -> Option<&Held> {
        let page = self.pages.get(self.page_of(log))?;
        page.get(place_on(page, log).ok()?).map(|(_, held)| held)
    }

    /// Whether it is one of them.
    pub fn contains_key(&self, log: &LogKey) -> bool {
        self.get(log).is_some()
    }

    /// Notes how far a log goes; gives what was noted before.
    pub fn insert(&mut self, log: LogKey, held: Held) -> Option<Held> {
        let at = self.page_of(&log);
        let pages = Arc::make_mut(&mut self.pages);
        let Some(page) = pages.get_mut(at) else {
            pages.push(Arc::new(vec![(log, held)]));
            return None;
        };
        let page = Arc::make_mut(page);
        match place_on(page, &log) {
            Ok(place) => page.get_mut(place).map(|line| std::mem::replace(&mut line.1, held)),
            Err(place) => {
                page.insert(place, (log, held));
                if page.len() > PAGE_LINES_MAX {
                    let rest = page.split_off(PAGE_LINES_MAX / 2);
                    pages.insert(at + 1, Arc::new(rest));
                }
                None
            }
        }
    }

    /// Takes a log out; gives what was noted of it.
    pub fn remove(&mut self, log: &LogKey) -> Option<Held> {
        let at = self.page_of(log);
        let place = place_on(self.pages.get(at)?, log).ok()?;
        let pages = Arc::make_mut(&mut self.pages);
        let page = Arc::make_mut(pages.get_mut(at)?);
        let (_, held) = page.remove(place);
        if page.is_empty() {
            pages.remove(at);
        }
        Some(held)
    }

    /// Keeps those of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&LogKey, &Held) -> bool) {
        *self = self.iter().filter(|(log, held)| keep(log, held)).map(|(log, held)| (*log, *held)).collect();
    }

    /// The page on which a log stands or would stand.
    fn page_of(&self, log: &LogKey) -> usize {
        let begins_before = |page: &Page| page.first().is_some_and(|(first, _)| first <= log);
        self.pages.partition_point(begins_before).saturating_sub(1)
    }
}

fn place_on(page: &[Line], log: &LogKey) -> Result<usize, usize> {
    page.binary_search_by(|(other, _)| other.cmp(log))
}

impl PartialEq for Logs {
    fn eq(&self, other: &Self) -> bool {
        // Equal logs may stand on other pages.
        Arc::ptr_eq(&self.pages, &other.pages) || (self.len() == other.len() && self.iter().eq(other.iter()))
    }
}

impl From<BTreeMap<LogKey, Held>> for Logs {
    fn from(logs: BTreeMap<LogKey, Held>) -> Self {
        let lines: Vec<Line> = logs.into_iter().collect();
        Self { pages: Arc::new(lines.chunks(PAGE_LINES_MAX).map(|page| Arc::new(page.to_vec())).collect()) }
    }
}

impl<const N: usize> From<[Line; N]> for Logs {
    fn from(logs: [Line; N]) -> Self {
        BTreeMap::from(logs).into()
    }
}

impl FromIterator<Line> for Logs {
    fn from_iter<T: IntoIterator<Item = Line>>(logs: T) -> Self {
        logs.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl Extend<Line> for Logs {
    fn extend<T: IntoIterator<Item = Line>>(&mut self, logs: T) {
        logs.into_iter().for_each(|(log, held)| _ = self.insert(log, held));
    }
}

impl IntoIterator for Logs {
    type Item = Line;
    type IntoIter = std::vec::IntoIter<Line>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().map(|(log, held)| (*log, *held)).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::names::{Incarnation, Lane, ReplicaId};

    fn log(number: u8) -> LogKey {
        LogKey { replica: ReplicaId([number; 32]), incarnation: Incarnation(1), lane: Lane::Normal }
    }

    fn held(number: u64) -> Held {
        (number, EntryHash([number as u8; 32]))
    }

    proptest! {
        /// Whatever is put in and taken out, it is what a plain map would be.
        #[test]
        fn it_is_a_map(begun in proptest::collection::btree_map(0..200_u8, 1..9_u64, 0..100), steps in proptest::collection::vec((0..200_u8, 0..9_u64), 0..200)) {
            let mut plain: BTreeMap<LogKey, Held> = begun.into_iter().map(|(at, number)| (log(at), held(number))).collect();
            let mut paged = Logs::from(plain.clone());
            for (at, number) in steps {
                if number == 0 {
                    prop_assert_eq!(paged.remove(&log(at)), plain.remove(&log(at)));
                } else {
                    prop_assert_eq!(paged.insert(log(at), held(number)), plain.insert(log(at), held(number)));
                }
                prop_assert_eq!(paged.get(&log(at)), plain.get(&log(at)));
            }
            prop_assert!(paged.iter().eq(plain.iter()));
            prop_assert_eq!(paged.len(), plain.len());
            prop_assert_eq!(paged.is_empty(), plain.is_empty());
            prop_assert!(paged.pages.iter().all(|page| (1..=PAGE_LINES_MAX).contains(&page.len())));
            prop_assert_eq!(&paged, &Logs::from(plain));
        }
    }

    #[test]
    fn a_change_leaves_what_it_does_not_touch_in_common() {
        let before: Logs = (0..160).map(|number| (log(number), held(1))).collect();
        let mut after = before.clone();
        after.insert(log(42), held(2));
        let common = before.pages.iter().zip(after.pages.iter()).filter(|(one, other)| Arc::ptr_eq(one, other));
        assert_eq!((common.count(), after.pages.len()), (9, 10));
        assert_eq!((before.get(&log(42)), after.get(&log(42))), (Some(&held(1)), Some(&held(2))));
    }
}
