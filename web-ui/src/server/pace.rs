//! Bodies that stall: whoever sends too slowly gives up their place.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// Longest wait for the next piece of a body.
const PIECE_WAIT_MAX: Duration = Duration::from_secs(20);
/// Longest time for a whole body: 64 MB over a slow link.
const BODY_WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// Reads the body of the request only as long as it moves.
pub(super) async fn give_up_on_stalled_bodies(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    next.run(request.map(|body| Body::new(Paced::new(body, PIECE_WAIT_MAX, BODY_WAIT_MAX)))).await
}

/// A body with a clock beside it.
struct Paced {
    body: Body,
    piece_max: Duration,
    piece: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
}

impl Paced {
    fn new(body: Body, piece_max: Duration, whole_max: Duration) -> Self {
        Self { body, piece_max, piece: Box::pin(sleep(piece_max)), whole: Box::pin(sleep(whole_max)) }
    }
}

/// The sender was too slow.
#[derive(Debug, thiserror::Error)]
#[error("the body stalled")]
struct Stalled;

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let deadline = Instant::now() + self.piece_max;
            self.piece.as_mut().reset(deadline);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let late = self.piece.as_mut().poll(context).is_ready() || self.whole.as_mut().poll(context).is_ready();
        if late { Poll::Ready(Some(Err(Stalled.into()))) } else { Poll::Pending }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const SOON: Duration = Duration::from_millis(1);
    const LATER: Duration = Duration::from_secs(3600);

    /// A body whose next piece never comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = axum::BoxError;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
            Poll::Pending
        }
    }

    async fn read(body: Body, piece: Duration, whole: Duration) -> Result<Bytes, axum::Error> {
        to_bytes(Body::new(Paced::new(body, piece, whole)), usize::MAX).await
    }

    #[tokio::test]
    async fn a_silent_sender_is_given_up() {
        assert!(read(Body::new(Silent), SOON, LATER).await.is_err(), "the piece is late");
        assert!(read(Body::new(Silent), LATER, SOON).await.is_err(), "the whole is late");
    }

    #[tokio::test]
    async fn a_body_that_is_there_is_read() {
        assert_eq!(read(Body::from("all of it"), LATER, LATER).await.unwrap(), "all of it");
    }
}
