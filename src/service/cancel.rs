//! Ending an appointment's meeting, including one whose creation never got an answer.

use super::create::{busy, lock_name};
use super::{APPOINTMENT_WAIT, Host, LEASE, Outcome, Telemed};
use crate::error::Result;
use crate::store::{NewOperation, Operation, OperationKind, Provider};

impl Telemed {
    /// Deletes the appointment's Zoom meeting and its mapping. Nothing there: done. A failing provider leaves the
    /// operation in the journal, and the mapping with it.
    pub async fn cancel_meeting(&self, appointment_id: u64, host: &Host) -> Result<Outcome> {
        let lock = self
            .store
            .lock(&lock_name(appointment_id), APPOINTMENT_WAIT)
            .await?;
        let outcome = self.cancel_locked(appointment_id, host).await;
        let _ = lock.release().await;
        outcome
    }

    async fn cancel_locked(&self, appointment_id: u64, host: &Host) -> Result<Outcome> {
        let unfinished = |kind| self.store.unfinished(Provider::Zoom, kind, appointment_id);
        if let Some(create) = unfinished(OperationKind::Create).await? {
            return self.abandon(&create, host).await;
        }
        let Some(mapping) = self.store.mapping(Provider::Zoom, appointment_id).await? else {
            return Ok(Outcome::done(0, None, false));
        };
        let (id, attempts) = match unfinished(OperationKind::Cancel).await? {
            Some(operation) if self.store.resume_operation(operation.id, LEASE).await? => {
                (operation.id, operation.attempts.saturating_add(1))
            }
            Some(operation) => return Ok(busy(&operation)),
            None => {
                let new = NewOperation {
                    appointment_id,
                    doctor_id: host.doctor_id,
                    provider: Provider::Zoom,
                    kind: OperationKind::Cancel,
                    marker: String::new(),
                    meeting_id: mapping.meeting_id.clone(),
                    request: "{}".to_owned(),
                    lease: LEASE,
                };
                (self.store.begin_operation(new).await?, 1)
            }
        };
        let client = match self.zoom_client(host) {
            Ok(client) => client,
            Err(error) => return self.set_back(id, attempts, &error, false).await,
        };
        let deleted = client.delete(&mapping.meeting_id).await;
        let refreshed = client.token_refreshed();
        match deleted {
            Ok(()) => {
                self.store
                    .complete_cancel(id, Provider::Zoom, appointment_id)
                    .await?;
                Ok(Outcome::done(id, None, refreshed))
            }
            Err(error) => self.set_back(id, attempts, &error, refreshed).await,
        }
    }

    /// An unfinished create may have made a meeting: it is looked for, deleted, and the operation closed.
    async fn abandon(&self, create: &Operation, host: &Host) -> Result<Outcome> {
        if !self.store.resume_operation(create.id, LEASE).await? {
            return Ok(busy(create));
        }
        let attempts = create.attempts.saturating_add(1);
        let client = match self.zoom_client(host) {
            Ok(client) => client,
            Err(error) => return self.set_back(create.id, attempts, &error, false).await,
        };
        let removed = match client.find_by_marker(&create.marker).await {
            Ok(Some(found)) => client.delete(&found.id).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => {
                self.store.complete(create.id).await?;
                Ok(Outcome::done(create.id, None, client.token_refreshed()))
            }
            Err(error) => {
                self.set_back(create.id, attempts, &error, client.token_refreshed())
                    .await
            }
        }
    }
}
