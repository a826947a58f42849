//! Notices that a data folder is a copy: a restored backup or a cloned card.
//!
//! A small file holds the inode number that it was given when it was made. A copy, a restored backup and a folder moved
//! to another disk get other inodes, so the number no longer fits, and the machine takes a new incarnation before it
//! writes anything. A disk copied block by block keeps its inodes; there a peer's word is needed
//! ([`crate::Ledger::rollback_check`]). A false alarm costs one incarnation number and nothing else.

use std::io;
use std::path::Path;

const FILE: &str = "birthplace";

/// Makes the folder of an installation.
pub fn make_folder(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)
}

/// Whether the folder is not where it was made.
pub fn moved(dir: &Path) -> bool {
    let path = dir.join(FILE);
    match (std::fs::read_to_string(&path), inode(&path)) {
        (Ok(written), Ok(now)) => written.trim() != now.to_string(),
        _ => false,
    }
}

/// Notes where the folder is now.
pub fn settle(dir: &Path) -> io::Result<()> {
    let path = dir.join(FILE);
    if path.exists() && !moved(dir) {
        return Ok(());
    }
    let file = std::fs::File::create(&path)?;
    std::fs::write(&path, inode(&path)?.to_string())?;
    file.sync_all()
}

#[cfg(unix)]
fn inode(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(path)?.ino())
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> io::Result<u64> {
    Ok(0)
}
