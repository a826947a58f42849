//! Sticks as files: written under another name, synced, read back, noted in the audit, and only then given their name.
//!
//! Whatever goes wrong on the way, no file is left behind that looks like a whole stick.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use cairn_casebook::{Actor, Casebook, StickOrder, StickPlan, StickReport};
use cairn_sync_link::{StickError, Written, read_stick, write_stick};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, While as _};
use crate::system::now_ms;

const BUFFER_BYTES: usize = 256 * 1024;

/// A stick that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StickWritten {
    /// The file.
    pub file: PathBuf,
    /// Its number.
    pub number: u64,
    /// The site it is for.
    pub site: String,
    /// Until when it may be read.
    pub expires_ms: u64,
    /// Entries on it.
    pub entries: u64,
    /// Its length.
    pub bytes: u64,
    /// Files on it.
    pub files: u64,
    /// Bytes of those files, as they were attached.
    pub files_bytes: u64,
    /// Files that did not fit; they go on the next one.
    pub files_left: u64,
    /// Why logs or files were left out, if any were.
    pub left_out: Vec<String>,
}

/// Writes a stick. `out` is a file, or a folder in which it gets a name of its own.
pub fn write(casebook: &Casebook, actor: &Actor, order: &StickOrder, out: &Path) -> Result<StickWritten, Failure> {
    let plan = casebook.plan_stick(actor, order, now_ms())?;
    let file = if out.is_dir() { out.join(file_name(&plan)) } else { out.to_path_buf() };
    let doing = || format!("write {}", file.display());
    if file.exists() {
        return Err(Failure::setup(format!(
            "{} exists already; it was left as it is, choose another name",
            file.display()
        )));
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    check_room(folder, &plan)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let unfinished = Unfinished(folder.join(name));
    let (written, bytes) = write_unfinished(casebook, &plan, &unfinished.0)?;
    casebook.note_stick_written(actor, &plan, written.id, written.sums(bytes), now_ms())?;
    std::fs::rename(&unfinished.0, &file).while_doing(doing)?;
    sync_folder(folder).while_doing(doing)?;
    let StickPlan { number, site, expires_ms, .. } = plan;
    let Written { counts, files, files_bytes, files_left, left_out, .. } = written;
    let (entries, files) = (counts.entries, files.len() as u64);
    Ok(StickWritten { file, number, site, expires_ms, entries, bytes, files, files_bytes, files_left, left_out })
}

/// Reads a stick.
pub fn read(casebook: &Casebook, actor: &Actor, file: &Path) -> Result<StickReport, Failure> {
    let doing = || format!("read {}", file.display());
    let open = File::open(file).while_doing(doing)?;
    let length = open.metadata().while_doing(doing)?.len();
    let input = BufReader::with_capacity(BUFFER_BYTES, open);
    Ok(read_stick(casebook, actor, (input, length), &now_ms, &mut |_| ())?)
}

/// A file that is removed unless it was given another name.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("an unfinished stick could not be removed: {error}");
            }
            _ => {}
        }
    }
}

fn check_room(folder: &Path, plan: &StickPlan) -> Result<(), Failure> {
    let free = fs4::available_space(folder).while_doing(|| format!("look at {}", folder.display()))?;
    if free >= plan.bytes_about {
        return Ok(());
    }
    Err(Failure::setup(format!(
        "there may not be room for the stick in {}: {} entries and {} files can take {} bytes and {free} are free; nothing \
         was written, free some space, choose another folder, or take fewer files with --files-max",
        folder.display(),
        plan.entries,
        plan.files.len(),
        plan.bytes_about
    )))
}

fn write_unfinished(casebook: &Casebook, plan: &StickPlan, path: &Path) -> Result<(Written, u64), Failure> {
    let doing = || format!("write {}", path.display());
    let mut options = File::options();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).while_doing(doing)?;
    let out = Hashing::new(BufWriter::with_capacity(BUFFER_BYTES, file));
    let (out, written) = write_stick(casebook, plan, out, &mut |_| ())?;
    let (hash, bytes) = (out.hasher.finalize(), out.bytes);
    let file = out.inner.into_inner().map_err(io::IntoInnerError::into_error).while_doing(doing)?;
    file.sync_all().while_doing(doing)?;
    drop(file);
    if hash_of(path).while_doing(|| format!("read back {}", path.display()))? != hash {
        let text = "what was written cannot be read back as it was; nothing is lost, but this stick or disk is not to be \
                    trusted: use another one";
        return Err(Failure::new("storage", text));
    }
    Ok((written, bytes))
}

fn hash_of(path: &Path) -> io::Result<blake3::Hash> {
    let (mut file, mut hasher) = (File::open(path)?, blake3::Hasher::new());
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(&buffer[..read]),
        };
    }
}

/// A name that says which stick it is and nothing of what is on it; names are never read back.
pub fn file_name(plan: &StickPlan) -> String {
    let short = |replica: cairn_casebook::ReplicaId| replica.to_string().chars().take(8).collect::<String>();
    format!("cairn-stick-{}-{}-{}.age", short(plan.from), short(plan.to), plan.number)
}

/// Makes the new name durable, where folders can be synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems of memory sticks do not sync folders; the file itself is synced.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// Hashes and counts what goes through.
struct Hashing<W: Write> {
    inner: W,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl From<StickError> for Failure {
    fn from(error: StickError) -> Self {
        match error {
            StickError::Casebook(cairn_casebook::CasebookError::PeerRefused { .. }) => {
                Self::new(error.name(), error.to_string())
            }
            StickError::Casebook(error) => error.into(),
            other => Self::new(other.name(), other.to_string()),
        }
    }
}
