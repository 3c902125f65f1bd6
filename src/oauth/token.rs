//! The tokens of one connection, and the JSON form in which they are sealed.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::{AccessToken, RefreshToken};

/// Seconds before its expiry from which a token no longer counts as fresh.
pub const EXPIRY_SKEW: i64 = 60;

/// Access token, refresh token and what is known about them.
#[derive(Debug, Clone)]
pub struct TokenSet {
    /// Sent as `Authorization: Bearer`.
    pub access: AccessToken,
    /// Absent for server-to-server tokens, which are simply asked for again.
    pub refresh: Option<RefreshToken>,
    /// Unix seconds after which the access token is refused.
    pub expires_at: i64,
    /// Granted scopes, space separated as the provider sent them.
    pub scope: String,
}

/// The sealed JSON. `expires_at` may be missing in tokens taken over from elsewhere: then they count as expired.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    access_token: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    expires_at: i64,
    #[serde(default)]
    scope: std::borrow::Cow<'a, str>,
    #[serde(default)]
    token_type: std::borrow::Cow<'a, str>,
}

impl TokenSet {
    /// Reads the sealed JSON's plaintext.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        // The parser's own message could quote the token, so it is dropped.
        let stored: Stored<'_> = serde_json::from_slice(json).map_err(|_| {
            Error::new(
                ErrorKind::Vault,
                "the stored tokens are not readable; disconnect and connect the doctor again",
            )
        })?;
        Ok(Self {
            access: AccessToken::new(stored.access_token.into_owned()),
            refresh: stored
                .refresh_token
                .map(|token| RefreshToken::new(token.into_owned())),
            expires_at: stored.expires_at,
            scope: stored.scope.into_owned(),
        })
    }

    /// The JSON to seal; wiped from memory on drop.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>> {
        let stored = Stored {
            access_token: self.access.expose().into(),
            refresh_token: self.refresh.as_ref().map(|token| token.expose().into()),
            expires_at: self.expires_at,
            scope: self.scope.as_str().into(),
            token_type: "bearer".into(),
        };
        let json = serde_json::to_vec(&stored)
            .map_err(|_| Error::new(ErrorKind::Internal, "the tokens cannot be written as JSON"))?;
        Ok(Zeroizing::new(json))
    }

    /// Whether the access token can still be used at `now` (Unix seconds), with [`EXPIRY_SKEW`] to spare.
    pub fn is_fresh(&self, now: i64) -> bool {
        self.expires_at.saturating_sub(EXPIRY_SKEW) > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_set_survives_its_json_form() {
        let set = TokenSet {
            access: AccessToken::new("a"),
            refresh: Some(RefreshToken::new("r")),
            expires_at: 1000,
            scope: "meeting:write:meeting".into(),
        };
        let back = TokenSet::from_json(&set.to_json().unwrap()).unwrap();
        assert_eq!(back.access.expose(), "a");
        assert_eq!(back.refresh.unwrap().expose(), "r");
        assert_eq!(
            (back.expires_at, back.scope.as_str()),
            (1000, "meeting:write:meeting")
        );
    }

    #[test]
    fn freshness_ends_a_minute_before_expiry() {
        let set = TokenSet {
            access: AccessToken::new("a"),
            refresh: None,
            expires_at: 1000,
            scope: String::new(),
        };
        assert!(set.is_fresh(939));
        assert!(!set.is_fresh(940));
    }

    #[test]
    fn unreadable_tokens_are_reported_without_their_text() {
        let error = TokenSet::from_json(b"{\"access_token\": \"tok-secret\"").unwrap_err();
        assert!(!format!("{error:?}").contains("tok-secret"));
    }
}
