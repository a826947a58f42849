//! How the screens write and read sticks: whole files in memory, so that nothing in clear or unfinished touches the disk.

use std::io::{self, Write};
use std::sync::Arc;

use cairn_casebook::{Actor, Casebook, CasebookError, StickOrder, StickReport, reason};
use cairn_sync_link::{StickError, read_stick, write_stick};
use cairn_web_ui::{Failure, StickFile, Sticks};

use crate::sticks::file_name;
use crate::system::now_ms;

/// Longest stick that goes through a browser: what a page takes back.
const BYTES_MAX: usize = 64_000_000;
/// What of that must stay for records before files go on it.
const RECORDS_BYTES: u64 = 4 * 1024 * 1024;

/// Sticks of this installation, for its screens.
pub struct ScreenSticks(pub Arc<Casebook>);

impl Sticks for ScreenSticks {
    fn write(&self, actor: &Actor, order: &StickOrder) -> Result<StickFile, Failure> {
        let mut plan = self.0.plan_stick(actor, &StickOrder { files_bytes_max: 0, ..order.clone() }, now_ms())?;
        let records = plan.bytes_about.max(RECORDS_BYTES);
        let files_bytes_max = order.files_bytes_max.min((BYTES_MAX as u64).saturating_sub(2 * records));
        if files_bytes_max > 0 {
            plan = self.0.plan_stick(actor, &StickOrder { files_bytes_max, ..order.clone() }, now_ms())?;
        }
        let (out, written) = write_stick(&self.0, &plan, Limited(Vec::new()), &mut |_| ()).map_err(shown)?;
        let bytes = out.0.len() as u64;
        self.0.note_stick_written(actor, &plan, written.id, written.sums(bytes), now_ms())?;
        Ok(StickFile { name: file_name(&plan), bytes: out.0 })
    }

    fn read(&self, actor: &Actor, file: &[u8]) -> Result<StickReport, Failure> {
        read_stick(&self.0, actor, (file, file.len() as u64), &now_ms, &mut |_| ()).map_err(shown)
    }
}

/// Memory with an end.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the page says. A stick that is not what it should be is the matter of whoever handed it in, not a fault of ours.
fn shown(error: StickError) -> Failure {
    match error {
        StickError::Casebook(error @ CasebookError::PeerRefused { .. }) => refusal(StickError::Casebook(error)),
        StickError::Casebook(error) => error.into(),
        StickError::Medium(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let too_long = reason!("stick-too-long-for-browser", most = BYTES_MAX / 1_000_000);
            Failure::of_reason(409, "stick-medium", too_long)
        }
        other => refusal(other),
    }
}

fn refusal(error: StickError) -> Failure {
    Failure::of_reason(422, error.name(), error.reason())
}
