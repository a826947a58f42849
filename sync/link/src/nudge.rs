//! What happened at this machine that a running session should hear of, folded together until it listens.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use cairn_ledger::SpaceId;
use cairn_sync_protocol::Event;
use tokio::sync::Notify;

/// News for one session. However much happens, it holds each space once.
#[derive(Debug, Default)]
pub struct Nudge {
    news: Mutex<News>,
    notify: Notify,
    /// Chunks of files are wanted, or may be.
    files: Notify,
}

#[derive(Debug, Default)]
struct News {
    changed: BTreeSet<SpaceId>,
    urgent: bool,
    rights: bool,
    files: bool,
    close: Option<&'static str>,
}

impl Nudge {
    /// A space has new entries. `urgent`: they do not wait for company.
    pub fn changed(&self, space: SpaceId, urgent: bool) {
        self.tell(|news| {
            news.changed.insert(space);
            news.urgent |= urgent;
        });
    }

    /// Membership or keys changed.
    pub fn rights(&self) {
        self.tell(|news| news.rights = true);
    }

    /// Chunks of files are wanted.
    pub fn files(&self) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).files = true;
        self.files.notify_one();
    }

    /// Waits until chunks of files are wanted.
    pub async fn files_wanted(&self) {
        self.files.notified().await;
    }

    /// Whether chunks of files were wanted since the last call.
    pub fn take_files(&self) -> bool {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner).files)
    }

    /// The session is to end.
    pub fn close(&self, reason: &'static str) {
        self.tell(|news| news.close = news.close.or(Some(reason)));
    }

    fn tell(&self, say: impl FnOnce(&mut News)) {
        say(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner));
        self.notify.notify_one();
    }

    /// Waits for news; events for the session, the order to close last.
    pub async fn next(&self) -> Vec<Event> {
        self.notify.notified().await;
        self.take()
    }

    /// The news so far, in the same order; nothing when there is none.
    pub fn take(&self) -> Vec<Event> {
        let mut kept = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = News { files: kept.files, ..News::default() };
        let news = std::mem::replace(&mut *kept, rest);
        drop(kept);
        let mut events: Vec<Event> = news.changed.into_iter().map(Event::LocalChange).collect();
        if news.urgent {
            events.push(Event::Hurry);
        }
        if news.rights {
            events.push(Event::RightsChanged);
        }
        events.extend(news.close.map(Event::CloseAsked));
        events
    }
}
