//! The SQL of doctors' connections.

use mysql_async::{Params, Row, Value, params};

use super::MySqlStore;
use super::rows::column;
use super::session::{Repeat, Statement};
use crate::Result;
use crate::store::{ConnectionRow, ConnectionState, Provider};

const COLUMNS: &str = "doctor_id, provider, state, reason, message, refreshed_at, due_at, failures";

fn connection(row: &Row) -> Result<Option<ConnectionRow>> {
    let text = |index| -> Result<String> { Ok(column(row, index)?.unwrap_or_default()) };
    let (Some(provider), Some(state)) = (
        Provider::from_id(&text(1)?),
        ConnectionState::from_name(&text(2)?),
    ) else {
        return Ok(None);
    };
    Ok(Some(ConnectionRow {
        doctor_id: column(row, 0)?.unwrap_or_default(),
        provider,
        state,
        reason: text(3)?,
        message: text(4)?,
        refreshed_at: column(row, 5)?.unwrap_or_default(),
        due_at: column(row, 6)?.unwrap_or_default(),
        failures: column(row, 7)?.unwrap_or_default(),
    }))
}

pub(super) async fn find(
    store: &MySqlStore,
    provider: Provider,
    doctor_id: u64,
) -> Result<Option<ConnectionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE doctor_id = ? AND provider = ?",
        store.tables.connections
    );
    let reply = store
        .run(sql, (doctor_id, provider.id()), Repeat::Harmless)
        .await?;
    Ok(reply.rows.first().map(connection).transpose()?.flatten())
}

pub(super) async fn due(store: &MySqlStore, now: i64, limit: u32) -> Result<Vec<ConnectionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE due_at <= ? AND state IN ('healthy', 'expiring') ORDER BY due_at LIMIT ?",
        store.tables.connections
    );
    let reply = store.run(sql, (now, limit), Repeat::Harmless).await?;
    let rows: Result<Vec<_>> = reply.rows.iter().map(connection).collect();
    Ok(rows?.into_iter().flatten().collect())
}

pub(super) fn save(store: &MySqlStore, row: &ConnectionRow, now: i64) -> Statement {
    let sql = format!(
        "INSERT INTO {} ({COLUMNS}, updated_at) VALUES (:doctor_id, :provider, :state, :reason, :message, \
         :refreshed_at, :due_at, :failures, :now) ON DUPLICATE KEY UPDATE state = VALUES(state), \
         reason = VALUES(reason), message = VALUES(message), refreshed_at = VALUES(refreshed_at), \
         due_at = VALUES(due_at), failures = VALUES(failures), updated_at = VALUES(updated_at)",
        store.tables.connections
    );
    let values = params! {
        "doctor_id" => row.doctor_id,
        "provider" => row.provider.id(),
        "state" => row.state.name(),
        "reason" => row.reason.as_str(),
        "message" => row.message.as_str(),
        "refreshed_at" => row.refreshed_at,
        "due_at" => row.due_at,
        "failures" => row.failures,
        now,
    };
    Statement::new(sql, values)
}

pub(super) fn drop_row(store: &MySqlStore, provider: Provider, doctor_id: u64) -> Statement {
    let sql = format!(
        "DELETE FROM {} WHERE doctor_id = ? AND provider = ?",
        store.tables.connections
    );
    Statement::new(sql, (doctor_id, provider.id()))
}

/// Rows for tokens that have none: of older add-ons, or written while the table was away. They are due at once. On a
/// network the users' meta is shared by all sites: only members of this one count, and of them only who is not connected
/// on another one. Rows of others go.
pub(super) async fn adopt(store: &MySqlStore, provider: Provider, key: &str) -> Result<u64> {
    let connections = &store.tables.connections;
    let (usermeta, ours) = (&store.tables.usermeta, ours(store, "row.user_id"));
    let sql = format!(
        "INSERT IGNORE INTO {connections} (doctor_id, provider, state) SELECT row.user_id, :provider, 'healthy' \
         FROM {usermeta} row LEFT JOIN {connections} known ON known.doctor_id = row.user_id AND \
         known.provider = :provider WHERE row.meta_key = :key AND row.meta_value <> '' AND known.doctor_id IS NULL \
         AND {ours}"
    );
    let values = || -> Vec<(String, Value)> {
        vec![
            ("provider".into(), provider.id().into()),
            ("members".into(), store.tables.members.as_str().into()),
            ("home".into(), format!("{HOME}{}", provider.id()).into()),
            ("site".into(), store.tables.site.as_str().into()),
        ]
    };
    let foreign = format!(
        "DELETE FROM {connections} WHERE provider = :provider AND NOT ({})",
        self::ours(store, &format!("{connections}.doctor_id"))
    );
    store
        .run(foreign, Params::from(values()), Repeat::Harmless)
        .await?;
    let mut adopting = values();
    adopting.push(("key".into(), key.into()));
    let reply = store.run(sql, Params::from(adopting), Repeat::Harmless).await?;
    Ok(reply.affected)
}

/// User meta that names the site on whose connection a doctor of several sites is.
const HOME: &str = "kivicare_telemed_home_";

/// Whether the user is a member of this site, and connected here where the user says where.
fn ours(store: &MySqlStore, user: &str) -> String {
    let usermeta = &store.tables.usermeta;
    format!(
        "EXISTS (SELECT 1 FROM {usermeta} member WHERE member.user_id = {user} AND member.meta_key = :members) AND \
         NOT EXISTS (SELECT 1 FROM {usermeta} home WHERE home.user_id = {user} AND home.meta_key = :home AND \
         home.meta_value <> :site)"
    )
}
