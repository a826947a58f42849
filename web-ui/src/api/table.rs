//! Every route of the API with its handler and its documentation.

use axum::routing::{MethodRouter, get, patch, post, put};

use super::{audit, exchange, files, imports, people, questions, records, session, sticks};
use crate::state::AppState;

/// One route: what the router and the OpenAPI document are made from.
pub(super) struct Endpoint {
    pub method: &'static str,
    pub path: &'static str,
    pub handler: MethodRouter<AppState>,
    /// Name of the operation, unique.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What its query may say: name, type, meaning.
    pub query: &'static [(&'static str, &'static str, &'static str)],
    pub takes: Takes,
    pub gives: Gives,
}

/// What a route takes in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// JSON of this schema.
    Json(&'static str),
    /// A file, as a form or as it is.
    File,
    /// A file as it is.
    Bytes,
}

/// What a route answers when all went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// Only this status.
    Status(u16),
    /// JSON of this schema.
    Json(u16, &'static str),
    /// A list of JSON of this schema.
    List(&'static str),
    /// A CSV file.
    Csv,
    /// A file of bytes.
    Bytes,
}

impl Endpoint {
    fn new(method: &'static str, path: &'static str, handler: MethodRouter<AppState>, gives: Gives) -> Self {
        Self { method, path, handler, name: "", summary: "", query: &[], takes: Takes::Nothing, gives }
    }

    fn takes(mut self, schema: &'static str) -> Self {
        self.takes = Takes::Json(schema);
        self
    }

    fn takes_file(mut self) -> Self {
        self.takes = Takes::File;
        self
    }

    fn takes_bytes(mut self) -> Self {
        self.takes = Takes::Bytes;
        self
    }

    fn query(mut self, query: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    fn says(mut self, name: &'static str, summary: &'static str) -> Self {
        (self.name, self.summary) = (name, summary);
        self
    }
}

use Gives::{Bytes, Csv, Json, List, Status};

fn getting(path: &'static str, handler: MethodRouter<AppState>, gives: Gives) -> Endpoint {
    Endpoint::new("GET", path, handler, gives)
}

fn posting(path: &'static str, handler: MethodRouter<AppState>, gives: Gives) -> Endpoint {
    Endpoint::new("POST", path, handler, gives)
}

/// All routes under `/api/v1`.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [
        session_routes(),
        record_routes(),
        question_routes(),
        file_routes(),
        import_routes(),
        exchange_routes(),
        office_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn session_routes() -> Vec<Endpoint> {
    vec![
        posting("/api/v1/sign-in", post(session::sign_in), Json(200, "Session"))
            .takes("SignIn")
            .says("signIn", "Begin a session; its token goes into the Authorization header as a bearer token."),
        posting("/api/v1/sign-out", post(session::sign_out), Status(204)).says("signOut", "End the session."),
        getting("/api/v1/identity", get(session::identity), Json(200, "Identity"))
            .says("identity", "What this installation is, and who is asking with which rights."),
        getting("/api/v1/home", get(session::home), Json(200, "Home"))
            .says("home", "The task list: conflicts, reviews due, what waits, what was set aside."),
        getting("/api/v1/schema", get(session::kinds), List("Kind"))
            .says("schema", "The kinds of record with their fields, types, limits and code lists."),
        Endpoint::new("PUT", "/api/v1/password", put(session::own_password), Status(204))
            .takes("OwnPassword")
            .says("setOwnPassword", "Set one's own password; one's other sessions end."),
    ]
}

fn record_routes() -> Vec<Endpoint> {
    vec![
        posting("/api/v1/check", post(records::check), Json(200, "CheckAnswer"))
            .takes("Check")
            .says("check", "Check a plate, name, telephone, document number or MRZ against everything held here."),
        posting("/api/v1/search", post(records::search), Json(200, "SearchAnswer"))
            .takes("Search")
            .says("search", "Search records."),
        posting("/api/v1/records", post(records::create), Json(201, "Saved"))
            .takes("NewRecord")
            .says("createRecord", "Create a record; it is durable on this machine when the answer comes."),
        getting("/api/v1/records/{id}", get(records::show), Json(200, "Record"))
            .says("record", "A record with who holds each value, its links, markers and history."),
        Endpoint::new("PATCH", "/api/v1/records/{id}", patch(records::change), Json(200, "Saved"))
            .takes("ChangedRecord")
            .says("changeRecord", "Change a record: absent fields stay, an empty list clears a field."),
        posting("/api/v1/records/{id}/settle", post(records::settle), Json(200, "Saved"))
            .takes("Settle")
            .says("settle", "Decide between rival values of a field; the decision is part of the history."),
    ]
}

fn question_routes() -> Vec<Endpoint> {
    const OF: &[(&str, &str, &str)] = &[("site", "boolean", "Questions of everybody at this site, for supervisors.")];
    vec![
        getting("/api/v1/questions", get(questions::list), List("Question"))
            .query(OF)
            .says("questions", "One's own questions to other sites, newest first."),
        posting("/api/v1/questions", post(questions::ask), Json(201, "Question")).takes("AskedQuestion").says(
            "ask",
            "Ask another site; durable here when the answer comes. Asking again while it waits is the same.",
        ),
        getting("/api/v1/questions/whom", get(questions::whom), List("Askable"))
            .says("whomToAsk", "Sites that can be asked, best first."),
        getting("/api/v1/questions/here", get(questions::here), List("AskedHere"))
            .says("askedHere", "Who asked this site about what, and what they were told; audited."),
        posting("/api/v1/questions/here/{id}/{look}/read", post(questions::read_alert), Status(204))
            .says("readAlert", "Note that one has read that somebody asked about a silent record."),
        getting("/api/v1/questions/{id}", get(questions::show), Json(200, "QuestionWithAnswers"))
            .says("question", "A question with its answers; reading an answer is audited."),
    ]
}

fn file_routes() -> Vec<Endpoint> {
    const NAME: &[(&str, &str, &str)] = &[("name", "string", "Name of the file, when the body is the bare file.")];
    vec![
        getting("/api/v1/records/{id}/attachments", get(files::list), List("Attachment")).says(
            "attachments",
            "Files that belong to a record, oldest first, and how much of each is on this machine.",
        ),
        posting("/api/v1/records/{id}/attachments", post(files::add), Json(201, "Attachment"))
            .takes_file()
            .query(NAME)
            .says("attach", "Attach a file of at most 32 MB; it is durable on this machine when the answer comes."),
        getting("/api/v1/records/{id}/attachments/{attachment}", get(files::open), Bytes).says(
            "attachment",
            "The file itself, when all of it is on this machine. A download unless it is a JPEG or PNG.",
        ),
        getting("/api/v1/records/{id}/attachments/{attachment}/thumbnail", get(files::thumbnail), Bytes)
            .says("thumbnail", "The thumbnail of a picture: a JPEG of at most 4 kB."),
        posting("/api/v1/records/{id}/attachments/{attachment}/fetch", post(files::fetch), Json(200, "Attachment"))
            .says("fetchAttachment", "Fetch the whole file to this machine as soon as a link allows."),
        Endpoint::new(
            "PUT",
            "/api/v1/records/{id}/attachments/{attachment}/shown",
            put(files::show_or_hide),
            Json(200, "Attachment"),
        )
        .takes("ShownAttachment")
        .says("showAttachment", "Take a file from view, or show it again. Nothing is deleted."),
    ]
}

fn import_routes() -> Vec<Endpoint> {
    const HOW: &[(&str, &str, &str)] = &[
        ("mapping", "string", "Name of the mapping, when the body is the bare file."),
        ("file", "string", "Name of the file, when the body is the bare file."),
        ("dry_run", "boolean", "Whether nothing is to be written, when the body is the bare file."),
    ];
    vec![
        getting("/api/v1/imports", get(imports::list), List("ImportBatch"))
            .says("imports", "Imports applied here, newest first."),
        posting("/api/v1/imports", post(imports::import), Json(200, "ImportReport"))
            .takes_file()
            .query(HOW)
            .says("import", "Import a file, or say what importing it would do. Hanging up stops the import."),
        getting("/api/v1/imports/{batch}/rejected.csv", get(imports::rejected), Csv)
            .says("rejectedRows", "Rows that an import refused, each with its line and reason."),
        posting("/api/v1/imports/{batch}/undo", post(imports::undo), Json(200, "UndoReport"))
            .says("undoImport", "Take an import back as a whole: its records are withdrawn, their history stays."),
        getting("/api/v1/mappings", get(imports::mappings), Json(200, "Names"))
            .says("mappings", "Names of the mappings, shipped and saved."),
        getting("/api/v1/mappings/{name}", get(imports::mapping), Json(200, "Mapping")).says("mapping", "A mapping."),
        Endpoint::new("PUT", "/api/v1/mappings/{name}", put(imports::save_mapping), Status(204))
            .takes("Mapping")
            .says("saveMapping", "Save a mapping under its name."),
    ]
}

fn exchange_routes() -> Vec<Endpoint> {
    vec![
        getting("/api/v1/sticks", get(sticks::list), List("StickLine"))
            .says("sticks", "Sticks written and read here, newest first, and which are proved to have arrived."),
        posting("/api/v1/sticks", post(sticks::write), Bytes)
            .takes("StickOrder")
            .says("writeStick", "Write a stick for a site: a sealed file that only that site can open."),
        posting("/api/v1/sticks/read", post(sticks::read), Json(200, "StickReport"))
            .takes_bytes()
            .says("readStick", "Read a stick, sent as the body. Reading it again after an interruption goes on."),
        getting("/api/v1/sync", get(exchange::status), Json(200, "SyncStatus"))
            .says("syncStatus", "What is where: each peer, each space, what waits, what failed and why."),
        getting("/api/v1/sync/why", get(exchange::why), Json(200, "LinkWhy"))
            .query(&[("of", "string", "Key of the site; when absent, the hub without a link, else the first hub.")])
            .says("whyNoLink", "Try every step on the way to a site, and say what is in the way and what to do."),
        getting("/api/v1/sync/rules", get(exchange::rules), Json(200, "LinkRules"))
            .says("linkRules", "When this machine uses its links, and for how many bytes a day."),
        Endpoint::new("PUT", "/api/v1/sync/rules", put(exchange::set_rules), Status(204))
            .takes("LinkRules")
            .says("setLinkRules", "Set when links are used. Urgent entries go at once whatever the rules say."),
        posting("/api/v1/sync/start", post(exchange::start), Status(202))
            .says("startSync", "Ask for a sync now, whatever the link rules say."),
        posting("/api/v1/sync/cancel", post(exchange::cancel), Status(202)).says(
            "cancelSync",
            "Cancel: but for urgent entries nothing goes for 15 minutes, or until a sync is asked for.",
        ),
        posting("/api/v1/sync/cut", post(exchange::cut), Status(204))
            .says("cutLinks", "Cut the links of this machine, for a demonstration or a drill."),
        posting("/api/v1/sync/restore", post(exchange::restore), Status(204))
            .says("restoreLinks", "Restore the links."),
        posting("/api/v1/sync/addresses", post(exchange::add_address), Status(204))
            .takes("PeerAddress")
            .says("addAddress", "Add an address of a peer, or of the hub when no peer is named."),
        getting("/api/v1/enrol/invitations", get(exchange::invitations), List("Invitation"))
            .says("invitations", "Invitations of this hub that are still open."),
        posting("/api/v1/enrol/invitations", post(exchange::invite), Json(201, "Invitation")).takes("Invite").says(
            "invite",
            "Make an invitation for one post, one more hub or one relay, good once, for a limited time.",
        ),
        posting("/api/v1/enrol/join", post(exchange::join), Status(204))
            .takes("Join")
            .says("join", "Join the hub whose invitation this is."),
    ]
}

fn office_routes() -> Vec<Endpoint> {
    const WHICH: &[(&str, &str, &str)] = &[
        ("action", "string", "Only lines of this action."),
        ("user", "string", "Only lines of this sign-in name."),
        ("record", "string", "Only lines that touch this record."),
        ("before_ms", "integer", "Only lines older than this time."),
        ("limit", "integer", "At most so many lines, up to 500; 100 when absent."),
    ];
    vec![
        getting("/api/v1/audit", get(audit::list), List("AuditLine"))
            .query(WHICH)
            .says("audit", "Lines of the audit, newest first. Reading it is audited too."),
        posting("/api/v1/audit/verify", post(audit::verify), Json(200, "Verification"))
            .takes("Verify")
            .says("verify", "Verify the logs: chains, seals and bodies."),
        getting("/api/v1/people", get(people::list), List("Person")).says("people", "Everyone who can sign in here."),
        posting("/api/v1/people", post(people::add), Status(201)).takes("NewPerson").says("addPerson", "Add a person."),
        Endpoint::new("PATCH", "/api/v1/people/{user}", patch(people::change), Status(204))
            .takes("ChangedPerson")
            .says("changePerson", "Change a person's role, or switch their sign-in off or on."),
        Endpoint::new("PUT", "/api/v1/people/{user}/password", put(people::set_password), Status(204))
            .takes("NewPassword")
            .says("setPassword", "Set somebody's password; their sessions end."),
    ]
}
