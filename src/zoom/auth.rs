//! How a Zoom connection gets its access token, and how it names the host.

use std::sync::Arc;

use url::Url;

use super::Endpoints;
use crate::api::join;
use crate::error::Result;
use crate::oauth::{Bearer, Dialect, Grant, OAuthClient, TokenKeeper};
use crate::secret::AccessToken;
use crate::store::TokenRow;

/// The original add-on's user meta key for a doctor's tokens (KiviCare contract §1).
pub const DOCTOR_TOKEN_KEY: &str = "kiviCare_doctor_zoom_telemed_config";

/// Whose authority a request carries.
#[derive(Debug, Clone)]
pub enum Connection {
    /// The doctor's own consent. Must address `me` (Zoom answers 4700 otherwise).
    User {
        /// WordPress user id.
        doctor_id: u64,
    },
    /// The clinic's server-to-server app. Must never address `me`.
    ServerToServer {
        /// The clinic's Zoom account.
        account_id: String,
        /// Zoom user id or e-mail of the doctor.
        host: String,
    },
}

impl Connection {
    /// The `{userId}` of API paths.
    pub fn user_id(&self) -> &str {
        match self {
            Self::User { .. } => "me",
            Self::ServerToServer { host, .. } => host,
        }
    }

    /// Where the sealed tokens are. Server-to-server tokens are shared by the clinic's processes and hosts in an
    /// option, one for each account and client, so that an hour costs one token request and not one per worker.
    pub fn token_row(&self, client_id: &str) -> TokenRow {
        match self {
            Self::User { doctor_id } => TokenRow::UserMeta {
                user_id: *doctor_id,
                key: DOCTOR_TOKEN_KEY.to_owned(),
            },
            Self::ServerToServer { account_id, .. } => {
                let digest = ring::digest::digest(
                    &ring::digest::SHA256,
                    format!("{account_id}\0{client_id}").as_bytes(),
                );
                let short: String = data_encoding::HEXLOWER
                    .encode(digest.as_ref())
                    .chars()
                    .take(16)
                    .collect();
                TokenRow::Option {
                    name: format!("kivicare_telemed_zoom_token_{short}"),
                }
            }
        }
    }
}

/// Address of the token endpoint.
pub fn token_url(endpoints: &Endpoints) -> Result<Url> {
    join(&endpoints.oauth, &["token"])
}

/// Address of the consent page.
pub fn authorize_url(endpoints: &Endpoints) -> Result<Url> {
    join(&endpoints.oauth, &["authorize"])
}

/// Address where tokens are ended.
pub fn revoke_url(endpoints: &Endpoints) -> Result<Url> {
    join(&endpoints.oauth, &["revoke"])
}

/// How Zoom's token endpoint wants to be spoken to.
pub const DIALECT: Dialect = Dialect {
    client_in_body: false,
    ended: "Zoom ended this connection (invalid_grant); the doctor must connect again",
};

/// A connection with what it needs to stay alive.
pub struct ZoomAuth {
    pub(super) connection: Connection,
    pub(crate) bearer: Bearer,
}

impl ZoomAuth {
    /// Puts a connection together; no request, no query.
    pub fn new(connection: Connection, keeper: TokenKeeper, oauth: Arc<OAuthClient>) -> Self {
        let row = connection.token_row(&oauth.client_id);
        let grant = match &connection {
            Connection::User { .. } => Grant::Refresh,
            Connection::ServerToServer { account_id, .. } => Grant::Account(account_id.clone()),
        };
        Self {
            connection,
            bearer: Bearer::new(grant, row, keeper, oauth),
        }
    }

    /// A connection whose token is in hand and not stored yet.
    pub fn with_token(
        connection: Connection,
        keeper: TokenKeeper,
        oauth: Arc<OAuthClient>,
        access: AccessToken,
    ) -> Self {
        let auth = Self::new(connection, keeper, oauth);
        Self {
            bearer: auth.bearer.holding(access),
            ..auth
        }
    }
}
