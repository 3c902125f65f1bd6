//! A doctor's consent at Google (OAuth 2.0 for web servers), and where its tokens are.

use url::Url;

use super::scopes;
use crate::api::parse_url;
use crate::error::Result;
use crate::oauth::Dialect;
use crate::store::TokenRow;

/// The original add-on's user meta key for a doctor's tokens.
pub const DOCTOR_TOKEN_KEY: &str = "google_meet_access_token";

/// How Google's token endpoint wants to be spoken to, and why a connection ends there.
pub const DIALECT: Dialect = Dialect {
    client_in_body: true,
    ended: "Google ended this connection (invalid_grant); the doctor must connect again. Likely causes: the consent \
            screen is still in \"Testing\" (access then ends after 7 days; publish it), the doctor removed the app or \
            changed the password, access was not used for 6 months, or the account has more than 100 connections of \
            this app",
};

/// Where Google is. Only wp-config constants can change it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoints {
    /// Consent page.
    pub authorize: Url,
    /// Token endpoint.
    pub token: Url,
    /// Revocation endpoint.
    pub revoke: Url,
    /// Calendar API v3.
    pub api: Url,
}

impl Endpoints {
    /// The addresses of Google itself.
    pub fn google() -> Result<Self> {
        Self::parse(
            "https://accounts.google.com/o/oauth2/v2/auth",
            "https://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com/revoke",
            "https://www.googleapis.com/calendar/v3",
        )
    }

    /// Addresses given as text, without query.
    pub fn parse(authorize: &str, token: &str, revoke: &str, api: &str) -> Result<Self> {
        Ok(Self {
            authorize: parse_url("KIVICARE_TELEMED_GOOGLE_AUTH_URL", authorize)?,
            token: parse_url("KIVICARE_TELEMED_GOOGLE_TOKEN_URL", token)?,
            revoke: parse_url("KIVICARE_TELEMED_GOOGLE_REVOKE_URL", revoke)?,
            api: parse_url("KIVICARE_TELEMED_GOOGLE_API_URL", api)?,
        })
    }

    /// The consent page with what every request asks: access while the doctor is away, and a fresh consent, because
    /// Google sends a refresh token only then.
    pub fn consent(&self) -> Url {
        let mut url = self.authorize.clone();
        url.query_pairs_mut()
            .append_pair("scope", scopes::CALENDAR)
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent");
        url
    }
}

/// Where a doctor's sealed tokens are.
pub fn token_row(doctor_id: u64) -> TokenRow {
    TokenRow::UserMeta {
        user_id: doctor_id,
        key: DOCTOR_TOKEN_KEY.to_owned(),
    }
}
