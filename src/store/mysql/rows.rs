//! Table names, and rows as the types of the store.

use mysql_async::Row;
use mysql_async::prelude::FromValue;

use super::config::DatabaseConfig;
use crate::store::{Mapping, Operation, OperationKind, OperationState, Provider};
use crate::{Error, ErrorKind, Result};

/// The journal's columns in the order [`operation`] reads them. The time is computed from its text rather than by
/// `UNIX_TIMESTAMP`, which on `MariaDB` ends in 2038.
pub(super) const OPERATION_COLUMNS: &str = "id, appointment_id, doctor_id, provider, kind, state, marker, \
     meeting_id, request, attempts, reason, message, \
     TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', resume_at)";

/// Names of one mapping table and of its columns.
pub(super) struct MappingTable {
    pub(super) name: String,
    pub(super) meeting_id: &'static str,
    pub(super) start_url: &'static str,
    pub(super) join_url: &'static str,
    /// Only Zoom's table has one.
    pub(super) uuid: Option<&'static str>,
}

impl MappingTable {
    /// The columns in the order [`mapping`] reads them.
    pub(super) fn columns(&self) -> String {
        let uuid = self.uuid.unwrap_or("''");
        format!(
            "appointment_id, {}, {}, {}, password, extra, {uuid}, \
             TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', ends_at)",
            self.meeting_id, self.start_url, self.join_url
        )
    }
}

/// Quoted table names.
pub(super) struct Tables {
    zoom: MappingTable,
    google_meet: MappingTable,
    pub(super) operations: String,
    pub(super) calendars: String,
    pub(super) audit: String,
    pub(super) noted: String,
    pub(super) connections: String,
    pub(super) usermeta: String,
    pub(super) options: String,
    /// Meta key that the site's members have.
    pub(super) members: String,
    /// Names the site among those of a network.
    pub(super) site: String,
}

impl Tables {
    pub(super) fn new(config: &DatabaseConfig) -> Self {
        let blog = |name: &str| quoted(&format!("{}{name}", config.prefix));
        let usermeta = match &config.usermeta_table {
            Some(name) => quoted(name),
            None => quoted(&format!("{}usermeta", config.base_prefix)),
        };
        Self {
            zoom: MappingTable {
                name: blog("kc_appointment_zoom_mappings"),
                meeting_id: "zoom_id",
                start_url: "start_url",
                join_url: "join_url",
                uuid: Some("zoom_uuid"),
            },
            google_meet: MappingTable {
                name: blog("kc_appointment_google_meet_mappings"),
                meeting_id: "event_id",
                start_url: "event_url",
                join_url: "url",
                uuid: None,
            },
            operations: blog("kc_telemed_operations"),
            calendars: blog("kc_telemed_calendars"),
            audit: blog("kc_telemed_audit"),
            noted: blog("kc_telemed_noted"),
            connections: blog("kc_telemed_connections"),
            usermeta,
            options: blog("options"),
            members: format!("{}capabilities", config.prefix),
            site: config.prefix.clone(),
        }
    }

    pub(super) fn mapping(&self, provider: Provider) -> &MappingTable {
        match provider {
            Provider::Zoom => &self.zoom,
            Provider::GoogleMeet => &self.google_meet,
        }
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The column's value; none for NULL. Values never go into the error.
pub(super) fn column<T: FromValue>(row: &Row, index: usize) -> Result<Option<T>> {
    match row.get_opt::<Option<T>, usize>(index) {
        Some(Ok(value)) => Ok(value),
        _ => Err(unreadable("a value")),
    }
}

fn text(row: &Row, index: usize) -> Result<String> {
    Ok(column(row, index)?.unwrap_or_default())
}

fn number(row: &Row, index: usize) -> Result<u64> {
    column(row, index)?.ok_or_else(|| unreadable("a number"))
}

fn unreadable(what: &str) -> Error {
    let message = format!(
        "The KiviCare Telemed tables hold {what} this version cannot read. Update the plugin and the extension \
         together."
    );
    Error::new(ErrorKind::Store, message)
}

pub(super) fn mapping(provider: Provider, row: &Row) -> Result<Mapping> {
    Ok(Mapping {
        provider,
        appointment_id: number(row, 0)?,
        meeting_id: text(row, 1)?,
        start_url: text(row, 2)?,
        join_url: text(row, 3)?,
        password: text(row, 4)?,
        extra: text(row, 5)?,
        uuid: text(row, 6)?,
        ends_at: column(row, 7)?.unwrap_or_default(),
        owes_link: false,
    })
}

pub(super) fn operation(row: &Row) -> Result<Operation> {
    Ok(Operation {
        id: number(row, 0)?,
        appointment_id: number(row, 1)?,
        doctor_id: number(row, 2)?,
        provider: Provider::from_id(&text(row, 3)?).ok_or_else(|| unreadable("a provider"))?,
        kind: kind(&text(row, 4)?).ok_or_else(|| unreadable("a kind of operation"))?,
        state: state(&text(row, 5)?).ok_or_else(|| unreadable("a state"))?,
        marker: text(row, 6)?,
        meeting_id: text(row, 7)?,
        request: text(row, 8)?,
        attempts: column(row, 9)?.unwrap_or_default(),
        reason: text(row, 10)?,
        message: text(row, 11)?,
        resume_at: column(row, 12)?,
    })
}

fn kind(name: &str) -> Option<OperationKind> {
    use OperationKind::{Cancel, Create, Update};
    [Create, Update, Cancel]
        .into_iter()
        .find(|kind| kind.name() == name)
}

fn state(name: &str) -> Option<OperationState> {
    use OperationState::{Done, Failed, InFlight, Parked, Pending};
    [InFlight, Pending, Parked, Done, Failed]
        .into_iter()
        .find(|state| state.name() == name)
}
