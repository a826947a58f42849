//! What a doctor looks at: logs, views, search index, chunks of files, and what was set aside on the way.

use cairn_finder::SearchIndex;

use crate::{Actor, Casebook, CasebookError, Diagnosis, SetAsideLine};

impl Casebook {
    /// Looks at everything that is kept. Right: ReadAudit. Reads every log, every row and every chunk;
    /// removes chunks that no entry names, sets damaged ones aside, and changes nothing else.
    pub fn doctor(&self, actor: &Actor, now_ms: u64) -> Result<Diagnosis, CasebookError> {
        let line = |what: &str, reason: String| SetAsideLine { what: what.into(), reason, said: None, at_ms: now_ms };
        let mut findings = self.set_aside_lines()?;
        for log in self.verify(actor, false, now_ms)?.logs.into_iter().filter(|log| !log.fault.is_empty()) {
            findings.push(line(&format!("log of {} in {}", log.site, log.space), log.fault));
        }
        for (log, common) in self.ledger.frozen_logs() {
            let reason = format!("it has two histories and is frozen after entry {common}; peers hold the proof");
            findings.push(line(&format!("log of {}", self.site_of(log.key.replica)), reason));
        }
        findings.extend(self.views.check().err().map(|error| line("views", error.to_string())));
        let index = self.index.as_ref().map_or(Ok(()), SearchIndex::check);
        findings.extend(index.err().map(|error| line("search index", error.to_string())));
        let mut notes = Vec::new();
        match self.clear_chunks() {
            Ok(cleared) => {
                if cleared.leftover > 0 {
                    let text = format!(
                        "{} parts of files that were never acknowledged were removed; nothing is lost",
                        cleared.leftover
                    );
                    notes.push(line("attachments", text));
                }
                if cleared.damaged > 0 {
                    let text = format!(
                        "{} parts of files are damaged on this disk and were set aside; they come back from peers that hold them",
                        cleared.damaged
                    );
                    findings.push(line("attachments", text));
                }
            }
            Err(error) => findings.push(line("attachments", error.to_string())),
        }
        if let Some(torn) = self.ledger.open_report().torn {
            let bytes = torn.bytes;
            match torn.commits_behind {
                0 => notes.push(line(
                    "journal",
                    format!(
                        "{bytes} bytes of a write that was never acknowledged were set aside at the last start; \
                         nothing is lost"
                    ),
                )),
                behind => findings.push(line(
                    "journal",
                    format!(
                        "{bytes} damaged bytes were set aside at the last start, with {behind} acknowledged commits \
                         behind them; they come back from peers that hold them"
                    ),
                )),
            }
        }
        Ok(Diagnosis { findings, notes })
    }
}
