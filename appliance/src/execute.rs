//! Carries out one request on an open casebook: the same for a running Cairn and for a command that opened the store.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cairn_casebook::{Actor, AskRequest, Casebook, ImportReport, LinkRule, LinkRules, SiteRule, StickOrder};
use cairn_web_ui::WhySaid;

use crate::attachments;
use crate::config::Config;
use crate::failure::{Failure, While as _};
use crate::links::{Exchanged, Links};
use crate::request::{DoctorReport, Done, Request, Response, StatusReport, SyncReport};
use crate::sticks;
use crate::system::now_ms;

/// Largest file that is imported in one go: what the intake reads.
const IMPORT_BYTES_MAX: u64 = 64_000_000;

/// An open installation.
#[derive(Clone)]
pub struct Desk {
    /// The records.
    pub casebook: Arc<Casebook>,
    /// Its addresses.
    pub config: Arc<Config>,
    /// How it reaches others.
    pub links: Links,
}

/// Answers one request. Blocks; never call it on an async thread.
pub fn execute(desk: &Desk, request: Request) -> Result<Response, Failure> {
    let Desk { casebook, .. } = desk;
    let terminal = &Actor::terminal();
    let now = now_ms();
    Ok(match request {
        Request::Status => Response::Status(Box::new(status(desk)?)),
        Request::People => Response::People(casebook.people(terminal)?),
        Request::AddPerson(person) => {
            casebook.add_person(terminal, &person, now)?;
            done(format!("{} can sign in as {}", person.display, person.user))
        }
        Request::SetPassword { user, password } => {
            casebook.set_password(terminal, &user, None, &password, now)?;
            done(format!("the password of {user} is changed"))
        }
        Request::Invite { addresses, valid_ms, role } => {
            Response::Invitation(casebook.invite_as(terminal, role, &reachable(desk, addresses)?, valid_ms, now)?)
        }
        Request::Join { code, addresses } => {
            desk.links.join(casebook, &code, &addresses, desk.config.reachable_at())?;
            Response::Joined(casebook.identity())
        }
        Request::Import { file, mapping, dry_run } => Response::Import(import(casebook, &file, &mapping, dry_run)?),
        Request::Imports => Response::Imports(casebook.imports(terminal)?),
        Request::Undo { batch } => Response::Undone(casebook.undo_import(terminal, &batch, now)?),
        Request::Check { text } => Response::Check(casebook.check(terminal, &text, now)?),
        Request::Ask { text, reason, to } => {
            let to = to.map(|to| casebook.member_named(&to)).transpose()?.map(|(replica, _)| replica);
            let asked = casebook.ask(terminal, &AskRequest { text, reason, to }, now)?;
            Response::Asked(Box::new(asked))
        }
        Request::Question { id } => Response::Question(Box::new(casebook.question(terminal, id, now)?)),
        Request::Questions { site } => Response::Questions(casebook.questions(terminal, site, now)?),
        Request::AskedHere => Response::AskedHere(casebook.asked_here(terminal, now)?),
        Request::Search(search) => Response::Search(casebook.search(terminal, &search, now)?),
        Request::Show { id } => Response::Record(Box::new(casebook.record(terminal, id, now)?)),
        Request::SyncStatus => Response::Sync(SyncReport {
            status: casebook.sync_status(terminal, now)?,
            reached: None,
            missed: Vec::new(),
        }),
        Request::Why { site } => Response::Why(why(desk, site.as_deref())?),
        Request::SyncNow => Response::Sync(sync_now(desk)?),
        Request::SetCut { cut } => {
            casebook.set_cut(terminal, cut, now)?;
            done(if cut { "the links are cut" } else { "the links are restored" }.to_owned())
        }
        Request::LinkRules => Response::LinkRules(casebook.link_rules(terminal)?),
        Request::SetLinkRule { of, rule, offset_minutes } => {
            Response::LinkRules(set_link_rule(casebook, of.as_deref(), rule, offset_minutes)?)
        }
        Request::StickWrite { to, out, everything, valid_ms, files_bytes_max } => {
            let order = StickOrder { to, everything, valid_ms, files_bytes_max };
            Response::StickWritten(sticks::write(casebook, terminal, &order, &out)?)
        }
        Request::StickRead { file } => Response::StickRead(sticks::read(casebook, terminal, &file)?),
        Request::Sticks => Response::Sticks(casebook.sticks(terminal, now)?),
        Request::Attachments(request) => Response::Attachments(attachments::execute(casebook, request)?),
        Request::VerifyAudit => Response::Verified(casebook.verify(terminal, true, now)?),
        Request::Doctor { rebuild } => Response::Doctor(doctor(casebook, rebuild)?),
    })
}

fn done(sentence: String) -> Response {
    Response::Done(Done { done: sentence })
}

fn status(desk: &Desk) -> Result<StatusReport, Failure> {
    let terminal = &Actor::terminal();
    let home = desk.casebook.home(terminal, now_ms())?;
    Ok(StatusReport {
        identity: desk.casebook.identity(),
        running: desk.links.is_running(),
        http: desk.config.http.to_string(),
        listen: desk.config.listen.to_string(),
        records: home.records,
        waiting: home.waiting,
        carried: desk.casebook.carried(terminal)?,
        conflicts: home.conflicts_total,
        sync: desk.casebook.sync_status(terminal, now_ms())?,
    })
}

/// The addresses for an invitation: those given, else those in the settings.
fn reachable(desk: &Desk, given: Vec<String>) -> Result<Vec<String>, Failure> {
    if !given.is_empty() {
        return Ok(given);
    }
    let own = desk.config.reachable_at();
    if own.is_empty() {
        return Err(Failure::setup(
            "this hub listens on every address; say with --address HOST:PORT where posts can reach it",
        ));
    }
    Ok(own)
}

fn import(casebook: &Casebook, file: &Path, mapping: &str, dry_run: bool) -> Result<ImportReport, Failure> {
    let doing = || format!("read {}", file.display());
    let bytes = std::fs::metadata(file).while_doing(doing)?.len();
    if bytes > IMPORT_BYTES_MAX {
        let limit = IMPORT_BYTES_MAX / 1_000_000;
        return Err(Failure::setup(format!(
            "{} is larger than {limit} MB; nothing was imported, split it and import the parts",
            file.display()
        )));
    }
    let mapping = casebook.mapping(mapping)?;
    let content = std::fs::read(file).while_doing(doing)?;
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    Ok(casebook.import(&Actor::terminal(), &name, &content, &mapping, dry_run, &mut |_, _| true, now_ms())?)
}

fn sync_now(desk: &Desk) -> Result<SyncReport, Failure> {
    let Exchanged { reached, missed } = desk.links.sync_now(&desk.casebook)?;
    let status = desk.casebook.sync_status(&Actor::terminal(), now_ms())?;
    Ok(SyncReport { status, reached: Some(reached), missed })
}

fn set_link_rule(
    casebook: &Casebook,
    of: Option<&str>,
    rule: Option<LinkRule>,
    offset_minutes: Option<i32>,
) -> Result<LinkRules, Failure> {
    let terminal = &Actor::terminal();
    let mut rules = casebook.link_rules(terminal)?;
    match of {
        None => rules.general = rule.unwrap_or_default(),
        Some(named) => {
            let replica = casebook.member_named(named)?.0;
            rules.sites.retain(|site| site.replica != replica);
            rules.sites.extend(rule.map(|rule| SiteRule { replica, rule }));
        }
    }
    rules.offset_minutes = offset_minutes.unwrap_or(rules.offset_minutes);
    casebook.set_link_rules(terminal, rules.clone(), now_ms())?;
    Ok(rules)
}

fn why(desk: &Desk, site: Option<&str>) -> Result<WhySaid, Failure> {
    let site = match site {
        Some(named) => desk.casebook.member_named(named)?.0,
        None => desk.casebook.usual_why().ok_or(cairn_sync_link::LinkError::Nobody)?,
    };
    let why = desk.links.why(&desk.casebook, &Actor::terminal(), site)?;
    Ok(WhySaid::in_english(&why))
}

fn doctor(casebook: &Casebook, rebuild: bool) -> Result<DoctorReport, Failure> {
    let terminal = &Actor::terminal();
    let began = Instant::now();
    let rebuilt = rebuild.then(|| casebook.rebuild(terminal, now_ms())).transpose()?;
    let rebuild_ms = rebuilt.map(|_| began.elapsed().as_millis() as u64);
    let diagnosis = casebook.doctor(terminal, now_ms())?;
    let well = diagnosis.findings.is_empty() && diagnosis.verification.sound;
    Ok(DoctorReport { well, diagnosis, rebuilt, rebuild_ms })
}
