//! PHP arrays to core types and back, one function per shape.

mod input;
mod output;

pub use input::*;
pub use output::*;
