//! Development-only stand-in for the video providers, spoken to over real HTTP and TLS.
//!
//! Suites run against this server because mocks inside the client hide what breaks in the field: reused
//! connections, HTTP/2, lost replies, rotated tokens. The neutral parts (server, faults, state, admin) know no
//! provider; each provider is one folder.

pub mod admin;
pub mod config;
pub mod faults;
pub mod google;
pub mod message;
pub mod openapi;
pub mod proxy;
pub mod server;
pub mod state;
pub mod tls;
pub mod wire;
pub mod zoom;

pub use config::Config;
pub use server::{Running, start};
