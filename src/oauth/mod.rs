//! OAuth 2.0 (RFC 6749): token sets, refresh, and keeping one chain alive across processes.

pub mod bearer;
pub mod consent;
pub mod endpoint;
pub mod keeper;
pub mod token;

pub use bearer::{Bearer, Grant};
pub use consent::{Consent, Party};
pub use endpoint::{Dialect, OAuthClient};
pub use keeper::{TokenCache, TokenKeeper, TokenSource, Usable};
pub use token::TokenSet;
