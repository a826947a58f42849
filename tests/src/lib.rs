//! cairn-tests.
