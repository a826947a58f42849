//! How pages show what the casebook answers: who holds something, how fresh a source is, how a value looks.

use cairn_casebook::{Freshness, HeldValue, Holder, MarkerLine};
use cairn_record::schema::schema;
use cairn_record::{Field, FieldNo, FieldType, Kind, Value};

use crate::words::{Clock, Html, Words};

/// A source that was heard from within this time counts as fresh.
const FRESH_MS: u64 = 24 * 60 * 60 * 1000;

impl Words {
    /// Who wrote something: "Officer K., post Delta", or for an import the force it came from and its reference there.
    pub fn holding(self, holder: &Holder) -> String {
        let pairs = |key: &str| {
            let args = [
                ("person", holder.person.as_str().into()),
                ("site", holder.site.as_str().into()),
                ("agency", holder.agency.as_str().into()),
                ("force", holder.origin_agency.as_str().into()),
                ("reference", holder.origin_ref.as_str().into()),
            ];
            self.with(key, &args)
        };
        match (holder.origin_agency.is_empty(), holder.origin_ref.is_empty()) {
            // The entry that names the person is lost.
            (true, _) if holder.person.is_empty() => holder.site.clone(),
            (true, _) => pairs("holding"),
            (false, true) => pairs("holding-force"),
            (false, false) => pairs("holding-force-reference"),
        }
    }

    /// Who wrote a value, where there is little room: the same without where it was brought in.
    pub fn holding_short(self, holder: &Holder) -> String {
        match (holder.origin_agency.as_str(), holder.origin_ref.as_str()) {
            ("", _) => self.holding(holder),
            (force, "") => force.to_string(),
            (force, reference) => {
                self.with("holding-short", &[("force", force.into()), ("reference", reference.into())])
            }
        }
    }

    /// "Delta, post"; only "Post Delta" when the name says already what it is.
    pub fn site_and_role(self, site: &str, role: &str) -> String {
        let role = self.site_role(role);
        if site.to_lowercase().contains(&role.to_lowercase()) {
            return site.to_string();
        }
        self.with("source-name", &[("site", site.into()), ("role", role.into())])
    }

    /// "post" or "hub".
    pub fn site_role(self, role: &str) -> String {
        self.t(match role {
            "hub" => "site-hub",
            "relay" => "site-relay",
            _ => "site-post",
        })
    }
}

/// How fresh one source is, in words.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Its name and role.
    pub name: String,
    /// In words.
    pub words: String,
    /// Class of the colour.
    pub state: &'static str,
    /// Class of the mark.
    pub mark: &'static str,
}

/// Each source in words.
pub(super) fn sources(clock: &Clock, freshness: &[Freshness]) -> Vec<Source> {
    freshness.iter().map(|source| source_in_words(clock, source)).collect()
}

fn source_in_words(clock: &Clock, source: &Freshness) -> Source {
    let w = clock.words;
    let name = w.site_and_role(&source.site, &source.role);
    let when = |ms| clock.ago_words(ms);
    let (words, state, mark) = match (source.here, source.complete_ms, source.newest_ms) {
        (true, None, _) => (w.t("source-damaged"), "state-waiting", "mark-waiting"),
        (true, ..) => (w.t("source-here"), "state-ok", "mark-ok"),
        (_, Some(ms), _) if is_fresh(clock, ms) => (w.a("source-complete", "when", &when(ms)), "state-ok", "mark-ok"),
        (_, Some(ms), _) => (w.a("source-complete", "when", &when(ms)), "state-waiting", "mark-waiting"),
        (_, None, Some(ms)) => (w.a("source-partly", "when", &when(ms)), "state-waiting", "mark-waiting"),
        (_, None, None) => (w.t("source-never"), "state-alone", "mark-alone"),
    };
    Source { name, words, state, mark }
}

fn is_fresh(clock: &Clock, ms: u64) -> bool {
    clock.now_ms.saturating_sub(ms) <= FRESH_MS
}

/// What an answer with nothing in it is worth: whether this machine has all of its own, and who has not been heard from.
pub(super) fn worth(clock: &Clock, freshness: &[Freshness]) -> Vec<String> {
    let damaged = freshness.iter().any(|source| source.here && source.complete_ms.is_none());
    let damage = damaged.then(|| clock.words.t("check-damaged"));
    damage.into_iter().chain([unheard(clock, freshness)]).collect()
}

/// Who has not been heard from for a day, in a sentence.
fn unheard(clock: &Clock, freshness: &[Freshness]) -> String {
    let w = clock.words;
    if freshness.iter().all(|source| source.here) {
        return w.t("check-unheard-alone");
    }
    let silent =
        freshness.iter().filter(|source| !source.here && !source.complete_ms.is_some_and(|ms| is_fresh(clock, ms)));
    let names: Vec<String> = silent
        .map(|source| {
            let when = match (source.complete_ms, source.newest_ms) {
                (Some(ms), _) => clock.ago_words(ms),
                (None, Some(_)) => w.t("check-unheard-partly"),
                (None, None) => w.t("never"),
            };
            w.with("check-unheard-site", &[("site", source.site.as_str().into()), ("when", when.into())])
        })
        .collect();
    if names.is_empty() {
        return w.t("check-unheard-none");
    }
    w.with("check-unheard", &[("count", crate::words::number(names.len())), ("sites", names.join(", ").into())])
}

/// A marker with its dates in words.
#[derive(Clone, Debug)]
pub(super) struct Marked {
    /// The marker.
    pub line: MarkerLine,
    /// Its review date in words.
    pub review: String,
}

/// Markers as a page shows them: those that the subject must not notice only where `private`.
pub(super) fn markers(clock: &Clock, lines: &[MarkerLine], private: bool) -> Vec<Marked> {
    let open = lines.iter().filter(|line| private || !line.discreet);
    open.map(|line| {
        let mut line = line.clone();
        line.label = clock.words.code(Kind::Marker, "marker", &line.label);
        line.requested_action = clock.words.code(Kind::Marker, "requested_action", &line.requested_action);
        Marked { review: clock.date(&line.review_by), line }
    })
    .collect()
}

/// One value with who wrote it.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    /// As a person reads it.
    pub text: String,
    /// Class that gives it its look.
    pub class: &'static str,
    /// The record it names, if it names one.
    pub href: Option<String>,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Html,
}

/// A value of a field as a page shows it.
pub(super) fn fact(clock: &Clock, kind: Kind, no: FieldNo, held: &HeldValue) -> Fact {
    let field = schema(kind).field(no);
    let holds = field.map(|field| field.holds);
    let href = match &held.value {
        Value::Record(id) => Some(format!("/records/{id}")),
        _ => None,
    };
    Fact {
        text: told(clock, kind, field, &held.text),
        class: look(holds),
        href,
        by: clock.words.holding_short(&held.holder),
        at: clock.at(held.written_ms),
    }
}

/// A value's text as a person reads it: dates in words, yes and no in theirs.
pub(super) fn told(clock: &Clock, kind: Kind, field: Option<&Field>, text: &str) -> String {
    match (field.map(|field| field.holds), text) {
        (Some(FieldType::Code(_)), _) => clock.words.code(kind, field.map_or("", |field| field.key), text),
        (Some(FieldType::Date | FieldType::DateTime), _) => clock.date(text),
        (Some(FieldType::Bool), "yes") => clock.words.t("yes"),
        (Some(FieldType::Bool), "no") => clock.words.t("no"),
        (Some(FieldType::Country), code) => match clock.words.country(code) {
            Some(name) => format!("{name} ({code})"),
            None => code.to_string(),
        },
        _ => text.to_string(),
    }
}

/// Class of a value by what its field holds.
pub(super) fn look(holds: Option<FieldType>) -> &'static str {
    match holds {
        Some(FieldType::Plate) => "plate",
        Some(FieldType::Phone | FieldType::DocumentNumber | FieldType::Vin) => "code",
        Some(FieldType::LongText) => "pre",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::gallery::Flavour;

    #[test]
    fn who_was_never_complete_has_no_date_and_a_machine_alone_heard_from_nobody() {
        let (clock, sources) = (Flavour::PLAIN.clock(), Flavour::PLAIN.freshness());
        let said = unheard(&clock, &sources);
        assert!(said.contains("Post Charlie (never everything)"), "something came from it: {said}");
        assert!(said.contains("Post Foxtrot (never)"), "{said}");
        let alone = unheard(&clock, &sources[..1]);
        assert!(alone.contains("knows no other site") && !alone.contains("heard from within a day"), "{alone}");
        assert!(unheard(&clock, &sources[..2]).contains("was heard from within a day"));
    }
}
