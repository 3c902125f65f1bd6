//! What is kept in the site's database over our own connection: mapping rows, the operations journal, sealed token
//! rows, and cross-process locks. One trait, two implementations: `memory` for tests, `mysql` for sites.

pub mod types;

pub use types::*;
