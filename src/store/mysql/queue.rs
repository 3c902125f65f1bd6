//! The SQL of the queue: noted appointments, and operations that are due.

use mysql_async::{Row, params};

use super::MySqlStore;
use super::rows::column;
use super::session::{Repeat, Statement};
use crate::Result;
use crate::store::Due;

/// Writes that an appointment may not be as it should be; how often it has been told of since it was last settled.
pub(super) async fn note(store: &MySqlStore, appointment_id: u64, verify: bool, due_at: i64) -> Result<u64> {
    let sql = format!(
        "INSERT INTO {} (appointment_id, verify, noted, due_at) VALUES (:appointment_id, :verify, 1, :due_at) \
         ON DUPLICATE KEY UPDATE verify = GREATEST(verify, VALUES(verify)), noted = LAST_INSERT_ID(noted + 1), \
         due_at = LEAST(due_at, VALUES(due_at))",
        store.tables.noted
    );
    // Told of once too often is harmless.
    let reply = store
        .run(
            sql,
            params! { appointment_id, "verify" => u8::from(verify), due_at },
            Repeat::Harmless,
        )
        .await?;
    Ok(reply.last_id.filter(|count| *count > 0).unwrap_or(1))
}

/// Forgets the note, unless somebody told of the appointment again meanwhile.
pub(super) fn settle(store: &MySqlStore, appointment_id: u64, noted: u64) -> Statement {
    let sql = format!(
        "DELETE FROM {} WHERE appointment_id = ? AND noted = ?",
        store.tables.noted
    );
    Statement::new(sql, (appointment_id, noted))
}

/// Puts everything of the appointment that is due off: operations until `until`, a note until `noted_until` (Unix seconds).
pub(super) fn postpone(
    store: &MySqlStore,
    appointment_id: u64,
    until: i64,
    noted_until: i64,
) -> [Statement; 2] {
    let notes = format!(
        "UPDATE {} SET due_at = GREATEST(due_at, :until) WHERE appointment_id = :appointment_id",
        store.tables.noted
    );
    let operations = format!(
        "UPDATE {} SET resume_at = DATE_ADD('1970-01-01 00:00:00', INTERVAL :until SECOND), \
         state = IF(state = 'in_flight', 'pending', state), lease_until = NULL \
         WHERE appointment_id = :appointment_id AND ((state IN ('pending', 'parked') AND resume_at <= \
         DATE_ADD('1970-01-01 00:00:00', INTERVAL :until SECOND)) OR (state = 'in_flight' AND lease_until < UTC_TIMESTAMP()))",
        store.tables.operations
    );
    [(notes, noted_until), (operations, until)]
        .map(|(sql, until)| Statement::new(sql, params! { appointment_id, until }))
}

/// What is due by `now`, the longest overdue first. Each part is read by its own index, and only so far.
pub(super) async fn due(store: &MySqlStore, now: i64, limit: u32) -> Result<Vec<Due>> {
    let (noted, operations) = (&store.tables.noted, &store.tables.operations);
    let seconds = "TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', ";
    let waiting = |state: &str| {
        format!(
            "(SELECT appointment_id, doctor_id, 0, 0, {seconds}resume_at) FROM {operations} WHERE state = '{state}' \
             AND resume_at <= DATE_ADD('1970-01-01 00:00:00', INTERVAL :now SECOND) ORDER BY resume_at LIMIT :limit)"
        )
    };
    let sql = format!(
        "SELECT appointment_id, MAX(doctor_id), MAX(verify), MAX(noted) FROM (\
         (SELECT appointment_id, 0 AS doctor_id, verify, noted, due_at AS since FROM {noted} WHERE due_at <= :now \
         ORDER BY due_at LIMIT :limit) UNION ALL {} UNION ALL {} UNION ALL \
         (SELECT appointment_id, doctor_id, 0, 0, {seconds}lease_until) FROM {operations} WHERE state = 'in_flight' \
         AND lease_until < UTC_TIMESTAMP() LIMIT :limit)) AS due \
         GROUP BY appointment_id ORDER BY MIN(since), appointment_id LIMIT :limit",
        waiting("pending"),
        waiting("parked"),
    );
    let reply = store.run(sql, params! { now, limit }, Repeat::Harmless).await?;
    reply.rows.iter().map(row).collect()
}

fn row(row: &Row) -> Result<Due> {
    Ok(Due {
        appointment_id: column(row, 0)?.unwrap_or_default(),
        doctor_id: column(row, 1)?.unwrap_or_default(),
        verify: column::<u8>(row, 2)?.unwrap_or_default() > 0,
        noted: column(row, 3)?.unwrap_or_default(),
    })
}

/// When the next operation becomes due after `now`, Unix seconds.
pub(super) async fn next_due(store: &MySqlStore, now: i64) -> Result<Option<i64>> {
    let operations = &store.tables.operations;
    let waiting = |state: &str| {
        format!(
            "(SELECT MIN(resume_at) FROM {operations} WHERE state = '{state}' AND resume_at > \
             DATE_ADD('1970-01-01 00:00:00', INTERVAL :now SECOND))"
        )
    };
    let sql = format!(
        "SELECT TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', LEAST(COALESCE({0}, {1}), COALESCE({1}, {0})))",
        waiting("pending"),
        waiting("parked")
    );
    let reply = store.run(sql, params! { now }, Repeat::Harmless).await?;
    reply.rows.first().map_or(Ok(None), |row| column(row, 0))
}
