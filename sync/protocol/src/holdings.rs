//! What a side holds of all spaces it shares with a peer: one digest, and what moved since both last held the same.
//!
//! A greeting names the [`digest_of`] everything, and how that differs from what was last agreed with this peer
//! ([`Moved`]). A peer that remembers the same common state knows after one greeting what the other holds of every log; its
//! length does not grow with the number of logs, only with what moved. Whatever either side remembers, the digest proves the
//! outcome; a peer that comes to another one asks for everything.

use std::collections::BTreeMap;

use cairn_ledger::names::digest_of_spaces;
use cairn_ledger::{EntryHash, Frontier, Incarnation, LogId, LogKey, ReplicaId, SpaceId};

use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::frontier::lane;
use crate::limits::{LOGS_MAX, MOVED_MAX, SPACES_MAX};

/// So much of a digest names a common state.
pub const BASE_BYTES: usize = 8;

/// Frontier of each space.
pub type Holdings = BTreeMap<SpaceId, Frontier>;

/// One digest over everything that is held.
pub fn digest_of(registry: &SpaceId, holdings: &Holdings) -> [u8; 32] {
    digest_of_spaces(registry, holdings.iter().map(|(space, frontier)| (space, frontier.digest())))
}

/// The name of a common state: the beginning of its digest.
pub fn base_of(digest: &[u8; 32]) -> [u8; BASE_BYTES] {
    let mut base = [0; BASE_BYTES];
    base.copy_from_slice(&digest[..BASE_BYTES]);
    base
}

/// How what is held differs from what was agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Spaces of the common state that are no longer shared, by their places in it.
    pub gone: Vec<usize>,
    /// Spaces shared since, in rising order.
    pub spaces: Vec<SpaceId>,
    /// Logs of the common state that are held otherwise, by their places among all its logs; `None`: nothing is held any more.
    pub logs: Vec<(usize, Option<(u64, EntryHash)>)>,
    /// Logs that the common state does not have, in rising order.
    pub fresh: Vec<(LogId, u64, EntryHash)>,
}

impl Moved {
    /// From the common state to what is held now; `None` when so much moved that it is better said in full.
    pub fn between(agreed: &Holdings, now: &Holdings) -> Option<Self> {
        let mut moved = Self {
            gone: places(agreed.keys().map(|space| !now.contains_key(space))),
            spaces: now.keys().filter(|space| !agreed.contains_key(space)).copied().collect(),
            ..Self::default()
        };
        for (place, (log, held)) in logs_of(agreed).enumerate() {
            let Some(frontier) = now.get(&log.space) else { continue };
            let new = frontier.0.get(&log.key).copied();
            if new != Some(held) {
                moved.logs.push((place, new));
            }
        }
        let fresh = logs_of(now).filter(|(log, _)| !knows(agreed, log));
        moved.fresh = fresh.map(|(log, (number, hash))| (log, number, hash)).collect();
        let lines = moved.gone.len() + moved.spaces.len() + moved.logs.len() + moved.fresh.len();
        (lines <= MOVED_MAX).then_some(moved)
    }

    /// What the sender holds, if it speaks of this common state; `None` when it cannot be this one.
    pub fn apply(&self, agreed: &Holdings) -> Option<Holdings> {
        let mut now = agreed.clone();
        let logs: Vec<LogId> = logs_of(agreed).map(|(log, _)| log).collect();
        for (place, held) in &self.logs {
            let log = logs.get(*place)?;
            let frontier = now.get_mut(&log.space)?;
            match held {
                Some(held) => frontier.0.insert(log.key, *held),
                None => frontier.0.remove(&log.key),
            };
        }
        let spaces: Vec<SpaceId> = agreed.keys().copied().collect();
        for place in &self.gone {
            now.remove(spaces.get(*place)?);
        }
        for space in &self.spaces {
            now.entry(*space).or_default();
        }
        for (log, number, hash) in &self.fresh {
            now.get_mut(&log.space)?.0.insert(log.key, (*number, *hash));
        }
        Some(now)
    }

    /// Appends it.
    pub fn put(&self, out: &mut Vec<u8>) {
        put_places(out, self.gone.iter().copied());
        put_number(out, self.spaces.len() as u64);
        self.spaces.iter().for_each(|space| out.extend_from_slice(&space.0));
        put_places(out, self.logs.iter().map(|(place, _)| *place));
        for (_, held) in &self.logs {
            put_held(out, *held);
        }
        put_number(out, self.fresh.len() as u64);
        for (log, number, hash) in &self.fresh {
            put_log(out, log);
            put_held(out, Some((*number, *hash)));
        }
    }

    /// Reads what [`Moved::put`] wrote.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let gone = read_places(reader)?;
        let mut moved = Self { gone, ..Self::default() };
        for _ in 0..reader.count(SPACES_MAX)? {
            let space = SpaceId(reader.array()?);
            if moved.spaces.last().is_some_and(|last| *last >= space) {
                return Err(Refusal::BadValue("the order of spaces"));
            }
            moved.spaces.push(space);
        }
        for place in read_places(reader)? {
            moved.logs.push((place, read_held(reader)?));
        }
        for _ in 0..reader.count(MOVED_MAX)? {
            let log = read_log(reader)?;
            if moved.fresh.last().is_some_and(|(last, ..)| *last >= log) {
                return Err(Refusal::BadValue("the order of logs"));
            }
            let (number, hash) = read_held(reader)?.ok_or(Refusal::BadValue("a number in a greeting"))?;
            moved.fresh.push((log, number, hash));
        }
        Ok(moved)
    }
}

/// The logs of all spaces in order, with what is held of each.
fn logs_of(holdings: &Holdings) -> impl Iterator<Item = (LogId, (u64, EntryHash))> {
    holdings
        .iter()
        .flat_map(|(space, frontier)| frontier.0.iter().map(|(key, held)| (LogId { space: *space, key: *key }, *held)))
}

fn knows(holdings: &Holdings, log: &LogId) -> bool {
    holdings.get(&log.space).is_some_and(|frontier| frontier.0.contains_key(&log.key))
}

/// Places of what is marked.
fn places(marked: impl Iterator<Item = bool>) -> Vec<usize> {
    marked.enumerate().filter(|(_, marked)| *marked).map(|(place, _)| place).collect()
}

/// A count, then rising places as the difference from the one before.
fn put_places(out: &mut Vec<u8>, places: impl ExactSizeIterator<Item = usize>) {
    put_number(out, places.len() as u64);
    let mut next = 0;
    for place in places {
        put_number(out, (place - next) as u64);
        next = place + 1;
    }
}

fn read_places(reader: &mut Reader<'_>) -> Result<Vec<usize>, Refusal> {
    let mut places = Vec::new();
    let mut next = 0;
    for _ in 0..reader.count(MOVED_MAX)? {
        let place = next + reader.count(SPACES_MAX * LOGS_MAX)?;
        places.push(place);
        next = place + 1;
    }
    Ok(places)
}

/// The last number and its hash; 0 when nothing is held.
fn put_held(out: &mut Vec<u8>, held: Option<(u64, EntryHash)>) {
    put_number(out, held.map_or(0, |(number, _)| number));
    if let Some((_, hash)) = held {
        out.extend_from_slice(&hash.0);
    }
}

fn read_held(reader: &mut Reader<'_>) -> Result<Option<(u64, EntryHash)>, Refusal> {
    match reader.number()? {
        0 => Ok(None),
        number => Ok(Some((number, EntryHash(reader.array()?)))),
    }
}

/// A log in full: space, replica, incarnation, lane.
pub(crate) fn put_log(out: &mut Vec<u8>, log: &LogId) {
    out.extend_from_slice(&log.space.0);
    out.extend_from_slice(&log.key.replica.0);
    out.extend_from_slice(&log.key.incarnation.0.to_be_bytes());
    out.push(log.key.lane as u8);
}

pub(crate) fn read_log(reader: &mut Reader<'_>) -> Result<LogId, Refusal> {
    let space = SpaceId(reader.array()?);
    let replica = ReplicaId(reader.array()?);
    let incarnation = Incarnation(u64::from_be_bytes(reader.array()?));
    Ok(LogId { space, key: LogKey { replica, incarnation, lane: lane(reader.byte()?)? } })
}

/// At most as many spaces as a list may have, with [`within_limit`] of each.
pub(crate) fn within_limits<'a>(spaces: impl Iterator<Item = (&'a SpaceId, &'a Frontier)>) -> Holdings {
    spaces.take(SPACES_MAX).map(|(space, frontier)| (*space, within_limit(frontier))).collect()
}

/// At most as many logs as a frontier on the wire may name, the first ones.
pub(crate) fn within_limit(frontier: &Frontier) -> Frontier {
    if frontier.0.len() <= LOGS_MAX {
        return frontier.clone();
    }
    Frontier(frontier.0.iter().take(LOGS_MAX).map(|(key, held)| (*key, *held)).collect())
}

#[cfg(test)]
mod tests;
