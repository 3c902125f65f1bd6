//! Core types to PHP arrays.

use ext_php_rs::boxed::ZBox;
use ext_php_rs::types::ZendHashTable;

use crate::error::{Result, internal};
use crate::meet;
use crate::service::{Account, Mended, Noted, Outcome, Pulled, Tended};
use crate::store::{ConnectionRow, Due, Mapping, Operation, OperationState};
use crate::zoom::Meeting;
use crate::zoom::webhook::Event;

/// A PHP array on its way to PHP.
pub type Array = ZBox<ZendHashTable>;

/// Builds an array; inserting can only fail on exhausted memory.
macro_rules! array {
    ($($key:literal => $value:expr),* $(,)?) => {{
        let mut array = ZendHashTable::new();
        $(array.insert($key, $value).map_err(|_| internal("a PHP array could not be built"))?;)*
        Result::<Array>::Ok(array)
    }};
}

/// A result that is an answer either way: `state` is `done` or `refused`, with the error's kind and text.
pub fn verdict<T>(result: Result<T>, add: impl FnOnce(&mut ZendHashTable, T) -> Result<()>) -> Result<Array> {
    let mut array: Array = match &result {
        Ok(_) => array! { "state" => "done", "reason" => "", "message" => "" },
        Err(error) => {
            array! { "state" => "refused", "reason" => error.kind().name(), "message" => error.to_string() }
        }
    }?;
    if let Ok(value) = result {
        add(&mut array, value)?;
    }
    Ok(array)
}

/// Puts a value into an array.
pub fn put(array: &mut ZendHashTable, key: &str, value: impl ext_php_rs::convert::IntoZval) -> Result<()> {
    array
        .insert(key, value)
        .map_err(|_| internal("a PHP array could not be built"))
}

/// A webhook's event for PHP.
pub fn event(event: &Event, challenge: Option<String>) -> Result<Array> {
    let person = event
        .person()
        .map(|person| array! { "id" => person.id, "host" => person.host, "at" => person.at })
        .transpose()?;
    let ended = event
        .deauthorized()
        .map(|(user, account, client)| {
            array! { "user_id" => user, "account_id" => account, "client_id" => client }
        })
        .transpose()?;
    array! {
        "event" => event.event.as_str(),
        "event_ts" => event.event_ts,
        "key" => event.key(),
        "meeting_id" => event.meeting_id(),
        "time" => event.time(),
        "person" => person,
        "deauthorized" => ended,
        "plain_token" => event.plain_token(),
        "encrypted_token" => challenge,
    }
}

/// A mapping row for PHP.
pub fn mapping(row: &Mapping) -> Result<Array> {
    array! {
        "provider" => row.provider.id(),
        "appointment_id" => row.appointment_id,
        "meeting_id" => row.meeting_id.as_str(),
        "uuid" => row.uuid.as_str(),
        "start_url" => row.start_url.as_str(),
        "join_url" => row.join_url.as_str(),
        "password" => row.password.as_str(),
        "extra" => row.extra.as_str(),
        "owes_link" => row.owes_link,
    }
}

/// An outcome for PHP; `state` is `ready` where the core says done.
pub fn outcome(outcome: &Outcome) -> Result<Array> {
    let row = outcome.mapping.as_ref().map(mapping).transpose()?;
    let state = if outcome.state == OperationState::Done {
        "ready"
    } else {
        outcome.state.name()
    };
    array! {
        "state" => state,
        "operation_id" => outcome.operation_id,
        "reason" => outcome.reason,
        "message" => outcome.message.as_str(),
        "mapping" => row,
        "token_refreshed" => outcome.token_refreshed,
        "mended" => outcome.mended.map_or("", Mended::name),
        "finished" => outcome.finished.clone(),
    }
}

/// An outcome among many; a failure before the journal was written has no operation.
pub fn one_of_many(appointment_id: u64, done: &Result<Outcome>) -> Result<Array> {
    let mut array = match done {
        Ok(done) => outcome(done)?,
        Err(error) => array! {
            "state" => "failed",
            "operation_id" => 0,
            "reason" => error.kind().name(),
            "message" => error.to_string(),
        }?,
    };
    put(&mut array, "appointment_id", appointment_id)?;
    Ok(array)
}

/// Something due for PHP.
pub fn due(due: &Due) -> Result<Array> {
    array! {
        "appointment_id" => due.appointment_id,
        "doctor_id" => due.doctor_id,
        "verify" => due.verify,
        "noted" => due.noted,
    }
}

/// A doctor's connection for PHP.
pub fn connection(row: &ConnectionRow) -> Result<Array> {
    array! {
        "doctor_id" => row.doctor_id,
        "provider" => row.provider.id(),
        "state" => row.state.name(),
        "reason" => row.reason.as_str(),
        "message" => row.message.as_str(),
    }
}

/// A tended connection for PHP.
pub fn tended(tended: &Tended) -> Result<Array> {
    let mut array = connection(&tended.row)?;
    put(&mut array, "token_refreshed", tended.token_refreshed)?;
    Ok(array)
}

/// A look at a calendar for PHP.
pub fn pulled(pulled: &Pulled) -> Result<Array> {
    array! {
        "doctor_id" => pulled.doctor_id,
        "appointments" => pulled.appointments.clone(),
        "requests" => i64::from(pulled.requests),
        "full" => pulled.full,
        "reason" => pulled.reason,
        "message" => pulled.message.as_str(),
        "token_refreshed" => pulled.token_refreshed,
        "unfinished" => pulled.unfinished,
    }
}

/// Who consented, for PHP.
pub fn account(account: &Account) -> Result<Array> {
    array! { "id" => account.id.as_str(), "email" => account.email.as_str() }
}

/// A noted event for PHP.
pub fn noted(noted: &Noted) -> Result<Array> {
    let row = mapping(&noted.mapping)?;
    array! { "appointment_id" => noted.appointment_id, "mapping" => row, "check" => noted.check }
}

/// A journal row for PHP.
pub fn operation(row: &Operation) -> Result<Array> {
    array! {
        "id" => row.id,
        "appointment_id" => row.appointment_id,
        "doctor_id" => row.doctor_id,
        "provider" => row.provider.id(),
        "kind" => row.kind.name(),
        "state" => row.state.name(),
        "meeting_id" => row.meeting_id.as_str(),
        "attempts" => i64::from(row.attempts),
        "reason" => row.reason.as_str(),
        "message" => row.message.as_str(),
        "resume_at" => row.resume_at,
    }
}

/// A meeting for PHP. The host's start link stays in Rust.
pub fn meeting(meeting: &Meeting) -> Result<Array> {
    array! {
        "id" => meeting.id.as_str(),
        "uuid" => meeting.uuid.as_str(),
        "host_id" => meeting.host_id.as_str(),
        "join_url" => meeting.join_url.as_str(),
        "password" => meeting.password.as_str(),
        "status" => meeting.status.as_str(),
        "start_time" => meeting.start_time.as_str(),
        "duration" => i64::from(meeting.duration_minutes),
        "waiting_room" => meeting.waiting_room,
    }
}

/// A provider's meeting for PHP.
pub fn neutral_meeting(meeting: &crate::provider::Meeting) -> Result<Array> {
    array! {
        "id" => meeting.id.as_str(),
        "join_url" => meeting.join_url.as_str(),
        "event_url" => meeting.page_url.as_str(),
        "start_time" => meeting.start_time.as_str(),
        "duration" => i64::from(meeting.duration_minutes),
        "etag" => meeting.etag.as_str(),
        "cancelled" => meeting.cancelled,
    }
}

/// A doctor's calendar for PHP.
pub fn primary_calendar(calendar: &meet::PrimaryCalendar) -> Result<Array> {
    array! { "id" => calendar.id.as_str(), "allows_meet" => calendar.allows_meet }
}

/// A Zoom user for PHP.
pub fn user(user: &crate::zoom::User) -> Result<Array> {
    array! { "id" => user.id.as_str(), "email" => user.email.as_str(), "type" => i64::from(user.kind) }
}

/// Vault status for PHP.
pub fn vault_status(source: &str, key_id: &str) -> Result<Array> {
    array! { "source" => source, "key_id" => key_id }
}
