//! Pages of questions in the gallery.

use cairn_casebook::*;
use cairn_record::{Confidence, Identifier, IdentifierKind, Kind, Reading};

use super::gallery::{Flavour, NOW_MS, Shown, grade, html, id};
use super::questions::{QuestionShown, QuestionsPage};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

impl Flavour {
    pub(super) fn askable(self) -> Vec<Askable> {
        let one = |number, site: &str, role: &str| Askable {
            replica: ReplicaId([number; 32]),
            site: self.t(site),
            role: role.into(),
            connected: number == 1,
        };
        vec![one(1, "Regional bureau", "hub"), one(2, "Post Alpha", "post")]
    }

    fn question(self, number: u8, plate: &str, state: QuestionState, result: Option<AnswerResult>) -> QuestionLine {
        let answered = state == QuestionState::Answered;
        let exact = self.t(plate);
        let identifier = Identifier { kind: IdentifierKind::Plate, exact, lookalike: String::new() };
        QuestionLine {
            id: QuestionId([number; 16]),
            asked: self.t(plate),
            read_as: vec![self.t(plate)],
            readings: vec![Reading { identifier, pattern: false, confidence: Confidence::Likely }],
            reason: self.t("Stopped at the crossing with two passengers"),
            person: self.t("Officer K. Daniels"),
            user: self.t("k.daniels"),
            asked_ms: NOW_MS - 20 * MINUTE_MS,
            to: self.t("Regional bureau"),
            to_role: "hub".into(),
            connected: state == QuestionState::Sent,
            state,
            expires_ms: NOW_MS + 7 * DAY_MS,
            result,
            hits: usize::from(result == Some(AnswerResult::Held)),
            held_by: if answered { vec![self.t("Post Alpha")] } else { Vec::new() },
            answered_ms: answered.then_some(NOW_MS - 2 * MINUTE_MS),
            unread: answered,
        }
    }

    pub(super) fn questions(self) -> Vec<QuestionLine> {
        use QuestionState::{Answered, Expired, Sent, Waiting};
        vec![
            self.question(1, "OH3338L", Answered, Some(AnswerResult::Held)),
            self.question(2, "NY15JRP", Answered, Some(AnswerResult::Contact)),
            self.question(3, "AB12CDE", Answered, Some(AnswerResult::None)),
            self.question(4, "KX16ERD", Waiting, None),
            self.question(5, "RH29YFL", Sent, None),
            self.question(6, "GL35KAT", Expired, None),
        ]
    }

    pub(super) fn question_news(self) -> Vec<QuestionLine> {
        let ended = |line: &QuestionLine| matches!(line.state, QuestionState::Answered | QuestionState::Expired);
        self.questions().into_iter().filter(ended).collect()
    }

    pub(super) fn asked_here(self, alert: bool) -> AskedLine {
        let matched = |outcome, discreet| AskedMatch {
            record: id(1),
            title: self.t(if discreet { "Discreet check" } else { "OH 3338 L, Opel Astra" }),
            discreet,
            outcome,
        };
        AskedLine {
            id: QuestionId([9; 16]),
            look: 0,
            site: self.t("Post Alpha"),
            person: self.t("Officer T. Brandt"),
            reason: self.t("Seen twice on the river road"),
            asked: self.t("OH3338L"),
            asked_ms: NOW_MS - DAY_MS,
            answered_ms: NOW_MS - 40 * MINUTE_MS,
            matched: match alert {
                true => vec![matched(Outcome::Silent, false), matched(Outcome::Silent, true)],
                false => vec![matched(Outcome::Open, false), matched(Outcome::Contact, false)],
            },
            alert,
        }
    }

    fn hit(self, here: bool) -> QuestionHit {
        let marker = |discreet: bool| QuestionMarker {
            code: "firearms".into(),
            label: "Firearms".into(),
            requested_action: "Approach with care".into(),
            reason: self.t(if discreet { "Discreet check" } else { "Seen at two armed robberies" }),
            contact: self.t("Duty desk, 555 0100"),
            discreet,
        };
        QuestionHit {
            record: Some(id(1)),
            here,
            kind: Some(Kind::Vehicle),
            title: self.t("OH 3338 L, Opel Astra, silver"),
            matched: Some(MatchKind::Exact),
            holder: Holder {
                agency: self.t("Northmark Border Service"),
                site: self.t("Post Alpha"),
                person: self.t("Officer T. Brandt"),
                origin_agency: String::new(),
                origin_ref: String::new(),
            },
            grade: Some(grade()),
            changed_ms: NOW_MS - 3 * DAY_MS,
            contact: self.t("Duty desk, 555 0100"),
            markers: vec![marker(false), marker(true)],
        }
    }

    fn answered(self, line: QuestionLine, hits: Vec<QuestionHit>) -> QuestionPage {
        let answer = |number, hits: Vec<QuestionHit>| QuestionAnswer {
            number,
            result: if hits.is_empty() { AnswerResult::None } else { AnswerResult::Held },
            as_of_ms: NOW_MS - 2 * MINUTE_MS,
            more: u16::from(number == 0 && !hits.is_empty()) * 3,
            hits,
            unheard: vec![self.t("Post Charlie"), self.t("Post Foxtrot")],
            unheard_more: u16::from(number),
        };
        let later = hits.len() > 1;
        let mut answers = vec![answer(0, hits)];
        if later {
            answers.push(answer(1, vec![self.hit(false)]));
        }
        QuestionPage { line, answers }
    }

    pub(super) fn question_pages(self) -> Vec<Shown> {
        let visit = |path: &str| self.visit(Role::Officer, path);
        let [held, contact, none, waiting, sent, expired] = self.questions().try_into().unwrap_or_else(|_| panic!());
        let caller = QuestionHit {
            record: None,
            kind: None,
            matched: None,
            grade: None,
            changed_ms: 0,
            title: String::new(),
            markers: Vec::new(),
            ..self.hit(false)
        };
        let open = |line| QuestionPage { line, answers: Vec::new() };
        let page = |found, private| html(&QuestionShown::of(visit("/questions/x"), found, private));
        let held = self.answered(held, vec![self.hit(true), QuestionHit { here: false, ..self.hit(false) }]);
        let mut damaged = self.answered(none.clone(), Vec::new());
        damaged.answers[0].unheard = vec![self.t("Regional bureau")];
        let supervisor = self.visit(Role::Supervisor, "/questions");
        let asked = vec![self.asked_here(true), self.asked_here(false)];
        vec![
            ("question-held", page(held.clone(), false)),
            ("question-private", page(held, true)),
            ("question-contact", page(self.answered(contact, vec![caller]), false)),
            ("question-none", page(self.answered(none, Vec::new()), false)),
            ("question-damaged", page(damaged, false)),
            ("question-waiting", page(open(waiting), false)),
            ("question-sent", page(open(sent), false)),
            ("question-expired", page(open(expired), false)),
            ("questions", html(&QuestionsPage::of(supervisor, self.questions(), Some(self.questions()), asked))),
            ("questions-none", html(&QuestionsPage::of(visit("/questions"), Vec::new(), None, Vec::new()))),
        ]
    }
}
