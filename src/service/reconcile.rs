//! Level-triggered: what should be, what is, and the one operation that makes the second into the first.

use super::cancel::Leaving;
use super::create::{busy, lock_name};
use super::extra::{Extra, Via};
use super::{APPOINTMENT_WAIT, Host, LEASE, Outcome, Telemed};
use crate::error::{ErrorKind, Result};
use crate::meeting::Visit;
use crate::store::{Mapping, NewOperation, Operation, OperationKind, Provider};
use crate::zoom::{Meeting, MeetingChange, ZoomClient};

/// A meeting that should be there.
#[derive(Debug, Clone)]
pub struct Wish {
    /// When, and for whom.
    pub visit: Visit,
    /// Who is to host it.
    pub host: Host,
}

/// An appointment as it stands in committed rows.
#[derive(Debug, Clone)]
pub struct Visited {
    /// KiviCare's appointment id.
    pub appointment_id: u64,
    /// The meeting it should have; none for cancelled and vanished appointments.
    pub wish: Option<Wish>,
    /// Today's connection of the doctor who hosts the meeting there is.
    pub holder: Host,
    /// The appointment's row is gone, so its mapping shall go as well, whenever it took place.
    pub gone: bool,
    /// Look at the provider, not only at what we remember: somebody may have changed the meeting there.
    pub verify: bool,
}

impl Telemed {
    /// Makes the appointment's meeting what it should be: created, moved, deleted, or left alone. Visits that are over
    /// cost no request. Errors as [`create_meeting`](Self::create_meeting).
    pub async fn reconcile(&self, visited: &Visited) -> Result<Outcome> {
        let lock = self
            .store
            .lock(&lock_name(visited.appointment_id), APPOINTMENT_WAIT)
            .await?;
        let outcome = self.reconcile_locked(visited).await;
        let _ = lock.release().await;
        outcome
    }

    async fn reconcile_locked(&self, visited: &Visited) -> Result<Outcome> {
        let id = visited.appointment_id;
        let mapping = self.store.mapping(Provider::Zoom, id).await?;
        let Some(wish) = &visited.wish else {
            return self.end_locked(visited, mapping).await;
        };
        if self.is_over(&wish.visit) {
            self.close_unfinished(id).await?;
            return Ok(Outcome::done(0, mapping, false));
        }
        let Some(mapping) = mapping else {
            if let Some(waiting) = self.waiting(OperationKind::Create, id).await? {
                return Ok(waiting);
            }
            return self.create_locked(&wish.visit, &wish.host).await;
        };
        if self.replaced(&Extra::from(&mapping), &wish.host) {
            let ended = self.cancel_locked(id, &visited.holder, Leaving::Replaced).await?;
            if !ended.is_done() {
                return Ok(ended);
            }
            return self.create_locked(&wish.visit, &wish.host).await;
        }
        self.align(visited, wish, mapping).await
    }

    /// No meeting is wanted. What is over already needs no request.
    async fn end_locked(&self, visited: &Visited, mapping: Option<Mapping>) -> Result<Outcome> {
        let id = visited.appointment_id;
        let Some(mapping) = mapping.filter(|mapping| Extra::from(mapping).is_past(self.clock.now())) else {
            return match self.waiting(OperationKind::Cancel, id).await? {
                Some(waiting) => Ok(waiting),
                None => self.cancel_locked(id, &visited.holder, Leaving::Ended).await,
            };
        };
        self.close_unfinished(id).await?;
        if visited.gone {
            self.store.drop_mapping(Provider::Zoom, id).await?;
            return Ok(Outcome::done(0, None, false));
        }
        Ok(Outcome::done(0, Some(mapping), false))
    }

    /// Moves the meeting when it is not where it should be; makes it anew when the provider has lost it.
    async fn align(&self, visited: &Visited, wish: &Wish, mapping: Mapping) -> Result<Outcome> {
        let extra = Extra::from(&mapping);
        let unfinished = self
            .store
            .unfinished(Provider::Zoom, OperationKind::Update, visited.appointment_id)
            .await?;
        if !visited.verify && unfinished.is_none() && extra.is_at(&wish.visit) {
            return Ok(Outcome::done(0, Some(mapping), false));
        }
        if let Some(waiting) = unfinished.as_ref().and_then(|operation| self.not_due(operation)) {
            return Ok(waiting);
        }
        let client = self.zoom_client(&extra.holder(&visited.holder));
        let seen = match &client {
            Ok(client) if visited.verify => Some(client.meeting(&mapping.meeting_id).await),
            _ => None,
        };
        match (seen, client) {
            (Some(Ok(meeting)), Ok(client)) if fits(&meeting, &extra, &wish.visit) => {
                let mapping = self.remember(mapping, &extra.with(&meeting)).await?;
                if let Some(operation) = unfinished {
                    self.store.complete(operation.id).await?;
                }
                Ok(Outcome::done(0, Some(mapping), client.token_refreshed()))
            }
            (Some(Err(error)), _) if error.kind() == ErrorKind::NotFound => self.replace(wish).await,
            (Some(Err(error)), _) => self.update(wish, mapping, unfinished, Err(error)).await,
            (_, client) => self.update(wish, mapping, unfinished, client).await,
        }
    }

    /// PATCHes the meeting to the visit's time, journalled. A client that could not be had is a setback like any other.
    async fn update(
        &self,
        wish: &Wish,
        mapping: Mapping,
        unfinished: Option<Operation>,
        client: Result<ZoomClient>,
    ) -> Result<Outcome> {
        let (operation, attempts) = match unfinished {
            Some(operation) if self.store.resume_operation(operation.id, LEASE).await? => {
                (operation.id, operation.attempts.saturating_add(1))
            }
            Some(operation) => return Ok(busy(&operation)),
            None => (self.store.begin_operation(intent(wish, &mapping)).await?, 1),
        };
        let ready = client.and_then(|client| Ok((client, wish.visit.start_instant()?)));
        let (client, start) = match ready {
            Ok(ready) => ready,
            Err(error) => return self.set_back(operation, attempts, &error, false).await,
        };
        let change = MeetingChange::at(start, wish.visit.minutes());
        let refreshed = || client.token_refreshed();
        match client.update(&mapping.meeting_id, &change).await {
            Ok(()) => {
                let extra = Extra::from(&mapping).moved(start, wish.visit.minutes());
                let mapping = Mapping {
                    extra: extra.to_json(),
                    ..mapping
                };
                self.store.complete_create(operation, &mapping).await?;
                Ok(Outcome::done(operation, Some(mapping), refreshed()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.store.complete(operation).await?;
                self.replace(wish).await
            }
            Err(error) => self.set_back(operation, attempts, &error, refreshed()).await,
        }
    }

    /// The provider has lost the meeting (deleted there, or expired): a new one takes its place.
    async fn replace(&self, wish: &Wish) -> Result<Outcome> {
        self.store
            .drop_mapping(Provider::Zoom, wish.visit.appointment_id)
            .await?;
        self.create_locked(&wish.visit, &wish.host).await
    }

    /// Whether another doctor is to host now, or the authority that made the meeting is gone.
    fn replaced(&self, extra: &Extra, host: &Host) -> bool {
        let Some(via) = extra.via else { return false };
        extra.doctor_id != host.doctor_id
            || match via {
                Via::Own => !host.own_tokens,
                Via::App => host.app.is_none(),
                Via::Clinic => self.zoom.account_id.is_empty(),
            }
    }

    async fn remember(&self, mapping: Mapping, extra: &Extra) -> Result<Mapping> {
        let json = extra.to_json();
        if json == mapping.extra {
            return Ok(mapping);
        }
        let mapping = Mapping {
            extra: json,
            ..mapping
        };
        self.store.save_mapping(&mapping).await?;
        Ok(mapping)
    }

    /// The outcome "not yet" while an operation of this kind has a pause to keep, its own or the provider's.
    async fn waiting(&self, kind: OperationKind, appointment_id: u64) -> Result<Option<Outcome>> {
        let unfinished = self
            .store
            .unfinished(Provider::Zoom, kind, appointment_id)
            .await?;
        Ok(unfinished.and_then(|operation| self.not_due(&operation)))
    }

    fn not_due(&self, operation: &Operation) -> Option<Outcome> {
        let due = operation.resume_at?;
        (due > self.clock.now().as_second()).then(|| Outcome {
            state: operation.state,
            operation_id: operation.id,
            reason: ErrorKind::ALL
                .iter()
                .map(|kind| kind.name())
                .find(|name| *name == operation.reason)
                .unwrap_or_default(),
            message: operation.message.clone(),
            mapping: None,
            token_refreshed: false,
        })
    }

    /// Ends what can no longer matter.
    pub(super) async fn close_unfinished(&self, appointment_id: u64) -> Result<()> {
        for kind in [
            OperationKind::Create,
            OperationKind::Update,
            OperationKind::Cancel,
        ] {
            if let Some(operation) = self
                .store
                .unfinished(Provider::Zoom, kind, appointment_id)
                .await?
            {
                self.store.complete(operation.id).await?;
            }
        }
        Ok(())
    }
}

fn fits(meeting: &Meeting, extra: &Extra, visit: &Visit) -> bool {
    extra.clone().with(meeting).is_at(visit)
        && meeting.waiting_room != Some(false)
        && meeting.join_before_host != Some(true)
}

fn intent(wish: &Wish, mapping: &Mapping) -> NewOperation {
    NewOperation {
        appointment_id: wish.visit.appointment_id,
        doctor_id: wish.host.doctor_id,
        provider: Provider::Zoom,
        kind: OperationKind::Update,
        marker: String::new(),
        meeting_id: mapping.meeting_id.clone(),
        request: "{}".to_owned(),
        lease: LEASE,
    }
}
