//! The reference implementation: the same promises as the database, kept in one process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::{
    AuditEntry, Calendar, Lock, Mapping, NewOperation, Operation, OperationKind, OperationState, Provider,
    Setback, Store, TokenRow, checked_setback,
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

    fn complete_create<'a>(&'a self, id: u64, mapping: &'a Mapping) -> BoxFuture<'a, Result<()>> {
        let key = (mapping.provider, mapping.appointment_id);
        self.content().mappings.insert(key, mapping.clone());
        self.finish(id, Some(&mapping.meeting_id));
        done(())
    }

    fn complete_cancel(&self, id: u64, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>> {
        self.content().mappings.remove(&(provider, appointment_id));
        self.finish(id, None);
        done(())
    }

    fn save_mapping<'a>(&'a self, mapping: &'a Mapping) -> BoxFuture<'a, Result<()>> {
        let key = (mapping.provider, mapping.appointment_id);
        self.content().mappings.insert(key, mapping.clone());
        done(())
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
        self.content().audit.push(entry.fitted());
        done(())
    }
}
