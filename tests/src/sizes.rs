//! How much space an installation takes.

use std::fs;
use std::path::Path;

/// Bytes of a file, or of all files in a folder and the folders in it. What goes away meanwhile does not count.
pub fn bytes_in(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            fs::read_dir(path).into_iter().flatten().flatten().map(|entry| bytes_in(&entry.path())).sum()
        }
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
