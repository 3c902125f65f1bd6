//! The form of a seal: `kct1.<key id>.<base64url of nonce, ciphertext and tag>`, and what it is bound to.

use data_encoding::BASE64URL_NOPAD;
use ring::aead::NONCE_LEN;

use crate::error::{Error, ErrorKind, Result};

/// Version of the form, and with it algorithm and associated data: AES-256-GCM as here.
const VERSION: &str = "kct1";
/// Hex digits of a key id.
const KEY_ID_LENGTH: usize = 8;

/// Whose secret it is and for what. A seal opens only for the same owner and purpose, on the same site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// `user:<id>` or `option:<name>`.
    pub owner: String,
    /// Meta key, or field of the option.
    pub purpose: String,
}

impl Context {
    /// Associated data: every part with its length before it, so that no two contexts read the same.
    pub(super) fn associated_data(&self, site: &str) -> Vec<u8> {
        let mut data = Vec::new();
        for part in [VERSION, site, &self.owner, &self.purpose] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// A parsed seal.
pub(super) struct Envelope {
    pub key_id: String,
    pub nonce: [u8; NONCE_LEN],
    /// Ciphertext with the tag at its end.
    pub ciphertext: Vec<u8>,
}

impl Envelope {
    pub fn write(&self) -> String {
        let bytes = [self.nonce.as_slice(), &self.ciphertext].concat();
        format!("{VERSION}.{}.{}", self.key_id, BASE64URL_NOPAD.encode(&bytes))
    }

    pub fn read(text: &str) -> Result<Self> {
        let malformed = || {
            Error::new(
                ErrorKind::Vault,
                "a stored secret is damaged; enter or connect it again",
            )
        };
        let mut parts = text.split('.');
        let (Some(VERSION), Some(key_id), Some(data), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Error::new(
                ErrorKind::Vault,
                "a stored secret is not sealed; enter or connect it again",
            ));
        };
        if key_id.len() != KEY_ID_LENGTH || !key_id.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let bytes = BASE64URL_NOPAD.decode(data.as_bytes()).map_err(|_| malformed())?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(malformed)?;
        Ok(Self {
            key_id: key_id.to_owned(),
            nonce: *nonce,
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// Whether a text has the form of a seal, readable or not.
    pub fn is(text: &str) -> bool {
        Self::read(text).is_ok()
    }
}
