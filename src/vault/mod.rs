//! Sealing of secrets at rest: AES-256-GCM, bound to site, owner and purpose. It fails closed: no key, wrong owner,
//! damaged text and plaintext are all errors.

mod envelope;
mod keyring;

use ring::aead::{Aad, NONCE_LEN, Nonce};
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
            ring: KeyRing::new(&material)?,
            site: site.to_owned(),
        })
    }

    /// Seals with the active key and a random nonce.
    pub fn seal(&self, context: &Context, plaintext: &[u8]) -> Result<String> {
        let key = self.ring.active().ok_or_else(no_key)?;
        let failed = || Error::new(ErrorKind::Vault, "the secret could not be sealed");
        let mut nonce = [0u8; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| failed())?;
        let mut buffer = plaintext.to_vec();
        let aad = Aad::from(context.associated_data(&self.site));
        key.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut buffer)
            .map_err(|_| failed())?;
        Ok(Envelope {
            key_id: key.id.clone(),
            nonce,
            ciphertext: buffer,
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
mod tests {
    use super::*;

    fn key(byte: u8) -> secrecy::SecretString {
        data_encoding::BASE64.encode(&[byte; 32]).into()
    }

    fn vault(material: KeyMaterial) -> Vault {
        Vault::new(material, "site").unwrap()
    }

    fn primary(byte: u8) -> Vault {
        vault(KeyMaterial {
            primary: Some(key(byte)),
            ..KeyMaterial::default()
        })
    }

    fn context(owner: &str) -> Context {
        Context {
            owner: owner.into(),
            purpose: "tokens".into(),
        }
    }

    #[test]
    fn a_seal_opens_for_its_context_alone() {
        let vault = primary(1);
        let sealed = vault.seal(&context("user:5"), b"plain").unwrap();
        assert_eq!(
            vault.open(&context("user:5"), &sealed).unwrap().as_slice(),
            b"plain"
        );
        let other_purpose = Context {
            purpose: "other".into(),
            ..context("user:5")
        };
        let other_site = Vault::new(
            KeyMaterial {
                primary: Some(key(1)),
                ..KeyMaterial::default()
            },
            "other",
        )
        .unwrap();
        assert!(vault.open(&context("user:6"), &sealed).is_err());
        assert!(vault.open(&other_purpose, &sealed).is_err());
        assert!(other_site.open(&context("user:5"), &sealed).is_err());
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let vault = primary(1);
        let sealed = vault.seal(&context("user:5"), b"plain").unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(
                vault.open(&context("user:5"), &changed).is_err(),
                "character {at}"
            );
            assert!(
                vault.open(&context("user:5"), &sealed[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn plaintext_is_never_taken_for_a_seal() {
        let error = primary(1)
            .open(&context("user:5"), "made-up-plain-token")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Vault);
        assert!(!format!("{error:?}").contains("made-up-plain-token"));
    }

    #[test]
    fn retired_keys_open_and_resealing_moves_to_the_new_key() {
        let sealed = primary(1).seal(&context("user:5"), b"plain").unwrap();
        let rotated = vault(KeyMaterial {
            primary: Some(key(2)),
            retired: vec![key(1)],
            salts: None,
        });
        assert!(rotated.needs_reseal(&sealed));
        let resealed = rotated.reseal(&context("user:5"), &sealed).unwrap();
        assert!(!rotated.needs_reseal(&resealed));
        assert_eq!(
            primary(2).open(&context("user:5"), &resealed).unwrap().as_slice(),
            b"plain"
        );
        assert!(primary(1).open(&context("user:5"), &resealed).is_err());
    }

    #[test]
    fn moving_from_salts_to_a_key_keeps_old_seals_readable() {
        let salts: Option<secrecy::SecretString> = Some("s".repeat(64).into());
        let before = vault(KeyMaterial {
            salts: salts.clone(),
            ..KeyMaterial::default()
        });
        assert_eq!(before.status().source, KeySource::Salts);
        let sealed = before.seal(&context("user:5"), b"plain").unwrap();
        let after = vault(KeyMaterial {
            primary: Some(key(1)),
            retired: Vec::new(),
            salts,
        });
        assert_eq!(
            after.open(&context("user:5"), &sealed).unwrap().as_slice(),
            b"plain"
        );
    }

    #[test]
    fn without_a_key_or_with_sample_salts_secrets_are_refused() {
        let sample = format!("{}{}", "put your unique phrase here", "x".repeat(64));
        for salts in [None, Some("short".to_owned()), Some(sample)] {
            let vault = vault(KeyMaterial {
                salts: salts.map(Into::into),
                ..KeyMaterial::default()
            });
            assert_eq!(
                vault.status(),
                VaultStatus {
                    source: KeySource::None,
                    key_id: String::new()
                }
            );
            let error = vault.seal(&context("user:5"), b"plain").unwrap_err();
            assert!(error.to_string().contains("KIVICARE_TELEMED_KEY"));
        }
    }

    #[test]
    fn a_key_of_the_wrong_length_is_a_configuration_error() {
        let material = KeyMaterial {
            primary: Some("c2hvcnQ=".to_owned().into()),
            ..KeyMaterial::default()
        };
        assert_eq!(
            Vault::new(material, "site").err().unwrap().kind(),
            ErrorKind::Configuration
        );
    }
}
