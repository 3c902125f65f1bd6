//! Sealing of secrets at rest: AES-256-GCM, bound to site, owner and purpose. It fails closed: no key, wrong owner,
//! damaged text and plaintext are all errors.

mod envelope;
mod keyring;

use data_encoding::HEXLOWER;
use ring::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

pub use envelope::Context;
pub use keyring::{KeyMaterial, KeySource};

use crate::error::{Error, ErrorKind, Result};
use envelope::Envelope;
use keyring::KeyRing;

/// Seals and opens one site's secrets.
pub struct Vault {
    ring: KeyRing,
    site: String,
}

/// What may be told about the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultStatus {
    /// Where the active key comes from.
    pub source: KeySource,
    /// Id of the active key, or empty.
    pub key_id: String,
}

fn no_key() -> Error {
    Error::new(
        ErrorKind::Vault,
        "there is no encryption key: set KIVICARE_TELEMED_KEY in wp-config.php to 32 random bytes in base64",
    )
}

impl Vault {
    /// For the site with this id. [`ErrorKind::Configuration`] when a key is not 32 bytes of base64.
    pub fn new(material: KeyMaterial, site: &str) -> Result<Self> {
        Ok(Self {
            ring: KeyRing::new(material)?,
            site: site.to_owned(),
        })
    }

    /// Seals with the active key and a random nonce.
    pub fn seal(&self, context: &Context, plaintext: &[u8]) -> Result<String> {
        let key = self.ring.active().ok_or_else(no_key)?;
        let failed = || Error::new(ErrorKind::Vault, "the secret could not be sealed");
        let mut nonce = [0u8; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| failed())?;
        // With room for the tag, so that growing leaves no copy of the plaintext behind.
        let mut buffer = Zeroizing::new(Vec::with_capacity(
            plaintext.len().saturating_add(AES_256_GCM.tag_len()),
        ));
        buffer.extend_from_slice(plaintext);
        let aad = Aad::from(context.associated_data(&self.site));
        key.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *buffer)
            .map_err(|_| failed())?;
        Ok(Envelope {
            key_id: key.id.clone(),
            nonce,
            ciphertext: std::mem::take(&mut *buffer),
        }
        .write())
    }

    /// Opens a seal made for this context, with whichever key of the ring made it.
    pub fn open(&self, context: &Context, sealed: &str) -> Result<Zeroizing<Vec<u8>>> {
        let envelope = Envelope::read(sealed)?;
        if self.ring.active().is_none() {
            return Err(no_key());
        }
        let key = self.ring.find(&envelope.key_id).ok_or_else(|| {
            Error::new(
                ErrorKind::Vault,
                "a secret was sealed with a key this site no longer has; add it to KIVICARE_TELEMED_RETIRED_KEYS",
            )
        })?;
        let mut buffer = Zeroizing::new(envelope.ciphertext);
        let aad = Aad::from(context.associated_data(&self.site));
        let length = key
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(envelope.nonce), aad, &mut buffer)
            .map_err(|_| {
                Error::new(
                    ErrorKind::Vault,
                    "a stored secret does not belong here or is damaged; connect it again",
                )
            })?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Opens and seals again with the active key.
    pub fn reseal(&self, context: &Context, sealed: &str) -> Result<String> {
        self.seal(context, &self.open(context, sealed)?)
    }

    /// Whether the text has the form of a seal.
    pub fn is_sealed(&self, text: &str) -> bool {
        Envelope::is(text)
    }

    /// A mark of these parts, in hex: equal for equal parts, and without the key it tells nothing about them. Changes
    /// with the active key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Vault`] without a key.
    pub fn mark(&self, parts: &[&str]) -> Result<String> {
        let key = self.ring.active().ok_or_else(no_key)?;
        let mut mac = hmac::Context::with_key(&key.mac);
        // Lengths go in too, so that no two lists read the same.
        for part in std::iter::once(&self.site.as_str()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Ok(HEXLOWER.encode(mac.sign().as_ref()))
    }

    /// Whether a seal was made with another key than the active one.
    pub fn needs_reseal(&self, sealed: &str) -> bool {
        let made_with = Envelope::read(sealed).map(|envelope| envelope.key_id);
        made_with.is_ok_and(|id| self.ring.active().is_some_and(|key| key.id != id))
    }

    /// Source and id of the active key.
    pub fn status(&self) -> VaultStatus {
        let key_id = self.ring.active().map(|key| key.id.clone()).unwrap_or_default();
        VaultStatus {
            source: self.ring.source,
            key_id,
        }
    }
}

#[cfg(test)]
mod tests;
