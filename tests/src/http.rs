//! A plain HTTP client for the JSON API: one request a connection, over loopback.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::net::Namespace;
use crate::site::PASSWORD;

/// Longest wait for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The pages and the API of one installation.
#[derive(Clone)]
pub struct Http {
    port: u16,
    /// Where its loopback is, when it is not the one of this process.
    namespace: Option<Arc<Namespace>>,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header lines.
    pub head: String,
    /// Body.
    pub body: String,
}

impl Answer {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Http {
    /// The installation whose pages are at this port of loopback, nobody signed in.
    pub fn new(port: u16) -> Self {
        Self { port, namespace: None, token: None }
    }

    /// The same, in that namespace.
    pub fn inside(mut self, namespace: Option<Arc<Namespace>>) -> Self {
        self.namespace = namespace;
        self
    }

    /// Address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The same, with somebody signed in.
    #[track_caller]
    pub fn signed_in(&self, user: &str) -> Self {
        let session = serde_json::json!({ "user": user, "password": PASSWORD });
        let answer = self.post("/api/v1/sign-in", &session).unwrap();
        assert!(answer.status < 300, "{user} could not sign in: {answer:?}");
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        Self { token: Some(token), ..self.clone() }
    }

    /// A page as the browser of the person who is signed in gets it; `replica` is the key of the installation.
    #[track_caller]
    pub fn page(&self, replica: &str, path: &str) -> String {
        let token = self.token.as_deref().unwrap_or_default();
        let cookie = format!("Cookie: cairn-{}={token}\r\n", &replica[..16]);
        let answer = self.exchange("GET", path, &cookie, None).unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    /// Reads.
    pub fn get(&self, path: &str) -> std::io::Result<Answer> {
        self.send("GET", path, None)
    }

    /// Writes.
    pub fn post(&self, path: &str, body: &Value) -> std::io::Result<Answer> {
        self.send("POST", path, Some(body.to_string()))
    }

    /// Changes.
    pub fn patch(&self, path: &str, body: &Value) -> std::io::Result<Answer> {
        self.send("PATCH", path, Some(body.to_string()))
    }

    fn send(&self, method: &str, path: &str, body: Option<String>) -> std::io::Result<Answer> {
        let bearer = |token: &String| format!("Authorization: Bearer {token}\r\n");
        let headers = self.token.as_ref().map(bearer).unwrap_or_default();
        self.exchange(method, path, &format!("Accept: application/json\r\n{headers}"), body)
    }

    fn exchange(&self, method: &str, path: &str, headers: &str, body: Option<String>) -> std::io::Result<Answer> {
        let host = format!("127.0.0.1:{}", self.port);
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}");
        if let Some(body) = &body {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += &body.unwrap_or_default();
        let mut stream = match &self.namespace {
            Some(namespace) => namespace.within(|| TcpStream::connect(&host))??,
            None => TcpStream::connect(&host)?,
        };
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| std::io::Error::other("the answer was cut off"))
    }
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let whole = length.is_none_or(|length: usize| body.len() >= length);
    whole.then(|| Answer { status, head: head.to_owned(), body: body.to_owned() })
}
