//! Work that waits: what hooks have told of, operations whose pause is over, and those whose owner died.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::StreamExt;

use super::{Budget, Outcome, SIDE_BY_SIDE, Telemed, Visited};
use crate::error::{ErrorKind, Result};
use crate::store::{Due, Provider};

/// Seconds for which a noted appointment is left to the request that noted it.
pub const GRACE: i64 = 60;
/// Seconds after which an appointment that could not be worked on is looked at again.
const AGAIN: i64 = 60;
/// How much more is read than asked for, so that one doctor's backlog does not hide the others'.
const BREADTH: u32 = 8;
/// Time for one appointment in a run: nobody waits in front of a page.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds for which who has claimed a link to mail is left alone.
const CLAIM: i64 = 600;
/// One run at a time: two would ask the provider twice as fast as it allows.
const RUNNER: &str = "runner";

impl Telemed {
    /// Writes that an appointment may not be as it should be. It counts from a minute on, so that the request that knows
    /// best does the work; should it die, the next run does. Returns a number for [`settle_note`](Self::settle_note).
    pub async fn note(&self, appointment_id: u64, verify: bool) -> Result<u64> {
        let due = self.clock.now().as_second() + GRACE;
        self.store.note(appointment_id, verify, due).await
    }

    /// Forgets a note whose appointment was looked at, unless it was told of again.
    pub async fn settle_note(&self, appointment_id: u64, noted: u64) -> Result<()> {
        self.store.settle_note(appointment_id, noted).await
    }

    /// Puts off what cannot be decided yet. What is noted is looked at again within a minute all the same: it came
    /// after somebody looked, or nobody could.
    pub async fn postpone(&self, appointment_id: u64, seconds: u32) -> Result<()> {
        let (now, seconds) = (self.clock.now().as_second(), i64::from(seconds));
        self.store
            .postpone(appointment_id, now + seconds, now + seconds.min(AGAIN))
            .await
    }

    /// At most `limit` appointments to look at now, a fair share of each doctor's.
    pub async fn due(&self, limit: u32) -> Result<Vec<Due>> {
        let now = self.clock.now().as_second();
        let found = self.store.due(now, limit.saturating_mul(BREADTH)).await?;
        let mut fair = in_turns(found, |due| due.doctor_id);
        fair.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(fair)
    }

    /// Seconds until the next operation becomes due; none when nothing waits.
    pub async fn next_due(&self) -> Result<Option<i64>> {
        let now = self.clock.now().as_second();
        Ok(self.store.next_due(now).await?.map(|at| at - now))
    }

    /// Takes it on to mail a link that nobody has been told of.
    pub async fn claim_link(&self, provider: Provider, appointment_id: u64) -> Result<bool> {
        let now = self.clock.now().as_second();
        self.store
            .claim_link(provider, appointment_id, now, now + CLAIM)
            .await
    }

    /// Brings many appointments' meetings in line, some side by side, doctors in turns. `noted` of each as
    /// [`due`](Self::due) gave it. [`ErrorKind::Busy`] while another run is at work.
    pub async fn reconcile_many(&self, all: Vec<(Visited, u64)>) -> Result<Vec<(u64, Result<Outcome>)>> {
        let alone = self.store.lock(RUNNER, Duration::ZERO).await?;
        let outcomes = self.side_by_side(all).await;
        let _ = alone.release().await;
        outcomes
    }

    async fn side_by_side(&self, all: Vec<(Visited, u64)>) -> Result<Vec<(u64, Result<Outcome>)>> {
        let wide = self.store.widened()?;
        let patient = Self {
            store: wide.clone(),
            budget: Budget {
                total: PATIENCE.max(self.budget.total),
                ..self.budget
            },
            ..self.clone()
        };
        let fair = in_turns(all, |(visited, _)| visited.holder.doctor_id);
        let patient = &patient;
        let work = futures_util::stream::iter(fair).map(|(visited, noted)| async move {
            let outcome = patient.reconcile_noted(&visited, noted).await;
            (visited.appointment_id, outcome)
        });
        let outcomes = work.buffer_unordered(SIDE_BY_SIDE).collect().await;
        wide.close().await;
        Ok(outcomes)
    }

    /// A failure leaves the note in its place for later; every other outcome is in the journal.
    async fn reconcile_noted(&self, visited: &Visited, noted: u64) -> Result<Outcome> {
        let outcome = self.reconcile(visited).await;
        let id = visited.appointment_id;
        let settled = match &outcome {
            Ok(outcome) if outcome.reason != ErrorKind::Busy.name() => {
                self.store.settle_note(id, noted).await
            }
            _ => {
                let again = self.clock.now().as_second() + AGAIN;
                self.store.postpone(id, again, again).await
            }
        };
        outcome.and_then(|outcome| settled.map(|()| outcome))
    }
}

/// Reorders so that every doctor's first comes before any doctor's second.
fn in_turns<T>(all: Vec<T>, doctor: impl Fn(&T) -> u64) -> Vec<T> {
    let mut queues: BTreeMap<u64, VecDeque<T>> = BTreeMap::new();
    let mut order = Vec::new();
    for item in all {
        let id = doctor(&item);
        if !queues.contains_key(&id) {
            order.push(id);
        }
        queues.entry(id).or_default().push_back(item);
    }
    let mut fair = Vec::new();
    while !order.is_empty() {
        order.retain(|id| match queues.get_mut(id).and_then(VecDeque::pop_front) {
            Some(item) => {
                fair.push(item);
                true
            }
            None => false,
        });
    }
    fair
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doctors_take_turns_and_keep_their_own_order() {
        let all = vec![(1, 'a'), (1, 'b'), (1, 'c'), (2, 'd'), (3, 'e'), (2, 'f')];
        let fair: String = in_turns(all, |(doctor, _)| *doctor)
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(fair, "adebfc");
    }
}
