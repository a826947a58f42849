//! Every page with invented answers of the casebook, for tests and for people who look at them.
//!
//! `CAIRN_GALLERY=DIR cargo test -p cairn-web-ui gallery` writes the pages and their files below DIR; any server of
//! static files shows them.

use askama::Template;
use cairn_casebook::*;
use cairn_record::{Confidence, FieldType, Identifier, IdentifierKind, Kind, Reading, RecordId, Value, reason, schema};

use super::frame::{Look, Section, Trouble, Visit};
use super::schema_form::Texts;
use super::*;
use crate::gate::SignedIn;
use crate::session::Sessions;
use crate::words::{Clock, Language, Words};

/// 22 November 2025, 09:12:30 UTC.
pub(super) const NOW_MS: u64 = 1_763_802_750_000;
pub(super) const MINUTE_MS: u64 = 60_000;
pub(super) const HOUR_MS: u64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: u64 = 24 * HOUR_MS;

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

    pub(super) fn clock(self) -> Clock {
        Clock { words: Words::new(self.language), now_ms: NOW_MS }
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
            clock: self.clock(),
            look: Look { theme: "auto", rows: "comfortable", keys: "on" },
            signed_in: Some(SignedIn { actor, csrf: session.csrf, session: found.key }),
            here: self.identity("post", true),
            sync_words: self.clock().sync(&SyncSays::Waits {
                peer: None,
                entries: 14,
                since_ms: Some(NOW_MS - 15 * MINUTE_MS),
            }),
            sync_state: "waiting".into(),
            cut: false,
            no_link: true,
            wrong_clock: false,
            low_disk: false,
            path: path.into(),
            done: None,
        }
    }

    pub(super) fn identity(self, role: &str, enrolled: bool) -> Identity {
        Identity {
            replica: ReplicaId([0xa7; 32]),
            agency: self.t("Border Service of the Riverlands"),
            site: self.t(if role == "hub" { "Regional bureau" } else { "Post Delta" }),
            country: "UTO".into(),
            role: role.into(),
            enrolled,
            keeps_registry: role == "hub",
            demo: self.demo,
        }
    }

    pub(super) fn holder(self, person: &str, site: &str) -> Holder {
        Holder {
            agency: self.t("Border Service of the Riverlands"),
            site: self.t(site),
            person: self.t(person),
            origin_agency: String::new(),
            origin_ref: String::new(),
        }
    }

    pub(super) fn imported(self) -> Holder {
        Holder {
            origin_agency: self.t("Northmark Police"),
            origin_ref: self.t("NM-2024-00317"),
            ..self.holder("Analyst P. Reyes", "Regional bureau")
        }
    }

    pub(super) fn summary(self, number: u8, kind: Kind, title: &str, holder: Holder, age_ms: u64) -> Summary {
        Summary {
            id: id(number),
            kind,
            title: self.t(title),
            holder,
            space: SpaceId([3; 16]),
            space_title: format!("Records of {}", self.t("the region")),
            grade: None,
            changed_ms: NOW_MS - age_ms,
            conflict: false,
            part_lost: false,
            withdrawn: false,
            discreet: false,
        }
    }

    pub(super) fn car(self) -> Summary {
        Summary {
            grade: Some(grade()),
            conflict: true,
            ..self.summary(1, Kind::Vehicle, "OH 3338 L, grey Skoda Octavia", self.imported(), 2 * DAY_MS)
        }
    }

    pub(super) fn person(self) -> Summary {
        self.summary(
            2,
            Kind::Person,
            "Fairfax, William, born 4 March 1979",
            self.holder("Officer K. Daniels", "Post Delta"),
            3 * HOUR_MS,
        )
    }

    pub(super) fn marker(self, discreet: bool) -> MarkerLine {
        let code = |key: &str, at: usize| label_of(Kind::Marker, key, at);
        MarkerLine {
            id: id(9),
            code: "stop".into(),
            label: code("marker", 0),
            reason: self.t(match discreet {
                true => "Discreet check: two burglaries at Harrow Lane, and he must not learn that he is suspected.",
                false => "Used in two burglaries at Harrow Lane; the driver is believed to carry a false licence.",
            }),
            requested_action: code("requested_action", 0),
            contact: self.t("Northmark duty desk, +44 1632 960 117, at any hour"),
            discreet,
            holder: self.holder("Inspector L. Maric", "Regional bureau"),
            set_ms: NOW_MS - 5 * DAY_MS,
            review_by: "2025-12-01".into(),
        }
    }

    pub(super) fn links(self) -> Vec<LinkLine> {
        let line = |number, label: &str, kind, title: &str| LinkLine {
            link: id(100 + number),
            relation: String::new(),
            label: label.into(),
            other: id(number),
            kind,
            title: self.t(title),
        };
        vec![
            line(2, "User of", Some(Kind::Person), "Fairfax, William, born 4 March 1979"),
            line(4, "Involved in", Some(Kind::Event), "Burglary, Harrow Lane 12, 3 November 2025"),
            line(5, "Seen at", None, ""),
        ]
    }

    pub(super) fn freshness(self) -> Vec<Freshness> {
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
        let alike = hit(Summary { part_lost: true, ..alike }, MatchKind::LookAlike, "plate", "0H 333BL", Vec::new());
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

    pub(super) fn search(self) -> SearchAnswer {
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
            also_searched: Vec::new(),
            also: vec![
                reason!("also-sounds-alike", word = self.t("harrow")),
                reason!("also-looks-alike", word = self.t("oh3338l")),
            ],
            ignored: vec![self.t("lane"), self.t("riverside")],
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
            lost: None,
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

    pub(super) fn attachments(self, delta: &Holder, desk: &Holder) -> Vec<AttachmentLine> {
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

    pub(super) fn history(self, delta: &Holder, desk: &Holder, imported: &Holder) -> Vec<HistoryLine> {
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

    pub(super) fn home(self) -> Home {
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

    /// Every page.
    pub(super) fn pages(self) -> Vec<Shown> {
        let mut shown = self.first_pages();
        shown.extend(self.question_pages());
        shown.extend(self.record_pages());
        shown.extend(self.import_pages());
        shown.extend(self.machine_pages());
        shown
    }

    pub(super) fn asked(self) -> search::Asked {
        search::Asked { text: self.t("harrow"), kind: Some(Kind::Event), page: 0 }
    }

    /// A visit to a post that has joined nobody.
    pub(super) fn alone(self) -> Visit {
        let mut visit = self.visit(Role::Administrator, "/");
        visit.here.enrolled = false;
        visit.sync_words = self.clock().sync(&SyncSays::Alone);
        visit.sync_state = "alone".into();
        visit
    }

    pub(super) fn record_pages(self) -> Vec<Shown> {
        let words = Words::new(self.language);
        let visit = |path: &str| self.visit(Role::Supervisor, path);
        let mut saved = visit("/records/x?done=saved");
        saved.done = Some(Done::Saved);
        let settled = RecordPage { summary: Summary { conflict: false, ..self.car() }, ..self.record() };
        let settled =
            RecordPage { fields: settled.fields.into_iter().filter(|field| !field.conflict).collect(), ..settled };
        let lost = RecordPage {
            lost: Some(LostPart { waiting: 2, words: String::new() }),
            summary: Summary { part_lost: true, ..self.car() },
            ..self.record()
        };
        let mut pages = vec![
            ("record", html(&record::RecordShown::of(visit("/records/x"), self.record(), false))),
            ("record-private", html(&record::RecordShown::of(visit("/records/x?private=yes"), self.record(), true))),
            ("record-saved", html(&record::RecordShown::of(saved, settled, false))),
            ("record-lost", html(&record::RecordShown::of(visit("/records/x"), lost, false))),
            (
                "record-before-private",
                html(&record::BeforePrivate {
                    frame: visit("/records/x/private").frame(Section::Search, words.t("private-title")),
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
                    frame: visit("/records/new").frame(Section::New, words.t("new-title")),
                    kinds: Kind::ALL.into_iter().take(8).collect(),
                }),
            ),
            (
                "record-link",
                html(&search::LinkPage {
                    frame: visit("/records/x/link").frame(Section::Search, words.t("link-title")),
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
                Kind::Organisation => {
                    let field = words.field(kind, schema(kind).by_key("name").unwrap());
                    let text = words.sentence(&reason!("problem-required", field = field));
                    vec![Trouble { at: "name".into(), text }]
                }
                _ => Vec::new(),
            };
            pages.push((name, html(&record_form::blank(visit("/records/new"), kind, &texts, &titles, troubles))));
        }
        pages
    }
}

impl Flavour {
    pub(super) fn drafts(self) -> Vec<Draft> {
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

pub(super) fn calm() -> Home {
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

pub(super) fn nothing(answer: SearchAnswer) -> SearchAnswer {
    SearchAnswer { hits: Vec::new(), total: 0, facets: Vec::new(), also: Vec::new(), ..answer }
}

pub(super) fn html(page: &impl Template) -> String {
    page.render().unwrap()
}

/// What JSON says, for a value whose type has no name here.
pub(super) fn read<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

/// The label of a code of a field, as the casebook says it.
fn label_of(kind: Kind, key: &str, at: usize) -> String {
    match schema(kind).by_key(key).map(|field| field.holds) {
        Some(FieldType::Code(codes)) => codes[at].1.into(),
        _ => panic!("{key} holds no codes"),
    }
}
