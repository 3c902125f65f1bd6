//! Ending an appointment's meeting, including one whose creation never got an answer.

use std::time::Instant;

use super::create::{busy, lock_name};
use super::extra::Extra;
use super::{APPOINTMENT_WAIT, Host, LEASE, Outcome, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::fault;
use crate::store::{Mapping, NewOperation, Operation, OperationKind, OperationState, Provider, Setback};

/// Why a meeting ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// The visit does not take place.
    Ended,
    /// Another connection takes over: it must not wait for one that is dead.
    Replaced,
}

impl Telemed {
    /// Deletes the appointment's meeting at the host's provider and its mapping. Nothing there: done. A failing provider leaves the
    /// operation in the journal, and the mapping with it.
    pub async fn cancel_meeting(&self, appointment_id: u64, host: &Host) -> Result<Outcome> {
        let lock = self
            .store
            .lock(&lock_name(appointment_id), APPOINTMENT_WAIT)
            .await?;
        let outcome = self
            .cancel_locked(host.provider, appointment_id, host, Leaving::Ended)
            .await;
        let _ = lock.release().await;
        outcome
    }

    pub(super) async fn cancel_locked(
        &self,
        provider: Provider,
        appointment_id: u64,
        host: &Host,
        leaving: Leaving,
    ) -> Result<Outcome> {
        if let Some(create) = self
            .unfinished(provider, OperationKind::Create, appointment_id)
            .await?
        {
            let outcome = self.abandon(&create, host).await?;
            if !outcome.is_done() {
                return Ok(outcome);
            }
        }
        let Some(mapping) = self.store.mapping(provider, appointment_id).await? else {
            self.close_unfinished(provider, appointment_id).await?;
            return Ok(Outcome::done(0, None, false));
        };
        fault::point("cancel.before_intent");
        let (id, attempts) = match self
            .unfinished(provider, OperationKind::Cancel, appointment_id)
            .await?
        {
            Some(operation) if self.store.resume_operation(operation.id, LEASE).await? => {
                (operation.id, operation.attempts.saturating_add(1))
            }
            Some(operation) => return Ok(busy(&operation)),
            None => (self.store.begin_operation(intent(&mapping, host)).await?, 1),
        };
        fault::point("cancel.after_intent");
        let started = Instant::now();
        fault::sending("cancel.sent");
        let (deleted, refreshed) = match self.client(&Extra::from(&mapping).holder(host, provider)) {
            Ok(client) => (client.delete(&mapping.meeting_id).await, client.token_refreshed()),
            Err(error) => (Err(error), false),
        };
        fault::point("cancel.replied");
        let took = started.elapsed();
        match deleted {
            Ok(()) => {
                self.store
                    .complete_cancel(id, provider, appointment_id, took)
                    .await?;
                fault::point("cancel.after_mapping");
                self.close_unfinished(provider, appointment_id).await?;
                Ok(Outcome::done(id, None, refreshed))
            }
            Err(error) if leaving == Leaving::Replaced && is_dead(&error) => {
                self.leave_behind(id, &mapping, &error).await
            }
            Err(error) => self.set_back(id, attempts, &error, refreshed).await,
        }
    }

    pub(super) async fn unfinished(
        &self,
        provider: Provider,
        kind: OperationKind,
        appointment_id: u64,
    ) -> Result<Option<Operation>> {
        self.store.unfinished(provider, kind, appointment_id).await
    }

    /// Nobody can delete the meeting any more: the journal says so, and the mapping makes room for another.
    async fn leave_behind(&self, id: u64, mapping: &Mapping, error: &Error) -> Result<Outcome> {
        let setback = Setback {
            state: OperationState::Failed,
            reason: error.kind(),
            message: format!(
                "the meeting {} of an ended connection could not be deleted; delete it in {}",
                mapping.meeting_id,
                mapping.provider.label()
            ),
            resume_at: None,
        };
        self.store.set_back(id, setback).await?;
        self.store
            .drop_mapping(mapping.provider, mapping.appointment_id)
            .await?;
        Ok(Outcome::done(id, None, false))
    }

    /// An unfinished create may have made a meeting: it is looked for, deleted, and the operation closed.
    async fn abandon(&self, create: &Operation, host: &Host) -> Result<Outcome> {
        if !self.store.resume_operation(create.id, LEASE).await? {
            return Ok(busy(create));
        }
        let attempts = create.attempts.saturating_add(1);
        let host = Host {
            provider: create.provider,
            own_tokens: host.own_tokens || create.provider != host.provider,
            ..host.clone()
        };
        let client = match self.client(&host) {
            Ok(client) => client,
            // Without a connection nothing was ever asked, or nothing can be.
            Err(error) if error.kind() == ErrorKind::Configuration => {
                self.store.complete(create.id).await?;
                return Ok(Outcome::done(create.id, None, false));
            }
            Err(error) => return self.set_back(create.id, attempts, &error, false).await,
        };
        match client.abandon(&create.marker).await {
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

/// Whether the connection itself is gone for good.
fn is_dead(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Reauthorize
            | ErrorKind::Configuration
            | ErrorKind::ClientRefused
            | ErrorKind::AccountRefused
            | ErrorKind::Vault
    )
}

fn intent(mapping: &Mapping, host: &Host) -> NewOperation {
    NewOperation {
        appointment_id: mapping.appointment_id,
        doctor_id: host.doctor_id,
        provider: mapping.provider,
        kind: OperationKind::Cancel,
        marker: String::new(),
        meeting_id: mapping.meeting_id.clone(),
        request: "{}".to_owned(),
        lease: LEASE,
    }
}
