//! The dictionary with which short parcels are compressed.
//!
//! Trained on invented records only, by `cargo xtask dictionary`: one made of real records would leak them. It is part
//! of the protocol: another dictionary is another number.

/// Number of the dictionary.
pub const DICTIONARY_ID: u64 = 1;
/// A zstd dictionary (RFC 8878, section 5).
pub const DICTIONARY: &[u8] = include_bytes!("dictionary-1.bin");
