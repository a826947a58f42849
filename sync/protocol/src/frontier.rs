//! How far each log of a space is held, as bytes.
//!
//! A table of replicas, then the logs in order: reference to the replica, incarnation, lane, number, hash.

use std::collections::BTreeMap;

use cairn_ledger::{EntryHash, Frontier, Incarnation, Lane, LogKey, ReplicaId};

use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::limits::LOGS_MAX;

/// Appends a frontier. Logs over the limit are left out, the last ones first; the peer then learns of them when they grow.
pub fn put_frontier(out: &mut Vec<u8>, frontier: &Frontier) {
    let logs: Vec<_> = frontier.0.iter().take(LOGS_MAX).collect();
    let mut replicas: Vec<ReplicaId> = logs.iter().map(|(log, _)| log.replica).collect();
    replicas.dedup();
    put_number(out, replicas.len() as u64);
    for replica in &replicas {
        out.extend_from_slice(&replica.0);
    }
    put_number(out, logs.len() as u64);
    for (log, (number, hash)) in logs {
        let index = replicas.binary_search(&log.replica).unwrap_or_default();
        put_number(out, index as u64);
        out.extend_from_slice(&log.incarnation.0.to_be_bytes());
        out.push(log.lane as u8);
        put_number(out, *number);
        out.extend_from_slice(&hash.0);
    }
}

/// Reads a whole frontier. Replicas and logs must be in strictly rising order and every number at least 1.
pub fn decode_frontier(bytes: &[u8]) -> Result<Frontier, Refusal> {
    let mut reader = Reader::new(bytes, "a frontier");
    let frontier = read_frontier(&mut reader)?;
    reader.finish()?;
    Ok(frontier)
}

pub(crate) fn read_frontier(reader: &mut Reader<'_>) -> Result<Frontier, Refusal> {
    let count = reader.count(LOGS_MAX)?;
    let mut replicas: Vec<ReplicaId> = Vec::new();
    for _ in 0..count {
        let replica = ReplicaId(reader.array()?);
        if replicas.last().is_some_and(|last| *last >= replica) {
            return Err(Refusal::BadValue("the order of replicas in a frontier"));
        }
        replicas.push(replica);
    }
    let mut logs = BTreeMap::new();
    for _ in 0..reader.count(LOGS_MAX)? {
        let (log, held) = read_log(reader, &replicas)?;
        if logs.last_key_value().is_some_and(|(last, _)| *last >= log) {
            return Err(Refusal::BadValue("the order of logs in a frontier"));
        }
        logs.insert(log, held);
    }
    Ok(Frontier(logs.into()))
}

fn read_log(reader: &mut Reader<'_>, replicas: &[ReplicaId]) -> Result<(LogKey, (u64, EntryHash)), Refusal> {
    let index = reader.count(LOGS_MAX)?;
    let replica = *replicas.get(index).ok_or(Refusal::BadValue("a replica in a frontier"))?;
    let incarnation = Incarnation(u64::from_be_bytes(reader.array()?));
    let lane = lane(reader.byte()?)?;
    let number = reader.number()?;
    if number == 0 {
        return Err(Refusal::BadValue("a number in a frontier"));
    }
    Ok((LogKey { replica, incarnation, lane }, (number, EntryHash(reader.array()?))))
}

/// The lane of this number.
pub(crate) fn lane(number: u8) -> Result<Lane, Refusal> {
    match number {
        0 => Ok(Lane::Urgent),
        1 => Ok(Lane::Normal),
        2 => Ok(Lane::Bulk),
        _ => Err(Refusal::BadValue("a lane")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frontier() -> impl Strategy<Value = Frontier> {
        let log = (0_u8..4, any::<u64>(), 0_u8..3).prop_map(|(replica, incarnation, lane)| LogKey {
            replica: ReplicaId([replica; 32]),
            incarnation: Incarnation(incarnation),
            lane: super::lane(lane).unwrap(),
        });
        let held = (1_u64.., any::<[u8; 32]>()).prop_map(|(number, hash)| (number, EntryHash(hash)));
        proptest::collection::btree_map(log, held, 0..20).prop_map(|logs| Frontier(logs.into()))
    }

    proptest! {
        #[test]
        fn a_frontier_comes_back(frontier in frontier()) {
            let mut out = Vec::new();
            put_frontier(&mut out, &frontier);
            prop_assert_eq!(decode_frontier(&out), Ok(frontier));
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_frontier(&bytes);
        }
    }

    #[test]
    fn a_frontier_out_of_order_is_refused() {
        let mut out = vec![2];
        out.extend_from_slice(&[9; 32]);
        out.extend_from_slice(&[1; 32]);
        out.push(0);
        assert_eq!(decode_frontier(&out), Err(Refusal::BadValue("the order of replicas in a frontier")));
    }
}
