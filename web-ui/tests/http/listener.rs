//! The accept loop, over real sockets on this machine.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::common::Post;

/// The screens on a port of this machine.
struct Serving {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
    _post: Post,
}

async fn serving() -> Serving {
    let post = Post::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let ended = tokio::spawn(cairn_web_ui::serve(listener, post.state.clone(), vec![], shutdown));
    Serving { address, stop, ended, _post: post }
}

/// Reads one answer: its head, and as much of a body as the head says. What was read until then when the other
/// side closes.
async fn answer(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.unwrap_or(0) == 0 {
            return String::from_utf8(head).unwrap();
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head
}

fn get(address: SocketAddr) -> String {
    format!("GET /api/openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n")
}

#[tokio::test]
async fn one_connection_serves_several_requests_until_it_is_told_to_stop() {
    let serving = serving().await;
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(get(serving.address).as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("http/1.1 200"));
    }
    serving.stop.send(()).unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "an idle connection is closed");
    serving.ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(serving.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn localhost_is_answered_under_its_own_port_only() {
    let serving = serving().await;
    for (host, status) in [
        (format!("localhost:{}", serving.address.port()), "200"),
        ("localhost".to_owned(), "421"),
        ("localhost:1".to_owned(), "421"),
    ] {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        let asked = format!("GET /api/openapi.json HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(asked.as_bytes()).await.unwrap();
        let head = answer(&mut stream).await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{host}: {head}");
    }
}

#[tokio::test]
async fn one_address_holds_only_so_many_connections() {
    let serving = serving().await;
    let mut held = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        stream.write_all(get(serving.address).as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("http/1.1 200"));
        held.push(stream);
    }
    let mut extra = TcpStream::connect(serving.address).await.unwrap();
    // It may be closed before or after the request is written; there is no answer either way.
    drop(extra.write_all(get(serving.address).as_bytes()).await);
    assert_eq!(answer(&mut extra).await, "", "there is no place for it");
    // A place that is given back is taken by the next one.
    let mut last = held.pop().unwrap();
    last.write_all(get(serving.address).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    answer(&mut last).await;
    assert_eq!(last.read(&mut [0]).await.unwrap(), 0);
    loop {
        let mut next = TcpStream::connect(serving.address).await.unwrap();
        let sent = next.write_all(get(serving.address).as_bytes()).await;
        if sent.is_ok() && answer(&mut next).await.starts_with("http/1.1 200") {
            break;
        }
    }
}

#[tokio::test]
async fn an_endless_head_is_given_up() {
    let serving = serving().await;
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    let piece = format!("X-Long: {}\r\n", "a".repeat(4096));
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {}\r\n", serving.address).as_bytes()).await.unwrap();
    for _ in 0..64 {
        if stream.write_all(piece.as_bytes()).await.is_err() {
            return;
        }
    }
    let head = answer(&mut stream).await;
    assert!(head.starts_with("http/1.1 431") || head.is_empty(), "{head}");
}
