//! cairn-web-ui.
