//! Where a record is: which peers are proved to hold all of it.

use cairn_ledger::{EntryRef, LogId};

use crate::attachment_rows::AttachmentRow;
use crate::carrying::role_word;
use crate::row::{EntryAt, RecordRow};
use crate::{Casebook, CasebookError, Member, Whereabout, keys};

impl Casebook {
    /// Whether each hub, and each post that is heard from directly, is proved to hold all changes of a record.
    pub(crate) fn whereabouts(&self, row: &RecordRow) -> Result<Vec<Whereabout>, CasebookError> {
        let members = self.readers();
        let files = self.attachment_rows(row.state.record)?;
        let of_file = |(id, file): &(EntryRef, AttachmentRow)| {
            let manifest = file.manifest.map(|at| (*id, at)).into_iter();
            manifest.chain(file.steps.iter().map(|step| (step.entry, step.at))).collect::<Vec<_>>()
        };
        let steps = files.iter().flat_map(of_file).map(|(entry, (log, number))| EntryAt { entry, log, number });
        let entries: Vec<EntryAt> = row.entries.iter().copied().chain(steps).collect();
        // Changes that wait for others are not among them, and whoever has the rest has not all.
        let waiting = !self.views.scan(&keys::parked_of(row.state.record), 1, None)?.is_empty();
        let peers = self.peers();
        let logs = self.logs();
        let one = |member: &Member| {
            let state = peers.get(&member.replica)?;
            let holds =
                |log: &LogId, number| log.key.replica == member.replica || state.holds(log.space, &log.key, number);
            let has = |at: &EntryAt| {
                let carried = || self.ledger.carriers_of(at.entry).iter().any(|(log, number)| holds(log, *number));
                logs.log(at.log).is_some_and(|log| holds(&log, at.number)) || carried()
            };
            Some(Whereabout {
                site: member.site.clone(),
                role: role_word(member.role).into(),
                has_it: !waiting && entries.iter().all(has),
                since_ms: state.last_equal_ms,
            })
        };
        Ok(members.iter().filter_map(one).collect())
    }
}
