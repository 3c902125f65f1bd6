//! The SQL of followed calendars, and of looking mappings up for them.

use mysql_async::{Params, Row, Value, params};

use super::MySqlStore;
use super::rows::{self, column};
use super::session::{Repeat, Statement};
use crate::Result;
use crate::store::{Calendar, Mapping, Provider};

const COLUMNS: &str = "doctor_id, sync_token, due_at, channel_id, channel_hash, resource_id, channel_expires_at, \
     failures, page_token, listed";

/// Size of the column.
const LONGEST_TOKEN: usize = 2000;

fn calendar(row: &Row) -> Result<Calendar> {
    let text = |index| -> Result<String> { Ok(column(row, index)?.unwrap_or_default()) };
    Ok(Calendar {
        doctor_id: column(row, 0)?.unwrap_or_default(),
        sync_token: text(1)?,
        due_at: column(row, 2)?.unwrap_or_default(),
        channel_id: text(3)?,
        channel_hash: text(4)?,
        resource_id: text(5)?,
        channel_expires_at: column(row, 6)?.unwrap_or_default(),
        failures: column(row, 7)?.unwrap_or_default(),
        page_token: text(8)?,
        listed: text(9)?.split(',').filter_map(|id| id.parse().ok()).collect(),
    })
}

pub(super) async fn find(store: &MySqlStore, by: &str, value: Value) -> Result<Option<Calendar>> {
    let table = &store.tables.calendars;
    let sql = format!("SELECT {COLUMNS} FROM {table} WHERE {by} = ? LIMIT 1");
    let reply = store
        .run(sql, Params::Positional(vec![value]), Repeat::Harmless)
        .await?;
    reply.rows.first().map(calendar).transpose()
}

pub(super) async fn due(store: &MySqlStore, now: i64, limit: u32) -> Result<Vec<Calendar>> {
    let table = &store.tables.calendars;
    let sql = format!("SELECT {COLUMNS} FROM {table} WHERE due_at <= ? ORDER BY due_at LIMIT ?");
    let reply = store.run(sql, (now, limit), Repeat::Harmless).await?;
    reply.rows.iter().map(calendar).collect()
}

pub(super) fn save(store: &MySqlStore, calendar: &Calendar) -> Statement {
    let sql = format!(
        "INSERT INTO {} ({COLUMNS}) VALUES (:doctor_id, :sync_token, :due_at, :channel_id, :channel_hash, \
         :resource_id, :expires, :failures, :page_token, :listed) ON DUPLICATE KEY UPDATE sync_token = VALUES(sync_token), \
         due_at = VALUES(due_at), channel_id = VALUES(channel_id), channel_hash = VALUES(channel_hash), \
         resource_id = VALUES(resource_id), channel_expires_at = VALUES(channel_expires_at), \
         failures = VALUES(failures), page_token = VALUES(page_token), listed = VALUES(listed)",
        store.tables.calendars
    );
    let values = params! {
        "doctor_id" => calendar.doctor_id,
        "sync_token" => calendar.sync_token.as_str(),
        "due_at" => calendar.due_at,
        "channel_id" => calendar.channel_id.as_str(),
        "channel_hash" => calendar.channel_hash.as_str(),
        "resource_id" => calendar.resource_id.as_str(),
        "expires" => calendar.channel_expires_at,
        "failures" => calendar.failures,
        "page_token" => kept(&calendar.page_token),
        "listed" => listed(calendar),
    };
    Statement::new(sql, values)
}

pub(super) async fn update(store: &MySqlStore, calendar: &Calendar, read: &Calendar) -> Result<bool> {
    let sql = format!(
        "UPDATE {} SET sync_token = ?, due_at = IF(due_at < ?, LEAST(due_at, ?), ?), channel_id = ?, \
         channel_hash = ?, resource_id = ?, channel_expires_at = ?, failures = ?, page_token = ?, listed = ? \
         WHERE doctor_id = ? AND sync_token = ? AND page_token = ? AND channel_id = ? AND channel_expires_at = ? \
         AND failures = ?",
        store.tables.calendars
    );
    let values: Vec<Value> = vec![
        calendar.sync_token.as_str().into(),
        read.due_at.into(),
        calendar.due_at.into(),
        calendar.due_at.into(),
        calendar.channel_id.as_str().into(),
        calendar.channel_hash.as_str().into(),
        calendar.resource_id.as_str().into(),
        calendar.channel_expires_at.into(),
        calendar.failures.into(),
        kept(&calendar.page_token).into(),
        listed(calendar).into(),
        read.doctor_id.into(),
        read.sync_token.as_str().into(),
        kept(&read.page_token).into(),
        read.channel_id.as_str().into(),
        read.channel_expires_at.into(),
        read.failures.into(),
    ];
    // A second time it finds another row, which is told as a change: the next look then begins where the row is.
    let reply = store
        .run(sql, Params::Positional(values), Repeat::Harmless)
        .await?;
    Ok(reply.affected > 0)
}

/// A longer one is not kept: the listing then starts anew.
fn kept(page_token: &str) -> &str {
    Some(page_token)
        .filter(|token| token.len() <= LONGEST_TOKEN)
        .unwrap_or_default()
}

fn listed(calendar: &Calendar) -> String {
    let ids: Vec<String> = calendar.listed.iter().map(u64::to_string).collect();
    ids.join(",")
}

pub(super) fn hasten(store: &MySqlStore, doctor_id: u64, due_at: i64) -> Statement {
    let sql = format!(
        "UPDATE {} SET due_at = LEAST(due_at, ?) WHERE doctor_id = ?",
        store.tables.calendars
    );
    Statement::new(sql, (due_at, doctor_id))
}

pub(super) fn drop_row(store: &MySqlStore, doctor_id: u64) -> Statement {
    let sql = format!("DELETE FROM {} WHERE doctor_id = ?", store.tables.calendars);
    Statement::new(sql, (doctor_id,))
}

/// Mappings with one of these meeting ids.
pub(super) async fn mappings(
    store: &MySqlStore,
    provider: Provider,
    meeting_ids: &[String],
) -> Result<Vec<Mapping>> {
    let mut found = Vec::new();
    for part in meeting_ids.chunks(200) {
        let marks = vec!["?"; part.len()].join(", ");
        let condition = format!("{} IN ({marks})", store.tables.mapping(provider).meeting_id);
        found.extend(
            select(
                store,
                provider,
                &condition,
                part.iter().map(Value::from).collect(),
            )
            .await?,
        );
    }
    Ok(found)
}

/// Mappings that name the doctor. Rows of the original add-on name nobody.
pub(super) async fn of_doctor(
    store: &MySqlStore,
    provider: Provider,
    doctor_id: u64,
) -> Result<Vec<Mapping>> {
    let condition = "JSON_VALID(extra) AND JSON_EXTRACT(extra, '$.doctor_id') = ?";
    select(store, provider, condition, vec![Value::from(doctor_id)]).await
}

async fn select(
    store: &MySqlStore,
    provider: Provider,
    condition: &str,
    values: Vec<Value>,
) -> Result<Vec<Mapping>> {
    let table = store.tables.mapping(provider);
    let sql = format!("SELECT {} FROM {} WHERE {condition}", table.columns(), table.name);
    let reply = store
        .run(sql, Params::Positional(values), Repeat::Harmless)
        .await?;
    reply
        .rows
        .iter()
        .map(|row| rows::mapping(provider, row))
        .collect()
}
