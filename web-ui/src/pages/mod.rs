//! The pages: handlers that read what was asked, call the casebook, and fill a template.
//!
//! Every page is a real URL and every action a real form; after a form that changed something the browser is sent to
//! a page that says so (`?done=…`). Scripts only add comfort. Templates hold no prose: see [`crate::words`].

mod about;
mod audit;
mod check;
mod diff;
mod done;
mod drafts;
mod failure;
pub(crate) mod files;
mod first_run;
mod frame;
#[cfg(test)]
mod gallery;
#[cfg(test)]
mod gallery_imports;
#[cfg(test)]
mod gallery_machine;
#[cfg(test)]
mod gallery_questions;
mod home;
mod imports;
mod join;
mod mapping;
mod me;
mod palette;
mod people;
pub(crate) mod questions;
mod record;
mod record_form;
mod rules;
mod schema_form;
mod search;
mod shown;
mod sign_in;
mod sticks;
mod sync;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod untranslated;
mod why;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use cairn_record::reason;

use crate::assets::Asset;
use crate::state::AppState;
use crate::{Failure, assets};

use done::Done;
pub use failure::error_page;
pub use frame::{Frame, Look, Section, Trouble, Visit};
pub(crate) use join::HOURS as INVITE_HOURS;
pub(crate) use record_form::{countries, kind_hint};
pub(crate) use sticks::{DAYS as STICK_DAYS, as_file as stick_as_file};

/// The stylesheet: one file, in the order of its parts. The dark colours stand twice, once for machines that prefer
/// dark and once for people who choose it; the same holds for high contrast, which goes with light and dark.
const STYLES: &str = concat!(
    include_str!("../../assets/css/tokens.css"),
    "@media screen and (prefers-color-scheme: dark) {\n:root:not([data-theme=\"light\"]) {\n",
    include_str!("../../assets/css/dark.css"),
    "}\n}\n@media screen {\n:root[data-theme=\"dark\"] {\n",
    include_str!("../../assets/css/dark.css"),
    "}\n}\n",
    include_str!("../../assets/css/base.css"),
    include_str!("../../assets/css/components.css"),
    include_str!("../../assets/css/lists.css"),
    include_str!("../../assets/css/frame.css"),
    include_str!("../../assets/css/pages.css"),
    include_str!("../../assets/css/files.css"),
    include_str!("../../assets/css/contrast.css"),
    "@media screen and (prefers-contrast: more) {\n:root {\n",
    include_str!("../../assets/css/contrast-tokens.css"),
    "}\n}\n@media screen {\n:root[data-theme=\"contrast\"] {\n",
    include_str!("../../assets/css/contrast-tokens.css"),
    "}\n}\n",
    include_str!("../../assets/css/print.css"),
);

/// Files that pages name.
pub const ASSETS: &[Asset] = &[
    Asset { name: "cairn.css", bytes: STYLES.as_bytes() },
    Asset { name: "cairn.js", bytes: include_bytes!("../../assets/js/cairn.js") },
    Asset { name: "htmx.min.js", bytes: include_bytes!("../../assets/vendor/htmx.min.js") },
    Asset { name: "idiomorph-ext.min.js", bytes: include_bytes!("../../assets/vendor/idiomorph-ext.min.js") },
    Asset { name: "mark.svg", bytes: include_bytes!("../../assets/mark.svg") },
];

/// Every page.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/first-run", get(first_run::show).post(first_run::add))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/check", get(check::show).post(check::answer))
        .route("/search", get(search::show))
        .route("/records/new", get(record_form::new))
        .route("/records", post(record_form::create))
        .route("/records/{id}", get(record::show).post(record_form::save))
        .route("/records/{id}/edit", get(record_form::edit))
        .route("/records/{id}/private", get(record::before_private))
        .route("/records/{id}/link", get(search::choose_other))
        .route("/records/{id}/settle", post(record::settle))
        .route("/records/{id}/files", get(files::list).post(files::add))
        .route("/records/{id}/files/{file}", get(files::open))
        .route("/records/{id}/files/{file}/thumbnail", get(files::thumbnail))
        .route("/records/{id}/files/{file}/fetch", post(files::fetch))
        .route("/records/{id}/files/{file}/show", post(files::show_or_hide))
        .route("/drafts", get(drafts::list).post(drafts::keep))
        .route("/drafts/drop", post(drafts::discard))
        .route("/go", get(palette::show))
        .merge(question_routes())
        .merge(import_routes())
        .merge(sync_routes())
        .route("/audit", get(audit::show))
        .route("/audit/verify", post(audit::verify))
        .route("/people", get(people::list).post(people::add))
        .route("/people/{user}", get(people::show).post(people::change))
        .route("/people/{user}/password", post(people::set_password))
        .route("/me", get(me::show))
        .route("/password", get(me::show).post(me::set_password))
        .route("/look", post(me::set_look))
        .route("/about", get(about::show))
}

fn question_routes() -> Router<AppState> {
    Router::new()
        .route("/questions", get(questions::list).post(questions::ask))
        .route("/questions/alerts", post(questions::read_alert))
        .route("/questions/{id}", get(questions::show))
        .route("/questions/{id}/private", get(questions::before_private))
}

fn import_routes() -> Router<AppState> {
    Router::new()
        .route("/imports", get(imports::list).post(imports::upload))
        .route("/imports/{file}", get(mapping::choose))
        .route("/imports/{file}/columns", get(mapping::columns).post(mapping::save))
        .route("/imports/{file}/run", get(imports::watch).post(imports::run))
        .route("/imports/{file}/stop", post(imports::stop))
        .route("/imports/{file}/drop", post(imports::drop_file))
        .route("/imports/{file}/rejected.csv", get(imports::rejected))
        .route("/imports/batches/{batch}", get(imports::batch))
        .route("/imports/batches/{batch}/rejected.csv", get(imports::batch_rejected))
        .route("/imports/batches/{batch}/undo", post(imports::undo))
}

fn sync_routes() -> Router<AppState> {
    Router::new()
        .route("/sync", get(sync::show))
        .route("/sync/footer", get(sync::footer))
        .route("/sync/rules", get(rules::show).post(rules::save))
        .route("/sync/why", get(why::show))
        .route("/sync/now", post(sync::now))
        .route("/sync/cancel", post(sync::cancel))
        .route("/sync/cut", post(sync::cut))
        .route("/sync/restore", post(sync::restore))
        .route("/sync/addresses", post(sync::add_address))
        .route("/sync/sticks", get(sticks::show))
        .route("/sync/sticks/write", post(sticks::write))
        .route("/sync/sticks/read", post(sticks::read))
        .route("/sync/invite", get(join::invitations).post(join::invite))
        .route("/sync/invite/{name}/file", get(join::invitation_file))
        .route("/sync/join", get(join::show).post(join::join))
}

/// Key of the words for a kind of space.
pub(crate) fn space_kind_key(kind: &str) -> &'static str {
    match kind {
        "registry" => "sync-kind-registry",
        "audit" => "sync-kind-audit",
        "local" => "sync-kind-local",
        _ => "sync-kind-records",
    }
}

/// The beginning of a record's number, where the whole would be in the way.
pub(crate) fn short_id(id: &cairn_record::RecordId) -> String {
    id.to_string().chars().take(8).collect()
}

/// A page from its template.
fn page(template: &impl askama::Template) -> Result<Response, Failure> {
    page_with(StatusCode::OK, template)
}

/// A page that would be too heavy in clear, compressed for those who take it. Only for pages that show nothing out of
/// the address or a form: the length of a compressed page betrays what stands beside a text that somebody else chose.
fn packed_page(headers: &HeaderMap, template: &impl askama::Template) -> Result<Response, Failure> {
    let packed = template.render().ok().filter(|_| assets::takes_gzip(headers));
    let Some(packed) = packed.and_then(|text| assets::gzip(text.as_bytes())) else { return page(template) };
    let mut answer = Html(packed).into_response();
    answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(answer)
}

/// A page with a status of its own.
fn page_with(status: StatusCode, template: &impl askama::Template) -> Result<Response, Failure> {
    match template.render() {
        Ok(text) => Ok((status, Html(text)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be put together");
            Err(Failure::fault(reason!("page-not-made")))
        }
    }
}
