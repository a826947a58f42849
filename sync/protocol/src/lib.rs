//! cairn-sync-protocol.
