//! What is answered.

use cairn_record::{Kind, RecordId};

use super::asked::flag;
use crate::names::{EntryRef, ReplicaId};
use crate::wire::{DecodeError, Reader, put_text};

/// Every answer is this long, or a multiple of it.
pub const ANSWER_UNIT_BYTES: usize = 1_024;
/// Longest answer.
pub const ANSWER_BYTES_MAX: usize = 16 * ANSWER_UNIT_BYTES;
/// Most hits of one answer; `more` counts the others.
pub const HITS_MAX: usize = 10;
/// Most markers told with a hit.
pub const MARKERS_MAX: usize = 4;
/// Most sites named as not heard from.
pub const UNHEARD_MAX: usize = 8;
/// Highest number of an answer: the first is 0, later ones tell of records that came since.
pub const NUMBER_MAX: u8 = 5;
/// Most characters of a name: of an agency, a site, a person, a reference.
pub const NAME_CHARS_MAX: usize = 64;
/// Most characters of a record's title.
pub const TITLE_CHARS_MAX: usize = 120;
/// Most characters of a code.
pub const CODE_CHARS_MAX: usize = 40;
/// Most characters of whom to call.
pub const CONTACT_CHARS_MAX: usize = 140;
/// Most characters told of why a marker was set.
pub const REASON_CHARS_MAX: usize = 200;

const VERSION: u8 = 1;
const WHAT: &str = "an answer";
const OPEN: u8 = 1;
const CONTACT: u8 = 2;

/// One answer. Without hits it says that there is nothing to tell the asker, for whatever reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question: the short name of its entry.
    pub question: EntryRef,
    /// Who asked.
    pub asker: ReplicaId,
    /// 0 for the first, then one more each; at most [`NUMBER_MAX`].
    pub number: u8,
    /// When the one who answers looked, by its clock.
    pub as_of_ms: u64,
    /// What may be told, surest first.
    pub hits: Vec<AnswerHit>,
    /// Hits that did not fit.
    pub more: u16,
    /// Sites that the one who answers has not heard from for a day.
    pub unheard: Vec<String>,
    /// How many more of them there are.
    pub unheard_more: u16,
}

/// A hit, as far as the asker may know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerHit {
    /// With what it is.
    Open(Box<OpenHit>),
    /// Only whom to call.
    Contact(ContactHit),
}

/// How a record matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Likeness {
    /// The same identifier.
    Exact = 0,
    /// The same but for characters that look alike.
    LookAlike = 1,
    /// A name that is the same, or sounds or is spelt alike.
    Name = 2,
    /// The words stand in its text.
    Mention = 3,
}

impl Likeness {
    const ALL: [Self; 4] = [Self::Exact, Self::LookAlike, Self::Name, Self::Mention];
}

/// A hit with what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHit {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// How it matched.
    pub matched: Likeness,
    /// One line that names it.
    pub title: String,
    /// The agency that holds it.
    pub agency: String,
    /// The site that wrote it.
    pub site: String,
    /// The person who wrote it.
    pub person: String,
    /// The force an imported record came from; else empty.
    pub origin_agency: String,
    /// Its reference there; else empty.
    pub origin_ref: String,
    /// Scheme, source and information code; the scheme is empty when it has no grade.
    pub grade: [String; 3],
    /// When it was last changed, by the writer's clock.
    pub changed_ms: u64,
    /// Markers that stand on it or beside it.
    pub markers: Vec<AnswerMarker>,
}

/// A marker told with a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerMarker {
    /// Its code.
    pub code: String,
    /// Code of what the finder is asked to do; may be empty.
    pub action: String,
    /// The beginning of why it was set.
    pub reason: String,
    /// Whom to call.
    pub contact: String,
    /// Whether it must not show on a screen the subject can see.
    pub discreet: bool,
}

/// A hit of which only the holder is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactHit {
    /// The agency that holds it.
    pub agency: String,
    /// The site that wrote it.
    pub site: String,
    /// Whom to call.
    pub contact: String,
}

impl Answer {
    /// The one encoding, filled with zeros to whole units. Texts over their limit are cut, and hits that do not fit are
    /// counted in `more`: see [`Answer::fit`].
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.content();
        out.resize(out.len().div_ceil(ANSWER_UNIT_BYTES) * ANSWER_UNIT_BYTES, 0);
        out
    }

    /// Leaves out hits from the end until it is not too long.
    pub fn fit(mut self) -> Self {
        while self.hits.len() > HITS_MAX || (self.hits.len() > 1 && self.content().len() > ANSWER_BYTES_MAX) {
            self.hits.pop();
            self.more = self.more.saturating_add(1);
        }
        self
    }

    fn content(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.question.0);
        out.extend_from_slice(&self.asker.0);
        out.push(self.number);
        out.extend_from_slice(&self.as_of_ms.to_be_bytes());
        out.extend_from_slice(&self.more.to_be_bytes());
        out.extend_from_slice(&self.unheard_more.to_be_bytes());
        let unheard = &self.unheard[..self.unheard.len().min(UNHEARD_MAX)];
        out.push(unheard.len() as u8);
        unheard.iter().for_each(|site| put_text(&mut out, site, NAME_CHARS_MAX));
        let hits = &self.hits[..self.hits.len().min(HITS_MAX)];
        out.push(hits.len() as u8);
        hits.iter().for_each(|hit| put_hit(&mut out, hit));
        out
    }

    /// Reads what [`Answer::encode`] wrote, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(DecodeError::TooLong(WHAT, ANSWER_BYTES_MAX));
        }
        if bytes.is_empty() || !bytes.len().is_multiple_of(ANSWER_UNIT_BYTES) {
            return Err(DecodeError::BadValue("the length of an answer"));
        }
        let mut reader = Reader::new(bytes, WHAT);
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version(WHAT, other)),
        }
        let (question, asker) = (EntryRef(reader.array()?), ReplicaId(reader.array()?));
        let number = at_most(reader.u8()?, NUMBER_MAX, "the number of an answer")?;
        let (as_of_ms, more, unheard_more) = (reader.u64()?, reader.u16()?, reader.u16()?);
        let sites = at_most(reader.u8()?, UNHEARD_MAX as u8, "the sites in an answer")?;
        let unheard =
            (0..sites).map(|_| reader.text("a site in an answer", NAME_CHARS_MAX)).collect::<Result<_, _>>()?;
        let count = at_most(reader.u8()?, HITS_MAX as u8, "the hits of an answer")?;
        let hits = (0..count).map(|_| hit(&mut reader)).collect::<Result<_, _>>()?;
        let rest = reader.rest();
        if rest.len() >= ANSWER_UNIT_BYTES || rest.iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Trailing(WHAT));
        }
        Ok(Self { question, asker, number, as_of_ms, hits, more, unheard, unheard_more })
    }
}

fn at_most(number: u8, most: u8, what: &'static str) -> Result<u8, DecodeError> {
    if number > most { Err(DecodeError::TooLong(what, usize::from(most))) } else { Ok(number) }
}

fn put_hit(out: &mut Vec<u8>, hit: &AnswerHit) {
    match hit {
        AnswerHit::Open(hit) => {
            out.extend_from_slice(&[OPEN, hit.kind.number(), hit.matched as u8]);
            out.extend_from_slice(&hit.record.0);
            out.extend_from_slice(&hit.changed_ms.to_be_bytes());
            put_text(out, &hit.title, TITLE_CHARS_MAX);
            for name in [&hit.agency, &hit.site, &hit.person, &hit.origin_agency, &hit.origin_ref] {
                put_text(out, name, NAME_CHARS_MAX);
            }
            hit.grade.iter().for_each(|part| put_text(out, part, CODE_CHARS_MAX));
            let markers = &hit.markers[..hit.markers.len().min(MARKERS_MAX)];
            out.push(markers.len() as u8);
            for marker in markers {
                put_text(out, &marker.code, CODE_CHARS_MAX);
                put_text(out, &marker.action, CODE_CHARS_MAX);
                put_text(out, &marker.reason, REASON_CHARS_MAX);
                put_text(out, &marker.contact, CONTACT_CHARS_MAX);
                out.push(u8::from(marker.discreet));
            }
        }
        AnswerHit::Contact(hit) => {
            out.push(CONTACT);
            put_text(out, &hit.agency, NAME_CHARS_MAX);
            put_text(out, &hit.site, NAME_CHARS_MAX);
            put_text(out, &hit.contact, CONTACT_CHARS_MAX);
        }
    }
}

fn hit(reader: &mut Reader<'_>) -> Result<AnswerHit, DecodeError> {
    match reader.u8()? {
        OPEN => open_hit(reader).map(|hit| AnswerHit::Open(Box::new(hit))),
        CONTACT => Ok(AnswerHit::Contact(ContactHit {
            agency: name(reader)?,
            site: name(reader)?,
            contact: reader.text("whom to call in an answer", CONTACT_CHARS_MAX)?,
        })),
        _ => Err(DecodeError::BadValue("a hit of an answer")),
    }
}

fn open_hit(reader: &mut Reader<'_>) -> Result<OpenHit, DecodeError> {
    let kind = Kind::from_number(reader.u8()?).ok_or(DecodeError::BadValue("the kind of record in an answer"))?;
    let matched = reader.u8()?;
    let matched = Likeness::ALL.into_iter().find(|likeness| *likeness as u8 == matched);
    Ok(OpenHit {
        kind,
        matched: matched.ok_or(DecodeError::BadValue("how a record in an answer matched"))?,
        record: RecordId(reader.array()?),
        changed_ms: reader.u64()?,
        title: reader.text("a title in an answer", TITLE_CHARS_MAX)?,
        agency: name(reader)?,
        site: name(reader)?,
        person: name(reader)?,
        origin_agency: name(reader)?,
        origin_ref: name(reader)?,
        grade: [code(reader)?, code(reader)?, code(reader)?],
        markers: markers(reader)?,
    })
}

fn markers(reader: &mut Reader<'_>) -> Result<Vec<AnswerMarker>, DecodeError> {
    let count = at_most(reader.u8()?, MARKERS_MAX as u8, "the markers of a hit")?;
    let mut marker = || {
        Ok(AnswerMarker {
            code: code(reader)?,
            action: code(reader)?,
            reason: reader.text("the reason of a marker in an answer", REASON_CHARS_MAX)?,
            contact: reader.text("whom to call in an answer", CONTACT_CHARS_MAX)?,
            discreet: flag(reader.u8()?, "the flag of a marker in an answer")?,
        })
    };
    (0..count).map(|_| marker()).collect()
}

fn name(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    reader.text("a name in an answer", NAME_CHARS_MAX)
}

fn code(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    reader.text("a code in an answer", CODE_CHARS_MAX)
}
