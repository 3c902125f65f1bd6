//! Types for secrets. Debug prints `[redacted]`, there is no Display, no `PartialEq`, and reading is spelled
//! [`expose`](AccessToken::expose). Memory is wiped on drop.

use secrecy::{ExposeSecret, SecretString};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes ownership of the secret text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(SecretString::from(text.into()))
            }

            /// The secret itself. Only for building a request or sealing; never log or return it.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

secret!(
    /// OAuth access token (RFC 6749 §1.4).
    AccessToken
);
secret!(
    /// OAuth refresh token (RFC 6749 §1.5). Zoom's are single use.
    RefreshToken
);
secret!(
    /// OAuth client secret (RFC 6749 §2.3.1).
    ClientSecret
);
secret!(
    /// Secret token that signs a provider's webhooks.
    WebhookSecret
);
secret!(
    /// Authorization code (RFC 6749 §4.1.2). Single use, a few minutes.
    AuthorizationCode
);
secret!(
    /// PKCE code verifier (RFC 7636 §4.1).
    CodeVerifier
);
secret!(
    /// Meeting passcode.
    Passcode
);
secret!(
    /// Database password.
    DatabasePassword
);
secret!(
    /// Password for the proxy on the way to providers.
    ProxyPassword
);

impl AccessToken {
    /// Whether both are the same token, in constant time.
    pub fn is(&self, other: &Self) -> bool {
        let (a, b) = (self.expose().as_bytes(), other.expose().as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_the_secret() {
        let shown = format!("{:?} {:?}", AccessToken::new("tok-1"), ClientSecret::new("sec-1"));
        assert_eq!(shown, "AccessToken([redacted]) ClientSecret([redacted])");
    }
}
