//! What a paused site still does: it takes bookings, and remembers that their meetings are owed.

use super::create::{lock_name, request_json};
use super::{APPOINTMENT_WAIT, Host, LEASE, Outcome, Telemed};
use crate::error::{Result, site_paused};
use crate::meeting::Visit;
use crate::store::{NewOperation, OperationKind, OperationState, Setback};

impl Telemed {
    /// Keeps a booking for when the site is no longer paused: the journal gets a create that is due at once, and
    /// nobody is asked for anything. A meeting that is there already is answered as usual.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) or [`ErrorKind::Busy`](crate::ErrorKind::Busy) where the journal
    /// cannot be written.
    pub async fn keep_for_later(&self, visit: &Visit, host: &Host) -> Result<Outcome> {
        let lock = self
            .store
            .lock(&lock_name(visit.appointment_id), APPOINTMENT_WAIT)
            .await?;
        let outcome = self.keep_unlocked(visit, host).await;
        let _ = lock.release().await;
        outcome
    }

    async fn keep_unlocked(&self, visit: &Visit, host: &Host) -> Result<Outcome> {
        let (id, provider) = (visit.appointment_id, host.provider);
        if let Some(mapping) = self.store.mapping(provider, id).await? {
            return Ok(Outcome::done(0, Some(mapping), false));
        }
        let unfinished = self.unfinished(provider, OperationKind::Create, id).await?;
        let operation_id = match unfinished {
            Some(operation) => operation.id,
            None => self.owe(visit, host).await?,
        };
        let paused = site_paused();
        Ok(Outcome {
            state: OperationState::Pending,
            operation_id,
            reason: paused.kind().name(),
            message: paused.to_string(),
            mapping: None,
            token_refreshed: false,
            mended: None,
            finished: Vec::new(),
        })
    }

    async fn owe(&self, visit: &Visit, host: &Host) -> Result<u64> {
        let operation = NewOperation {
            appointment_id: visit.appointment_id,
            doctor_id: visit.doctor_id,
            provider: host.provider,
            kind: OperationKind::Create,
            marker: self.marker(host.provider, visit).await?,
            meeting_id: String::new(),
            request: request_json(visit),
            lease: LEASE,
        };
        let id = self.store.begin_operation(operation).await?;
        let paused = site_paused();
        let setback = Setback {
            state: OperationState::Pending,
            reason: paused.kind(),
            message: paused.to_string(),
            resume_at: Some(self.clock.now().as_second()),
        };
        // Without this the lease ends, and the next run takes it up as well.
        let _ = self.store.set_back(id, setback).await;
        Ok(id)
    }
}
