//! Sticks: what goes on one, who may write and read one, and what is remembered of them.
//!
//! The bytes of a stick belong to the sync protocol. Here is decided what an addressee lacks, from what it was proved to
//! hold and never more; whether a stick that came may be read; and what the page says of each.

use std::io::BufRead;

use cairn_ledger::age_file::{AgeFileError, OpenedFile};
use cairn_ledger::{Frontier, LogId, ReplicaId, SpaceId};

use cairn_record::{Reason, reason};

use crate::exchange::peer_refused;
use crate::local_note::{LocalNote, StickNote};
use crate::stick_files::FilesChosen;
use crate::{
    Actor, AuditEvent, Casebook, CasebookError, Right, StickArrival, StickLine, StickOrder, StickPlan, StickRead,
    StickReceipt, StickRefused, StickRun, StickSpace, StickSums,
};

/// Longest that a stick is good for: 400 days.
pub const STICK_VALID_MS_MAX: u64 = 400 * 24 * 3_600 * 1_000;
/// Receipts on one stick: for the last ones read.
const RECEIPTS_MAX: usize = 64;
/// Logs of which a written stick remembers how far it carried them; a stick with more is proved by its receipt only.
const CARRIED_MAX: usize = 512;
/// Missing numbers that are named.
const MISSING_MAX: u64 = 20;

impl Casebook {
    /// What a stick for this site has to carry: everything that the addressee is not proved to hold. Right: WriteStick.
    pub fn plan_stick(&self, actor: &Actor, order: &StickOrder, now_ms: u64) -> Result<StickPlan, CasebookError> {
        actor.must(Right::WriteStick)?;
        let (to, site) = self.member_named(&order.to)?;
        if self.is_relay() || self.memory().registry.is_relay(&to) {
            return Err(CasebookError::NotNow(reason!("relay-no-sticks")));
        }
        let recipient = self.memory().registry.member(&to).map(|member| member.recipient.clone());
        let recipient = recipient.ok_or_else(|| CasebookError::NotNow(reason!("stick-no-recipient", site = &site)))?;
        self.rescue_behind_damage(false, now_ms);
        let known = if order.everything { std::collections::HashMap::new() } else { self.proved_frontiers(to) };
        let mut spaces = Vec::new();
        let mut runs = Vec::new();
        for shared in self.shared_spaces(to) {
            let after = self.frontier(shared.space);
            let proved = known.get(&shared.space).cloned().unwrap_or_default();
            let before = self.common_part(shared.space, &after, &proved)?;
            let rank = (!shared.registry, shared.audit);
            let first = runs.len();
            runs.extend(runs_of(shared.space, &before, &after).map(|run| (rank, 0, run)));
            let size: u64 = runs[first..].iter().map(|(_, _, run)| run.until - run.from + 1).sum();
            runs[first..].iter_mut().for_each(|(_, of_space, _)| *of_space = size);
            spaces.push(StickSpace { space: shared.space, before, after });
        }
        // The registry; then the urgent lanes of all spaces, the normal, the bulk; audit last; small spaces first.
        runs.sort_by_key(|(rank, size, run)| (*rank, run.log.key.lane, *size, run.log));
        spaces.sort_by_key(|space| space.space);
        let runs: Vec<StickRun> = runs.into_iter().map(|(.., run)| run).collect();
        let entries = runs.iter().map(|run| run.until - run.from + 1).sum();
        let FilesChosen { files, left: files_left, owed: files_owed } = self.files_for_stick(to, order, &runs)?;
        let files_bytes: u64 = files.iter().map(|file| file.bytes).sum();
        let registry = self.memory().registry.space();
        Ok(StickPlan {
            registry,
            from: self.identity().replica,
            to,
            site,
            recipient,
            number: self.memory().local.last_stick_to(&to) + 1,
            made_ms: now_ms,
            expires_ms: now_ms.saturating_add(order.valid_ms.clamp(1, STICK_VALID_MS_MAX)),
            spaces,
            runs,
            entries,
            files,
            files_left,
            files_owed,
            bytes_about: self.bytes_of(entries).saturating_add(files_bytes),
            receipts: self.memory().local.stick_receipts_for(&to, RECEIPTS_MAX),
        })
    }

    /// The member that a person means: `hub`, the name of its site, or the beginning of its key.
    pub fn member_named(&self, named: &str) -> Result<(ReplicaId, String), CasebookError> {
        let named = named.trim();
        let members = self.members();
        let by_key = |key: &str| named.len() >= 8 && key.starts_with(&named.to_ascii_lowercase());
        let mut found: Vec<_> = members.iter().filter(|member| member.site.eq_ignore_ascii_case(named)).collect();
        if found.is_empty() {
            let hub = |member: &crate::Member| named.eq_ignore_ascii_case("hub") && member.is_hub();
            found = members.iter().filter(|one| hub(one) || by_key(&one.replica.to_string())).collect();
        }
        match found.as_slice() {
            [one] => Ok((one.replica, one.site.clone())),
            [] => {
                let sites: Vec<&str> = members.iter().map(|member| member.site.as_str()).collect();
                Err(CasebookError::NotFound(reason!("stick-no-site", site = named, known = sites.join(", "))))
            }
            _ => Err(CasebookError::BadRequest(reason!("stick-two-sites", site = named))),
        }
    }

    /// What of our frontier the addressee is proved to hold. A log of which it holds another history is left as it is:
    /// more entries would not mend it.
    fn common_part(&self, space: SpaceId, ours: &Frontier, theirs: &Frontier) -> Result<Frontier, CasebookError> {
        let mut common = Frontier::default();
        for (key, (number, hash)) in ours.0.iter() {
            let Some((known, known_hash)) = theirs.0.get(key).copied() else { continue };
            if known >= *number {
                common.0.insert(*key, (*number, *hash));
                continue;
            }
            let held = self.ledger.entry(&LogId { space, key: *key }, known)?;
            let same = held.is_some_and(|entry| entry.header.hash() == known_hash);
            common.0.insert(*key, if same { (known, known_hash) } else { (*number, *hash) });
        }
        Ok(common)
    }

    /// About how much room so many entries take: packed, less than a quarter of what they take in the journal.
    fn bytes_of(&self, entries: u64) -> u64 {
        let stats = self.ledger.stats();
        stats.bytes.checked_div(stats.entries).unwrap_or(0).saturating_mul(entries) / 4
    }

    /// Notes a stick that is written, verified and about to be handed out, and that it discloses its entries: durable
    /// in the audit when this returns. Refused when another stick for the site took its number meanwhile.
    pub fn note_stick_written(
        &self,
        actor: &Actor,
        plan: &StickPlan,
        id: [u8; 16],
        sums: StickSums,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        actor.must(Right::WriteStick)?;
        let StickSums { entries, bytes, files, files_left, carried: files_carried } = sums;
        let carried: Vec<_> = plan.runs.iter().map(|run| (run.log, run.until)).collect();
        let note = StickNote {
            peer: plan.to,
            number: plan.number,
            id: hex(&id),
            at_ms: now_ms,
            made_ms: plan.made_ms,
            expires_ms: plan.expires_ms,
            entries,
            bytes,
            carried: if carried.len() > CARRIED_MAX { None } else { Some(carried) },
            received_ms: None,
            files,
            files_left,
            files_carried,
            files_owed: plan.files_owed.clone(),
        };
        let (number, site) = (plan.number, &plan.site);
        let detail = match files {
            0 => reason!("audit-stick-written", number = number, site = site, entries = entries, bytes = bytes),
            _ => reason!(
                "audit-stick-written-files",
                number = number,
                site = site,
                entries = entries,
                files = files,
                bytes = bytes
            ),
        };
        let event = AuditEvent::new("stick_write", actor.via.key()).say(detail).count(entries);
        let note = LocalNote::StickWritten(Box::new(note));
        let mut writing = self.writing();
        if self.memory().local.last_stick_to(&plan.to) >= plan.number {
            return Err(CasebookError::NotNow(reason!("stick-meanwhile", site = &plan.site)));
        }
        let drafts = vec![self.note_draft(actor, &note)?, self.audit_draft(actor, &event)?];
        self.commit(&mut writing, drafts, now_ms)?;
        self.memory_mut().local.apply(note);
        Ok(())
    }

    /// Opens the age file of a stick with the identity of this machine.
    pub fn open_stick<R: BufRead>(&self, input: R, length: u64) -> Result<OpenedFile<R>, AgeFileError> {
        let identity = zeroize::Zeroizing::new(self.keystore().secrets.age_identity.clone());
        OpenedFile::open(&identity, input, length)
    }

    /// Whether a stick that says this of itself, and whose writer's signature holds, may be read. Asked before anything
    /// of it is kept. Right: ReadStick.
    pub fn judge_stick(&self, actor: &Actor, stick: &StickArrival, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(Right::ReadStick)?;
        if stick.registry != self.memory().registry.space() || stick.to != self.identity().replica {
            return Err(StickRefused::Foreign.into());
        }
        if self.shared_spaces(stick.from).is_empty() {
            return Err(StickRefused::UnknownWriter.into());
        }
        let site = self.site_of(stick.from);
        let read = self.memory().local.stick_read(&stick.from, stick.number, &hex(&stick.id));
        if let Some(at_ms) = read {
            return Err(StickRefused::Replayed { number: stick.number, site, at_ms }.into());
        }
        let latest_ms = self.ledger.time_of_next(now_ms);
        if latest_ms > stick.expires_ms {
            let (expires_ms, now_ms) = (stick.expires_ms, latest_ms);
            return Err(StickRefused::Expired { number: stick.number, site, expires_ms, now_ms }.into());
        }
        Ok(())
    }

    /// Whether every entry that the stick goes on from is held here.
    pub fn holds_all(&self, space: SpaceId, before: &Frontier) -> bool {
        let held = self.frontier(space);
        before.0.iter().all(|(key, (number, _))| held.number(key) >= *number)
    }

    /// Refuses whoever may not read sticks, before a file is opened.
    pub fn may_read_sticks(&self, actor: &Actor) -> Result<(), CasebookError> {
        actor.must(Right::ReadStick)?;
        if self.is_relay() { Err(CasebookError::NotNow(reason!("relay-no-sticks"))) } else { Ok(()) }
    }

    /// Notes that a stick was read to its end: in the audit before the answer is shown. Learns from it what its writer
    /// holds and which of our sticks it has read.
    pub fn note_stick_read(
        &self,
        actor: &Actor,
        stick: &StickArrival,
        sums: &StickSums,
        now_ms: u64,
    ) -> Result<StickRead, CasebookError> {
        let last = self.memory().local.last_stick_from(&stick.from);
        let missing: Vec<u64> = (last + 1..stick.number).rev().take(MISSING_MAX as usize).collect();
        let (site, entries, files) = (self.site_of(stick.from), sums.entries, sums.files);
        self.note_stick_frontiers(stick, now_ms)?;
        let note = LocalNote::StickRead {
            from: stick.from,
            number: stick.number,
            id: hex(&stick.id),
            at_ms: now_ms,
            made_ms: stick.made_ms,
            expires_ms: stick.expires_ms,
            entries,
            files,
            files_left: sums.files_left,
        };
        let number = stick.number;
        let detail = match files {
            0 => reason!("audit-stick-read", number = number, site = site, entries = entries),
            _ => reason!("audit-stick-read-files", number = number, site = site, entries = entries, files = files),
        };
        let event = AuditEvent::new("stick_read", actor.via.key()).say(detail).count(entries);
        self.write_note(actor, note, event, now_ms)?;
        for receipt in &stick.receipts {
            self.note_stick_receipt(actor, stick.from, receipt, now_ms)?;
        }
        self.note_files_received(stick.from, now_ms)?;
        let files_missing = self.files_still_missing(stick.from)?;
        Ok(StickRead { missing: missing.into_iter().rev().collect(), files_missing })
    }

    fn note_stick_receipt(
        &self,
        actor: &Actor,
        by: ReplicaId,
        receipt: &StickReceipt,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        if !self.memory().local.awaits_stick_receipt(&by, receipt.number, &hex(&receipt.id)) {
            return Ok(());
        }
        let note = LocalNote::StickReceipted { by, number: receipt.number, at_ms: receipt.at_ms };
        let detail = reason!("audit-stick-receipt", site = self.site_of(by), number = receipt.number);
        self.write_note(actor, note, AuditEvent::new("stick_receipt", actor.via.key()).say(detail), now_ms)
    }

    /// What sticks for this machine are sealed to (`age1…`).
    pub fn age_recipient(&self) -> Result<String, CasebookError> {
        self.keystore().recipient().map_err(|error| CasebookError::Storage(error.to_string().into()))
    }

    /// The site of a machine, as the registry names it.
    pub fn site_name(&self, replica: ReplicaId) -> String {
        self.site_of(replica)
    }

    /// Notes in the audit that a stick was refused, before the person is told.
    pub fn note_stick_refused(&self, actor: &Actor, why: Reason, now_ms: u64) -> Result<(), CasebookError> {
        self.write_audit(actor, AuditEvent::new("stick_refused", actor.via.key()).say(why), now_ms)
    }

    /// Sticks written and read here, newest first. Right: SeeSync.
    pub fn sticks(&self, actor: &Actor, now_ms: u64) -> Result<Vec<StickLine>, CasebookError> {
        actor.must(Right::SeeSync)?;
        let (written, read) = {
            let memory = self.memory();
            (memory.local.sticks_written.clone(), memory.local.sticks_read.clone())
        };
        let mut lines: Vec<StickLine> = written.iter().map(|note| self.written_line(note, now_ms)).collect();
        lines.extend(read.iter().map(|note| self.read_line(note)));
        lines.sort_by_key(|line| std::cmp::Reverse((line.at_ms, line.number)));
        Ok(lines)
    }

    fn written_line(&self, note: &StickNote, now_ms: u64) -> StickLine {
        let proved = note.carried.as_ref().is_some_and(|carried| self.is_proved(note.peer, carried));
        let state = match note.received_ms {
            Some(_) => "received",
            None if proved => "received",
            None if now_ms > note.expires_ms => "expired",
            None => "on_the_way",
        };
        StickLine { direction: "written".into(), state: state.into(), ..self.read_line(note) }
    }

    fn read_line(&self, note: &StickNote) -> StickLine {
        StickLine {
            direction: "read".into(),
            number: note.number,
            replica: note.peer,
            site: self.site_of(note.peer),
            at_ms: note.at_ms,
            made_ms: note.made_ms,
            expires_ms: note.expires_ms,
            entries: note.entries,
            bytes: note.bytes,
            files: note.files,
            files_left: note.files_left,
            state: "read".into(),
            received_ms: note.received_ms,
        }
    }
}

fn runs_of<'a>(space: SpaceId, before: &'a Frontier, after: &'a Frontier) -> impl Iterator<Item = StickRun> + 'a {
    after.0.iter().filter_map(move |(key, (until, _))| {
        let from = before.number(key) + 1;
        (from <= *until).then_some(StickRun { log: LogId { space, key: *key }, from, until: *until })
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<StickRefused> for CasebookError {
    fn from(refused: StickRefused) -> Self {
        peer_refused(refused.name(), refused.reason())
    }
}
