//! What a doctor looks at: logs, views, search index, chunks of files, and what was set aside on the way.

use cairn_finder::SearchIndex;
use cairn_record::{Reason, reason};

use crate::{Actor, Casebook, CasebookError, Diagnosis, SetAsideLine, Verification};

impl Casebook {
    /// Looks at everything that is kept. Right: ReadAudit. Reads every log, every row and every chunk;
    /// removes chunks that no entry names, sets aside what is damaged of them and of the journal, and changes nothing else.
    pub fn doctor(&self, actor: &Actor, now_ms: u64) -> Result<Diagnosis, CasebookError> {
        let line = |(what, said): (&str, Reason)| SetAsideLine {
            what: what.into(),
            reason: said.to_string(),
            said: Some(said),
            at_ms: now_ms,
        };
        self.look_at_whole_journal(now_ms)?;
        let mut findings = self.set_aside_lines()?;
        findings.extend(self.lost_lines().into_iter().map(|said| line(("log", said))));
        findings.extend(self.lost_record_lines()?.into_iter().map(|said| line(("record", said))));
        let verification = self.verify(actor, false, now_ms)?;
        findings.extend(self.faults_of_logs(&verification).into_iter().map(|said| line(("log", said))));
        if let Err(error) = self.views.check() {
            findings.push(line(("views", reason!("doctor-views", detail = error.to_string()))));
        }
        if let Some(Err(error)) = self.index.as_ref().map(SearchIndex::check) {
            findings.push(line(("search index", reason!("doctor-index", detail = error.to_string()))));
        }
        let mut notes: Vec<SetAsideLine> =
            self.mended_lines().into_iter().map(|said| line(("journal", said))).collect();
        for (grave, what, said) in self.state_of_parts().into_iter().chain(self.torn_write()) {
            if grave { findings.push(line((what, said))) } else { notes.push(line((what, said))) }
        }
        Ok(Diagnosis { findings, notes, verification })
    }

    /// Logs that do not hold, and those that have two histories. What damage took is told on its own.
    fn faults_of_logs(&self, verification: &Verification) -> Vec<Reason> {
        let mut faults = Vec::new();
        for log in verification.logs.iter().filter(|log| !log.holed) {
            if let Some(why) = &log.said {
                faults.push(reason!("doctor-log", site = &log.site, space = &log.space, why = why.clone()));
            }
        }
        for (log, common) in self.ledger.frozen_logs() {
            faults.push(reason!("doctor-frozen", site = self.site_of(log.key.replica), number = common));
        }
        faults
    }

    /// Segments that were damaged or missing since the start.
    fn mended_lines(&self) -> Vec<Reason> {
        let mended = self.ledger.open_report().mended.into_iter();
        let line = mended.map(|mended| match mended.kept_as {
            Some(name) => {
                reason!("doctor-mended", number = u64::from(mended.segment), file = name.display().to_string())
            }
            None => reason!("doctor-gone", number = u64::from(mended.segment)),
        });
        line.collect()
    }

    /// What became of parts of files, and whether it is wrong.
    fn state_of_parts(&self) -> Vec<(bool, &'static str, Reason)> {
        const WHAT: &str = "attachments";
        let cleared = match self.clear_chunks() {
            Ok(cleared) => cleared,
            Err(error) => return vec![(true, WHAT, reason!("doctor-parts-unread", why = error.reason()))],
        };
        let removed =
            (cleared.leftover > 0).then(|| (false, WHAT, reason!("doctor-parts-removed", count = cleared.leftover)));
        let damaged =
            (cleared.damaged > 0).then(|| (true, WHAT, reason!("doctor-parts-damaged", count = cleared.damaged)));
        removed.into_iter().chain(damaged).collect()
    }

    /// What the last start found at the end of the journal, and whether it is wrong.
    fn torn_write(&self) -> Option<(bool, &'static str, Reason)> {
        let torn = self.ledger.open_report().torn?;
        let bytes = torn.bytes;
        let said = match torn.commits_behind {
            0 => reason!("doctor-torn", bytes = bytes),
            behind => reason!("doctor-torn-behind", bytes = bytes, commits = behind),
        };
        Some((torn.commits_behind > 0, "journal", said))
    }
}
