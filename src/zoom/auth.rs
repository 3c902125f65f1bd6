//! How a Zoom connection gets its access token, and how it names the host.

use std::sync::Arc;

use url::Url;

use super::Endpoints;
use crate::api::join;
use crate::error::Result;
use crate::oauth::{Bearer, Dialect, Grant, OAuthClient, TokenKeeper};
use crate::secret::{AccessToken, ClientSecret};
use crate::store::TokenRow;
use crate::vault::Vault;

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
    /// A server-to-server app, the clinic's or a doctor's. Must never address `me`.
    ServerToServer {
        /// WordPress user id of the doctor whose app it is, 0 for the clinic's.
        owner: u64,
        /// The app's Zoom account.
        account_id: String,
        /// Zoom's id of the user who hosts.
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
    /// option, so that an hour costs one token request and not one per worker. Its name is bound to whose app it is, to
    /// account and client, and to the secret: with another secret there is no token, whoever got one before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Vault`](crate::ErrorKind::Vault) without a key, with which nothing could be stored either.
    pub fn token_row(&self, vault: &Vault, client_id: &str, secret: &ClientSecret) -> Result<TokenRow> {
        match self {
            Self::User { doctor_id } => Ok(doctor_row(*doctor_id)),
            Self::ServerToServer {
                owner, account_id, ..
            } => {
                let owner = owner.to_string();
                let mark = vault.mark(&["zoom token", &owner, account_id, client_id, secret.expose()])?;
                let short: String = mark.chars().take(MARK_CHARS).collect();
                Ok(TokenRow::Option {
                    name: format!("kivicare_telemed_zoom_token_{short}"),
                })
            }
        }
    }
}

/// Hex digits of a mark in an option's name: 128 bits.
const MARK_CHARS: usize = 32;

/// Where the tokens of a doctor's own consent are.
pub fn doctor_row(doctor_id: u64) -> TokenRow {
    TokenRow::UserMeta {
        user_id: doctor_id,
        key: DOCTOR_TOKEN_KEY.to_owned(),
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
    ///
    /// # Errors
    ///
    /// As [`Connection::token_row`].
    pub fn new(connection: Connection, keeper: TokenKeeper, oauth: Arc<OAuthClient>) -> Result<Self> {
        let row = connection.token_row(&keeper.vault, &oauth.client_id, &oauth.client_secret)?;
        let grant = match &connection {
            Connection::User { .. } => Grant::Refresh,
            Connection::ServerToServer { account_id, .. } => Grant::Account(account_id.clone()),
        };
        Ok(Self {
            connection,
            bearer: Bearer::new(grant, row, keeper, oauth),
        })
    }

    /// A connection whose token is in hand and not stored yet.
    ///
    /// # Errors
    ///
    /// As [`Connection::token_row`].
    pub fn with_token(
        connection: Connection,
        keeper: TokenKeeper,
        oauth: Arc<OAuthClient>,
        access: AccessToken,
    ) -> Result<Self> {
        let auth = Self::new(connection, keeper, oauth)?;
        Ok(Self {
            bearer: auth.bearer.holding(access),
            ..auth
        })
    }
}
