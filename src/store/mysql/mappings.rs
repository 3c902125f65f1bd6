//! The SQL that writes mapping rows, and what ends operations with them.

use std::time::Duration;

use mysql_async::{Params, Value, params};

use super::MySqlStore;
use super::session::{Repeat, Statement};
use crate::Result;
use crate::store::{Mapping, Provider};

impl MySqlStore {
    /// Marks the operation done; none leaves its meeting id as it is.
    pub(super) fn finish(&self, id: u64, meeting_id: Option<&str>, took: Duration) -> Statement {
        let sql = format!(
            "UPDATE {} SET state = 'done', meeting_id = COALESCE(:meeting_id, meeting_id), reason = '', message = '', \
             latency_ms = :latency, lease_until = NULL, resume_at = NULL, updated_at = UTC_TIMESTAMP() WHERE id = :id",
            self.tables.operations
        );
        let latency = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        Statement::new(sql, params! { meeting_id, latency, id })
    }

    pub(super) fn unmap(&self, provider: Provider, appointment_id: u64) -> Statement {
        let sql = format!(
            "DELETE FROM {} WHERE appointment_id = ?",
            self.tables.mapping(provider).name
        );
        Statement::new(sql, (appointment_id,))
    }

    pub(super) fn upsert(&self, mapping: &Mapping) -> Statement {
        let table = self.tables.mapping(mapping.provider);
        let columns = [
            Some(("appointment_id", Value::from(mapping.appointment_id))),
            Some((table.meeting_id, mapping.meeting_id.as_str().into())),
            Some((table.start_url, mapping.start_url.as_str().into())),
            Some((table.join_url, mapping.join_url.as_str().into())),
            Some(("password", mapping.password.as_str().into())),
            Some(("extra", mapping.extra.as_str().into())),
            table.uuid.map(|uuid| (uuid, mapping.uuid.as_str().into())),
        ];
        let (names, mut values): (Vec<_>, Vec<_>) = columns.into_iter().flatten().unzip();
        let marks = vec!["?"; names.len()].join(", ");
        let changes: Vec<_> = names
            .iter()
            .map(|name| format!("{name} = VALUES({name})"))
            .collect();
        // A row that does not know its end counts as ahead for ever: it is looked at, not forgotten.
        let sql = format!(
            "INSERT INTO {} ({}, ends_at, link_owed, created_at, updated_at) VALUES ({marks}, \
             IF(? > 0, DATE_ADD('1970-01-01 00:00:00', INTERVAL ? SECOND), '2100-01-01 00:00:00'), ?, \
             UTC_TIMESTAMP(), UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE {}, ends_at = VALUES(ends_at), \
             link_owed = IF(VALUES(link_owed) > 0, 1, link_owed), updated_at = VALUES(updated_at)",
            table.name,
            names.join(", "),
            changes.join(", ")
        );
        values.extend([
            Value::from(mapping.ends_at),
            mapping.ends_at.into(),
            u8::from(mapping.owes_link).into(),
        ]);
        Statement::new(sql, Params::Positional(values))
    }
}

/// 1 says that a mail is owed, a later number until when somebody is at it (Unix seconds).
pub(super) async fn claim_link(
    store: &MySqlStore,
    provider: Provider,
    appointment_id: u64,
    now: i64,
    until: i64,
) -> Result<bool> {
    let sql = format!(
        "UPDATE {} SET link_owed = :until WHERE appointment_id = :appointment_id AND link_owed > 0 AND link_owed < :now",
        store.tables.mapping(provider).name
    );
    let reply = store
        .run(sql, params! { until, appointment_id, now }, Repeat::Never)
        .await?;
    Ok(reply.affected > 0)
}

pub(super) fn settle_link(store: &MySqlStore, provider: Provider, appointment_id: u64) -> Statement {
    let sql = format!(
        "UPDATE {} SET link_owed = 0 WHERE appointment_id = ? AND link_owed > 1",
        store.tables.mapping(provider).name
    );
    Statement::new(sql, (appointment_id,))
}

/// Bytes are compared: the column's collation takes some different texts for equal.
pub(super) async fn swap_extra(store: &MySqlStore, seen: &Mapping, extra: &str) -> Result<bool> {
    let table = store.tables.mapping(seen.provider);
    let sql = format!(
        "UPDATE {} SET extra = ?, updated_at = UTC_TIMESTAMP() WHERE appointment_id = ? AND {} = ? \
         AND CAST(COALESCE(extra, '') AS BINARY) = CAST(? AS BINARY)",
        table.name, table.meeting_id
    );
    let values = (
        extra,
        seen.appointment_id,
        seen.meeting_id.as_str(),
        seen.extra.as_str(),
    );
    let reply = store.run(sql, values, Repeat::Never).await?;
    Ok(reply.affected > 0)
}
