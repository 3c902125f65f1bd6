//! The store in the site's MySQL or `MariaDB` database, over connections of our own: `KiviCare` calls us inside its
//! transaction on WordPress' connection, and what we write must survive its rollback.
//!
//! All SQL of the extension is in this folder. The plugin creates the tables.

mod audit;
mod calendars;
mod config;
mod connections;
mod dsn;
mod error;
mod gate;
mod hub;
mod lock;
mod mappings;
mod queue;
mod refusal;
mod rows;
mod session;
mod tls;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use mysql_async::{Params, params};

pub use config::DatabaseConfig;
pub use dsn::ClientDefaults;
#[cfg(fuzzing)]
pub use dsn::parsed_db_host;

use self::hub::Hub;
use self::rows::Tables;
use self::session::{Repeat, Reply, Statement, Which, perform};
use super::{
    AuditEntry, Calendar, ConnectionRow, Due, Lock, Mapping, NewOperation, Operation, OperationKind,
    Provider, Setback, Store, TokenRow, checked_setback,
};
use crate::Result;
use crate::error::internal;

/// The states of [`Store::unfinished`].
const UNFINISHED: &str = "state IN ('in_flight', 'pending', 'parked')";

/// The database store of one site. It connects when first used, and belongs to the tokio runtime that first uses it.
#[derive(Clone)]
pub struct MySqlStore {
    hub: Arc<Hub>,
    which: Which,
    site: String,
    tables: Arc<Tables>,
}

impl std::fmt::Debug for MySqlStore {
    /// The options' own Debug would show the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySqlStore")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

impl MySqlStore {
    /// A store for the site (any text that tells it from others on the same database server). Does not connect yet.
    pub fn new(config: DatabaseConfig, site: &str) -> Result<Self> {
        if config.name.is_empty() || config.user.is_empty() {
            return Err(crate::error::configuration(
                "DB_NAME and DB_USER must be set in wp-config.php.",
            ));
        }
        Ok(Self {
            hub: Arc::new(Hub::new(&config)?),
            which: Which::Anchor,
            site: site.to_owned(),
            tables: Arc::new(Tables::new(&config)),
        })
    }

    /// Connects if need be and asks the server for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        self.run("SELECT 1".to_owned(), Params::Empty, Repeat::Harmless)
            .await
            .map(drop)
    }

    /// Closes every session that is not in use.
    pub fn disconnect(&self) {
        self.hub.end_idle(Duration::ZERO);
    }

    /// A request of the host process is over: sessions that others may need are closed.
    pub fn request_over(&self) {
        self.hub.request_over();
    }

    /// Makes room for a session that the host process is about to open itself, to be told of its end by
    /// [`session_closed`](Self::session_closed).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) while visitors need what there is.
    pub async fn session_wanted(&self) -> Result<()> {
        self.hub.lend().await
    }

    /// The host process has closed its session.
    pub fn session_closed(&self) {
        self.hub.take_back();
    }

    /// Whether this machine's processes can count their sessions together, in the folder for temporary files.
    pub fn counts_sessions(&self) -> bool {
        self.hub.counts()
    }

    async fn run(&self, sql: String, values: impl Into<Params>, repeat: Repeat) -> Result<Reply> {
        perform(&self.hub, self.which, &[Statement::new(sql, values)], repeat).await
    }

    /// Runs the statements as one transaction. Each caller's may be repeated harmlessly.
    async fn transact(&self, statements: &[Statement]) -> Result<()> {
        perform(&self.hub, self.which, statements, Repeat::Harmless)
            .await
            .map(drop)
    }

    fn transacted<const N: usize>(&self, statements: [Statement; N]) -> BoxFuture<'_, Result<()>> {
        async move { self.transact(&statements).await }.boxed()
    }

    async fn find_mapping(
        &self,
        provider: Provider,
        column: &str,
        value: impl Into<mysql_async::Value>,
    ) -> Result<Option<Mapping>> {
        let table = self.tables.mapping(provider);
        let sql = format!(
            "SELECT {} FROM {} WHERE {column} = ? ORDER BY id DESC LIMIT 1",
            table.columns(),
            table.name
        );
        let reply = self
            .run(sql, Params::Positional(vec![value.into()]), Repeat::Harmless)
            .await?;
        reply
            .rows
            .first()
            .map(|row| rows::mapping(provider, row))
            .transpose()
    }

    async fn insert_operation(&self, new: NewOperation) -> Result<u64> {
        let sql = format!(
            "INSERT INTO {} (appointment_id, doctor_id, provider, kind, state, marker, meeting_id, request, attempts, \
             reason, message, lease_until, created_at, updated_at) VALUES (:appointment_id, :doctor_id, :provider, \
             :kind, 'in_flight', :marker, :meeting_id, :request, 1, '', '', \
             DATE_ADD(UTC_TIMESTAMP(), INTERVAL :lease SECOND), UTC_TIMESTAMP(), UTC_TIMESTAMP())",
            self.tables.operations
        );
        let values = params! {
            "appointment_id" => new.appointment_id,
            "doctor_id" => new.doctor_id,
            "provider" => new.provider.id(),
            "kind" => new.kind.name(),
            "marker" => new.marker,
            "meeting_id" => new.meeting_id,
            "request" => new.request,
            "lease" => seconds(new.lease),
        };
        let reply = self.run(sql, values, Repeat::Never).await?;
        reply
            .last_id
            .ok_or_else(|| internal("The journal's table gives its rows no ids."))
    }

    async fn take_up(&self, id: u64, lease: Duration) -> Result<bool> {
        // Strictly less: times are kept in whole seconds, and a lease must not end before its time.
        let sql = format!(
            "UPDATE {} SET state = 'in_flight', attempts = attempts + 1, resume_at = NULL, \
             lease_until = DATE_ADD(UTC_TIMESTAMP(), INTERVAL :lease SECOND), updated_at = UTC_TIMESTAMP() \
             WHERE id = :id AND (state IN ('pending', 'parked') OR (state = 'in_flight' AND \
             (lease_until IS NULL OR lease_until < UTC_TIMESTAMP())))",
            self.tables.operations
        );
        let values = params! { "lease" => seconds(lease), id };
        Ok(self.run(sql, values, Repeat::Never).await?.affected > 0)
    }

    async fn record_setback(&self, id: u64, setback: Setback) -> Result<()> {
        let setback = checked_setback(setback)?;
        let sql = format!(
            "UPDATE {} SET state = :state, reason = :reason, message = :message, lease_until = NULL, \
             resume_at = DATE_ADD('1970-01-01 00:00:00', INTERVAL :resume_at SECOND), \
             updated_at = UTC_TIMESTAMP() WHERE id = :id AND {UNFINISHED}",
            self.tables.operations
        );
        let values = params! {
            "state" => setback.state.name(),
            "reason" => setback.reason.name(),
            "message" => setback.message,
            "resume_at" => setback.resume_at,
            id,
        };
        self.run(sql, values, Repeat::Harmless).await.map(drop)
    }
}

/// Whole seconds, rounded up so that a lease is never shorter than asked for.
fn seconds(lease: Duration) -> u64 {
    lease.as_secs() + u64::from(lease.subsec_nanos() > 0)
}

impl Store for MySqlStore {
    fn mapping<'a>(
        &'a self,
        provider: Provider,
        appointment_id: u64,
    ) -> BoxFuture<'a, Result<Option<Mapping>>> {
        self.find_mapping(provider, "appointment_id", appointment_id)
            .boxed()
    }

    fn mapping_by_meeting<'a>(
        &'a self,
        provider: Provider,
        meeting_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Mapping>>> {
        self.find_mapping(provider, self.tables.mapping(provider).meeting_id, meeting_id)
            .boxed()
    }

    fn mappings_by_meetings<'a>(
        &'a self,
        provider: Provider,
        meeting_ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Mapping>>> {
        calendars::mappings(self, provider, meeting_ids).boxed()
    }

    fn mappings_of_doctor(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<Vec<Mapping>>> {
        calendars::of_doctor(self, provider, doctor_id).boxed()
    }

    fn calendar(&self, doctor_id: u64) -> BoxFuture<'_, Result<Option<Calendar>>> {
        calendars::find(self, "doctor_id", doctor_id.into()).boxed()
    }

    fn calendar_by_channel<'a>(&'a self, channel_id: &'a str) -> BoxFuture<'a, Result<Option<Calendar>>> {
        calendars::find(self, "channel_id", channel_id.into()).boxed()
    }

    fn due_calendars(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<Calendar>>> {
        calendars::due(self, now, limit).boxed()
    }

    fn save_calendar<'a>(&'a self, calendar: &'a Calendar) -> BoxFuture<'a, Result<()>> {
        self.transacted([calendars::save(self, calendar)])
    }

    fn update_calendar<'a>(
        &'a self,
        calendar: &'a Calendar,
        read: &'a Calendar,
    ) -> BoxFuture<'a, Result<bool>> {
        calendars::update(self, calendar, read).boxed()
    }

    fn hasten_calendar(&self, doctor_id: u64, due_at: i64) -> BoxFuture<'_, Result<()>> {
        self.transacted([calendars::hasten(self, doctor_id, due_at)])
    }

    fn drop_calendar(&self, doctor_id: u64) -> BoxFuture<'_, Result<()>> {
        self.transacted([calendars::drop_row(self, doctor_id)])
    }

    fn begin_operation(&self, new: NewOperation) -> BoxFuture<'_, Result<u64>> {
        self.insert_operation(new).boxed()
    }

    fn resume_operation(&self, id: u64, lease: Duration) -> BoxFuture<'_, Result<bool>> {
        self.take_up(id, lease).boxed()
    }

    fn complete_create<'a>(
        &'a self,
        id: u64,
        mapping: &'a Mapping,
        took: Duration,
    ) -> BoxFuture<'a, Result<()>> {
        let meeting_id = Some(mapping.meeting_id.as_str());
        self.transacted([self.upsert(mapping), self.finish(id, meeting_id, took)])
    }

    fn complete_cancel(
        &self,
        id: u64,
        provider: Provider,
        appointment_id: u64,
        took: Duration,
    ) -> BoxFuture<'_, Result<()>> {
        self.transacted([self.unmap(provider, appointment_id), self.finish(id, None, took)])
    }

    fn save_mapping<'a>(&'a self, mapping: &'a Mapping) -> BoxFuture<'a, Result<()>> {
        self.transacted([self.upsert(mapping)])
    }

    fn swap_extra<'a>(&'a self, seen: &'a Mapping, extra: &'a str) -> BoxFuture<'a, Result<bool>> {
        mappings::swap_extra(self, seen, extra).boxed()
    }

    fn drop_mapping(&self, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>> {
        self.transacted([self.unmap(provider, appointment_id)])
    }

    fn complete(&self, id: u64) -> BoxFuture<'_, Result<()>> {
        self.transacted([self.finish(id, None, Duration::ZERO)])
    }

    fn set_back(&self, id: u64, setback: Setback) -> BoxFuture<'_, Result<()>> {
        self.record_setback(id, setback).boxed()
    }

    fn unfinished<'a>(
        &'a self,
        provider: Provider,
        kind: OperationKind,
        appointment_id: u64,
    ) -> BoxFuture<'a, Result<Option<Operation>>> {
        let sql = format!(
            "SELECT {} FROM {} WHERE appointment_id = ? AND provider = ? AND kind = ? AND {UNFINISHED} \
             ORDER BY id DESC LIMIT 1",
            rows::OPERATION_COLUMNS,
            self.tables.operations
        );
        async move {
            let reply = self
                .run(
                    sql,
                    (appointment_id, provider.id(), kind.name()),
                    Repeat::Harmless,
                )
                .await?;
            reply.rows.first().map(rows::operation).transpose()
        }
        .boxed()
    }

    fn operations(&self, appointment_id: u64) -> BoxFuture<'_, Result<Vec<Operation>>> {
        let sql = format!(
            "SELECT {} FROM {} WHERE appointment_id = ? ORDER BY id",
            rows::OPERATION_COLUMNS,
            self.tables.operations
        );
        async move {
            let reply = self.run(sql, (appointment_id,), Repeat::Harmless).await?;
            reply.rows.iter().map(rows::operation).collect()
        }
        .boxed()
    }

    fn read_token<'a>(&'a self, row: &'a TokenRow) -> BoxFuture<'a, Result<Option<String>>> {
        tokens::read(self, row).boxed()
    }

    fn swap_token<'a>(
        &'a self,
        row: &'a TokenRow,
        expected: Option<&'a str>,
        sealed: &'a str,
    ) -> BoxFuture<'a, Result<bool>> {
        tokens::swap(self, row, expected, sealed).boxed()
    }

    fn widened(&self) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(Self {
            which: Which::Any,
            ..self.clone()
        }))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.hub.end_idle_spares(Duration::ZERO);
        ready(()).boxed()
    }

    fn note(&self, appointment_id: u64, verify: bool, due_at: i64) -> BoxFuture<'_, Result<u64>> {
        queue::note(self, appointment_id, verify, due_at).boxed()
    }

    fn settle_note(&self, appointment_id: u64, noted: u64) -> BoxFuture<'_, Result<()>> {
        self.transacted([queue::settle(self, appointment_id, noted)])
    }

    fn postpone(&self, appointment_id: u64, until: i64, noted_until: i64) -> BoxFuture<'_, Result<()>> {
        self.transacted(queue::postpone(self, appointment_id, until, noted_until))
    }

    fn due(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<Due>>> {
        queue::due(self, now, limit).boxed()
    }

    fn next_due(&self, now: i64) -> BoxFuture<'_, Result<Option<i64>>> {
        queue::next_due(self, now).boxed()
    }

    fn claim_link(
        &self,
        provider: Provider,
        appointment_id: u64,
        now: i64,
        until: i64,
    ) -> BoxFuture<'_, Result<bool>> {
        mappings::claim_link(self, provider, appointment_id, now, until).boxed()
    }

    fn settle_link(&self, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>> {
        self.transacted([mappings::settle_link(self, provider, appointment_id)])
    }

    fn connection(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<Option<ConnectionRow>>> {
        connections::find(self, provider, doctor_id).boxed()
    }

    fn due_connections(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<ConnectionRow>>> {
        connections::due(self, now, limit).boxed()
    }

    fn save_connection<'a>(&'a self, row: &'a ConnectionRow, now: i64) -> BoxFuture<'a, Result<()>> {
        self.transacted([connections::save(self, row, now)])
    }

    fn drop_connection(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<()>> {
        self.transacted([connections::drop_row(self, provider, doctor_id)])
    }

    fn adopt_connections<'a>(&'a self, provider: Provider, key: &'a str) -> BoxFuture<'a, Result<u64>> {
        connections::adopt(self, provider, key).boxed()
    }

    fn lock<'a>(&'a self, name: &'a str, wait: Duration) -> BoxFuture<'a, Result<Box<dyn Lock>>> {
        lock::acquire(&self.hub, &self.site, name, wait).boxed()
    }

    fn audit<'a>(&'a self, entry: &'a AuditEntry) -> BoxFuture<'a, Result<()>> {
        audit::append(self, entry).boxed()
    }
}
