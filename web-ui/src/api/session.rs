//! Coming in, going out, and what this installation is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cairn_casebook::{Identity, Right, Via};
use cairn_record::schema::{FieldType, schema};
use cairn_record::{Field, Kind};
use serde::{Deserialize, Serialize};

use super::ask;
use crate::forms::SentJson;
use crate::gate::SignedIn;
use crate::session::{AGE_MAX_MS, IDLE_MAX_MS};
use crate::state::{AppState, blocking};
use crate::{Failure, entry};

/// A name and a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    user: String,
    password: String,
}

/// Who is signed in.
#[derive(Serialize)]
pub(super) struct PersonJson {
    user: String,
    display: String,
    role: Option<&'static str>,
    rights: Vec<Right>,
}

impl PersonJson {
    fn of(actor: &cairn_casebook::Actor) -> Self {
        let rights = Right::ALL.into_iter().filter(|right| actor.may(*right)).collect();
        let role = actor.role.map(cairn_casebook::Role::key);
        Self { user: actor.user.clone(), display: actor.display.clone(), role, rights }
    }
}

/// A session that has begun.
#[derive(Serialize)]
pub(super) struct SignedInJson {
    token: String,
    person: PersonJson,
    idle_max_ms: u64,
    age_max_ms: u64,
}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    SentJson(sent): SentJson<SignIn>,
) -> Result<Json<SignedInJson>, Failure> {
    let opened = entry::sign_in(&state, &sent.user, &sent.password, Via::Api).await?;
    Ok(Json(SignedInJson {
        person: PersonJson::of(&opened.actor),
        token: opened.token,
        idle_max_ms: IDLE_MAX_MS,
        age_max_ms: AGE_MAX_MS,
    }))
}

pub(super) async fn sign_out(State(state): State<AppState>, who: SignedIn) -> Result<StatusCode, Failure> {
    entry::sign_out(&state, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What this installation is, and who asks.
#[derive(Serialize)]
pub(super) struct IdentityJson {
    #[serde(flatten)]
    installation: Identity,
    person: PersonJson,
}

pub(super) async fn identity(State(state): State<AppState>, who: SignedIn) -> Result<Json<IdentityJson>, Failure> {
    let installation = blocking(&state, |casebook, _| Ok::<_, Failure>(casebook.identity())).await?;
    Ok(Json(IdentityJson { installation, person: PersonJson::of(&who.actor) }))
}

pub(super) async fn home(State(state): State<AppState>, who: SignedIn) -> Result<Json<cairn_casebook::Home>, Failure> {
    ask(&state, who, |casebook, actor, now_ms| casebook.home(actor, now_ms)).await
}

/// One's own new password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPassword {
    old: String,
    new: String,
}

pub(super) async fn own_password(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<OwnPassword>,
) -> Result<StatusCode, Failure> {
    let user = who.actor.user.clone();
    entry::set_password(&state, &who, &user, Some(sent.old), sent.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One kind of record with its fields.
#[derive(Serialize)]
pub(super) struct KindJson {
    key: &'static str,
    label: &'static str,
    plural: &'static str,
    fields: Vec<FieldJson>,
}

/// One field, as the table of kinds declares it.
#[derive(Serialize)]
pub(super) struct FieldJson {
    key: &'static str,
    label: &'static str,
    holds: &'static str,
    codes: Vec<CodeJson>,
    max_chars: usize,
    many: bool,
    required: bool,
    identifies: bool,
    searched: bool,
    entered: bool,
}

/// One code of a list.
#[derive(Serialize)]
pub(super) struct CodeJson {
    code: &'static str,
    label: &'static str,
}

impl FieldJson {
    fn of(field: &Field) -> Self {
        let codes = match field.holds {
            FieldType::Code(list) => list.iter().map(|(code, label)| CodeJson { code, label }).collect(),
            _ => Vec::new(),
        };
        Self {
            key: field.key,
            label: field.label,
            holds: holds(field.holds),
            codes,
            max_chars: field.max_chars,
            many: field.many,
            required: field.required,
            identifies: field.identifies,
            searched: field.searched,
            entered: field.entered,
        }
    }
}

/// Names of what fields hold, in the order of [`FieldType`].
pub(super) const HOLDS: [&str; 14] = [
    "text",
    "long_text",
    "name",
    "code",
    "date",
    "date_time",
    "plate",
    "phone",
    "document_number",
    "vin",
    "country",
    "bool",
    "int",
    "record",
];

const fn holds(holds: FieldType) -> &'static str {
    match holds {
        FieldType::Text => HOLDS[0],
        FieldType::LongText => HOLDS[1],
        FieldType::Name => HOLDS[2],
        FieldType::Code(_) => HOLDS[3],
        FieldType::Date => HOLDS[4],
        FieldType::DateTime => HOLDS[5],
        FieldType::Plate => HOLDS[6],
        FieldType::Phone => HOLDS[7],
        FieldType::DocumentNumber => HOLDS[8],
        FieldType::Vin => HOLDS[9],
        FieldType::Country => HOLDS[10],
        FieldType::Bool => HOLDS[11],
        FieldType::Int => HOLDS[12],
        FieldType::Record => HOLDS[13],
    }
}

pub(super) async fn kinds(_: SignedIn) -> Json<Vec<KindJson>> {
    let kinds = Kind::ALL.into_iter().map(|kind| {
        let schema = schema(kind);
        let fields = schema.fields.iter().map(FieldJson::of).collect();
        KindJson { key: kind.key(), label: schema.label, plural: schema.plural, fields }
    });
    Json(kinds.collect())
}
