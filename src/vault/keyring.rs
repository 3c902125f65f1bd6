//! Keys: the active one that seals, and all that still open.

use data_encoding::{BASE64, HEXLOWER};
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::error::{Result, configuration, internal};

/// Shortest total of salts that counts as secret. `WordPress` generates 64 characters for each.
const SHORTEST_SALTS: usize = 64;
/// What wp-config-sample.php has where the salts belong.
const SAMPLE_SALT: &str = "put your unique phrase here";

/// Where the active key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// `KIVICARE_TELEMED_KEY`.
    Key,
    /// Derived from the `WordPress` salts.
    Salts,
    /// There is none: secrets are refused.
    None,
}

impl KeySource {
    /// `key`, `salts` or `none`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Salts => "salts",
            Self::None => "none",
        }
    }
}

/// What the site offers as keys.
#[derive(Clone, Default)]
pub struct KeyMaterial {
    /// 32 random bytes, base64.
    pub primary: Option<SecretString>,
    /// Earlier primaries, which still open.
    pub retired: Vec<SecretString>,
    /// The `WordPress` salts joined; used to seal only without a primary.
    pub salts: Option<SecretString>,
}

/// A key for use, with its public id.
pub(super) struct Key {
    pub id: String,
    pub cipher: LessSafeKey,
    pub mac: hmac::Key,
}

/// All keys of a site; the first one seals.
pub(super) struct KeyRing {
    pub keys: Vec<Key>,
    pub source: KeySource,
}

impl KeyRing {
    pub fn new(material: KeyMaterial) -> Result<Self> {
        let KeyMaterial {
            primary,
            retired,
            salts,
        } = material;
        let mut keys = Vec::new();
        for text in primary.iter().chain(&retired) {
            keys.push(derive(&raw_key(text)?)?);
        }
        let salts = salts
            .as_ref()
            .map(ExposeSecret::expose_secret)
            .filter(|salts| salts.len() >= SHORTEST_SALTS && !salts.contains(SAMPLE_SALT));
        let source = match (&primary, salts) {
            (Some(_), _) => KeySource::Key,
            (None, Some(_)) => KeySource::Salts,
            (None, None) => KeySource::None,
        };
        if let Some(salts) = salts {
            let key = derive(salts.as_bytes())?;
            if source == KeySource::Salts {
                keys.insert(0, key);
            } else {
                keys.push(key);
            }
        }
        Ok(Self { keys, source })
    }

    pub fn active(&self) -> Option<&Key> {
        if self.source == KeySource::None {
            None
        } else {
            self.keys.first()
        }
    }

    pub fn find(&self, id: &str) -> Option<&Key> {
        if self.source == KeySource::None {
            None
        } else {
            self.keys.iter().find(|key| key.id == id)
        }
    }
}

fn raw_key(text: &SecretString) -> Result<Zeroizing<Vec<u8>>> {
    let wrong =
        || configuration("KIVICARE_TELEMED_KEY and each retired key must be 32 random bytes in base64");
    let bytes = BASE64
        .decode(text.expose_secret().trim().as_bytes())
        .map_err(|_| wrong())?;
    let bytes = Zeroizing::new(bytes);
    if bytes.len() == 32 {
        Ok(bytes)
    } else {
        Err(wrong())
    }
}

/// HKDF-SHA256 (RFC 5869): one secret gives a cipher key and, under another info, an id that tells nothing about it.
fn derive(secret: &[u8]) -> Result<Key> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"kivicare-telemed").extract(secret);
    let expand = |info: &[u8]| -> Result<Zeroizing<[u8; 32]>> {
        let mut out = Zeroizing::new([0u8; 32]);
        prk.expand(&[info], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(out.as_mut_slice()))
            .map_err(|_| internal("the encryption key could not be derived"))?;
        Ok(out)
    };
    let cipher = UnboundKey::new(&AES_256_GCM, expand(b"seal v1")?.as_slice())
        .map_err(|_| internal("the encryption key could not be made"))?;
    let id: String = HEXLOWER
        .encode(expand(b"key id v1")?.as_slice())
        .chars()
        .take(8)
        .collect();
    Ok(Key {
        id,
        cipher: LessSafeKey::new(cipher),
        mac: hmac::Key::new(hmac::HMAC_SHA256, expand(b"mark v1")?.as_slice()),
    })
}
