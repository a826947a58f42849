//! Notices that a data folder is a copy: a restored backup or a cloned card.
//!
//! A small file holds the inode number that it was given when it was made, and the time of its making where the file system
//! keeps that: a number alone may be given again to a copy that takes the place of what was deleted. A copy, a restored
//! backup and a folder moved to another disk get others, so they no longer fit, and the machine takes a new incarnation
//! before it writes anything. A disk copied block by block keeps its inodes; there a peer's word is needed
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
        (Ok(written), Ok(now)) => written.trim() != now,
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
    std::fs::write(&path, inode(&path)?)?;
    file.sync_all()
}

#[cfg(unix)]
fn inode(path: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path)?;
    let made = metadata.created().ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    Ok(made.map_or_else(|| metadata.ino().to_string(), |made| format!("{} {}", metadata.ino(), made.as_nanos())))
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> io::Result<String> {
    Ok("0".to_owned())
}
