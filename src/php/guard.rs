//! The rule for every exported function: no panic and no core error crosses into PHP except as an exception.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ext_php_rs::exception::PhpResult;

use super::exceptions::to_php;
use crate::error::{Result, internal};

/// Runs `work`; an error or a panic becomes an exception of ours. ext-php-rs would turn a panic into `\Error`, which
/// KiviCare does not catch and which would leave its transaction open (contract §9.1).
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> PhpResult<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome.map_err(|error| to_php(&error)),
        // The panic's own text could hold anything; the log of the host has it on stderr.
        Err(_) => Err(to_php(&internal(
            "the extension met a defect of its own (panic); please report it",
        ))),
    }
}
