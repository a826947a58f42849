//! A post with one person of each role, asked through the whole router as a browser or a program would.

pub mod shape;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use cairn_casebook::{
    Actor, Casebook, Entropy, InitRequest, NewPerson, ReplicaId, Role, StickOrder, StickReport, Unlock, Via,
};
use cairn_web_ui::session::Opened;
use cairn_web_ui::state::{Joining, Trying};
use cairn_web_ui::{AppState, Failure, JoinRefused, Reach, Settings, StickFile, Sticks, app};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

/// The host that the tests use.
pub const HOST: &str = "post.example:8080";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// When the tests begin: 1 June 2025.
pub const START_MS: u64 = 1_748_736_000_000;

/// Numbered bytes: the same at every run, and never the same twice.
pub struct Counted(pub AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let bytes = blake3::derive_key("cairn tests entropy", &number.to_le_bytes());
            part.copy_from_slice(&bytes[..part.len()]);
        }
    }
}

/// There is no hub in these tests.
struct NoHub;

impl Reach for NoHub {
    fn join<'a>(&'a self, _: &'a Actor, _: &'a str, _: &'a [String]) -> Joining<'a> {
        Box::pin(async { Err(JoinRefused("no hub answered; nothing was changed; try again later".into())) })
    }

    fn why<'a>(&'a self, _: &'a Actor, _: ReplicaId) -> Trying<'a> {
        Box::pin(async { Err(Failure::not_found("This site is not held here.")) })
    }
}

/// Nobody takes sticks away in these tests.
struct NoSticks;

impl Sticks for NoSticks {
    fn write(&self, _: &Actor, order: &StickOrder) -> Result<StickFile, Failure> {
        match order.to.as_str() {
            "" => Err(Failure::not_found("There is no such site. Nothing was written.")),
            _ if order.files_bytes_max == 0 => {
                Ok(StickFile { name: "cairn-stick-records.age".into(), bytes: b"sealed".to_vec() })
            }
            _ => Ok(StickFile { name: "cairn-stick.age".into(), bytes: b"sealed".to_vec() }),
        }
    }

    fn read(&self, _: &Actor, file: &[u8]) -> Result<StickReport, Failure> {
        if file == b"sealed" {
            return Ok(StickReport {
                number: 3,
                site: "Hub".into(),
                entries: 12,
                files: 2,
                files_bytes: 3_400_000,
                files_left: 1,
                files_missing: 4,
                missing: vec![2],
                ..StickReport::default()
            });
        }
        let text = "This file is not a Cairn stick. Nothing was read.";
        Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "not-a-stick", text))
    }
}

/// One installation under test. The folder goes when this is dropped.
pub struct Post {
    pub state: AppState,
    pub router: Router,
    pub time_ms: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Post {
    /// A demonstration post (so that whoever may sync may also cut the links) with a person of each role,
    /// whose sign-in name is the key of the role.
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = InitRequest {
            agency: "Northmark Police".into(),
            site: "Post Delta".into(),
            country: "GBR".into(),
            hub: false,
            demo: true,
        };
        let unlock = Unlock::KeyFile(folder.path().join("key"));
        let data = folder.path().join("data");
        let casebook = Casebook::init(&data, &request, &unlock, Arc::new(Counted(AtomicU64::new(0))), START_MS);
        let casebook = Arc::new(casebook.unwrap());
        for role in Role::ALL {
            let person = NewPerson {
                user: role.key().into(),
                display: format!("The {}", role.key()),
                role,
                password: PASSWORD.into(),
            };
            casebook.add_person(&Actor::terminal(), &person, START_MS).unwrap();
        }
        let time_ms = Arc::new(AtomicU64::new(START_MS));
        let shown = time_ms.clone();
        let clock = Arc::new(move || shown.load(Ordering::Relaxed));
        let entropy = Arc::new(Counted(AtomicU64::new(1 << 32)));
        let state = AppState::new(casebook, clock, entropy, Arc::new(NoHub), Arc::new(NoSticks), settings);
        let router = app(state.clone(), vec![HOST.into()]);
        Self { state, router, time_ms, _folder: folder }
    }

    /// Lets time pass.
    pub fn wait_ms(&self, ms: u64) {
        self.time_ms.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn actor(&self, role: Role) -> Actor {
        let user = role.key().to_owned();
        Actor { display: format!("The {user}"), user, role: Some(role), via: Via::Api }
    }

    /// A session of somebody, without the slow password check.
    pub fn session(&self, role: Role) -> Opened {
        self.state.sessions.open(self.actor(role), self.state.now_ms())
    }

    /// A caller of the API with a bearer token.
    pub fn caller(&self, role: Role) -> Caller<'_> {
        Caller { post: self, token: self.session(role).token }
    }

    /// Sends a request through the whole router.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// A request to this host.
pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, HOST)
}

/// A program that calls the API.
pub struct Caller<'a> {
    pub post: &'a Post,
    pub token: String,
}

impl Caller<'_> {
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        request(method, path).header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.post.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.post.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sends and expects this status.
    pub async fn expect(&self, status: u16, method: &str, path: &str, body: Value) -> Value {
        let answer = self.send(method, path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text);
        if answer.text.is_empty() { json!(null) } else { answer.json() }
    }
}
