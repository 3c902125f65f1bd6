//! Telemedicine meetings for KiviCare: providers, tokens, encryption, mapping tables and the operations journal.
//!
//! The core never names PHP. The bindings live in `php` behind the cargo feature of that name.

pub mod error;
pub mod secret;
pub mod store;
pub mod vault;

pub use error::{Error, ErrorKind, Result};
