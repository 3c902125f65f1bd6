//! A database that takes connections and does not answer: who has waited for it once spares everybody else in the process
//! the same wait. A request asks several times, and a visitor waits for all of them.

use std::time::Duration;

use tokio::time::Instant;

use super::super::refusal;
use super::{Hub, entered};
use crate::{Error, Result};

/// For how long after an answer that did not come the server is not asked again.
const SILENT: Duration = Duration::from_secs(5);

impl Hub {
    /// An answer did not come in time.
    pub(in crate::store::mysql) fn unanswered(&self) -> Error {
        *entered(&self.silent_until) = Some(Instant::now() + SILENT);
        refusal::silent()
    }

    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) shortly after the server did not answer.
    pub(super) fn expect_answers(&self) -> Result<()> {
        let silent = entered(&self.silent_until).is_some_and(|until| Instant::now() < until);
        if silent { Err(refusal::silent()) } else { Ok(()) }
    }
}
