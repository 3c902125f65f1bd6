//! Telemedicine meetings for KiviCare: providers, tokens, encryption, mapping tables and the operations journal.
//!
//! Layers, from the ground: [`error`], [`secret`], [`clock`] · [`http`], [`retry`], [`vault`], [`store`], [`runtime`]
//! · [`oauth`], [`api`] · [`provider`] · [`zoom`], [`meet`] · [`service`] (use cases) · [`site`] (a site's settings and long-lived parts). The core
//! never names PHP; the bindings live in `php` behind the cargo feature of that name.

pub mod api;
pub mod clock;
pub mod error;
pub mod fault;
pub mod http;
pub mod meet;
pub mod meeting;
pub mod oauth;
pub mod pace;
pub mod passcode;
pub mod provider;
pub mod retry;
pub mod runtime;
pub mod secret;
pub mod service;
pub mod site;
pub mod store;
mod trust;
pub mod vault;
pub mod zoom;

#[cfg(feature = "php")]
mod php;

pub use error::{Error, ErrorKind, Result};
