//! cairn-finder.
