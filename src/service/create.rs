//! Making an appointment's meeting: idempotent per appointment, journalled before the provider is asked.

use super::extra::Extra;
use super::setback::setback;
use super::{APPOINTMENT_WAIT, Host, LEASE, Outcome, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::meeting::{MeetingDraft, Visit, new_marker};
use crate::store::{Mapping, NewOperation, Operation, OperationKind, OperationState, Provider};
use crate::zoom::{Meeting, ZoomClient};

/// An operation in our hands.
struct Claim {
    id: u64,
    marker: String,
    attempts: u32,
    /// An earlier attempt may have made the meeting already.
    tried_before: bool,
}

impl Telemed {
    /// Makes the visit's Zoom meeting, or returns the one it has.
    ///
    /// A failing provider is not an error: the outcome says where the operation waits, and the journal keeps it.
    /// Errors are only those before the journal is written: database, lock.
    pub async fn create_meeting(&self, visit: &Visit, host: &Host) -> Result<Outcome> {
        let lock = self
            .store
            .lock(&lock_name(visit.appointment_id), APPOINTMENT_WAIT)
            .await?;
        let outcome = self.create_locked(visit, host).await;
        // A lock that cannot be given back ends with its session; the outcome counts.
        let _ = lock.release().await;
        outcome
    }

    pub(super) async fn create_locked(&self, visit: &Visit, host: &Host) -> Result<Outcome> {
        if let Some(mapping) = self.store.mapping(Provider::Zoom, visit.appointment_id).await? {
            return Ok(Outcome::done(0, Some(mapping), false));
        }
        let claim = match self.claim(visit).await? {
            Ok(claim) => claim,
            Err(busy) => return Ok(busy),
        };
        let (made, token_refreshed) = self.attempt(visit, host, &claim).await;
        let error = match made {
            Ok(mapping) => match self.store.complete_create(claim.id, &mapping).await {
                Ok(()) => return Ok(Outcome::done(claim.id, Some(mapping), token_refreshed)),
                // The meeting exists; the next run finds it by its marker.
                Err(error) => error,
            },
            Err(error) => error,
        };
        self.set_back(claim.id, claim.attempts, &error, token_refreshed)
            .await
    }

    /// Takes up the unfinished operation, or writes a new intent. The inner error is the answer "someone works on it".
    async fn claim(&self, visit: &Visit) -> Result<std::result::Result<Claim, Outcome>> {
        let unfinished = self
            .store
            .unfinished(Provider::Zoom, OperationKind::Create, visit.appointment_id)
            .await?;
        if let Some(operation) = unfinished {
            return Ok(if self.store.resume_operation(operation.id, LEASE).await? {
                Ok(Claim {
                    id: operation.id,
                    marker: operation.marker,
                    attempts: operation.attempts.saturating_add(1),
                    tried_before: operation.attempts > 0,
                })
            } else {
                Err(busy(&operation))
            });
        }
        let marker = new_marker()?;
        let id = self
            .store
            .begin_operation(NewOperation {
                appointment_id: visit.appointment_id,
                doctor_id: visit.doctor_id,
                provider: Provider::Zoom,
                kind: OperationKind::Create,
                marker: marker.clone(),
                meeting_id: String::new(),
                request: request_json(visit),
                lease: LEASE,
            })
            .await?;
        Ok(Ok(Claim {
            id,
            marker,
            attempts: 1,
            tried_before: false,
        }))
    }

    async fn attempt(&self, visit: &Visit, host: &Host, claim: &Claim) -> (Result<Mapping>, bool) {
        let draft = match visit.draft(claim.marker.clone()) {
            Ok(draft) => draft,
            Err(error) => return (Err(error), false),
        };
        let client = match self.zoom_client(host) {
            Ok(client) => client,
            Err(error) => return (Err(error), false),
        };
        let made = find_or_create(&client, &draft, claim.tried_before).await;
        let made = match made {
            Ok(meeting) => private(&client, meeting).await,
            Err(error) => Err(error),
        };
        (
            made.map(|meeting| mapping(visit, host, meeting)),
            client.token_refreshed(),
        )
    }

    /// Records a failed attempt and tells where the operation waits now.
    pub(super) async fn set_back(
        &self,
        operation_id: u64,
        attempts: u32,
        error: &Error,
        token_refreshed: bool,
    ) -> Result<Outcome> {
        let setback = setback(error, attempts, self.clock.now());
        let (state, message) = (setback.state, setback.message.clone());
        // When even this write fails, the row stays in flight until its lease ends: nothing is lost.
        let _ = self.store.set_back(operation_id, setback).await;
        Ok(Outcome {
            state,
            operation_id,
            reason: error.kind().name(),
            message,
            mapping: None,
            token_refreshed,
        })
    }
}

pub(super) fn lock_name(appointment_id: u64) -> String {
    format!("appointment:{appointment_id}")
}

pub(super) fn busy(operation: &Operation) -> Outcome {
    Outcome {
        state: OperationState::Pending,
        operation_id: operation.id,
        reason: ErrorKind::Busy.name(),
        message: "another process works on this appointment".to_owned(),
        mapping: None,
        token_refreshed: false,
    }
}

/// After an earlier attempt the meeting is looked for first: a create is never repeated blindly.
async fn find_or_create(client: &ZoomClient, draft: &MeetingDraft, tried_before: bool) -> Result<Meeting> {
    if tried_before && let Some(found) = client.find_by_marker(&draft.marker).await? {
        return Ok(found);
    }
    client.create(draft).await
}

/// Every meeting has a waiting room. An account that locks it off gets no meeting, but a reason.
async fn private(client: &ZoomClient, meeting: Meeting) -> Result<Meeting> {
    if meeting.waiting_room != Some(false) && meeting.join_before_host != Some(true) {
        return Ok(meeting);
    }
    client.delete(&meeting.id).await?;
    Err(Error::new(
        ErrorKind::Rejected,
        "the Zoom account does not allow the waiting room; unlock \"Waiting Room\" in Zoom's security settings",
    ))
}

fn mapping(visit: &Visit, host: &Host, meeting: Meeting) -> Mapping {
    let extra = Extra::of(&meeting, host);
    Mapping {
        provider: Provider::Zoom,
        appointment_id: visit.appointment_id,
        meeting_id: meeting.id,
        uuid: meeting.uuid,
        start_url: visit.start_url.clone(),
        join_url: meeting.join_url,
        password: meeting.password,
        extra: extra.to_json(),
    }
}

/// What a later run needs to repeat the request; no patient data.
fn request_json(visit: &Visit) -> String {
    serde_json::json!({
        "start": visit.start,
        "timezone": visit.timezone,
        "fallback_timezone": visit.fallback_timezone,
        "duration": visit.duration_minutes,
    })
    .to_string()
}
