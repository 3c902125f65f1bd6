//! PHP arrays to core types and back, one function per shape.

mod connection;
mod input;
mod output;

pub use input::*;
pub use output::*;
