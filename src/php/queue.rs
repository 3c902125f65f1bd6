//! Work that waits, and doctors' connections.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::ZendHashTable;

use super::classes::Config;
use super::convert::{self, Array};
use super::guard::guarded;
use crate::error::{ErrorKind, Result};
use crate::runtime;
use crate::service::Telemed;
use crate::site::SiteSettings;

/// Appointments that wait to be looked at, and the runs that work them off.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Queue")]
pub struct Queue(SiteSettings);

impl Queue {
    fn with<T, F>(&self, work: impl FnOnce(Telemed) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        runtime::run(work(self.0.telemed()?))?
    }

    /// For what goes on while the site is paused.
    fn keep<T, F>(&self, work: impl FnOnce(Telemed) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        runtime::run(work(self.0.bookkeeping()?))?
    }
}

#[php_impl]
impl Queue {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Writes that an appointment may not be as it should be; it is due in a minute. Returns a number for settle().
    pub fn note(&self, appointment_id: u64, verify: bool) -> PhpResult<u64> {
        guarded(|| self.keep(|telemed| async move { telemed.note(appointment_id, verify).await }))
    }

    /// Forgets the note, unless the appointment was told of again.
    pub fn settle(&self, appointment_id: u64, noted: u64) -> PhpResult<()> {
        guarded(|| self.with(|telemed| async move { telemed.settle_note(appointment_id, noted).await }))
    }

    /// Puts off what is due of the appointment.
    pub fn postpone(&self, appointment_id: u64, seconds: u32) -> PhpResult<()> {
        guarded(|| self.with(|telemed| async move { telemed.postpone(appointment_id, seconds).await }))
    }

    /// What is due, doctors in turns: a list of appointment_id, doctor_id, verify, noted.
    pub fn due(&self, limit: u32) -> PhpResult<Vec<Array>> {
        guarded(|| {
            let due = self.with(|telemed| async move { telemed.due(limit).await })?;
            due.iter().map(convert::due).collect()
        })
    }

    /// Seconds until the next operation becomes due, null when nothing waits.
    pub fn next_due(&self) -> PhpResult<Option<i64>> {
        guarded(|| self.with(|telemed| async move { telemed.next_due().await }))
    }

    /// Reconciles many appointments, some at the same time. A list of arrays as Telemed::reconcile() takes, each with
    /// noted. Returns a list of outcomes, each with appointment_id; null while another run is at work.
    pub fn run(&self, all: &ZendHashTable) -> PhpResult<Option<Vec<Array>>> {
        guarded(|| {
            let all = convert::visited_list(all)?;
            let done = self.with(|telemed| async move { telemed.reconcile_many(all).await });
            let outcomes = match done {
                Err(error) if error.kind() == ErrorKind::Busy => return Ok(None),
                done => done?,
            };
            let outcomes = outcomes
                .iter()
                .map(|(id, outcome)| convert::one_of_many(*id, outcome));
            outcomes.collect::<Result<Vec<_>>>().map(Some)
        })
    }

    /// Takes it on to mail the link of the appointment's meeting: true for one process, for ten minutes.
    pub fn claim_link(&self, provider: &str, appointment_id: u64) -> PhpResult<bool> {
        guarded(|| {
            let provider = convert::provider(provider)?;
            self.with(|telemed| async move { telemed.claim_link(provider, appointment_id).await })
        })
    }

    /// The link is mailed.
    pub fn settle_link(&self, provider: &str, appointment_id: u64) -> PhpResult<()> {
        guarded(|| {
            let provider = convert::provider(provider)?;
            self.with(|telemed| async move { telemed.store.settle_link(provider, appointment_id).await })
        })
    }

    /// Renews connections that nobody has used for a while. A list of doctor_id, provider, state, reason, message,
    /// token_refreshed.
    pub fn tend(&self, limit: u32) -> PhpResult<Vec<Array>> {
        guarded(|| {
            let tended = self.with(|telemed| async move { telemed.tend(limit).await })?;
            tended.iter().map(convert::tended).collect()
        })
    }

    /// How a doctor's own connection is: state, reason, message; null where that is not known.
    pub fn connection_state(&self, provider: &str, doctor_id: u64) -> PhpResult<Option<Array>> {
        guarded(|| {
            let provider = convert::provider(provider)?;
            let row =
                self.keep(|telemed| async move { telemed.store.connection(provider, doctor_id).await })?;
            row.as_ref().map(convert::connection).transpose()
        })
    }

    /// Notes that a doctor's connection has just been made (true) or ended (false).
    pub fn connection(&self, provider: &str, doctor_id: u64, made: bool, revoked: bool) -> PhpResult<()> {
        guarded(|| {
            let provider = convert::provider(provider)?;
            self.keep(|telemed| async move {
                if made {
                    telemed.connection_made(provider, doctor_id).await
                } else {
                    telemed.connection_ended(provider, doctor_id, revoked).await
                }
            })
        })
    }
}
