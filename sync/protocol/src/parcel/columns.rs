//! Columns of numbers, in two streams: one that is compressed, and one for bytes in which there is nothing to compress.

use crate::Refusal;
use crate::bytes::{Reader, put_number};

/// Each number after the other.
const LISTED: u8 = 0;
/// The low byte of each among the random bytes, the rest listed.
const SPLIT: u8 = 1;
/// One number for all.
const SAME: u8 = 2;

/// Collects what a parcel says.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// What compresses.
    pub(super) plain: Vec<u8>,
    /// What does not: parts of ids, low bytes.
    pub(super) random: Vec<u8>,
}

impl Writer {
    pub(super) fn number(&mut self, value: u64) {
        put_number(&mut self.plain, value);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.plain.extend_from_slice(bytes);
    }

    /// Numbers whose count the reader knows. A single one stands without a word on how it is written.
    pub(super) fn column(&mut self, values: &[u64]) {
        let (Some(first), true) = (values.first(), values.len() > 1) else {
            return values.iter().for_each(|value| self.number(*value));
        };
        if values.iter().all(|value| value == first) {
            self.plain.push(SAME);
            self.number(*first);
        } else if values.iter().filter(|value| **value >= 128).count() * 2 > values.len() {
            self.plain.push(SPLIT);
            self.random.extend(values.iter().map(|value| *value as u8));
            values.iter().for_each(|value| self.number(value >> 8));
        } else {
            self.plain.push(LISTED);
            values.iter().for_each(|value| self.number(*value));
        }
    }
}

/// Reads what [`Writer`] wrote.
pub(super) struct Columns<'a> {
    pub(super) plain: Reader<'a>,
    pub(super) random: Reader<'a>,
}

impl Columns<'_> {
    /// So many numbers of at most `max`. `count` is bounded by the caller.
    pub(super) fn column(&mut self, count: usize, max: u64, what: &'static str) -> Result<Vec<u64>, Refusal> {
        let mode = match count {
            0 | 1 => LISTED,
            _ => self.plain.byte()?,
        };
        let mut values = Vec::with_capacity(count);
        match mode {
            SAME => values.resize(count, self.plain.number()?),
            SPLIT => {
                for low in self.random.take(count)? {
                    let high = self.plain.number()?;
                    if high >> 56 != 0 {
                        return Err(Refusal::BadValue(what));
                    }
                    values.push(high << 8 | u64::from(*low));
                }
            }
            LISTED => {
                for _ in 0..count {
                    values.push(self.plain.number()?);
                }
            }
            _ => return Err(Refusal::BadValue(what)),
        }
        if values.iter().any(|value| *value > max) { Err(Refusal::BadValue(what)) } else { Ok(values) }
    }
}

/// A signed number folded so that small ones of either sign are small.
pub(super) fn fold(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Back from [`fold`].
pub(super) fn unfold(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_column_comes_back(values in proptest::collection::vec(prop_oneof![0_u64..4, 0_u64..100_000, any::<u64>()], 0..40)) {
            let mut writer = Writer::default();
            writer.column(&values);
            let mut columns = Columns { plain: Reader::new(&writer.plain, "a test"), random: Reader::new(&writer.random, "a test") };
            prop_assert_eq!(columns.column(values.len(), u64::MAX, "a test"), Ok(values));
            prop_assert_eq!((columns.plain.finish(), columns.random.finish()), (Ok(()), Ok(())));
        }

        #[test]
        fn folded_numbers_come_back(value: i64) {
            prop_assert_eq!(unfold(fold(value)), value);
        }
    }
}
