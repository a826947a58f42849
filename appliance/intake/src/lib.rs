//! cairn-intake.
