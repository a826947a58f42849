//! The task list that a person sees first.

use cairn_ledger::view::{Key, Table};
use cairn_record::{Reason, RecordId};

use crate::summary::is_yes;
use crate::{Actor, Casebook, CasebookError, Home, MarkerLine, Right, SetAsideLine, Summary, keys};

const CONFLICTS_SHOWN: usize = 20;
const REVIEWS_SHOWN: usize = 20;
const RECENT_SHOWN: usize = 10;
const SET_ASIDE_SHOWN: usize = 50;
const REVIEW_AHEAD_MS: u64 = 14 * 24 * 3_600 * 1_000;

impl Casebook {
    /// The task list. People who may not see records get the counts only.
    pub fn home(&self, actor: &Actor, now_ms: u64) -> Result<Home, CasebookError> {
        actor.must(Right::SeeSync)?;
        let sees = actor.may(Right::View);
        let asks = actor.may(Right::Ask);
        let conflicts = self.views.scan(&Key::new(Table::Conflict), 10_000, None)?;
        let ids = conflicts.iter().filter_map(|row| keys::record_part(&row.key, 0));
        Ok(Home {
            conflicts: if sees { self.summaries(ids.take(CONFLICTS_SHOWN))? } else { Vec::new() },
            conflicts_total: conflicts.len(),
            reviews: if sees { self.reviews(now_ms)? } else { Vec::new() },
            answers: if asks { self.question_news(actor, now_ms)? } else { Vec::new() },
            alerts: if asks { self.alerts_for(actor, now_ms)? } else { Vec::new() },
            recent: if sees { self.recent()? } else { Vec::new() },
            waiting: self.waiting(),
            set_aside: self.set_aside_lines()?,
            records: self.writing().records,
        })
    }

    fn summaries(&self, ids: impl Iterator<Item = RecordId>) -> Result<Vec<Summary>, CasebookError> {
        let mut summaries = Vec::new();
        for id in ids {
            if let Some(row) = self.row(id)? {
                summaries.push(self.summary(&row)?);
            }
        }
        Ok(summaries)
    }

    fn recent(&self) -> Result<Vec<Summary>, CasebookError> {
        let rows = self.views.scan(&Key::new(Table::Recent), RECENT_SHOWN, None)?;
        self.summaries(rows.iter().filter_map(|row| keys::record_part(&row.key, 1)))
    }

    /// Markers to review within a fortnight or overdue, the most urgent first.
    fn reviews(&self, now_ms: u64) -> Result<Vec<MarkerLine>, CasebookError> {
        let until = crate::records::today(now_ms + REVIEW_AHEAD_MS);
        let rows = self.views.scan(&Key::new(Table::Marker), 10_000, None)?;
        let mut due: Vec<(String, RecordId)> = rows
            .iter()
            .filter_map(|row| Some((String::from_utf8(row.value.clone()).ok()?, keys::record_part(&row.key, 1)?)))
            .filter(|(review_by, _)| !review_by.is_empty() && *review_by <= until)
            .collect();
        due.sort();
        let mut lines = Vec::new();
        for (_, id) in due.into_iter().take(REVIEWS_SHOWN) {
            if let Some(row) = self.row(id)?.filter(|row| !is_yes(&row.state, "withdrawn")) {
                lines.push(self.marker_line(&row)?);
            }
        }
        Ok(lines)
    }

    /// Entries that could not be used.
    pub(crate) fn set_aside_lines(&self) -> Result<Vec<SetAsideLine>, CasebookError> {
        let rows = self.views.scan(&Key::new(Table::SetAside), SET_ASIDE_SHOWN, None)?;
        let line = |row: &cairn_ledger::view::Row| {
            let (what, said, at_ms) = serde_json::from_slice::<(String, Reason, u64)>(&row.value).ok()?;
            Some(SetAsideLine { what, reason: said.to_string(), said: Some(said), at_ms })
        };
        Ok(rows.iter().filter_map(line).collect())
    }
}
