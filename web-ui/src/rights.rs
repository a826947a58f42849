//! The one table that says what each page and each route of the API needs, and how much it takes.
//!
//! The [`gate`](crate::gate) reads it for every request. A route that is missing here is closed, so that
//! forgetting a row can never open a door. The casebook checks the same rights again at each command.

use axum::http::Method;
use cairn_casebook::{Actor, Right};

/// Most bytes in the body of an ordinary request.
pub const BODY_MAX_BYTES: usize = 256 * 1024;
/// Most bytes in the body of an import: a file of 64 MB, and what the form adds.
pub const IMPORT_MAX_BYTES: usize = 64_000_000 + BODY_MAX_BYTES;

/// What a route asks of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: also for those who are not signed in.
    Nothing,
    /// Only that they are signed in.
    SignedIn,
    /// A right of their role.
    Right(Right),
    /// One of these rights; the casebook decides which of them counts.
    AnyOf(&'static [Right]),
}

impl Need {
    /// Whether this person meets the need.
    pub fn met_by(self, actor: &Actor) -> bool {
        match self {
            Self::Nothing | Self::SignedIn => true,
            Self::Right(right) => actor.may(right),
            Self::AnyOf(rights) => rights.iter().any(|right| actor.may(*right)),
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`; a `HEAD` follows the rule of its `GET`.
    pub method: &'static str,
    /// The path as the router knows it, e.g. `/records/{id}`.
    pub path: &'static str,
    /// What it needs.
    pub need: Need,
    /// Most bytes in its body.
    pub body_max_bytes: usize,
}

impl Rule {
    const fn takes_files(mut self) -> Self {
        self.body_max_bytes = IMPORT_MAX_BYTES;
        self
    }
}

const fn rule(method: &'static str, path: &'static str, need: Need) -> Rule {
    Rule { method, path, need, body_max_bytes: BODY_MAX_BYTES }
}

const fn get(path: &'static str, need: Need) -> Rule {
    rule("GET", path, need)
}

const fn post(path: &'static str, need: Need) -> Rule {
    rule("POST", path, need)
}

use Need::{AnyOf, Nothing, SignedIn};

const CHECK: Need = Need::Right(Right::Check);
const ASK: Need = Need::Right(Right::Ask);
const SEARCH: Need = Need::Right(Right::Search);
const VIEW: Need = Need::Right(Right::View);
const EDIT: Need = Need::Right(Right::Edit);
const IMPORT: Need = Need::Right(Right::Import);
const UNDO: Need = AnyOf(&[Right::Import, Right::UndoImport]);
const SEE_SYNC: Need = Need::Right(Right::SeeSync);
const SYNC_NOW: Need = Need::Right(Right::SyncNow);
/// In a demonstration whoever may sync may cut the links; elsewhere the casebook asks for more.
const CUT: Need = AnyOf(&[Right::ManageSync, Right::SyncNow]);
const WRITE_STICK: Need = Need::Right(Right::WriteStick);
const READ_STICK: Need = Need::Right(Right::ReadStick);
const MANAGE_SYNC: Need = Need::Right(Right::ManageSync);
const PEOPLE: Need = Need::Right(Right::ManagePeople);
const ENROL: Need = Need::Right(Right::Enrol);
const AUDIT: Need = Need::Right(Right::ReadAudit);

/// The pages.
pub const PAGES: &[Rule] = &[
    get("/assets/{hash}/{*name}", Nothing),
    get("/first-run", Nothing),
    post("/first-run", Nothing),
    get("/sign-in", Nothing),
    post("/sign-in", Nothing),
    post("/sign-out", SignedIn),
    get("/", SignedIn),
    get("/check", CHECK),
    post("/check", CHECK),
    get("/questions", ASK),
    post("/questions", ASK),
    post("/questions/alerts", ASK),
    get("/questions/{id}", ASK),
    get("/questions/{id}/private", ASK),
    get("/search", SEARCH),
    get("/records/new", EDIT),
    post("/records", EDIT),
    get("/records/{id}", VIEW),
    get("/records/{id}/edit", EDIT),
    post("/records/{id}", EDIT),
    get("/records/{id}/private", VIEW),
    get("/records/{id}/link", EDIT),
    post("/records/{id}/settle", EDIT),
    get("/records/{id}/files", VIEW),
    post("/records/{id}/files", EDIT).takes_files(),
    get("/records/{id}/files/{file}", VIEW),
    get("/records/{id}/files/{file}/thumbnail", VIEW),
    post("/records/{id}/files/{file}/fetch", VIEW),
    post("/records/{id}/files/{file}/show", EDIT),
    get("/drafts", EDIT),
    post("/drafts", EDIT),
    post("/drafts/drop", EDIT),
    get("/go", SignedIn),
    get("/imports", IMPORT),
    post("/imports", IMPORT).takes_files(),
    get("/imports/{file}", IMPORT),
    get("/imports/{file}/columns", IMPORT),
    post("/imports/{file}/columns", IMPORT),
    get("/imports/{file}/run", IMPORT),
    post("/imports/{file}/run", IMPORT),
    post("/imports/{file}/stop", IMPORT),
    post("/imports/{file}/drop", IMPORT),
    get("/imports/{file}/rejected.csv", IMPORT),
    get("/imports/batches/{batch}", IMPORT),
    get("/imports/batches/{batch}/rejected.csv", IMPORT),
    post("/imports/batches/{batch}/undo", UNDO),
    get("/sync", SEE_SYNC),
    get("/sync/footer", SignedIn),
    get("/sync/why", SEE_SYNC),
    get("/sync/rules", SEE_SYNC),
    post("/sync/rules", MANAGE_SYNC),
    post("/sync/now", SYNC_NOW),
    post("/sync/cancel", SYNC_NOW),
    post("/sync/cut", CUT),
    post("/sync/restore", CUT),
    post("/sync/addresses", MANAGE_SYNC),
    get("/sync/sticks", SEE_SYNC),
    post("/sync/sticks/write", WRITE_STICK),
    post("/sync/sticks/read", READ_STICK).takes_files(),
    get("/sync/invite", ENROL),
    post("/sync/invite", ENROL),
    get("/sync/invite/{name}/file", ENROL),
    get("/sync/join", ENROL),
    post("/sync/join", ENROL),
    get("/audit", AUDIT),
    post("/audit/verify", AUDIT),
    get("/people", PEOPLE),
    post("/people", PEOPLE),
    get("/people/{user}", PEOPLE),
    post("/people/{user}", PEOPLE),
    post("/people/{user}/password", PEOPLE),
    get("/me", SignedIn),
    get("/password", SignedIn),
    post("/password", SignedIn),
    post("/look", Nothing),
    get("/about", Nothing),
];

/// The JSON API.
pub const API: &[Rule] = &[
    get("/api/openapi.json", Nothing),
    post("/api/v1/sign-in", Nothing),
    post("/api/v1/sign-out", SignedIn),
    get("/api/v1/identity", SignedIn),
    get("/api/v1/home", VIEW),
    get("/api/v1/schema", SignedIn),
    post("/api/v1/check", CHECK),
    get("/api/v1/questions", ASK),
    post("/api/v1/questions", ASK),
    get("/api/v1/questions/whom", ASK),
    get("/api/v1/questions/here", ASK),
    post("/api/v1/questions/here/{id}/{look}/read", ASK),
    get("/api/v1/questions/{id}", ASK),
    post("/api/v1/search", SEARCH),
    post("/api/v1/records", EDIT),
    get("/api/v1/records/{id}", VIEW),
    rule("PATCH", "/api/v1/records/{id}", EDIT),
    post("/api/v1/records/{id}/settle", EDIT),
    get("/api/v1/records/{id}/attachments", VIEW),
    post("/api/v1/records/{id}/attachments", EDIT).takes_files(),
    get("/api/v1/records/{id}/attachments/{attachment}", VIEW),
    get("/api/v1/records/{id}/attachments/{attachment}/thumbnail", VIEW),
    post("/api/v1/records/{id}/attachments/{attachment}/fetch", VIEW),
    rule("PUT", "/api/v1/records/{id}/attachments/{attachment}/shown", EDIT),
    get("/api/v1/imports", IMPORT),
    post("/api/v1/imports", IMPORT).takes_files(),
    get("/api/v1/imports/{batch}/rejected.csv", IMPORT),
    post("/api/v1/imports/{batch}/undo", UNDO),
    get("/api/v1/mappings", IMPORT),
    get("/api/v1/mappings/{name}", IMPORT),
    rule("PUT", "/api/v1/mappings/{name}", IMPORT),
    get("/api/v1/sync", SEE_SYNC),
    get("/api/v1/sync/why", SEE_SYNC),
    get("/api/v1/sync/rules", SEE_SYNC),
    rule("PUT", "/api/v1/sync/rules", MANAGE_SYNC),
    post("/api/v1/sync/start", SYNC_NOW),
    post("/api/v1/sync/cancel", SYNC_NOW),
    post("/api/v1/sync/cut", CUT),
    post("/api/v1/sync/restore", CUT),
    post("/api/v1/sync/addresses", MANAGE_SYNC),
    get("/api/v1/sticks", SEE_SYNC),
    post("/api/v1/sticks", WRITE_STICK),
    post("/api/v1/sticks/read", READ_STICK).takes_files(),
    post("/api/v1/enrol/invitations", ENROL),
    get("/api/v1/enrol/invitations", ENROL),
    post("/api/v1/enrol/join", ENROL),
    get("/api/v1/audit", AUDIT),
    post("/api/v1/audit/verify", AUDIT),
    get("/api/v1/people", PEOPLE),
    post("/api/v1/people", PEOPLE),
    rule("PATCH", "/api/v1/people/{user}", PEOPLE),
    rule("PUT", "/api/v1/people/{user}/password", PEOPLE),
    rule("PUT", "/api/v1/password", SignedIn),
];

/// What the table says about a path: its rule for this method, or whether it is there for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This rule holds.
    Rule(&'static Rule),
    /// The path takes other methods.
    OtherMethod,
    /// The table does not know the path.
    Unknown,
}

/// Looks up the rule for a method and a path as the router knows it.
pub fn find(method: &Method, path: &str) -> Found {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut rows = PAGES.iter().chain(API).filter(|rule| rule.path == path).peekable();
    if rows.peek().is_none() {
        return Found::Unknown;
    }
    rows.find(|rule| rule.method == method).map_or(Found::OtherMethod, Found::Rule)
}
