//! cairn-sync-link.
