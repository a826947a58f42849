//! Accepting connections: how many, from whom, how long.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::app;
use crate::state::AppState;

/// Connections at one time.
const CONNECTIONS_MAX: usize = 512;
/// Connections at one time from one address.
const PER_ADDRESS_MAX: usize = 64;
/// Longest wait for the head of a request, also between two requests of one connection.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// Longest wait for the other side to take more of an answer.
const WRITE_WAIT_MAX: Duration = Duration::from_secs(30);
/// Most bytes in the head of a request.
const HEAD_MAX_BYTES: usize = 32 * 1024;
/// Most headers in a request.
const HEADERS_MAX: usize = 64;
/// When stopping, how long requests under way may take to end.
const STOP_WAIT_MAX: Duration = Duration::from_secs(8);
/// Wait after a failed accept (out of file handles), so that the loop does not spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Serves the screens and the API on `listener` until `shutdown` is done; then lets requests under way end.
///
/// Besides `hosts`, the listener's own port on `127.0.0.1`, `localhost` and `[::1]` is answered.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    hosts: Vec<String>,
    shutdown: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let port = listener.local_addr()?.port();
    let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
    // Behind a proxy every connection comes from the proxy's address.
    let per_address = if state.settings.tls_in_front { CONNECTIONS_MAX } else { PER_ADDRESS_MAX };
    let router = app(state, hosts.into_iter().chain(own).collect());
    let (stop, stopped) = watch::channel(false);
    let places = Arc::new(Places::new(per_address));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => welcome(stream, from, &places, &router, &stopped),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
    drop((listener, stopped));
    stop.send_replace(true);
    // Each connection holds a receiver; when the last one is gone, everything has ended.
    if timeout(STOP_WAIT_MAX, stop.closed()).await.is_err() {
        tracing::warn!("requests were still under way when the screens stopped");
    }
    Ok(())
}

/// Gives a connection a place and a task of its own, or closes it when there is no place.
fn welcome(
    stream: TcpStream,
    from: SocketAddr,
    places: &Arc<Places>,
    router: &Router,
    stopped: &watch::Receiver<bool>,
) {
    let Some(place) = Places::take(places, from.ip()) else {
        tracing::debug!(%from, "no place for another connection");
        return;
    };
    let (router, stopped) = (router.clone(), stopped.clone());
    tokio::spawn(async move {
        let _place = place;
        converse(stream, router, stopped).await;
    });
}

async fn converse(stream: TcpStream, router: Router, mut stopped: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small packets may wait");
    }
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WAIT_MAX)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_MAX_BYTES)
            .serve_connection(TokioIo::new(Unstalled::new(stream)), TowerToHyperService::new(router))
    );
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Who holds how many connections.
struct Places {
    per_address_max: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place, given back when dropped.
struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    fn new(per_address_max: usize) -> Self {
        Self { per_address_max, held: Mutex::default() }
    }

    fn take(places: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut held = places.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = held.get(&address).copied().unwrap_or_default();
        if of_address >= places.per_address_max || held.values().sum::<usize>() >= CONNECTIONS_MAX {
            return None;
        }
        held.insert(address, of_address + 1);
        Some(Place { places: places.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

/// A connection that is given up when the other side takes nothing for too long.
struct Unstalled {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Unstalled {
    fn new(stream: TcpStream) -> Self {
        Self { stream, stalled: None }
    }

    /// Passes on what a write came to; starts the clock when it has to wait, stops it when it moves.
    fn watched<T>(&mut self, context: &mut Context<'_>, written: Poll<std::io::Result<T>>) -> Poll<std::io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let deadline = || Box::pin(tokio::time::sleep_until(Instant::now() + WRITE_WAIT_MAX));
        match self.stalled.get_or_insert_with(deadline).as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(std::io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Unstalled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Unstalled {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watched(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watched(context, closed)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
