//! Commands that ask something of an installation: turns the command line into a request, and prints the answer.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cairn_casebook::{
    Invitation, LinkRule, LinkWhen, NewPerson, QuestionState, Role, SearchRequest, read_windows, role_of,
};
use cairn_record::{Kind, RecordId};

use crate::attachments::AttachmentRequest;
use crate::cli::{
    AskOptions, AttachmentCommand, AuditCommand, Common, EnrolCommand, LinksCommand, Question, QuestionsOptions,
    SearchOptions, StickCommand, SyncOptions, UserCommand,
};
use crate::config::data_dir;
use crate::control;
use crate::failure::{Failure, While as _};
use crate::print;
use crate::reach::answered;
use crate::request::{Request, Response};
use crate::secrets;

/// Asks, and prints the answer.
pub fn ask(common: &Common, question: Question) -> Result<ExitCode, Failure> {
    if let Question::Sync(options) = &question
        && options.watch
    {
        return watch(common);
    }
    if let Question::Ask(AskOptions { wait: Some(seconds), .. }) = &question {
        return ask_and_wait(common, Duration::from_secs(*seconds), request(question)?);
    }
    let keep_at = match &question {
        Question::Enrol(EnrolCommand::Invite { out, .. }) => Some(out.clone()),
        _ => None,
    };
    let response = answered(common, request(question)?)?;
    if let (Some(file), Response::Invitation(invitation)) = (&keep_at, &response) {
        keep_invitation(file, invitation)?;
    }
    print::response(common.json, &response, keep_at.as_deref())?;
    Ok(if response.is_bad() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn request(question: Question) -> Result<Request, Failure> {
    Ok(match question {
        Question::Status => Request::Status,
        Question::User(user) => people(user)?,
        Question::Enrol(EnrolCommand::Invite { valid, addresses, hub, relay, .. }) => {
            Request::Invite { addresses, valid_ms: valid * 60_000, role: role_of(hub, relay) }
        }
        Question::Enrol(EnrolCommand::Join { file, code, hub }) => join(file.as_deref(), code, hub)?,
        Question::Import(options) => Request::Import {
            file: std::path::absolute(&options.file).while_doing(|| format!("find {}", options.file.display()))?,
            mapping: options.mapping,
            dry_run: options.dry_run,
        },
        Question::Imports => Request::Imports,
        Question::Undo { batch } => Request::Undo { batch },
        Question::Check { text } => Request::Check { text: text.join(" ") },
        Question::Ask(options) => Request::Ask { text: options.text.join(" "), reason: options.reason, to: options.to },
        Question::Questions(options) => questions(options)?,
        Question::Search(options) => search(options)?,
        Question::Show { id } => Request::Show { id: record(&id)? },
        Question::Sync(options) if options.now => Request::SyncNow,
        Question::Sync(SyncOptions { why: Some(site), .. }) => Request::Why { site },
        Question::Sync(_) => Request::SyncStatus,
        Question::Links(links) => link_rule(links)?,
        Question::Stick(stick) => sticks(stick)?,
        Question::Attach { id, file } => {
            let file = std::path::absolute(&file).while_doing(|| format!("find {}", file.display()))?;
            Request::Attachments(AttachmentRequest::Attach { record: record(&id)?, file })
        }
        Question::Attachment(command) => Request::Attachments(attachments(command)?),
        Question::Audit(AuditCommand::Verify) => Request::VerifyAudit,
        Question::Doctor { rebuild } => Request::Doctor { rebuild },
    })
}

fn link_rule(command: LinksCommand) -> Result<Request, Failure> {
    Ok(match command {
        LinksCommand::Cut => Request::SetCut { cut: true },
        LinksCommand::Restore => Request::SetCut { cut: false },
        LinksCommand::Rules => Request::LinkRules,
        LinksCommand::Unset { of } => Request::SetLinkRule { of: Some(of), rule: None, offset_minutes: None },
        LinksCommand::Set { of, when, hours, megabytes, offset } => {
            let when = LinkWhen::from_key(&when).unwrap_or_default();
            let bytes_a_day = megabytes.map(|megabytes| (megabytes * 1e6) as u64);
            let rule = LinkRule { when, windows: read_windows(&hours)?, bytes_a_day };
            Request::SetLinkRule { of, rule: Some(rule), offset_minutes: offset }
        }
    })
}

fn questions(options: QuestionsOptions) -> Result<Request, Failure> {
    Ok(match options {
        QuestionsOptions { id: Some(id), .. } => {
            Request::Question { id: id.parse().map_err(|error| Failure::new("bad_request", format!("{id}: {error}")))? }
        }
        QuestionsOptions { asked_here: true, .. } => Request::AskedHere,
        QuestionsOptions { site, .. } => Request::Questions { site },
    })
}

fn record(id: &str) -> Result<RecordId, Failure> {
    id.parse().map_err(|error| Failure::new("bad_request", format!("{id}: {error}")))
}

fn attachments(command: AttachmentCommand) -> Result<AttachmentRequest, Failure> {
    let named = |id: &str, file: &str| {
        let file = file.parse().map_err(|error| Failure::new("bad_request", format!("{file}: {error}")))?;
        Ok::<_, Failure>((record(id)?, file))
    };
    let show = |id: &str, file: &str, shown| {
        named(id, file).map(|(record, attachment)| AttachmentRequest::Show { record, attachment, shown })
    };
    Ok(match command {
        AttachmentCommand::List { id } => AttachmentRequest::List { record: record(&id)? },
        AttachmentCommand::Save { id, file, out } => {
            let (record, attachment) = named(&id, &file)?;
            let out = std::path::absolute(&out).while_doing(|| format!("find {}", out.display()))?;
            AttachmentRequest::Save { record, attachment, out }
        }
        AttachmentCommand::Fetch { id, file } => {
            let (record, attachment) = named(&id, &file)?;
            AttachmentRequest::Fetch { record, attachment }
        }
        AttachmentCommand::Hide { id, file } => show(&id, &file, false)?,
        AttachmentCommand::Show { id, file } => show(&id, &file, true)?,
        AttachmentCommand::FetchAll { switch } => AttachmentRequest::FetchAll { all: switch == "on" },
    })
}

fn sticks(command: StickCommand) -> Result<Request, Failure> {
    let absolute = |file: PathBuf| std::path::absolute(&file).while_doing(|| format!("find {}", file.display()));
    Ok(match command {
        StickCommand::Write { to, out, everything, valid, files_max } => Request::StickWrite {
            to,
            out: absolute(out)?,
            everything,
            valid_ms: valid * 24 * 3_600_000,
            files_bytes_max: files_max * 1_000_000,
        },
        StickCommand::Read { file } => Request::StickRead { file: absolute(file)? },
        StickCommand::List => Request::Sticks,
    })
}

fn people(command: UserCommand) -> Result<Request, Failure> {
    Ok(match command {
        UserCommand::Add { name, role, display, password_file } => Request::AddPerson(NewPerson {
            display: display.unwrap_or_else(|| name.clone()),
            role: Role::from_key(&role)
                .ok_or_else(|| Failure::new("bad_request", format!("there is no role {role}")))?,
            user: name,
            password: secrets::new_password(password_file)?.to_string(),
        }),
        UserCommand::Passwd { name, password_file } => {
            Request::SetPassword { user: name, password: secrets::new_password(password_file)?.to_string() }
        }
        UserCommand::List => Request::People,
    })
}

fn join(file: Option<&Path>, code: Option<String>, hub: Option<String>) -> Result<Request, Failure> {
    if let Some(code) = code {
        return Ok(Request::Join { code, addresses: hub.into_iter().collect() });
    }
    let file = file.ok_or_else(|| Failure::setup("say --file FILE, or --code CODE"))?;
    let bytes = std::fs::read(file).while_doing(|| format!("read {}", file.display()))?;
    let invitation: Invitation = serde_json::from_slice(&bytes).map_err(|_| {
        let file = file.display();
        let text = format!("{file} is not an invitation of a hub; nothing was changed: ask the hub for a new one");
        Failure::new("bad_request", text)
    })?;
    Ok(Request::Join { code: invitation.code, addresses: invitation.addresses })
}

fn search(options: SearchOptions) -> Result<Request, Failure> {
    let kind = |key: String| {
        Kind::from_key(&key).ok_or_else(|| {
            let known = Kind::ALL.map(Kind::key).join(", ");
            Failure::new("bad_request", format!("there is no kind {key}; the kinds are {known}"))
        })
    };
    Ok(Request::Search(SearchRequest {
        text: options.text.join(" "),
        kinds: options.kinds.into_iter().map(kind).collect::<Result<_, _>>()?,
        offset: options.offset,
        limit: options.limit.into(),
    }))
}

/// Writes the invitation where only its owner can read it: whoever holds it may join.
fn keep_invitation(file: &Path, invitation: &Invitation) -> Result<(), Failure> {
    use std::io::Write as _;
    let doing = || format!("write {}", file.display());
    let text = serde_json::to_string_pretty(invitation).map_err(|error| Failure::setup(error.to_string()))?;
    let mut options = std::fs::File::options();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).and_then(|mut open| writeln!(open, "{text}")).while_doing(doing)
}

/// Asks, and waits until the answer is here or the time is over; then says how it stands.
fn ask_and_wait(common: &Common, wait: Duration, request: Request) -> Result<ExitCode, Failure> {
    let until = Instant::now() + wait;
    let asked = answered(common, request)?;
    let Response::Asked(line) = &asked else { return Err(Failure::setup("the question was not taken")) };
    let id = line.id;
    let mut state = line.state;
    while state != QuestionState::Answered && Instant::now() < until && is_running(common) {
        std::thread::sleep(Duration::from_millis(300));
        if let Response::Question(page) = answered(common, Request::Question { id })? {
            state = page.line.state;
        }
    }
    print::response(common.json, &answered(common, Request::Question { id })?, None)?;
    Ok(if state == QuestionState::Answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Without a running Cairn nothing comes, however long one waits.
fn is_running(common: &Common) -> bool {
    control::Line::open(&data_dir(common)).is_some()
}

/// Prints the sync status whenever it has changed, until the running Cairn or the person ends it.
fn watch(common: &Common) -> Result<ExitCode, Failure> {
    let mut line = control::Line::open(&data_dir(common)).ok_or_else(|| {
        Failure::new(
            "not_now",
            "nothing is running here to watch; start it with `cairn run`, or say `cairn sync --now`",
        )
    })?;
    let mut shown = None;
    loop {
        let response = line.ask(&Request::SyncStatus)?;
        let body = response.body().map_err(|error| Failure::setup(error.to_string()))?;
        if shown.as_ref() != Some(&body) {
            print::watched(common.json, &response)?;
            shown = Some(body);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}
