//! How the allocator of the system keeps memory.
//!
//! glibc gives the threads of a process up to eight heaps for each core, and every one keeps what once was its peak; it also
//! stops giving large blocks back once it has seen some. A hub with many posts takes a third more for that. What
//! it should do is read from the environment when a process starts, and the call that would say it later is not safe Rust. So a
//! process that will run for long starts itself once more, under the same number. Where there is no glibc nobody reads
//! it, and nothing else changes.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Read by glibc when a process starts.
const VARIABLE: &str = "GLIBC_TUNABLES";
/// Two heaps: with one, threads wait for each other, which takes a quarter more processor time. Blocks of 128 kB and more come from the
/// kernel and go back to it, always; so does what is free at the end of a heap.
const SETTINGS: &str = "glibc.malloc.arena_max=2:glibc.malloc.mmap_threshold=131072:glibc.malloc.trim_threshold=131072";

/// Sees to it that this process keeps little that it does not use. To be called before anything is begun. Who has set something
/// else keeps that.
pub fn keep_little() {
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut said = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = said.next() {
        again.arg0(name);
    }
    // It comes back only where that cannot be done; then it goes on as it is.
    let error = again.args(said).env(VARIABLE, SETTINGS).exec();
    tracing::debug!(%error, "the process could not be started anew with other settings of the allocator");
}
