//! The reference implementation: the same promises as the database, kept in one process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::{
    AuditEntry, Calendar, ConnectionRow, ConnectionState, Due, Lock, Mapping, NewOperation, Operation,
    OperationKind, OperationState, Provider, Setback, Store, TokenRow, checked_setback,
};
use crate::{Error, ErrorKind, Result};

/// A store without a database. Clones share their content, as several processes share a database.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    mappings: HashMap<(Provider, u64), Mapping>,
    /// In order of their ids, as the journal is read.
    operations: BTreeMap<u64, Entry>,
    tokens: HashMap<TokenRow, String>,
    calendars: BTreeMap<u64, Calendar>,
    /// By appointment: told how often, verify, due at.
    notes: BTreeMap<u64, (u64, bool, i64)>,
    /// By provider and appointment: 1, or until when somebody is at it.
    links: HashMap<(Provider, u64), i64>,
    connections: HashMap<(Provider, u64), ConnectionRow>,
    locks: HashMap<String, Arc<AsyncMutex<()>>>,
    audit: Vec<AuditEntry>,
}

#[derive(Debug)]
struct Entry {
    operation: Operation,
    lease_until: Option<Instant>,
}

impl Entry {
    fn finish(&mut self, meeting_id: Option<&str>) {
        self.lease_until = None;
        self.operation.state = OperationState::Done;
        self.operation.reason.clear();
        self.operation.message.clear();
        self.operation.resume_at = None;
        if let Some(meeting_id) = meeting_id {
            meeting_id.clone_into(&mut self.operation.meeting_id);
        }
    }

    fn is_final(&self) -> bool {
        matches!(
            self.operation.state,
            OperationState::Done | OperationState::Failed
        )
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic elsewhere while the mutex was held must not turn every later call into one.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The audit log, oldest first.
    pub fn audit_entries(&self) -> Vec<AuditEntry> {
        self.content().audit.clone()
    }

    fn keep(&self, mapping: &Mapping) {
        let (mut content, key) = (self.content(), (mapping.provider, mapping.appointment_id));
        if mapping.owes_link {
            content.links.insert(key, 1);
        }
        let kept = Mapping {
            owes_link: false,
            ..mapping.clone()
        };
        content.mappings.insert(key, kept);
    }

    fn finish(&self, id: u64, meeting_id: Option<&str>) {
        if let Some(entry) = self.content().operations.get_mut(&id) {
            entry.finish(meeting_id);
        }
    }
}

/// A lock of one process; the guard gives it back when dropped.
struct MemoryLock(OwnedMutexGuard<()>);

impl Lock for MemoryLock {
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        drop(self.0);
        done(())
    }
}

fn done<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T>> {
    ready(Ok(value)).boxed()
}

impl Store for MemoryStore {
    fn mapping<'a>(
        &'a self,
        provider: Provider,
        appointment_id: u64,
    ) -> BoxFuture<'a, Result<Option<Mapping>>> {
        done(self.content().mappings.get(&(provider, appointment_id)).cloned())
    }

    fn mapping_by_meeting<'a>(
        &'a self,
        provider: Provider,
        meeting_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Mapping>>> {
        let content = self.content();
        let found = content
            .mappings
            .values()
            .find(|row| row.provider == provider && row.meeting_id == meeting_id);
        done(found.cloned())
    }

    fn mappings_by_meetings<'a>(
        &'a self,
        provider: Provider,
        meeting_ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Mapping>>> {
        let content = self.content();
        let found = content
            .mappings
            .values()
            .filter(|row| row.provider == provider && meeting_ids.contains(&row.meeting_id));
        done(found.cloned().collect())
    }

    fn mappings_of_doctor(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<Vec<Mapping>>> {
        let names = |row: &Mapping| {
            serde_json::from_str::<serde_json::Value>(&row.extra).is_ok_and(|extra| {
                extra.get("doctor_id").and_then(serde_json::Value::as_u64) == Some(doctor_id)
            })
        };
        let content = self.content();
        let found = content
            .mappings
            .values()
            .filter(|row| row.provider == provider && names(row));
        done(found.cloned().collect())
    }

    fn calendar(&self, doctor_id: u64) -> BoxFuture<'_, Result<Option<Calendar>>> {
        done(self.content().calendars.get(&doctor_id).cloned())
    }

    fn calendar_by_channel<'a>(&'a self, channel_id: &'a str) -> BoxFuture<'a, Result<Option<Calendar>>> {
        let content = self.content();
        let found = content
            .calendars
            .values()
            .find(|row| row.channel_id == channel_id);
        done(found.cloned())
    }

    fn due_calendars(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<Calendar>>> {
        let mut due: Vec<Calendar> = self.content().calendars.values().cloned().collect();
        due.retain(|row| row.due_at <= now);
        due.sort_by_key(|row| row.due_at);
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        done(due)
    }

    fn save_calendar<'a>(&'a self, calendar: &'a Calendar) -> BoxFuture<'a, Result<()>> {
        self.content()
            .calendars
            .insert(calendar.doctor_id, calendar.clone());
        done(())
    }

    fn update_calendar<'a>(
        &'a self,
        calendar: &'a Calendar,
        read: &'a Calendar,
    ) -> BoxFuture<'a, Result<bool>> {
        let mut content = self.content();
        let row = content.calendars.get_mut(&read.doctor_id);
        let Some(row) = row.filter(|row| row.is_same_listing(read)) else {
            return done(false);
        };
        let sooner = (row.due_at < read.due_at).then_some(row.due_at);
        *row = calendar.clone();
        row.due_at = sooner.map_or(row.due_at, |due| due.min(row.due_at));
        done(true)
    }

    fn hasten_calendar(&self, doctor_id: u64, due_at: i64) -> BoxFuture<'_, Result<()>> {
        if let Some(row) = self.content().calendars.get_mut(&doctor_id) {
            row.due_at = row.due_at.min(due_at);
        }
        done(())
    }

    fn drop_calendar(&self, doctor_id: u64) -> BoxFuture<'_, Result<()>> {
        self.content().calendars.remove(&doctor_id);
        done(())
    }

    fn begin_operation(&self, new: NewOperation) -> BoxFuture<'_, Result<u64>> {
        let mut content = self.content();
        let id = content.operations.last_key_value().map_or(1, |(id, _)| id + 1);
        let operation = Operation {
            id,
            appointment_id: new.appointment_id,
            doctor_id: new.doctor_id,
            provider: new.provider,
            kind: new.kind,
            state: OperationState::InFlight,
            marker: new.marker,
            meeting_id: new.meeting_id,
            request: new.request,
            attempts: 1,
            reason: String::new(),
            message: String::new(),
            resume_at: None,
        };
        let lease_until = Some(Instant::now() + new.lease);
        content.operations.insert(
            id,
            Entry {
                operation,
                lease_until,
            },
        );
        done(id)
    }

    fn resume_operation(&self, id: u64, lease: Duration) -> BoxFuture<'_, Result<bool>> {
        let mut content = self.content();
        let Some(entry) = content.operations.get_mut(&id) else {
            return done(false);
        };
        let now = Instant::now();
        let leased = entry.operation.state == OperationState::InFlight
            && entry.lease_until.is_some_and(|until| now < until);
        if entry.is_final() || leased {
            return done(false);
        }
        entry.lease_until = Some(now + lease);
        entry.operation.state = OperationState::InFlight;
        entry.operation.attempts += 1;
        entry.operation.resume_at = None;
        done(true)
    }

    fn complete_create<'a>(
        &'a self,
        id: u64,
        mapping: &'a Mapping,
        _took: Duration,
    ) -> BoxFuture<'a, Result<()>> {
        self.keep(mapping);
        self.finish(id, Some(&mapping.meeting_id));
        done(())
    }

    fn complete_cancel(
        &self,
        id: u64,
        provider: Provider,
        appointment_id: u64,
        _took: Duration,
    ) -> BoxFuture<'_, Result<()>> {
        self.content().mappings.remove(&(provider, appointment_id));
        self.finish(id, None);
        done(())
    }

    fn save_mapping<'a>(&'a self, mapping: &'a Mapping) -> BoxFuture<'a, Result<()>> {
        self.keep(mapping);
        done(())
    }

    fn swap_extra<'a>(&'a self, seen: &'a Mapping, extra: &'a str) -> BoxFuture<'a, Result<bool>> {
        let (mut content, key) = (self.content(), (seen.provider, seen.appointment_id));
        let held = content
            .mappings
            .get_mut(&key)
            .filter(|held| held.meeting_id == seen.meeting_id && held.extra == seen.extra);
        done(held.map(|held| extra.clone_into(&mut held.extra)).is_some())
    }

    fn drop_mapping(&self, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>> {
        self.content().mappings.remove(&(provider, appointment_id));
        done(())
    }

    fn complete(&self, id: u64) -> BoxFuture<'_, Result<()>> {
        self.finish(id, None);
        done(())
    }

    fn set_back(&self, id: u64, setback: Setback) -> BoxFuture<'_, Result<()>> {
        let setback = match checked_setback(setback) {
            Ok(setback) => setback,
            Err(error) => return ready(Err(error)).boxed(),
        };
        let mut content = self.content();
        if let Some(entry) = content.operations.get_mut(&id).filter(|entry| !entry.is_final()) {
            entry.lease_until = None;
            entry.operation.state = setback.state;
            setback.reason.name().clone_into(&mut entry.operation.reason);
            entry.operation.message = setback.message;
            entry.operation.resume_at = setback.resume_at;
        }
        done(())
    }

    fn unfinished<'a>(
        &'a self,
        provider: Provider,
        kind: OperationKind,
        appointment_id: u64,
    ) -> BoxFuture<'a, Result<Option<Operation>>> {
        let content = self.content();
        let wanted = |entry: &&Entry| {
            let operation = &entry.operation;
            !entry.is_final()
                && operation.provider == provider
                && operation.kind == kind
                && operation.appointment_id == appointment_id
        };
        done(
            content
                .operations
                .values()
                .rev()
                .find(wanted)
                .map(|entry| entry.operation.clone()),
        )
    }

    fn operations(&self, appointment_id: u64) -> BoxFuture<'_, Result<Vec<Operation>>> {
        let content = self.content();
        let all = content.operations.values().map(|entry| &entry.operation);
        done(
            all.filter(|operation| operation.appointment_id == appointment_id)
                .cloned()
                .collect(),
        )
    }

    fn read_token<'a>(&'a self, row: &'a TokenRow) -> BoxFuture<'a, Result<Option<String>>> {
        done(
            self.content()
                .tokens
                .get(row)
                .filter(|sealed| !sealed.is_empty())
                .cloned(),
        )
    }

    fn swap_token<'a>(
        &'a self,
        row: &'a TokenRow,
        expected: Option<&'a str>,
        sealed: &'a str,
    ) -> BoxFuture<'a, Result<bool>> {
        let mut content = self.content();
        let held = content
            .tokens
            .get(row)
            .map(String::as_str)
            .filter(|held| !held.is_empty());
        if held != expected {
            return done(false);
        }
        content.tokens.insert(row.clone(), sealed.to_owned());
        done(true)
    }

    fn widened(&self) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(self.clone()))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }

    fn note(&self, appointment_id: u64, verify: bool, due_at: i64) -> BoxFuture<'_, Result<u64>> {
        let mut content = self.content();
        let (noted, verified, due) = content
            .notes
            .entry(appointment_id)
            .or_insert((0, false, i64::MAX));
        (*noted, *verified, *due) = (*noted + 1, *verified || verify, (*due).min(due_at));
        done(*noted)
    }

    fn settle_note(&self, appointment_id: u64, noted: u64) -> BoxFuture<'_, Result<()>> {
        let mut content = self.content();
        if content
            .notes
            .get(&appointment_id)
            .is_some_and(|note| note.0 == noted)
        {
            content.notes.remove(&appointment_id);
        }
        done(())
    }

    fn postpone(&self, appointment_id: u64, until: i64, noted_until: i64) -> BoxFuture<'_, Result<()>> {
        let mut content = self.content();
        if let Some(note) = content.notes.get_mut(&appointment_id) {
            note.2 = note.2.max(noted_until);
        }
        let now = Instant::now();
        for entry in content.operations.values_mut() {
            let died = entry.operation.state == OperationState::InFlight
                && entry.lease_until.is_none_or(|lease| lease < now);
            let due = entry.operation.resume_at.is_some_and(|at| at <= until);
            if entry.operation.appointment_id == appointment_id && (due || died) && !entry.is_final() {
                entry.operation.resume_at = Some(until);
                if died {
                    entry.operation.state = OperationState::Pending;
                }
            }
        }
        done(())
    }

    fn due(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<Due>>> {
        let (content, instant) = (self.content(), Instant::now());
        let mut due: BTreeMap<u64, (i64, Due)> = BTreeMap::new();
        for (id, (noted, verify, at)) in content.notes.iter().filter(|(_, note)| note.2 <= now) {
            let found = due.entry(*id).or_insert((*at, Due::default()));
            (found.1.noted, found.1.verify) = (*noted, *verify);
        }
        for entry in content.operations.values() {
            let operation = &entry.operation;
            let died = operation.state == OperationState::InFlight
                && entry.lease_until.is_some_and(|lease| lease < instant);
            let at = operation.resume_at.filter(|at| *at <= now);
            let Some(at) = at.or(died.then_some(now)) else {
                continue;
            };
            let found = due
                .entry(operation.appointment_id)
                .or_insert((at, Due::default()));
            found.0 = found.0.min(at);
            found.1.doctor_id = found.1.doctor_id.max(operation.doctor_id);
        }
        let mut list: Vec<(i64, Due)> = due
            .into_iter()
            .map(|(appointment_id, (at, found))| {
                (
                    at,
                    Due {
                        appointment_id,
                        ..found
                    },
                )
            })
            .collect();
        list.sort_by_key(|(at, found)| (*at, found.appointment_id));
        list.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        done(list.into_iter().map(|(_, found)| found).collect())
    }

    fn next_due(&self, now: i64) -> BoxFuture<'_, Result<Option<i64>>> {
        let content = self.content();
        let waiting = content
            .operations
            .values()
            .filter_map(|entry| entry.operation.resume_at);
        done(waiting.filter(|at| *at > now).min())
    }

    fn claim_link(
        &self,
        provider: Provider,
        appointment_id: u64,
        now: i64,
        until: i64,
    ) -> BoxFuture<'_, Result<bool>> {
        let mut content = self.content();
        let owed = content.links.get_mut(&(provider, appointment_id));
        done(owed.filter(|owed| **owed < now).is_some_and(|owed| {
            *owed = until;
            true
        }))
    }

    fn settle_link(&self, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>> {
        let mut content = self.content();
        if content
            .links
            .get(&(provider, appointment_id))
            .is_some_and(|owed| *owed > 1)
        {
            content.links.remove(&(provider, appointment_id));
        }
        done(())
    }

    fn connection(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<Option<ConnectionRow>>> {
        done(self.content().connections.get(&(provider, doctor_id)).cloned())
    }

    fn due_connections(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<ConnectionRow>>> {
        let alive = [ConnectionState::Healthy, ConnectionState::Expiring];
        let mut due: Vec<ConnectionRow> = self.content().connections.values().cloned().collect();
        due.retain(|row| row.due_at <= now && alive.contains(&row.state));
        due.sort_by_key(|row| row.due_at);
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        done(due)
    }

    fn save_connection<'a>(&'a self, row: &'a ConnectionRow, _now: i64) -> BoxFuture<'a, Result<()>> {
        let key = (row.provider, row.doctor_id);
        self.content().connections.insert(key, row.clone());
        done(())
    }

    fn drop_connection(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<()>> {
        self.content().connections.remove(&(provider, doctor_id));
        done(())
    }

    fn adopt_connections<'a>(&'a self, provider: Provider, key: &'a str) -> BoxFuture<'a, Result<u64>> {
        let mut content = self.content();
        let owners: Vec<u64> = content
            .tokens
            .keys()
            .filter_map(|row| match row {
                TokenRow::UserMeta { user_id, key: found } if found == key => Some(*user_id),
                _ => None,
            })
            .collect();
        let before = content.connections.len();
        for doctor_id in owners {
            content
                .connections
                .entry((provider, doctor_id))
                .or_insert_with(|| ConnectionRow::fresh(provider, doctor_id, 0, 0));
        }
        done((content.connections.len() - before) as u64)
    }

    fn lock<'a>(&'a self, name: &'a str, wait: Duration) -> BoxFuture<'a, Result<Box<dyn Lock>>> {
        let lock = Arc::clone(self.content().locks.entry(name.to_lowercase()).or_default());
        async move {
            match tokio::time::timeout(wait, lock.lock_owned()).await {
                Ok(guard) => Ok(Box::new(MemoryLock(guard)) as Box<dyn Lock>),
                Err(_) => Err(Error::new(
                    ErrorKind::Busy,
                    "Another process is working on this. Try again shortly.",
                )),
            }
        }
        .boxed()
    }

    fn audit<'a>(&'a self, entry: &'a AuditEntry) -> BoxFuture<'a, Result<()>> {
        let (mut content, entry) = (self.content(), entry.fitted());
        let known = |kept: &&AuditEntry| !entry.bucket.is_empty() && kept.bucket == entry.bucket;
        if content.audit.iter().find(known).is_none() {
            content.audit.push(entry);
        }
        done(())
    }
}
