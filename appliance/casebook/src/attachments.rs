//! Files that belong to records: attach, list, open, take from view, fetch.
//!
//! Attaching seals the file in chunks, makes them durable, and then writes the entry that names them together with its
//! audit line. What an entry names is therefore here or on its way; a chunk that no entry names is left over from an
//! attempt that was never acknowledged. Nobody's file is ever deleted: taking one from view is a step of the history.

use cairn_ledger::attachment::{AttachmentStep, FILE_NAME_CHARS_MAX, Manifest};
use cairn_ledger::blob::CHUNK_BYTES;
use cairn_ledger::view::Batch;
use cairn_ledger::{ChunkName, EntryDraft, EntryKind, EntryRef, Lane, SealedChunk, SpaceId, StoreError};
use cairn_record::{RecordId, reason};
use std::sync::PoisonError;
use zeroize::Zeroizing;

use crate::attachment_rows::{AttachmentRow, Held};
use crate::local_note::LocalNote;
use crate::records::not_here;
use crate::row::{EntryAt, RecordRow};
use crate::summary::is_yes;
use crate::thumbnail::{JPEG, PNG, thumbnail};
use crate::{
    ATTACHMENTS_MAX, Actor, AttachmentLine, AuditEvent, Casebook, CasebookError, Change, FetchPlace, FieldChange,
    HistoryLine, Holder, OpenAttachment, Right, Whole, keys,
};

/// The media type of a file that no browser is to look into.
pub(crate) const ANY_FILE: &str = "application/octet-stream";
/// Chunks that are sealed and made durable together: what a file needs in memory besides its content.
const CHUNKS_AT_A_TIME: usize = 32;
/// A thumbnail belongs to a look at the record that is no older.
const LOOK_MS: u64 = 10 * 60 * 1_000;
/// Looks that are remembered.
const LOOKS_MAX: usize = 1_000;
/// As people count: what disks and files are labelled with.
const MEGABYTE: u64 = 1_000_000;
/// Largest file that can be attached here, in bytes. The format takes a little more.
pub const ATTACH_BYTES_MAX: u64 = 32 * MEGABYTE;

impl Casebook {
    /// Attaches a file to a record. Durable on this machine when it returns, with its audit line. A file that was taken
    /// from view comes back. Right: Edit.
    pub fn attach(
        &self,
        actor: &Actor,
        record: RecordId,
        name: &str,
        content: &[u8],
        now_ms: u64,
    ) -> Result<AttachmentLine, CasebookError> {
        actor.must(Right::Edit)?;
        let row = self.attachable(record)?;
        check_size(content.len() as u64)?;
        let small = thumbnail(content);
        let name = tidy_name(name);
        let media_type = media_type(&name, content).to_owned();
        // From here to the entry nobody clears chunks away that no entry names yet.
        let _attaching = self.attaching.read().unwrap_or_else(PoisonError::into_inner);
        let (epoch, chunks) = self.put_chunks(row.space, content)?;
        let mut writing = self.writing();
        let row = self.attachable(record)?;
        if let Some(id) = self.attached_already(record, &name, &chunks)? {
            drop(writing);
            return self.back_in_view(actor, record, id, now_ms);
        }
        let size = content.len() as u64;
        let manifest =
            Manifest { name: name.clone(), media_type, size, epoch, chunks: chunks.clone(), thumbnail: small };
        let step = AttachmentStep::Attach(Box::new(manifest));
        let event = AuditEvent::new("attach", actor.via.key()).on([record]).detail(&name);
        self.write_step(&mut writing, actor, &row, &step, event, now_ms)?;
        drop(writing);
        let id = self.attached_already(record, &name, &chunks)?.ok_or_else(|| not_attached(record))?;
        self.line(record, id)
    }

    /// Takes an attachment from view, or shows it again. Nothing is deleted. Right: Edit.
    pub fn show_attachment(
        &self,
        actor: &Actor,
        record: RecordId,
        id: EntryRef,
        shown: bool,
        now_ms: u64,
    ) -> Result<AttachmentLine, CasebookError> {
        actor.must(Right::Edit)?;
        let mut writing = self.writing();
        let row = self.row(record)?.ok_or_else(|| not_attached(record))?;
        let line = self.line(record, id)?;
        if line.shown != shown {
            let step = AttachmentStep::Show { attachment: id, shown };
            let action = if shown { "attachment_show" } else { "attachment_hide" };
            let event = AuditEvent::new(action, actor.via.key()).on([record]).detail(&line.name);
            self.write_step(&mut writing, actor, &row, &step, event, now_ms)?;
        }
        drop(writing);
        self.line(record, id)
    }

    /// Notes that the whole file is wanted on this machine; it comes as soon as a peer has it. Right: View.
    pub fn want_attachment(
        &self,
        actor: &Actor,
        record: RecordId,
        id: EntryRef,
        now_ms: u64,
    ) -> Result<AttachmentLine, CasebookError> {
        actor.must(Right::View)?;
        let held = self.held(record, id)?;
        let line = self.line(record, id)?;
        if line.whole == Whole::Here {
            return Ok(line);
        }
        if !line.wanted {
            let event = AuditEvent::new("attachment_want", actor.via.key()).on([record]).detail(&line.name);
            self.write_note(actor, LocalNote::Wanted { attachment: id }, event, now_ms)?;
        }
        self.queue(record, &held)?;
        self.line(record, id)
    }

    /// The attachments of a record, oldest first, those taken from view among them. Belongs to a look at the record that is in
    /// the audit, or is one. Right: View.
    pub fn attachments(
        &self,
        actor: &Actor,
        record: RecordId,
        now_ms: u64,
    ) -> Result<Vec<AttachmentLine>, CasebookError> {
        actor.must(Right::View)?;
        let row = self.row(record)?.ok_or_else(|| not_attached(record))?;
        self.look(actor, record, &crate::summary::title_of(&row.state), now_ms)?;
        self.attachment_lines(record)
    }

    /// One thumbnail, a JPEG of at most 4 KiB. It belongs to the look at the record that is in the audit; without one in
    /// the last ten minutes it is a look of its own. Right: View.
    pub fn thumbnail(
        &self,
        actor: &Actor,
        record: RecordId,
        id: EntryRef,
        now_ms: u64,
    ) -> Result<Vec<u8>, CasebookError> {
        actor.must(Right::View)?;
        let held = self.held(record, id)?;
        self.look(actor, record, &held.manifest.name, now_ms)?;
        if held.manifest.thumbnail.is_empty() {
            return Err(CasebookError::NotFound(reason!("file-no-thumbnail")));
        }
        Ok(held.manifest.thumbnail)
    }

    /// Opens a file that is wholly here; its parts are read with [`Casebook::attachment_part`]. Right: View. Audited.
    pub fn open_attachment(
        &self,
        actor: &Actor,
        record: RecordId,
        id: EntryRef,
        now_ms: u64,
    ) -> Result<OpenAttachment, CasebookError> {
        actor.must(Right::View)?;
        let held = self.held(record, id)?;
        if self.chunks_here(&held) < held.manifest.chunks.len() {
            return Err(CasebookError::NotNow(reason!("file-not-here", file = held.manifest.name.clone())));
        }
        let event = AuditEvent::new("attachment_open", actor.via.key()).on([record]).detail(&held.manifest.name);
        self.write_audit(actor, event, now_ms)?;
        let Held { space, manifest, .. } = held.clone();
        let mut open = OpenAttachment { served_as: ANY_FILE, space, manifest };
        let Some(first) = self.part(&open, 0)? else { return Err(self.fetch_again(record, &held)) };
        open.served_as = served_as(&open.manifest.media_type, &first);
        Ok(open)
    }

    /// The part with this number of a file, from 0, at most 32 KiB. A damaged one is set aside, and fetched again from
    /// whoever has it.
    pub fn attachment_part(
        &self,
        record: RecordId,
        id: EntryRef,
        open: &OpenAttachment,
        number: usize,
    ) -> Result<Zeroizing<Vec<u8>>, CasebookError> {
        match self.part(open, number)? {
            Some(part) => Ok(part),
            None => Err(self.held(record, id).map_or_else(|error| error, |held| self.fetch_again(record, &held))),
        }
    }

    fn part(&self, open: &OpenAttachment, number: usize) -> Result<Option<Zeroizing<Vec<u8>>>, CasebookError> {
        let name =
            open.manifest.chunks.get(number).ok_or_else(|| CasebookError::BadRequest(reason!("file-no-part")))?;
        let Some(chunk) = self.blobs.get(&open.space, name)? else { return Ok(None) };
        let key = self.ledger.keyring().chunk_key(&open.space, open.manifest.epoch);
        let key = key.ok_or_else(|| CasebookError::NotNow(reason!("no-key-yet")))?;
        let plain = key.open(&chunk).map_err(|_| CasebookError::Storage(reason!("file-sealed-wrongly")))?;
        Ok(Some(plain))
    }

    /// A part that was here is damaged: the file is fetched again.
    fn fetch_again(&self, record: RecordId, held: &Held) -> CasebookError {
        let name = &held.manifest.name;
        match self.queue(record, held) {
            Ok(()) => CasebookError::NotNow(reason!("file-damaged", file = name.as_str())),
            Err(error) => error,
        }
    }

    /// From now on the missing chunks of this file are fetched.
    pub(crate) fn queue(&self, record: RecordId, held: &Held) -> Result<(), CasebookError> {
        let mut batch = Batch::new();
        let place = FetchPlace { at_ms: held.at_ms, record, attachment: held.at.entry };
        batch.put(keys::fetch(&place), keys::parked_value(held.at));
        let writing = self.writing();
        self.views.commit(&batch, None)?;
        drop(writing);
        self.tell(Change::Attachments);
        Ok(())
    }

    fn attachable(&self, record: RecordId) -> Result<RecordRow, CasebookError> {
        let row = self.row(record)?.ok_or_else(|| not_here(record))?;
        if is_yes(&row.state, "withdrawn") {
            return Err(CasebookError::NotNow(reason!("record-withdrawn")));
        }
        let attached = self.attachment_rows(record)?.iter().filter(|(_, row)| row.is_shown()).count();
        if attached >= ATTACHMENTS_MAX {
            return Err(CasebookError::NotNow(reason!("file-too-many", most = ATTACHMENTS_MAX as u64)));
        }
        Ok(row)
    }

    /// Seals a file in chunks and makes them durable.
    fn put_chunks(&self, space: SpaceId, content: &[u8]) -> Result<(u32, Vec<ChunkName>), CasebookError> {
        let key = self.ledger.keyring().current_chunk_key(&space);
        let (epoch, key) = key.ok_or_else(|| CasebookError::NotNow(reason!("no-key-yet")))?;
        self.blobs.room().check(content.len() as u64).map_err(no_room)?;
        let plain: Vec<&[u8]> = content.chunks(CHUNK_BYTES).collect();
        let mut names = Vec::with_capacity(plain.len());
        for some in plain.chunks(CHUNKS_AT_A_TIME) {
            let sealed: Result<Vec<SealedChunk>, _> = some.iter().map(|plain| key.seal(plain)).collect();
            let sealed = sealed.map_err(|error| CasebookError::Storage(error.to_string().into()))?;
            names.extend(sealed.iter().map(SealedChunk::name));
            self.blobs.put(&space, &sealed).map_err(no_room)?;
        }
        Ok((epoch, names))
    }

    fn attached_already(
        &self,
        record: RecordId,
        name: &str,
        chunks: &[ChunkName],
    ) -> Result<Option<EntryRef>, CasebookError> {
        for (id, row) in self.attachment_rows(record)? {
            let held = self.held_by(id, &row)?;
            if held.is_some_and(|held| held.manifest.name == name && held.manifest.chunks == chunks) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn back_in_view(
        &self,
        actor: &Actor,
        record: RecordId,
        id: EntryRef,
        now_ms: u64,
    ) -> Result<AttachmentLine, CasebookError> {
        if self.line(record, id)?.shown {
            return Err(CasebookError::BadRequest(reason!("file-attached-already")));
        }
        self.show_attachment(actor, record, id, true, now_ms)
    }

    fn write_step(
        &self,
        writing: &mut crate::core::Writing,
        actor: &Actor,
        row: &RecordRow,
        step: &AttachmentStep,
        event: AuditEvent,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let payload = step.encode().map_err(|error| CasebookError::BadRequest(error.to_string().into()))?;
        let body = self.body(actor, Some(row.state.record), payload);
        let draft = EntryDraft { space: row.space, lane: Lane::Normal, kind: EntryKind::Attachment, body };
        self.commit(writing, vec![draft, self.audit_draft(actor, &event)?], now_ms)
    }

    fn held(&self, record: RecordId, id: EntryRef) -> Result<Held, CasebookError> {
        let row = self.attachment_row(record, id)?.ok_or_else(|| not_attached(record))?;
        self.held_by(id, &row)?.ok_or_else(|| not_attached(record))
    }

    /// The manifest of an attachment; `None` while it is not here or cannot be read.
    fn held_by(&self, id: EntryRef, row: &AttachmentRow) -> Result<Option<Held>, CasebookError> {
        let Some((log, number)) = row.manifest else { return Ok(None) };
        self.manifest_at(EntryAt { entry: id, log, number })
    }

    /// Everything that a record page shows of attachments.
    pub(crate) fn attachment_lines(&self, record: RecordId) -> Result<Vec<AttachmentLine>, CasebookError> {
        let rows = self.attachment_rows(record)?;
        let lines = rows.iter().filter_map(|(id, row)| self.line_of(record, *id, row).transpose());
        lines.collect()
    }

    fn line(&self, record: RecordId, id: EntryRef) -> Result<AttachmentLine, CasebookError> {
        let row = self.attachment_row(record, id)?.ok_or_else(|| not_attached(record))?;
        self.line_of(record, id, &row)?.ok_or_else(|| not_attached(record))
    }

    fn line_of(
        &self,
        record: RecordId,
        id: EntryRef,
        row: &AttachmentRow,
    ) -> Result<Option<AttachmentLine>, CasebookError> {
        let Some(held) = self.held_by(id, row)? else { return Ok(None) };
        let (parts_here, parts) = (self.chunks_here(&held), held.manifest.chunks.len());
        let whole = match parts_here {
            all if all == parts => Whole::Here,
            0 => Whole::Not,
            _ => Whole::Partly,
        };
        let place = FetchPlace { at_ms: row.at_ms, record, attachment: id };
        let wanted = whole != Whole::Here && self.views.get(&keys::fetch(&place))?.is_some();
        Ok(Some(AttachmentLine {
            id,
            media_type: held.manifest.media_type.clone(),
            size: held.manifest.size,
            shown: row.is_shown(),
            whole,
            parts_here,
            parts,
            wanted,
            thumbnail: !held.manifest.thumbnail.is_empty(),
            picture: is_picture(&held.manifest.media_type),
            holder: self.holder_of_step(held.at, held.person),
            attached_ms: row.at_ms,
            name: held.manifest.name,
        }))
    }

    fn holder_of_step(&self, at: EntryAt, person: String) -> Holder {
        let site = self.logs().log(at.log).map(|log| self.site_of(log.key.replica)).unwrap_or_default();
        let (agency, origin_agency, origin_ref) = (self.agency_name(), String::new(), String::new());
        Holder { agency, site, person, origin_agency, origin_ref }
    }

    /// The steps of attachments as lines of the record's history, newest first.
    pub(crate) fn attachment_history(&self, record: RecordId) -> Result<Vec<HistoryLine>, CasebookError> {
        let mut lines = Vec::new();
        for (id, row) in self.attachment_rows(record)? {
            let Some(held) = self.held_by(id, &row)? else { continue };
            let line = |entry: EntryRef, written_ms, holder, shown: bool| {
                let (file, nothing) = (vec![held.manifest.name.clone()], Vec::new());
                let (before, after) = if shown { (nothing, file) } else { (file, nothing) };
                let change = FieldChange { key: "attachment".into(), label: "File".into(), before, after };
                let (entry, changes, settles) = (entry.to_string(), vec![change], false);
                HistoryLine { entry, holder, written_ms, changes, settles }
            };
            lines.push(line(id, row.at_ms, self.holder_of_step(held.at, held.person.clone()), true));
            for step in &row.steps {
                let at = EntryAt { entry: step.entry, log: step.at.0, number: step.at.1 };
                let person = self.body_at(at)?.map(|body| body.author.display).unwrap_or_default();
                lines.push(line(step.entry, step.at_ms, self.holder_of_step(at, person), step.shown));
            }
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.written_ms));
        Ok(lines)
    }

    /// A look at a record that is not in the audit yet is written there, before anything is shown.
    fn look(&self, actor: &Actor, record: RecordId, about: &str, now_ms: u64) -> Result<(), CasebookError> {
        if self.has_looked(actor, record, now_ms) {
            return Ok(());
        }
        let event = AuditEvent::new("view", actor.via.key()).on([record]).detail(about);
        self.write_audit(actor, event, now_ms)?;
        self.remember_look(actor, record, now_ms);
        Ok(())
    }

    /// Somebody has opened this record, and it is in the audit.
    pub(crate) fn remember_look(&self, actor: &Actor, record: RecordId, now_ms: u64) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() >= LOOKS_MAX {
            looks.retain(|_, at_ms| now_ms.saturating_sub(*at_ms) < LOOK_MS);
        }
        if looks.len() < LOOKS_MAX {
            looks.insert((actor.user.clone(), record), now_ms);
        }
    }

    fn has_looked(&self, actor: &Actor, record: RecordId, now_ms: u64) -> bool {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&(actor.user.clone(), record)).is_some_and(|at_ms| now_ms.saturating_sub(*at_ms) < LOOK_MS)
    }
}

fn not_attached(record: RecordId) -> CasebookError {
    CasebookError::NotFound(reason!("file-unknown", record = record.to_string()))
}

fn check_size(size: u64) -> Result<(), CasebookError> {
    if size == 0 {
        return Err(CasebookError::BadRequest(reason!("file-empty")));
    }
    if size > ATTACH_BYTES_MAX {
        return Err(CasebookError::BadRequest(reason!(
            "file-too-large-to-attach",
            size = size.div_ceil(MEGABYTE),
            most = ATTACH_BYTES_MAX / MEGABYTE
        )));
    }
    Ok(())
}

fn no_room(error: StoreError) -> CasebookError {
    match error {
        StoreError::LowSpace { free_bytes, floor_bytes } => {
            CasebookError::NoRoom(reason!("file-no-room", free = free_bytes / MEGABYTE, floor = floor_bytes / MEGABYTE))
        }
        StoreError::Full => CasebookError::NoRoom(reason!("file-disk-full")),
        other => other.into(),
    }
}

/// The last part of a path, without what a screen or a disk could trip over.
fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|letter| !letter.is_control()).collect();
    let plain = plain.trim();
    let cut: String = plain.chars().take(FILE_NAME_CHARS_MAX).collect();
    if cut.is_empty() { "file".into() } else { cut }
}

/// What a file is taken to be: by its first bytes, then by the ending of its name.
fn media_type(name: &str, content: &[u8]) -> &'static str {
    let begins = |magic: &[u8]| content.starts_with(magic);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        _ if begins(JPEG) => "image/jpeg",
        _ if begins(PNG) => "image/png",
        _ if begins(b"%PDF-") => "application/pdf",
        _ if begins(b"PK\x03\x04") => "application/zip",
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        _ => ANY_FILE,
    }
}

fn is_picture(media_type: &str) -> bool {
    matches!(media_type, "image/jpeg" | "image/png")
}

/// As what a browser gets it: as a picture only what says so and begins like one.
fn served_as(media_type: &str, first: &[u8]) -> &'static str {
    match media_type {
        "image/jpeg" if first.starts_with(JPEG) => "image/jpeg",
        "image/png" if first.starts_with(PNG) => "image/png",
        _ => ANY_FILE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_paths_and_controls() {
        assert_eq!(tidy_name("C:\\Users\\k\\plate.jpg"), "plate.jpg");
        assert_eq!(tidy_name("../../etc/passwd"), "passwd");
        assert_eq!(tidy_name(" a\r\nb\u{7} "), "ab");
        assert_eq!(tidy_name("/"), "file");
        assert_eq!(tidy_name(&"é".repeat(300)).chars().count(), FILE_NAME_CHARS_MAX);
    }

    #[test]
    fn only_what_begins_like_a_picture_is_served_as_one() {
        assert_eq!(served_as("image/png", PNG), "image/png");
        assert_eq!(served_as("image/png", b"<script>"), ANY_FILE);
        assert_eq!(served_as("image/svg+xml", b"<svg/>"), ANY_FILE);
        assert_eq!(served_as("text/html", JPEG), ANY_FILE);
        assert_eq!(media_type("page.html", b"<html>"), ANY_FILE);
    }
}
