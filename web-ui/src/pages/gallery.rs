//! Every page with invented answers of the casebook, for tests and for people who look at them.
//!
//! `CAIRN_GALLERY=DIR cargo test -p cairn-web-ui gallery` writes the pages and their files below DIR; any server of
//! static files shows them.

use askama::Template;
use axum::http::StatusCode;
use cairn_casebook::*;
use cairn_record::{Confidence, Identifier, IdentifierKind, Kind, Reading, Reason, RecordId, Value, reason, schema};

use super::frame::{Look, Section, Trouble, Visit};
use super::imports::RunShown;
use super::schema_form::Texts;
use super::*;
use crate::gate::SignedIn;
use crate::session::Sessions;
use crate::words::{Clock, Language, Words};

/// 22 November 2025, 09:12:30 UTC.
pub(super) const NOW_MS: u64 = 1_763_802_750_000;
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Text that breaks out of anything that is not escaped.
pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(2)> '&amp; \u{202e}";

/// How the pages of a gallery are made.
#[derive(Clone, Copy)]
pub(super) struct Flavour {
    /// The language.
    pub language: Language,
    /// Whether every text that a person or a peer could have written tries to break out.
    pub hostile: bool,
    /// Whether it is a demonstration.
    pub demo: bool,
    /// Whether every such text is without letters, so that all letters on a page are the catalogue's.
    pub mute: bool,
}

/// A page with its name.
pub(super) type Shown = (&'static str, String);

/// A link that is used at night, for 5 MB a day.
fn held_back() -> LinkUse {
    let windows = vec![LinkWindow { from: 22 * 60, until: 5 * 60 }];
    LinkUse {
        rule: LinkRule { when: LinkWhen::Windows, windows, bytes_a_day: Some(5_000_000) },
        own: true,
        offset_minutes: 60,
        used_today: 3_200_000,
        waits: Some(LinkWaits { because: HeldBack::Window, until_ms: Some(NOW_MS + 12 * HOUR_MS) }),
    }
}

struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

impl Flavour {
    pub(super) const PLAIN: Self = Self { language: Language::English, hostile: false, demo: true, mute: false };

    pub(super) fn t(self, text: &str) -> String {
        match (self.hostile && !text.is_empty(), self.mute) {
            (true, _) => format!("{text}{HOSTILE}"),
            (_, true) => text.chars().map(|c| if c.is_alphabetic() { '×' } else { c }).collect(),
            _ => text.into(),
        }
    }

    pub(super) fn visit(self, role: Role, path: &str) -> Visit {
        let display = self.t(match role {
            Role::Administrator => "B. Okafor",
            Role::Supervisor => "Inspector L. Maric",
            _ => "Officer K. Daniels",
        });
        let actor = Actor { user: "k.daniels".into(), display, role: Some(role), via: Via::Screen };
        let session = Sessions::new(std::sync::Arc::new(Fixed)).open(actor.clone(), NOW_MS);
        let key = Sessions::new(std::sync::Arc::new(Fixed));
        let token = key.open(actor.clone(), NOW_MS).token;
        let found = key.find(&token, NOW_MS).unwrap();
        Visit {
            clock: Clock { words: Words::new(self.language), now_ms: NOW_MS },
            look: Look { theme: "auto", rows: "comfortable", keys: "on" },
            signed_in: Some(SignedIn { actor, csrf: session.csrf, session: found.key }),
            here: self.identity("post", true),
            sync_words: self.t("Saved here; 14 entries wait for the hub, last heard from at 08:57."),
            sync_state: "waiting".into(),
            cut: false,
            no_link: true,
            wrong_clock: false,
            path: path.into(),
            done: None,
        }
    }

    fn identity(self, role: &str, enrolled: bool) -> Identity {
        Identity {
            replica: ReplicaId([0xa7; 32]),
            agency: self.t("Border Service of the Riverlands"),
            site: self.t(if role == "hub" { "Regional bureau" } else { "Post Delta" }),
            country: "UTO".into(),
            role: role.into(),
            enrolled,
            demo: self.demo,
        }
    }

    fn holder(self, person: &str, site: &str) -> Holder {
        Holder {
            agency: self.t("Border Service of the Riverlands"),
            site: self.t(site),
            person: self.t(person),
            origin_agency: String::new(),
            origin_ref: String::new(),
        }
    }

    fn imported(self) -> Holder {
        Holder {
            origin_agency: self.t("Northmark Police"),
            origin_ref: self.t("NM-2024-00317"),
            ..self.holder("Analyst P. Reyes", "Regional bureau")
        }
    }

    fn summary(self, number: u8, kind: Kind, title: &str, holder: Holder, age_ms: u64) -> Summary {
        Summary {
            id: id(number),
            kind,
            title: self.t(title),
            holder,
            space: SpaceId([3; 16]),
            space_title: self.t("Records of the region"),
            grade: None,
            changed_ms: NOW_MS - age_ms,
            conflict: false,
            withdrawn: false,
            discreet: false,
        }
    }

    fn car(self) -> Summary {
        Summary {
            grade: Some(grade()),
            conflict: true,
            ..self.summary(1, Kind::Vehicle, "OH 3338 L, grey Skoda Octavia", self.imported(), 2 * DAY_MS)
        }
    }

    fn person(self) -> Summary {
        self.summary(
            2,
            Kind::Person,
            "Fairfax, William, born 4 March 1979",
            self.holder("Officer K. Daniels", "Post Delta"),
            3 * HOUR_MS,
        )
    }

    fn marker(self, discreet: bool) -> MarkerLine {
        MarkerLine {
            id: id(9),
            code: "stop".into(),
            label: self.t(if discreet { "Discreet check" } else { "Stop and hold" }),
            reason: self.t("Used in two burglaries at Harrow Lane; the driver is believed to carry a false licence."),
            requested_action: self.t("Hold the vehicle and call before searching"),
            contact: self.t("Northmark duty desk, +44 1632 960 117, at any hour"),
            discreet,
            holder: self.holder("Inspector L. Maric", "Regional bureau"),
            set_ms: NOW_MS - 5 * DAY_MS,
            review_by: "2025-12-01".into(),
        }
    }

    fn links(self) -> Vec<LinkLine> {
        let line = |number, label: &str, kind, title: &str| LinkLine {
            link: id(100 + number),
            relation: "used_in".into(),
            label: self.t(label),
            other: id(number),
            kind,
            title: self.t(title),
        };
        vec![
            line(2, "User", Some(Kind::Person), "Fairfax, William, born 4 March 1979"),
            line(4, "Used in", Some(Kind::Event), "Burglary, Harrow Lane 12, 3 November 2025"),
            line(5, "Mentioned in", None, ""),
        ]
    }

    fn freshness(self) -> Vec<Freshness> {
        let one = |number: u8, site: &str, role: &str, complete: Option<u64>, newest: Option<u64>| Freshness {
            replica: ReplicaId([number; 32]),
            site: self.t(site),
            role: role.into(),
            here: number == 1,
            complete_ms: complete.map(|age| NOW_MS - age),
            newest_ms: newest.map(|age| NOW_MS - age),
        };
        vec![
            one(1, "Post Delta", "post", Some(0), Some(MINUTE_MS)),
            one(2, "Regional bureau", "hub", Some(15 * MINUTE_MS), Some(20 * MINUTE_MS)),
            one(3, "Post Alpha", "post", Some(4 * DAY_MS), Some(4 * DAY_MS)),
            one(4, "Post Charlie", "post", None, Some(30 * HOUR_MS)),
            one(5, "Post Foxtrot", "post", None, None),
        ]
    }

    pub(super) fn check(self, verdict: Verdict) -> CheckAnswer {
        let hit = |record: Summary, matched, field: &str, value: &str, markers| CheckHit {
            age_ms: NOW_MS - record.changed_ms,
            record,
            matched,
            field: field.into(),
            value: self.t(value),
            markers,
            linked: self.links(),
        };
        let exact =
            hit(self.car(), MatchKind::Exact, "plate", "OH 3338 L", vec![self.marker(false), self.marker(true)]);
        let alike = self.summary(
            7,
            Kind::Vehicle,
            "0H 333BL, white van",
            self.holder("Officer T. Brandt", "Post Alpha"),
            400 * DAY_MS,
        );
        let alike = hit(alike, MatchKind::LookAlike, "plate", "0H 333BL", Vec::new());
        let hits = match verdict {
            Verdict::Hit => vec![exact, alike],
            Verdict::Possible => vec![alike],
            _ => Vec::new(),
        };
        CheckAnswer {
            asked: self.t("oh3338l"),
            read_as: vec![self.t("plate OH3338L")],
            readings: vec![Reading {
                identifier: Identifier {
                    kind: IdentifierKind::Plate,
                    exact: self.t("OH3338L"),
                    lookalike: String::new(),
                },
                pattern: false,
                confidence: Confidence::Possible,
            }],
            verdict,
            more: if hits.len() > 1 { 3 } else { 0 },
            hits,
            freshness: self.freshness(),
            answered_ms: NOW_MS,
            warnings: Vec::new(),
            cautions: if verdict == Verdict::Possible {
                vec![Caution::Unread(reason!("mrz-shape", found = self.t("42"))), Caution::CheckDigit("number".into())]
            } else {
                Vec::new()
            },
        }
    }

    fn search(self) -> SearchAnswer {
        let hits = [
            self.car(),
            self.person(),
            self.summary(4, Kind::Event, "Burglary, Harrow Lane 12, 3 November 2025", self.imported(), 19 * DAY_MS),
        ];
        SearchAnswer {
            asked: self.t("harrow"),
            hits: hits
                .into_iter()
                .map(|record| SearchHit {
                    record,
                    why: String::new(),
                    met: vec![(self.t("harrow"), MatchedBy::SoundsLike), (self.t("lane"), MatchedBy::Word)],
                })
                .collect(),
            total: 1_317,
            facets: vec![(Kind::Person, 211), (Kind::Vehicle, 64), (Kind::Event, 1_042)],
            also_searched: vec![self.t("harrow lane"), self.t("harow")],
            freshness: self.freshness(),
            answered_ms: NOW_MS,
        }
    }

    pub(super) fn record(self) -> RecordPage {
        let imported = self.imported();
        let field = |key: &str, values: Vec<HeldValue>, conflict| {
            let field = schema(Kind::Vehicle).by_key(key).unwrap();
            FieldView { no: field.no, key: key.into(), label: field.label.into(), values, conflict }
        };
        let held = |text: &str, holder: &Holder, age_ms: u64| HeldValue {
            value: Value::Text(self.t(text)),
            text: self.t(text),
            holder: holder.clone(),
            written_ms: NOW_MS - age_ms,
        };
        let (delta, desk) =
            (self.holder("Officer K. Daniels", "Post Delta"), self.holder("Hub desk", "Regional bureau"));
        RecordPage {
            summary: self.car(),
            version: "v1".into(),
            fields: vec![
                field("plate", vec![held("OH 3338 L", &imported, 19 * DAY_MS)], false),
                field("plate_country", vec![held("Utopia (specimen)", &imported, 19 * DAY_MS)], false),
                field("vin", vec![held("TMBJJ7NE8L0123456", &imported, 19 * DAY_MS)], false),
                field("make_model", vec![held("Skoda Octavia", &imported, 19 * DAY_MS)], false),
                field("colour", vec![held("Grey", &delta, HOUR_MS), held("Silver", &desk, 30 * MINUTE_MS)], true),
                field("status_date", vec![held("2025-11-03", &imported, 19 * DAY_MS)], false),
                field(
                    "description",
                    vec![held("Roof rack, dent in the near side door.\nA child seat in the back.", &delta, 2 * DAY_MS)],
                    false,
                ),
                field("remarks", vec![held("Seen twice on the river road.", &delta, 2 * DAY_MS)], false),
            ],
            links: self.links(),
            markers: vec![self.marker(false), self.marker(true)],
            attachments: self.attachments(&delta, &desk),
            history: self.history(&delta, &desk, &imported),
            whereabouts: vec![
                Whereabout {
                    site: self.t("Regional bureau"),
                    role: "hub".into(),
                    has_it: true,
                    since_ms: Some(NOW_MS - 20 * MINUTE_MS),
                },
                Whereabout { site: self.t("Post Alpha"), role: "post".into(), has_it: false, since_ms: None },
            ],
        }
    }

    fn attachments(self, delta: &Holder, desk: &Holder) -> Vec<AttachmentLine> {
        let line = |nth: u8, name: &str, size, here, parts, holder: &Holder| AttachmentLine {
            id: EntryRef([nth; 16]),
            name: self.t(name),
            media_type: "image/jpeg".into(),
            size,
            shown: true,
            whole: if here == parts { Whole::Here } else { Whole::Partly },
            parts_here: here,
            parts,
            wanted: false,
            thumbnail: nth == 1,
            picture: nth == 1,
            holder: holder.clone(),
            attached_ms: NOW_MS - DAY_MS,
        };
        let coming = AttachmentLine { wanted: true, ..line(2, "messages.zip", 2_400_000, 30, 74, desk) };
        let elsewhere = AttachmentLine { whole: Whole::Not, ..line(3, "log book.pdf", 180_000, 0, 6, desk) };
        let hidden = AttachmentLine { shown: false, ..line(4, "wrong car.jpg", 90_000, 3, 3, delta) };
        vec![line(1, "plate.jpg", 1_250_000, 39, 39, delta), coming, elsewhere, hidden]
    }

    fn history(self, delta: &Holder, desk: &Holder, imported: &Holder) -> Vec<HistoryLine> {
        let change = |key: &str, label: &str, before: &str, after: &str| FieldChange {
            key: key.into(),
            label: label.into(),
            before: if before.is_empty() { Vec::new() } else { vec![self.t(before)] },
            after: vec![self.t(after)],
        };
        let line = |holder: &Holder, age_ms, changes, settles| HistoryLine {
            entry: "00".repeat(16),
            holder: holder.clone(),
            written_ms: NOW_MS - age_ms,
            changes,
            settles,
        };
        vec![
            line(desk, 30 * MINUTE_MS, vec![change("colour", "Colour", "Blue", "Silver")], false),
            line(delta, HOUR_MS, vec![change("colour", "Colour", "Blue", "Grey")], false),
            line(desk, DAY_MS, vec![change("make_model", "Make and model", "Skoda Superb", "Skoda Octavia")], true),
            line(
                delta,
                2 * DAY_MS,
                vec![change(
                    "description",
                    "Description",
                    "Roof rack, dent in the off side door. A seat in the back.",
                    "Roof rack, dent in the near side door. A child seat in the back.",
                )],
                false,
            ),
            line(
                imported,
                19 * DAY_MS,
                vec![change("plate", "Plate", "", "OH 3338 L"), change("colour", "Colour", "", "Blue")],
                false,
            ),
        ]
    }

    fn home(self) -> Home {
        Home {
            conflicts: vec![self.car()],
            conflicts_total: 3,
            reviews: vec![self.marker(false), self.marker(true)],
            recent: vec![
                Summary {
                    discreet: true,
                    ..self.summary(9, Kind::Marker, "Discreet check · two burglaries", self.imported(), DAY_MS)
                },
                self.car(),
                self.person(),
                self.summary(
                    6,
                    Kind::Report,
                    "Cigarettes across the river road",
                    self.holder("Analyst P. Reyes", "Regional bureau"),
                    DAY_MS,
                ),
            ],
            answers: self.question_news(),
            alerts: vec![self.asked_here(true)],
            waiting: 14,
            set_aside: vec![SetAsideLine {
                what: "record change".into(),
                reason: reason!("aside-other-space").to_string(),
                said: Some(reason!("aside-other-space")),
                at_ms: NOW_MS - HOUR_MS,
            }],
            records: 12_408,
        }
    }

    fn sync(self) -> SyncStatus {
        let space = |title: &str, kind: &str, equal, to_send, to_receive| SpaceSync {
            space: SpaceId([4; 16]),
            title: self.t(title),
            kind: kind.into(),
            equal,
            to_send,
            to_receive,
        };
        let peer = |number: u8, site: &str, role: &str, connected, failed: Option<Reason>, spaces| PeerSync {
            replica: ReplicaId([number; 32]),
            site: self.t(site),
            role: role.into(),
            addresses: vec![self.t("10.0.4.2:7411")],
            connected,
            last_contact_ms: Some(NOW_MS - 15 * MINUTE_MS),
            last_equal_ms: if connected { Some(NOW_MS - 15 * MINUTE_MS) } else { None },
            bytes_sent: 48_221,
            bytes_received: 3_912_004,
            failure: failed.as_ref().map(ToString::to_string).unwrap_or_default(),
            failed,
            next_attempt_ms: Some(NOW_MS + 40_000),
            link: if connected { LinkUse::default() } else { held_back() },
            spaces,
        };
        let hub = vec![
            space("Members and keys", "registry", Some(true), 0, 0),
            space("Records of the region", "records", Some(false), 14, 0),
            space("Audit", "audit", None, 31, 0),
        ];
        let post = vec![space("Records of the region", "records", Some(true), 0, 0)];
        let silent = reason!("link-silent", why = reason!("link-no-answer"));
        SyncStatus {
            cut: false,
            cancelled_until_ms: None,
            peers: vec![
                peer(2, "Regional bureau", "hub", true, None, hub),
                peer(3, "Post Alpha", "post", false, Some(silent), post),
            ],
            words: "14 entries wait for the hub".into(),
            state: "waiting".into(),
            notices: vec![
                self.notice(NoticeKind::ClockHere, NOW_MS - 40 * DAY_MS),
                self.notice(NoticeKind::CameBackThere, NOW_MS - 2 * DAY_MS),
            ],
        }
    }

    fn rules_page(self, role: Role) -> rules::RulesPage {
        let member = |number: u8, site: &str, hub| Member {
            replica: ReplicaId([number; 32]),
            site: self.t(site),
            hub,
            addresses: Vec::new(),
        };
        let rules = LinkRules {
            offset_minutes: 60,
            general: LinkRule::default(),
            sites: vec![SiteRule { replica: ReplicaId([2; 32]), rule: held_back().rule }],
        };
        let members = [member(2, "Regional bureau", true), member(3, "Post Alpha", false)];
        rules::RulesPage::of(self.visit(role, "/sync/rules"), &rules, &members)
    }

    fn why_page(self, linked: bool) -> why::WhyPage {
        let visit = self.visit(Role::Officer, "/sync/why");
        let step = |step, outcome, finding| WhyStep { step, outcome, finding };
        let address = || self.t("hub.example:7411");
        use {WhyFinding as F, WhyOutcome as O, WhyPart as P};
        let addresses = vec![address(), self.t("10.0.4.2:7411")];
        let steps = if linked {
            vec![
                step(P::Address, O::Well, F::AddressKnown { addresses }),
                step(P::Name, O::Untried, F::NameUntried),
                step(P::Port, O::Well, F::PortLinked),
                step(P::Key, O::Well, F::KeyExpected),
                step(P::Clock, O::Care, F::ClockAhead { apart_ms: 55 * DAY_MS }),
                step(P::Right, O::Well, F::RightMember),
                step(P::Rules, O::Well, F::RulesFree),
                step(P::Last, O::Well, F::LastLinked),
                step(P::Next, O::Well, F::NextLinked),
            ]
        } else {
            let failure = reason!("link-silent", why = reason!("link-no-answer")).to_string();
            vec![
                step(P::Address, O::Well, F::AddressKnown { addresses }),
                step(P::Name, O::Well, F::NameFound { name: address(), to: self.t("10.0.4.2:7411") }),
                step(P::Port, O::Bad, F::PortSilent { address: address() }),
                step(P::Key, O::Untried, F::KeyUntried),
                step(P::Clock, O::Untried, F::ClockUntried),
                step(P::Right, O::Untried, F::RightUntried),
                step(P::Rules, O::Well, F::RulesFree),
                step(P::Last, O::Care, F::LastEqual { at_ms: NOW_MS - 9 * HOUR_MS, failure }),
                step(P::Next, O::Well, F::NextAt { at_ms: NOW_MS + 4 * MINUTE_MS }),
            ]
        };
        let replica = ReplicaId([2; 32]);
        let (site, role) = (self.t("Regional bureau"), "hub".into());
        let failed = Some(reason!("link-silent", why = reason!("link-no-answer")));
        let said = visit.clock.why(&LinkWhy { failed, replica, site, role, at_ms: NOW_MS, linked, steps });
        why::WhyPage::of(visit, Some(said), vec![(ReplicaId([3; 32]), self.t("Post Alpha"))])
    }

    fn notice(self, kind: NoticeKind, at_ms: u64) -> Notice {
        Notice { kind, site: self.t("Post Alpha"), at_ms, apart_ms: 3 * HOUR_MS, words: String::new() }
    }

    fn sticks(self) -> Vec<StickLine> {
        let stick = |direction: &str, number, site: &str, state: &str| StickLine {
            direction: direction.into(),
            number,
            replica: ReplicaId([2; 32]),
            site: self.t(site),
            at_ms: NOW_MS - number * HOUR_MS,
            made_ms: NOW_MS - number * HOUR_MS,
            expires_ms: NOW_MS + 29 * DAY_MS,
            entries: 1_204 * number,
            bytes: 61_000,
            state: state.into(),
            received_ms: (state == "received").then_some(NOW_MS - MINUTE_MS),
        };
        vec![
            stick("written", 3, "Regional bureau", "on_the_way"),
            stick("read", 5, "Regional bureau", "read"),
            stick("written", 2, "Regional bureau", "received"),
            stick("written", 1, "Post Alpha", "expired"),
        ]
    }

    fn stick_report(self) -> StickReport {
        StickReport {
            number: 5,
            site: self.t("Regional bureau"),
            made_ms: NOW_MS - 20 * HOUR_MS,
            entries: 1_180,
            held_before: 24,
            missing: vec![3, 4],
            received: vec![2],
            set_aside: vec![self.t("gap: the entries between are missing")],
            reasons: vec![reason!("peer-gap")],
        }
    }

    pub(super) fn report(self, dry_run: bool) -> ImportReport {
        let row = |line, code: &str, said: Reason, raw: &str| RejectedRow {
            line,
            code: code.into(),
            reason: said.to_string(),
            said: Some(said),
            raw: self.t(raw),
        };
        let (column, why) = (self.t("Date"), reason!("problem-grade-scheme"));
        ImportReport {
            batch: if dry_run { String::new() } else { "b-20251122-0912".into() },
            dry_run,
            mapping: self.t("northmark-crime"),
            file: self.t("northmark-crime.csv"),
            read: 812,
            imported: 774,
            same: 35,
            rejected: vec![
                row(
                    118,
                    "bad-date",
                    reason!("row-date-calendar", column = column, text = self.t("31/02/2024")),
                    "NM-2024-00117,31/02/2024,Burglary,Harrow Lane 12,OH3338L,\"Entered by the rear window\"",
                ),
                row(
                    301,
                    "too-few-columns",
                    reason!("row-columns-cut", found = 7_u8, columns = 11_u8),
                    "NM-2024-00300,02/03/2024,Theft",
                ),
                row(
                    640,
                    "no-reference",
                    reason!("row-invalid", part = self.t("report"), why = why),
                    ",14/06/2024,Handling,Quay 3",
                ),
            ],
            created: [("event".to_string(), 774), ("person".to_string(), 211), ("vehicle".to_string(), 1)].into(),
            changed: 12,
            remarks: vec![row(
                22,
                "value",
                reason!("row-lost-letters", column = self.t("Outcome"), text = self.t("?koda")),
                "",
            )],
        }
    }

    fn audit(self) -> Vec<AuditLine> {
        let line = |number: u64, action: &str, detail: &str, records: Vec<RecordId>, count, witnessed| AuditLine {
            said: None,
            site: self.t("Post Delta"),
            number,
            at_ms: NOW_MS - (40 - number) * 7 * MINUTE_MS,
            person: self.t("Officer K. Daniels"),
            user: self.t("k.daniels"),
            role: "officer".into(),
            action: action.into(),
            records,
            detail: if action == "change" { detail.into() } else { self.t(detail) },
            count,
            witnessed,
        };
        let why = reason!("link-in-order");
        vec![
            line(39, "check", "oh3338l", vec![id(1), id(7), id(8), id(9), id(10)], 5, false),
            line(38, "refused", "GET /people", Vec::new(), 0, false),
            line(37, "change", "colour", vec![id(1)], 1, true),
            line(36, "import", "northmark-crime.csv", Vec::new(), 774, true),
            line(35, "sign_in", "", Vec::new(), 0, true),
            line(34, "sign_in_refused", "k.daniels", Vec::new(), 0, true),
            AuditLine {
                said: Some(reason!("audit-link-closed", site = self.t("Hub"), why = why, received = 4_u8, sent = 2_u8)),
                user: String::new(),
                role: String::new(),
                ..line(33, "sync", "", Vec::new(), 6, true)
            },
        ]
    }

    fn people(self) -> Vec<Person> {
        let one = |user: &str, display: &str, role, disabled, last| Person {
            user: user.into(),
            display: self.t(display),
            role,
            disabled,
            last_sign_in_ms: last,
        };
        vec![
            one("k.daniels", "Officer K. Daniels", Role::Officer, false, Some(NOW_MS - HOUR_MS)),
            one("p.reyes", "Analyst P. Reyes", Role::Analyst, false, Some(NOW_MS - 2 * DAY_MS)),
            one("l.maric", "Inspector L. Maric", Role::Supervisor, false, None),
            one("b.okafor", "B. Okafor", Role::Administrator, false, Some(NOW_MS)),
            one("a.visser", "A. Visser, inspectorate", Role::Auditor, true, None),
        ]
    }

    fn invitation(self, code: &str) -> Invitation {
        Invitation {
            code: code.into(),
            addresses: vec!["10.0.4.2:7411".into()],
            agency: self.t("Border Service of the Riverlands"),
            site: self.t("Regional bureau"),
            expires_ms: NOW_MS + 23 * HOUR_MS,
            hub: false,
        }
    }

    /// Every page.
    pub(super) fn pages(self) -> Vec<Shown> {
        let mut shown = self.first_pages();
        shown.extend(self.question_pages());
        shown.extend(self.record_pages());
        shown.extend(self.import_pages());
        shown.extend(self.machine_pages());
        shown
    }

    fn first_pages(self) -> Vec<Shown> {
        let officer = |path: &str| self.visit(Role::Officer, path);
        let check = |verdict| check::CheckPage {
            frame: officer("/check").frame(Section::Check, "Check"),
            asked: self.t("oh3338l"),
            answer: Some(check::Answer::of(&officer("/check").clock, self.check(verdict))),
            askable: self.askable(),
        };
        let mut wrong = sign_in::SignInPage::of(officer("/sign-in"), self.t("k.daniels"), "/".into());
        wrong.frame.troubles.push(Trouble { at: "user".into(), text: self.t("The name or the password is wrong.") });
        let empty = check::CheckPage {
            frame: officer("/check").frame(Section::Check, "Check"),
            asked: String::new(),
            answer: None,
            askable: Vec::new(),
        };
        let mut first = first_run::FirstRunPage::of(self.alone(), true);
        first.frame.here.enrolled = false;
        vec![
            ("first-run", html(&first)),
            ("first-run-closed", html(&first_run::FirstRunPage::of(self.alone(), false))),
            ("sign-in", html(&sign_in::SignInPage::of(officer("/sign-in"), String::new(), "/".into()))),
            ("sign-in-wrong", html(&wrong)),
            ("home", html(&home::HomePage::of(officer("/"), Some(self.home()), Some(self.sync()), false))),
            ("home-empty", html(&home::HomePage::of(self.alone(), Some(Home { records: 0, ..calm() }), None, false))),
            (
                "home-administrator",
                html(&home::HomePage::of(self.visit(Role::Administrator, "/"), None, Some(self.sync()), true)),
            ),
            ("check", html(&empty)),
            ("check-hit", html(&check(Verdict::Hit))),
            ("check-possible", html(&check(Verdict::Possible))),
            ("check-nothing", html(&check(Verdict::NothingHeld))),
            ("check-unread", html(&check(Verdict::NotUnderstood))),
            ("search", html(&search::SearchPage::of(officer("/search"), search::Asked::default(), None))),
            (
                "search-found",
                html(&search::SearchPage::of(officer("/search?text=harrow"), self.asked(), Some(self.search()))),
            ),
            (
                "search-nothing",
                html(&search::SearchPage::of(
                    officer("/search?text=harrow"),
                    self.asked(),
                    Some(nothing(self.search())),
                )),
            ),
        ]
    }

    fn asked(self) -> search::Asked {
        search::Asked { text: self.t("harrow"), kind: Some(Kind::Event), page: 0 }
    }

    /// A visit to a post that has joined nobody.
    fn alone(self) -> Visit {
        let mut visit = self.visit(Role::Administrator, "/");
        visit.here.enrolled = false;
        visit.sync_words = "This post works alone: it has not joined a hub.".into();
        visit.sync_state = "alone".into();
        visit
    }

    fn record_pages(self) -> Vec<Shown> {
        let visit = |path: &str| self.visit(Role::Supervisor, path);
        let mut saved = visit("/records/x?done=saved");
        saved.done = Some(Done::Saved);
        let settled = RecordPage { summary: Summary { conflict: false, ..self.car() }, ..self.record() };
        let settled =
            RecordPage { fields: settled.fields.into_iter().filter(|field| !field.conflict).collect(), ..settled };
        let mut pages = vec![
            ("record", html(&record::RecordShown::of(visit("/records/x"), self.record(), false))),
            ("record-private", html(&record::RecordShown::of(visit("/records/x?private=yes"), self.record(), true))),
            ("record-saved", html(&record::RecordShown::of(saved, settled, false))),
            (
                "record-before-private",
                html(&record::BeforePrivate {
                    frame: visit("/records/x/private").frame(Section::Search, "Show what must stay private"),
                    about: format!("/records/{}", id(1)),
                }),
            ),
            (
                "record-edit",
                html(&record_form::filled(
                    visit("/records/x/edit"),
                    &self.record(),
                    &record_form::texts_of(&self.record()),
                    &record_form::texts_of(&self.record()),
                    "v1".into(),
                    Vec::new(),
                )),
            ),
            (
                "record-kinds",
                html(&record_form::NewRecord {
                    frame: visit("/records/new").frame(Section::New, "New record"),
                    kinds: Kind::ALL.into_iter().take(8).collect(),
                }),
            ),
            (
                "record-link",
                html(&search::LinkPage {
                    frame: visit("/records/x/link").frame(Section::Search, "Link to another record"),
                    this: self.car(),
                    text: self.t("fairfax"),
                    answer: Some(self.search()),
                }),
            ),
        ];
        for (name, kind) in NEW {
            let texts: Texts = match kind {
                Kind::Marker => [("subject".to_string(), vec![id(1).to_string()])].into(),
                Kind::Link => [("from".to_string(), vec![id(1).to_string()])].into(),
                _ => Texts::new(),
            };
            let titles = [(id(1).to_string(), self.car().title)].into();
            let troubles = match kind {
                Kind::Organisation => vec![Trouble { at: "name".into(), text: self.t("Name is missing. Fill it in.") }],
                _ => Vec::new(),
            };
            pages.push((name, html(&record_form::blank(visit("/records/new"), kind, &texts, &titles, troubles))));
        }
        pages
    }

    fn import_pages(self) -> Vec<Shown> {
        let visit = |path: &str| self.visit(Role::Analyst, path);
        let sniffed = cairn_intake::sniff(self.file().as_bytes());
        let batch = |undone_ms| ImportBatch {
            batch: "b-20251122-0912".into(),
            report: self.report(false),
            person: self.t("Analyst P. Reyes"),
            at_ms: NOW_MS - 2 * HOUR_MS,
            undone_ms,
        };
        let run = |state| {
            imports::RunPage::of(
                visit("/imports/f/run"),
                "f",
                &self.t("northmark-crime.csv"),
                self.t("northmark-crime"),
                state,
            )
        };
        let going = |dry_run| RunShown::Going { dry_run, read: 412, imported: 398, since_ms: NOW_MS - MINUTE_MS };
        let report = |dry_run| {
            let words = Words::new(self.language);
            RunShown::Done(Box::new(imports::ReportShown::of(words, self.report(dry_run), "/imports/f")))
        };
        let names = vec![self.t("northmark-crime"), self.t("harbour-log")];
        let words = Words::new(self.language);
        vec![
            (
                "imports",
                html(&imports::ImportsPage::of(visit("/imports"), vec![batch(None), batch(Some(NOW_MS - HOUR_MS))])),
            ),
            ("imports-none", html(&imports::ImportsPage::of(visit("/imports"), Vec::new()))),
            (
                "import-choose",
                html(&mapping::ChoosePage::of(
                    visit("/imports/f"),
                    "f",
                    &self.t("northmark-crime.csv"),
                    names,
                    sniffed.clone(),
                )),
            ),
            (
                "import-columns",
                html(&mapping::ColumnsPage::of(visit("/imports/f/columns"), "f", "Harbour log.csv", &sniffed)),
            ),
            ("import-going", html(&run(going(false)))),
            ("import-checked", html(&run(report(true)))),
            ("import-applied", html(&run(report(false)))),
            (
                "import-failed",
                html(&run(RunShown::Failed(words.sentence(&reason!("file-column-twice", name = self.t("Crime No")))))),
            ),
            ("import-batch", html(&imports::BatchPage::of(visit("/imports/batches/b"), batch(None)))),
            (
                "import-batch-undone",
                html(&imports::BatchPage::of(visit("/imports/batches/b"), batch(Some(NOW_MS - HOUR_MS)))),
            ),
        ]
    }

    fn file(self) -> String {
        let rows = "Crime No,Date,Offence,Place,Vehicle,Notes\nNM-2024-00117,03/11/2024,Burglary,Harrow Lane 12,OH3338L,Entered by the rear window\n\
            NM-2024-00118,04/11/2024,Theft,Quay 3,,A bicycle and a pump\nNM-2024-00119,21/11/2024,Handling,River road 7,BX 117 K,Seen by two people\n";
        if self.hostile {
            rows.replace("Quay 3", "<script>alert(1)</script>").replace("Offence", "<img src=x onerror=alert(2)>")
        } else {
            rows.into()
        }
    }

    fn machine_pages(self) -> Vec<Shown> {
        let visit = |path: &str| self.visit(Role::Administrator, path);
        let mut hub = visit("/sync/invite");
        hub.here = self.identity("hub", true);
        let code = "K7QM XW42 9HTB 3NVD R6CP 5YJF 8GZS LM2K Q4WA 7TXE";
        let log = |site: &str, fault: &str| VerifiedLog {
            space: self.t("Audit of the region"),
            kind: "audit".into(),
            site: self.t(site),
            lane: serde_json::from_str("\"normal\"").unwrap(),
            entries: 40_118,
            fault: fault.into(),
            said: (!fault.is_empty()).then(|| reason!("log-fault", number = 311_u64)),
        };
        let sound = Verification { sound: true, logs: vec![log("Post Delta", ""), log("Regional bureau", "")] };
        let broken = Verification {
            sound: false,
            logs: vec![log("Post Delta", ""), log("Post Charlie", "the chain breaks at entry 311")],
        };
        let mut cut = visit("/sync");
        (cut.cut, cut.sync_words, cut.sync_state) =
            (true, "The links are cut on purpose; 14 entries wait.".into(), "cut".into());
        let person = self.people().remove(0);
        let failure = |failure: &Failure| {
            html(&failure::FailurePage::of(
                self.visit(Role::Officer, "/people").frame(Section::Other, failure.title()),
                failure,
            ))
        };
        vec![
            ("sync", html(&sync::SyncPage::of(visit("/sync"), self.sync()))),
            ("sync-cut", html(&sync::SyncPage::of(cut, SyncStatus { cut: true, ..self.sync() }))),
            ("sync-nobody", html(&sync::SyncPage::of(self.alone(), SyncStatus { peers: Vec::new(), ..self.sync() }))),
            ("rules", html(&self.rules_page(Role::Administrator))),
            ("rules-read", html(&self.rules_page(Role::Officer))),
            ("why", html(&self.why_page(false))),
            ("why-linked", html(&self.why_page(true))),
            ("why-nobody", html(&why::WhyPage::of(self.alone(), None, Vec::new()))),
            (
                "sticks",
                html(&sticks::SticksPage::of(
                    visit("/sync/sticks"),
                    self.sticks(),
                    vec![self.t("Regional bureau"), self.t("Post Alpha")],
                    Some(self.stick_report()),
                )),
            ),
            ("sticks-none", html(&sticks::SticksPage::of(visit("/sync/sticks"), Vec::new(), Vec::new(), None))),
            (
                "invite",
                html(&join::InvitePage::of(
                    hub,
                    vec![self.invitation("9HTB 3NVD")],
                    Some(self.invitation(code)),
                    self.t("10.0.4.2:7411"),
                )),
            ),
            ("join", html(&join::JoinPage::of(self.alone(), true))),
            (
                "audit",
                html(&audit::AuditPage::of(self.visit(Role::Auditor, "/audit"), audit::Asked::default(), self.audit())),
            ),
            ("audit-sound", html(&audit::VerifiedPage::of(self.visit(Role::Auditor, "/audit"), sound))),
            ("audit-broken", html(&audit::VerifiedPage::of(self.visit(Role::Auditor, "/audit"), broken))),
            ("people", html(&people::PeoplePage::of(visit("/people"), self.people()))),
            ("person", html(&people::PersonPage::of(visit("/people/k.daniels"), person))),
            ("me", html(&me::MePage::of(self.visit(Role::Officer, "/me")))),
            ("drafts", html(&drafts::DraftsPage::of(visit("/drafts"), &self.drafts()))),
            ("drafts-none", html(&drafts::DraftsPage::of(visit("/drafts"), &[]))),
            ("palette", html(&palette::PalettePage::of(self.visit(Role::Officer, "/go"), &self.home().recent))),
            ("about", html(&about::AboutPage::of(self.visit(Role::Officer, "/about")))),
            ("refused", failure(&Failure::refused())),
            (
                "not-found",
                failure(&Failure::new(
                    StatusCode::NOT_FOUND,
                    "not-found",
                    reason!("record-not-here", record = self.t("018f")),
                )),
            ),
            ("sync-line", html(&sync::SyncLine { frame: visit("/sync").frame(Section::Other, "") })),
        ]
    }
}

impl Flavour {
    fn drafts(self) -> Vec<Draft> {
        let fields = [("kind", "person".to_string()), ("surname", self.t("Fairf"))];
        let draft = |about: &str, age_ms: u64| Draft {
            name: format!("{about} 1"),
            about: about.into(),
            fields: fields.iter().map(|(key, value)| ((*key).to_string(), value.clone())).collect(),
            kept_ms: NOW_MS - age_ms,
        };
        vec![draft("new person", MINUTE_MS), draft(&format!("change {}", id(7)), DAY_MS)]
    }
}

const NEW: [(&str, Kind); 10] = [
    ("new-person", Kind::Person),
    ("new-organisation", Kind::Organisation),
    ("new-vehicle", Kind::Vehicle),
    ("new-document", Kind::Document),
    ("new-phone", Kind::Phone),
    ("new-location", Kind::Location),
    ("new-event", Kind::Event),
    ("new-report", Kind::Report),
    ("new-marker", Kind::Marker),
    ("new-link", Kind::Link),
];

pub(super) fn id(number: u8) -> RecordId {
    RecordId::new(1_700_000_000_000, [number; 10])
}

pub(super) fn grade() -> Grade {
    Grade { scheme: "3x5x2".into(), source: "2".into(), information: "B".into() }
}

fn calm() -> Home {
    Home {
        conflicts: Vec::new(),
        conflicts_total: 0,
        reviews: Vec::new(),
        answers: Vec::new(),
        alerts: Vec::new(),
        recent: Vec::new(),
        waiting: 0,
        set_aside: Vec::new(),
        records: 0,
    }
}

fn nothing(answer: SearchAnswer) -> SearchAnswer {
    SearchAnswer { hits: Vec::new(), total: 0, facets: Vec::new(), also_searched: Vec::new(), ..answer }
}

pub(super) fn html(page: &impl Template) -> String {
    page.render().unwrap()
}
