//! The SQL of the audit log: it is only ever added to here, or counted up.

use mysql_async::params;

use super::MySqlStore;
use super::session::Repeat;
use crate::Result;
use crate::store::AuditEntry;

pub(super) async fn append(store: &MySqlStore, entry: &AuditEntry) -> Result<()> {
    let entry = entry.fitted();
    let sql = format!(
        "INSERT INTO {} (at, actor_id, source, action, appointment_id, doctor_id, provider, detail, \
         bucket) VALUES (UTC_TIMESTAMP(), :actor_id, :source, :action, :appointment_id, :doctor_id, :provider, \
         :detail, NULLIF(:bucket, '')) ON DUPLICATE KEY UPDATE times = times + 1, last_at = VALUES(at)",
        store.tables.audit
    );
    let values = params! {
        "actor_id" => entry.actor_id,
        "source" => entry.source,
        "action" => entry.action,
        "appointment_id" => entry.appointment_id,
        "doctor_id" => entry.doctor_id,
        "provider" => entry.provider,
        "detail" => entry.detail,
        "bucket" => entry.bucket,
    };
    store.run(sql, values, Repeat::Never).await.map(drop)
}
