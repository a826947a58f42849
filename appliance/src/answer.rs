//! The task that answers what other sites ask.

use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::{Casebook, Change};
use tokio::sync::{Notify, watch};

use crate::system::now_ms;

/// Between two passes there is at least this long, however much is asked.
const PASS_EVERY: Duration = Duration::from_millis(100);
/// Without anything to wait for, questions are looked at this often: they end, and a note may have been missed.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After an error of the disk it is tried again so often: the store puts itself right meanwhile.
const TRY_AGAIN: Duration = Duration::from_secs(3);

/// Answers until the process is told to end.
pub async fn answer_questions(casebook: Arc<Casebook>, mut ended: watch::Receiver<bool>) {
    let news = Arc::new(Notify::new());
    let wake = news.clone();
    casebook.on_change(Box::new(move |change| {
        if matches!(change, Change::Entries { audit: false, .. }) {
            wake.notify_one();
        }
    }));
    loop {
        let wait = pass(&casebook).await;
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => return,
            () = news.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
        tokio::time::sleep(PASS_EVERY).await;
    }
}

/// One pass; how long until the next unless something comes.
async fn pass(casebook: &Arc<Casebook>) -> Duration {
    let book = casebook.clone();
    match tokio::task::spawn_blocking(move || book.answer_questions(now_ms())).await {
        Ok(Ok(Some(next_ms))) => Duration::from_millis(next_ms.saturating_sub(now_ms())).min(LOOK_EVERY),
        Ok(Ok(None)) => LOOK_EVERY,
        Ok(Err(error)) => {
            tracing::warn!("questions of other sites could not be answered: {error}; they are tried again");
            TRY_AGAIN
        }
        Err(fault) => {
            tracing::error!("answering questions stopped: {fault}");
            LOOK_EVERY
        }
    }
}
