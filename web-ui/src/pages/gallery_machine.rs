//! Pages of the machine in the gallery: beginning, sync, sticks, links, people and audit.

use cairn_casebook::*;
use cairn_record::RecordId;

use super::gallery::{DAY_MS, Flavour, HOUR_MS, MINUTE_MS, NOW_MS, Shown, calm, html, id, nothing, read};
use super::*;

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

impl Flavour {
    pub(super) fn sync(self) -> SyncStatus {
        let space = |title: &str, kind: &str, equal, to_send, to_receive| SpaceSync {
            space: SpaceId([4; 16]),
            title: format!("{title}{}", self.t("the region")),
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
            space("Registry of ", "registry", Some(true), 0, 0),
            space("Records of ", "records", Some(false), 14, 0),
            space("Audit of ", "audit", None, 31, 0),
        ];
        let post = vec![space("Records of ", "records", Some(true), 0, 0)];
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
                self.notice(NoticeKind::DiskLow, 0),
                self.notice(NoticeKind::ClockHere, NOW_MS - 40 * DAY_MS),
                self.notice(NoticeKind::CameBackThere, NOW_MS - 2 * DAY_MS),
            ],
        }
    }

    fn rules_page(self, role: Role) -> rules::RulesPage {
        let member = |number: u8, site: &str, role| Member {
            replica: ReplicaId([number; 32]),
            site: self.t(site),
            role,
            addresses: Vec::new(),
        };
        let rules = LinkRules {
            offset_minutes: 60,
            general: LinkRule::default(),
            sites: vec![SiteRule { replica: ReplicaId([2; 32]), rule: held_back().rule }],
        };
        let members = [member(2, "Regional bureau", ReplicaRole::Hub), member(3, "Post Alpha", ReplicaRole::Post)];
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
        Notice { kind, site: self.t("Post Alpha"), at_ms, apart_ms: 3 * HOUR_MS, entries: 0, words: String::new() }
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
            files: 7 * (number % 3),
            files_left: number / 3,
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
            files: 7,
            files_bytes: 21_400_000,
            files_left: 1,
            files_missing: 3,
            missing: vec![3, 4],
            received: vec![2],
            set_aside: vec![self.t("gap: the entries between are missing")],
            reasons: vec![reason!("peer-gap")],
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
            detail: if matches!(action, "change" | "refused") { detail.into() } else { self.t(detail) },
            count,
            witnessed,
        };
        let why = reason!("link-in-order");
        vec![
            line(39, "check", "oh3338l", vec![id(1), id(7), id(8), id(9), id(10)], 5, false),
            line(38, "refused", &format!("GET /{}", self.t("people")), Vec::new(), 0, false),
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
            user: self.t(user),
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
            relay: false,
        }
    }

    /// A visit to a machine that carries what it cannot read.
    fn at_relay(self, path: &str) -> Visit {
        let mut visit = self.visit(Role::Supervisor, path);
        visit.here.role = "relay".into();
        visit
    }

    fn carried(self) -> Vec<Carried> {
        let line = |site: &str, entries| Carried {
            space: self.t("Records"),
            kind: "records".into(),
            site: self.t(site),
            entries,
        };
        vec![line("Post Delta", 12_041), line("Regional bureau", 880)]
    }

    pub(super) fn first_pages(self) -> Vec<Shown> {
        let officer = |path: &str| self.visit(Role::Officer, path);
        let answered = |answer| check::CheckPage {
            frame: officer("/check").frame(Section::Check, self.clock().words.t("check-title")),
            asked: self.t("oh3338l"),
            answer: Some(check::Answer::of(&officer("/check").clock, answer)),
            askable: self.askable(),
        };
        let check = |verdict| answered(self.check(verdict));
        let mut damaged = self.check(Verdict::NothingHeld);
        damaged.freshness[0].complete_ms = None;
        let mut wrong = sign_in::SignInPage::of(officer("/sign-in"), self.t("k.daniels"), "/".into());
        wrong
            .frame
            .troubles
            .push(Trouble { at: "user".into(), text: self.clock().words.t("failure-words-sign-in-wrong") });
        let empty = check::CheckPage {
            frame: officer("/check").frame(Section::Check, self.clock().words.t("check-title")),
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
            ("check-damaged", html(&answered(damaged))),
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

    pub(super) fn machine_pages(self) -> Vec<Shown> {
        let visit = |path: &str| self.visit(Role::Administrator, path);
        let mut hub = visit("/sync/invite");
        hub.here = self.identity("hub", true);
        let code = &self.t("K7QM XW42 9HTB 3NVD R6CP 5YJF 8GZS LM2K Q4WA 7TXE");
        let missing = |log: VerifiedLog| VerifiedLog {
            holed: true,
            said: Some(reason!("log-hole", numbers = self.t("22–23"))),
            ..log
        };
        let log = |site: &str, fault: &str| VerifiedLog {
            space: format!("Audit of {}", self.t("the region")),
            kind: "audit".into(),
            site: self.t(site),
            lane: read("\"normal\""),
            entries: 40_118,
            holed: false,
            fault: fault.into(),
            said: (!fault.is_empty()).then(|| reason!("log-fault", number = 311_u64)),
        };
        let sound = Verification { sound: true, logs: vec![log("Post Delta", ""), log("Regional bureau", "")] };
        let broken = Verification {
            sound: false,
            logs: vec![
                log("Post Delta", ""),
                log("Post Charlie", "the chain breaks at entry 311"),
                missing(log("Regional bureau", "22–23")),
            ],
        };
        let mut cut = visit("/sync");
        (cut.cut, cut.sync_words, cut.sync_state) = (true, self.clock().sync(&SyncSays::Cut), "cut".into());
        let nobody = SyncStatus { peers: Vec::new(), ..self.sync() };
        let held_nothing = Home { records: 0, ..calm() };
        let person = self.people().remove(0);
        let failure =
            |failure: &Failure| html(&failure::FailurePage::of(self.visit(Role::Officer, "/people"), failure));
        vec![
            ("sync", html(&sync::SyncPage::of(visit("/sync"), self.sync(), Vec::new()))),
            ("sync-cut", html(&sync::SyncPage::of(cut, SyncStatus { cut: true, ..self.sync() }, Vec::new()))),
            ("sync-nobody", html(&sync::SyncPage::of(self.alone(), nobody, Vec::new()))),
            ("sync-relay", html(&sync::SyncPage::of(self.at_relay("/sync"), self.sync(), self.carried()))),
            ("home-relay", html(&home::HomePage::of(self.at_relay("/"), Some(held_nothing), Some(self.sync()), false))),
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
                    vec![self.invitation(&self.t("9HTB 3NVD"))],
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
