//! Making an appointment's meeting: idempotent per appointment, journalled before the provider is asked.

use std::time::Instant;

use super::extra::Extra;
use super::setback::setback;
use super::{APPOINTMENT_WAIT, Host, LEASE, Outcome, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::fault;
use crate::meeting::{Visit, new_marker};
use crate::provider::Meeting;
use crate::store::{Mapping, NewOperation, Operation, OperationKind, OperationState, Provider};

/// When a meeting is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Inside the booking: KiviCare mails the link.
    Booking,
    /// Afterwards: nobody has told the patient yet.
    Later,
}

/// An operation in our hands.
struct Claim {
    id: u64,
    marker: String,
    attempts: u32,
    /// An earlier attempt may have made the meeting already.
    tried_before: bool,
}

impl Telemed {
    /// Makes the visit's meeting, or returns the one it has.
    ///
    /// A failing provider is not an error: the outcome says where the operation waits, and the journal keeps it.
    /// Errors are only those before the journal is written: database, lock.
    pub async fn create_meeting(&self, visit: &Visit, host: &Host) -> Result<Outcome> {
        if self.http.is_closed() {
            return self.keep_for_later(visit, host).await;
        }
        let lock = self
            .store
            .lock(&lock_name(visit.appointment_id), APPOINTMENT_WAIT)
            .await?;
        let outcome = self.create_locked(visit, host, Moment::Booking).await;
        // A lock that cannot be given back ends with its session; the outcome counts.
        let _ = lock.release().await;
        outcome
    }

    pub(super) async fn create_locked(&self, visit: &Visit, host: &Host, moment: Moment) -> Result<Outcome> {
        if let Some(mapping) = self.store.mapping(host.provider, visit.appointment_id).await? {
            return Ok(Outcome::done(0, Some(mapping), false));
        }
        fault::point("create.before_intent");
        let mut claim = match self.claim(visit, host.provider).await? {
            Ok(claim) => claim,
            Err(busy) => return Ok(busy),
        };
        fault::point("create.after_intent");
        let started = Instant::now();
        let (mut made, mut token_refreshed) = self.attempt(visit, host, &claim, moment).await;
        if made
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::NotFound)
        {
            // The id is taken by an event that is gone for good: the next generation has another.
            self.store.complete(claim.id).await?;
            claim = match self.claim(visit, host.provider).await? {
                Ok(claim) => claim,
                Err(busy) => return Ok(busy),
            };
            (made, token_refreshed) = self.attempt(visit, host, &claim, moment).await;
        }
        fault::point("create.replied");
        let took = started.elapsed();
        let error = match made {
            Ok(mapping) => match self.store.complete_create(claim.id, &mapping, took).await {
                Ok(()) => {
                    fault::point("create.after_mapping");
                    return Ok(Outcome::done(claim.id, Some(mapping), token_refreshed));
                }
                // The meeting exists; the next run finds it by its marker.
                Err(error) => error,
            },
            Err(error) => error,
        };
        self.set_back(claim.id, claim.attempts, &error, token_refreshed)
            .await
    }

    /// Takes up the unfinished operation, or writes a new intent. The inner error is the answer "someone works on it".
    async fn claim(&self, visit: &Visit, provider: Provider) -> Result<std::result::Result<Claim, Outcome>> {
        let unfinished = self
            .store
            .unfinished(provider, OperationKind::Create, visit.appointment_id)
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
        let marker = self.marker(provider, visit).await?;
        let id = self
            .store
            .begin_operation(NewOperation {
                appointment_id: visit.appointment_id,
                doctor_id: visit.doctor_id,
                provider,
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

    /// Zoom's marker is found again in a list, so it is random; Google's is the event's id, so it says which event.
    pub(super) async fn marker(&self, provider: Provider, visit: &Visit) -> Result<String> {
        if provider == Provider::Zoom {
            return new_marker();
        }
        let earlier = self.store.operations(visit.appointment_id).await?;
        let generation = earlier
            .iter()
            .filter(|operation| operation.provider == provider && operation.kind == OperationKind::Create)
            .count();
        Ok(crate::meet::marker(
            &self.site,
            visit.appointment_id,
            visit.patient_id,
            generation,
        ))
    }

    async fn attempt(
        &self,
        visit: &Visit,
        host: &Host,
        claim: &Claim,
        moment: Moment,
    ) -> (Result<Mapping>, bool) {
        let draft = match visit.draft(claim.marker.clone()) {
            Ok(draft) => draft,
            Err(error) => return (Err(error), false),
        };
        let client = match self.client(host) {
            Ok(client) => client,
            Err(error) => return (Err(error), false),
        };
        fault::sending("create.sent");
        let made = client.create(&draft, claim.tried_before).await;
        (
            made.map(|meeting| mapping(visit, host, meeting, moment)),
            client.token_refreshed(),
        )
    }

    /// A quarter of the pause earlier or later: what failed together must not come back together.
    fn spread(&self, resume_at: i64) -> i64 {
        let quarter = (resume_at - self.clock.now().as_second()) / 4;
        // Midnight is a fixed hour, so there it can only be later.
        let earlier = if quarter > 3600 { 0 } else { quarter.max(0) };
        resume_at + rand::random_range(-earlier..=quarter.clamp(0, 900))
    }

    /// Records a failed attempt and tells where the operation waits now.
    pub(super) async fn set_back(
        &self,
        operation_id: u64,
        attempts: u32,
        error: &Error,
        token_refreshed: bool,
    ) -> Result<Outcome> {
        let mut setback = setback(error, attempts, self.clock.now());
        setback.resume_at = setback.resume_at.map(|at| self.spread(at));
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
            mended: None,
            finished: Vec::new(),
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
        mended: None,
        finished: Vec::new(),
    }
}

fn mapping(visit: &Visit, host: &Host, meeting: Meeting, moment: Moment) -> Mapping {
    let extra = Extra::of(&meeting, visit, host);
    // KiviCare's mails call Google's event page event_url; at Zoom the column holds our own start link.
    let start_url = match host.provider {
        Provider::Zoom => visit.start_url.clone(),
        Provider::GoogleMeet => meeting.page_url,
    };
    extra.put(Mapping {
        provider: host.provider,
        appointment_id: visit.appointment_id,
        meeting_id: meeting.id,
        uuid: meeting.uuid,
        start_url,
        join_url: meeting.join_url,
        password: meeting.password,
        extra: String::new(),
        ends_at: 0,
        owes_link: moment == Moment::Later,
    })
}

/// What a later run needs to repeat the request; no patient data.
pub(super) fn request_json(visit: &Visit) -> String {
    serde_json::json!({
        "start": visit.start,
        "timezone": visit.timezone,
        "fallback_timezone": visit.fallback_timezone,
        "duration": visit.duration_minutes,
    })
    .to_string()
}
