//! A body of which each part is read when the one before is on its way: no file is ever whole in memory.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use tokio::sync::mpsc::Receiver;

/// The parts as they come. An error breaks the answer off, so that nobody takes a part for the whole.
pub struct PartsBody(pub Receiver<Result<Bytes, axum::BoxError>>);

impl HttpBody for PartsBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}
