//! What is kept in the site's database over our own connection: mapping rows, the operations journal, sealed token
//! rows, and cross-process locks. One trait, two implementations: `memory` for tests, `mysql` for sites.

mod audit;
pub mod memory;
pub mod mysql;
mod queue;
pub mod types;

pub use audit::AuditEntry;
pub use memory::MemoryStore;
pub use mysql::{ClientDefaults, DatabaseConfig, MySqlStore};
pub use queue::{ConnectionRow, ConnectionState, Due};
pub use types::*;

use crate::Result;
use crate::error::internal;

/// Size of the journal's `message` column, in characters.
const MESSAGE_CHARS: usize = 500;

/// The message as the journal keeps it. Strict SQL mode would refuse a longer one, and losing the whole setback is
/// worse than losing the end of a text.
pub(crate) fn journal_message(message: &str) -> String {
    message.chars().take(MESSAGE_CHARS).collect()
}

/// Refuses states a setback cannot lead to, and drops the resume time of a final one.
fn checked_setback(mut setback: Setback) -> Result<Setback> {
    match setback.state {
        OperationState::Pending | OperationState::Parked => {}
        OperationState::Failed => setback.resume_at = None,
        OperationState::InFlight | OperationState::Done => {
            return Err(internal("A setback can only lead to pending, parked or failed."));
        }
    }
    setback.message = journal_message(&setback.message);
    Ok(setback)
}
