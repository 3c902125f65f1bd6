//! Shapes of the queue and of doctors' connections.

use super::Provider;
use crate::error::ErrorKind;

/// An appointment to look at now: somebody told of it, or an operation of it is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// KiviCare's appointment id.
    pub appointment_id: u64,
    /// The doctor whose operation is due, 0 where nobody said.
    pub doctor_id: u64,
    /// Look at the provider too.
    pub verify: bool,
    /// How often it was told of; see [`Store::settle_note`](super::Store::settle_note). 0 for none.
    pub noted: u64,
}

/// How a doctor's own connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Works.
    Healthy,
    /// Could not be refreshed for a while; it will end if that goes on.
    Expiring,
    /// The provider ended it, or it lacks a permission: the doctor must connect again.
    Reconnect,
    /// The doctor ended it at the provider.
    Revoked,
}

impl ConnectionState {
    /// Name in the `state` column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Expiring => "expiring",
            Self::Reconnect => "reconnect",
            Self::Revoked => "revoked",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Healthy, Self::Expiring, Self::Reconnect, Self::Revoked]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A row of `kc_telemed_connections`. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    /// The doctor's WordPress user id.
    pub doctor_id: u64,
    /// Whose connection.
    pub provider: Provider,
    /// How it is.
    pub state: ConnectionState,
    /// [`ErrorKind::name`] of the last failure, or empty.
    pub reason: String,
    /// Safe text with the remedy, or empty.
    pub message: String,
    /// When its tokens were last renewed.
    pub refreshed_at: i64,
    /// When to renew them though nobody needs them.
    pub due_at: i64,
    /// Renewals that failed in a row.
    pub failures: u32,
}

impl ConnectionRow {
    /// A connection that has just been made or renewed at `now`; `due_at` is when to renew it next.
    pub fn fresh(provider: Provider, doctor_id: u64, now: i64, due_at: i64) -> Self {
        Self {
            doctor_id,
            provider,
            state: ConnectionState::Healthy,
            reason: String::new(),
            message: String::new(),
            refreshed_at: now,
            due_at,
            failures: 0,
        }
    }

    /// The same after a failure.
    #[must_use]
    pub fn failed(self, state: ConnectionState, reason: ErrorKind, message: &str, due_at: i64) -> Self {
        Self {
            state,
            reason: reason.name().to_owned(),
            message: super::journal_message(message),
            due_at,
            failures: self.failures.saturating_add(1),
            ..self
        }
    }
}
