//! The one error type of the core: a kind to act on, a message that is safe to show, and a remedy.

use std::time::Duration;

/// Result of every fallible operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, as the caller has to treat it. Callers match kinds, never texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The site is not set up: missing key, wrong URL, missing credentials. An administrator must act.
    Configuration,
    /// The caller passed something unusable, such as an unknown time zone.
    InvalidInput,
    /// The provider refuses the client id or the client secret.
    ClientRefused,
    /// The provider does not know the clinic's account, or the app is not activated in it.
    AccountRefused,
    /// A consent's state is unknown, spent, expired, or belongs to somebody else.
    State,
    /// A secret could not be sealed or opened. Never falls back to plaintext.
    Vault,
    /// The database refused or cannot be reached.
    Store,
    /// Another process holds the lock for longer than we may wait.
    Busy,
    /// The provider ended the authorization (`invalid_grant`): the doctor must reconnect.
    Reauthorize,
    /// The authorization lacks a scope: the doctor must reconnect with the app's full scopes.
    Scope,
    /// The provider does not know the meeting (Zoom 3001).
    NotFound,
    /// The provider does not know the host (Zoom 1001, 1010, 1120).
    HostNotFound,
    /// Too many requests; try again after a pause.
    RateLimited,
    /// The host's daily allowance is used up (Zoom: 100 creates and updates a UTC day).
    DailyLimit,
    /// The provider refuses the request for good (validation, plan, permission).
    Rejected,
    /// The provider or the way to it is down; the request had no effect.
    Unavailable,
    /// The site's own settings let no request out: outside hosts are blocked, or the proxy refuses the login.
    Blocked,
    /// The answer was lost: the request may or may not have had its effect. Never repeat a create on this.
    Ambiguous,
    /// The provider has taken the request and is still at work; look again soon.
    Pending,
    /// This may be a copy of the site: nothing leaves it until an administrator has said what it is.
    SitePaused,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 21] = [
        Self::Configuration,
        Self::InvalidInput,
        Self::ClientRefused,
        Self::AccountRefused,
        Self::State,
        Self::Vault,
        Self::Store,
        Self::Busy,
        Self::Reauthorize,
        Self::Scope,
        Self::NotFound,
        Self::HostNotFound,
        Self::RateLimited,
        Self::DailyLimit,
        Self::Rejected,
        Self::Unavailable,
        Self::Blocked,
        Self::Ambiguous,
        Self::Pending,
        Self::SitePaused,
        Self::Internal,
    ];

    /// Stable name, as stored in the journal's `reason` column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::InvalidInput => "invalid_input",
            Self::ClientRefused => "client_refused",
            Self::AccountRefused => "account_refused",
            Self::State => "state",
            Self::Vault => "vault",
            Self::Store => "store",
            Self::Busy => "busy",
            Self::Reauthorize => "reauthorize",
            Self::Scope => "scope",
            Self::NotFound => "not_found",
            Self::HostNotFound => "host_not_found",
            Self::RateLimited => "rate_limited",
            Self::DailyLimit => "daily_limit",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::Blocked => "blocked",
            Self::Ambiguous => "ambiguous",
            Self::Pending => "pending",
            Self::SitePaused => "site_paused",
            Self::Internal => "internal",
        }
    }
}

/// An error with its kind, a message without secrets or patient data, and, where known, the provider's pause.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    retry_after: Option<Duration>,
    #[source]
    source: Option<Source>,
}

impl Error {
    /// An error of `kind`. `message` is shown to administrators: name the remedy, never a secret.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retry_after: None,
            source: None,
        }
    }

    /// Keeps the underlying error for debugging. The source must not carry secrets either.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Records how long the provider asked us to wait.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.retry_after = pause;
        self
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The pause the provider asked for, if it named one.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// Shorthand for an [`ErrorKind::Configuration`] error.
pub fn configuration(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

/// Shorthand for an [`ErrorKind::InvalidInput`] error.
pub fn invalid_input(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidInput, message)
}

/// Shorthand for an [`ErrorKind::Internal`] error.
pub fn internal(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, message)
}

/// What is said instead of doing something while the site is paused.
pub(crate) const PAUSED: &str = "the plugin is paused: this site's address or environment is not the one that was \
    confirmed; say in wp-admin, or with \"wp kivicare-telemed site\", whether the site has moved or is a copy";

/// Shorthand for an [`ErrorKind::SitePaused`] error.
pub fn site_paused() -> Error {
    Error::new(ErrorKind::SitePaused, PAUSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_names_are_unique() {
        let names: std::collections::HashSet<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ErrorKind::ALL.len());
    }
}
