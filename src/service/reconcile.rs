//! Level-triggered: what should be, what is, and the one operation that makes the second into the first.

use std::time::Instant;

use super::cancel::Leaving;
use super::create::{Moment, busy, lock_name};
use super::extra::{Extra, Via};
use super::{APPOINTMENT_WAIT, Host, LEASE, Mended, Outcome, Telemed};
use crate::error::{ErrorKind, Result};
use crate::fault;
use crate::meeting::Visit;
use crate::provider::{Meeting, MeetingProvider};
use crate::store::{Mapping, NewOperation, Operation, OperationKind, Provider};

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
        let wanted = visited.wish.as_ref().map(|wish| wish.host.provider);
        let mut ends = Vec::new();
        for other in Provider::ALL.into_iter().filter(|other| Some(*other) != wanted) {
            ends.push(self.end_locked(other, visited).await?);
        }
        let undone = ends.iter().position(|end| !end.is_done());
        let Some(wish) = &visited.wish else {
            let worked = ends.iter().position(|end| end.operation_id > 0);
            let told = ends.swap_remove(undone.or(worked).unwrap_or_default());
            return Ok(told.along_with(&ends));
        };
        // The patient gets the new meeting even while the old provider cannot be asked to end its own.
        let kept = self.keep_locked(visited, wish).await?;
        Ok(match undone.filter(|_| kept.is_done()) {
            Some(undone) => ends.swap_remove(undone).along_with(&[kept]),
            None => kept.along_with(&ends),
        })
    }

    /// A meeting is wanted, at this provider.
    async fn keep_locked(&self, visited: &Visited, wish: &Wish) -> Result<Outcome> {
        let (id, provider) = (visited.appointment_id, wish.host.provider);
        let mapping = self.store.mapping(provider, id).await?;
        if self.is_over(&wish.visit) {
            self.close_unfinished(provider, id).await?;
            return Ok(Outcome::done(0, mapping, false));
        }
        let Some(mapping) = mapping else {
            if let Some(waiting) = self.waiting(provider, OperationKind::Create, id).await? {
                return Ok(waiting);
            }
            return self.create_locked(&wish.visit, &wish.host, Moment::Later).await;
        };
        if self.replaced(&Extra::from(&mapping), wish) {
            let ended = self
                .cancel_locked(provider, id, &visited.holder, Leaving::Replaced)
                .await?;
            if !ended.is_done() {
                return Ok(ended);
            }
            let made = self.create_locked(&wish.visit, &wish.host, Moment::Later).await?;
            return Ok(made.along_with(&[ended]));
        }
        self.align(visited, wish, mapping).await
    }

    /// No meeting is wanted at this provider. What is over already needs no request.
    async fn end_locked(&self, provider: Provider, visited: &Visited) -> Result<Outcome> {
        let id = visited.appointment_id;
        let leaving = match visited.wish {
            Some(_) => Leaving::Replaced,
            None => Leaving::Ended,
        };
        let mapping = self.store.mapping(provider, id).await?;
        let Some(mapping) = mapping.filter(|mapping| Extra::from(mapping).is_past(self.clock.now())) else {
            return match self.waiting(provider, OperationKind::Cancel, id).await? {
                Some(waiting) => Ok(waiting),
                None => self.cancel_locked(provider, id, &visited.holder, leaving).await,
            };
        };
        self.close_unfinished(provider, id).await?;
        if visited.gone {
            self.store.drop_mapping(provider, id).await?;
            return Ok(Outcome::done(0, None, false));
        }
        Ok(Outcome::done(0, Some(mapping), false))
    }

    /// Moves the meeting when it is not where it should be; makes it anew when the provider has lost it.
    async fn align(&self, visited: &Visited, wish: &Wish, mapping: Mapping) -> Result<Outcome> {
        let extra = Extra::from(&mapping);
        let unfinished = self
            .unfinished(mapping.provider, OperationKind::Update, visited.appointment_id)
            .await?;
        let as_known = extra.is_at(&wish.visit) && extra.tells(&wish.visit);
        if !visited.verify && unfinished.is_none() && as_known {
            return Ok(Outcome::done(0, Some(mapping), false));
        }
        if let Some(waiting) = unfinished.as_ref().and_then(|operation| self.not_due(operation)) {
            return Ok(waiting);
        }
        let client = self.client(&extra.holder(&visited.holder, mapping.provider));
        let seen = match &client {
            Ok(client) if visited.verify => Some(client.read(&mapping.meeting_id).await),
            _ => None,
        };
        match (seen, client) {
            (Some(Ok(meeting)), Ok(client)) => {
                let found = Found {
                    change: change(&meeting, &mapping, &wish.visit),
                    meeting,
                };
                self.settle(wish, mapping, unfinished, found, client).await
            }
            (Some(Err(error)), _) if error.kind() == ErrorKind::NotFound => {
                let outcome = self.replace(wish).await?;
                Ok(outcome.mending(Some(Mended::Restored)))
            }
            (Some(Err(error)), _) => self.update(wish, mapping, unfinished, Err(error), false).await,
            (_, client) => self.update(wish, mapping, unfinished, client, false).await,
        }
    }

    /// Follows the provider where it may decide, and undoes what it may not.
    async fn settle(
        &self,
        wish: &Wish,
        mapping: Mapping,
        unfinished: Option<Operation>,
        found: Found,
        client: Box<dyn MeetingProvider>,
    ) -> Result<Outcome> {
        let Found { meeting, change } = found;
        let mut extra = Extra::from(&mapping);
        if change.is_none() && extra.tells(&wish.visit) {
            let relinked = !meeting.join_url.is_empty() && meeting.join_url != mapping.join_url;
            let mapping = self.follow(mapping, &meeting, extra.with(&meeting)).await?;
            let arrived = unfinished.map_or(0, |operation| operation.id);
            if arrived > 0 {
                self.store.complete(arrived).await?;
            }
            let outcome = Outcome::done(arrived, Some(mapping), client.token_refreshed());
            return Ok(outcome.mending(relinked.then_some(Mended::Relinked)));
        }
        // Ours to undo only where somebody changed what we had written.
        let undone = change.filter(|_| extra.is_at(&wish.visit));
        if undone.is_some() && !extra.may_mend(self.clock.now().as_second()) {
            extra.etag.clone_from(&meeting.etag);
            let mapping = self.remember(mapping, &extra).await?;
            let outcome = Outcome::done(0, Some(mapping), client.token_refreshed());
            return Ok(outcome.mending(Some(Mended::Left)));
        }
        let mapping = extra.put(mapping);
        let invite = meeting.cancelled;
        let outcome = self.update(wish, mapping, unfinished, Ok(client), invite).await?;
        Ok(outcome.mending(undone))
    }

    /// Makes the meeting what the visit says, journalled. A client that could not be had is a setback like any other.
    async fn update(
        &self,
        wish: &Wish,
        mapping: Mapping,
        unfinished: Option<Operation>,
        client: Result<Box<dyn MeetingProvider>>,
        invite: bool,
    ) -> Result<Outcome> {
        fault::point("update.before_intent");
        let (operation, attempts) = match unfinished {
            Some(operation) if self.store.resume_operation(operation.id, LEASE).await? => {
                (operation.id, operation.attempts.saturating_add(1))
            }
            Some(operation) => return Ok(busy(&operation)),
            None => (self.store.begin_operation(intent(wish, &mapping)).await?, 1),
        };
        let ready = client.and_then(|client| Ok((client, wish.visit.draft(mapping.meeting_id.clone())?)));
        let (client, mut draft) = match ready {
            Ok(ready) => ready,
            Err(error) => return self.set_back(operation, attempts, &error, false).await,
        };
        draft.invite = invite;
        fault::point("update.after_intent");
        let started = Instant::now();
        fault::sending("update.sent");
        let result = client.update(&mapping.meeting_id, &draft).await;
        fault::point("update.replied");
        let took = started.elapsed();
        let refreshed = client.token_refreshed();
        match result {
            Ok(changed) => {
                let mut extra = Extra::from(&mapping);
                extra.content.clone_from(&wish.visit.content);
                let mapping = match changed {
                    Some(meeting) => {
                        let extra = extra.with(&meeting);
                        linked(mapping, &meeting, &extra)
                    }
                    None => extra.moved(draft.start, draft.duration_minutes).put(mapping),
                };
                let mapping = self.with_latest_click(mapping).await;
                self.store.complete_create(operation, &mapping, took).await?;
                fault::point("update.after_mapping");
                Ok(Outcome::done(operation, Some(mapping), refreshed))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.store.complete(operation).await?;
                self.replace(wish).await
            }
            Err(error) => self.set_back(operation, attempts, &error, refreshed).await,
        }
    }

    /// The provider has lost the meeting (deleted there, or expired): a new one takes its place.
    async fn replace(&self, wish: &Wish) -> Result<Outcome> {
        self.store
            .drop_mapping(wish.host.provider, wish.visit.appointment_id)
            .await?;
        self.create_locked(&wish.visit, &wish.host, Moment::Later).await
    }

    /// Whether it is for other people now, or the authority that made the meeting is gone.
    fn replaced(&self, extra: &Extra, wish: &Wish) -> bool {
        let Some(via) = extra.via else { return false };
        let (host, patient) = (&wish.host, wish.visit.patient_id);
        extra.doctor_id != host.doctor_id
            // The former patient knows the link.
            || (patient != 0 && extra.patient_id != 0 && extra.patient_id != patient)
            || match via {
                Via::Own => !host.own_tokens,
                Via::App => host.app.is_none(),
                Via::Clinic => self.zoom.account_id.is_empty(),
            }
    }

    async fn follow(&self, mapping: Mapping, meeting: &Meeting, extra: Extra) -> Result<Mapping> {
        let followed = linked(mapping.clone(), meeting, &extra);
        if followed != mapping {
            return self.save_with_latest_click(followed).await;
        }
        Ok(followed)
    }

    async fn remember(&self, mapping: Mapping, extra: &Extra) -> Result<Mapping> {
        if extra.to_json() == mapping.extra {
            return Ok(mapping);
        }
        self.save_with_latest_click(extra.put(mapping)).await
    }

    /// The outcome "not yet" while an operation of this kind has a pause to keep, its own or the provider's.
    async fn waiting(
        &self,
        provider: Provider,
        kind: OperationKind,
        appointment_id: u64,
    ) -> Result<Option<Outcome>> {
        let unfinished = self.unfinished(provider, kind, appointment_id).await?;
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
            mended: None,
            finished: Vec::new(),
        })
    }

    /// Ends what can no longer matter.
    pub(super) async fn close_unfinished(&self, provider: Provider, appointment_id: u64) -> Result<()> {
        for kind in [
            OperationKind::Create,
            OperationKind::Update,
            OperationKind::Cancel,
        ] {
            if let Some(operation) = self.unfinished(provider, kind, appointment_id).await? {
                self.store.complete(operation.id).await?;
            }
        }
        Ok(())
    }
}

/// What a look at the provider found.
struct Found {
    meeting: Meeting,
    change: Option<Mended>,
}

/// What has to be undone at the provider; none when all is well but perhaps the link.
fn change(meeting: &Meeting, mapping: &Mapping, visit: &Visit) -> Option<Mended> {
    if meeting.cancelled {
        return Some(Mended::Restored);
    }
    if !Extra::from(mapping).with(meeting).is_at(visit) {
        return Some(Mended::MovedBack);
    }
    if meeting.exposed {
        return Some(Mended::Closed);
    }
    // Without a link it is no meeting; asking for one brings another.
    meeting.join_url.is_empty().then_some(Mended::Relinked)
}

/// The mapping with the provider's link, which the provider decides.
fn linked(mapping: Mapping, meeting: &Meeting, extra: &Extra) -> Mapping {
    let or = |new: &str, old: String| if new.is_empty() { old } else { new.to_owned() };
    // The patient knows the link that was.
    let owes_link = !meeting.join_url.is_empty() && meeting.join_url != mapping.join_url;
    let mapping = extra.put(mapping);
    Mapping {
        owes_link,
        join_url: or(&meeting.join_url, mapping.join_url),
        password: or(&meeting.password, mapping.password),
        start_url: or(&meeting.page_url, mapping.start_url),
        ..mapping
    }
}

fn intent(wish: &Wish, mapping: &Mapping) -> NewOperation {
    NewOperation {
        appointment_id: wish.visit.appointment_id,
        doctor_id: wish.host.doctor_id,
        provider: mapping.provider,
        kind: OperationKind::Update,
        marker: String::new(),
        meeting_id: mapping.meeting_id.clone(),
        request: "{}".to_owned(),
        lease: LEASE,
    }
}
