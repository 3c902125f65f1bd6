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

/// Made with another implementation (Python's hmac and cryptography): seals must stay readable across releases.
#[test]
fn a_seal_made_elsewhere_opens() {
    let bytes: Vec<u8> = (0..32).collect();
    let primary = Some(data_encoding::BASE64.encode(&bytes).into());
    let vault = vault(KeyMaterial {
        primary,
        ..KeyMaterial::default()
    });
    assert_eq!(
        vault.status(),
        VaultStatus {
            source: KeySource::Key,
            key_id: "4309b5d3".to_owned()
        }
    );
    let sealed = "kct1.4309b5d3.ZGVmZ2hpamtsbW5vUgov49ubRFZb2H0pmAOM94YxmEMe";
    assert_eq!(
        vault.open(&context("user:5"), sealed).unwrap().as_slice(),
        b"plain"
    );
}

#[test]
fn failures_are_told_apart_and_reveal_nothing() {
    let sealed = primary(1).seal(&context("user:5"), b"made-up-secret").unwrap();
    let message = |vault: &Vault, owner: &str, text: &str| {
        let error = vault.open(&context(owner), text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Vault);
        error.to_string()
    };
    let messages = [
        message(&primary(1), "user:6", &sealed),
        message(&primary(2), "user:5", &sealed),
        message(&primary(1), "user:5", "made-up-secret"),
        message(&primary(1), "user:5", "kct1.00000000.AAAA"),
        message(&vault(KeyMaterial::default()), "user:5", &sealed),
    ];
    let distinct: std::collections::HashSet<_> = messages.iter().collect();
    assert_eq!(distinct.len(), messages.len());
    assert!(messages.iter().all(|text| !text.contains("made-up-secret")));
}

#[test]
fn the_same_text_never_seals_alike_and_any_length_works() {
    let vault = primary(1);
    let seal = |text: &[u8]| vault.seal(&context("user:5"), text).unwrap();
    assert_ne!(seal(b"plain"), seal(b"plain"));
    for length in [0, 1, 16, 5000] {
        let plain = vec![b'p'; length];
        assert_eq!(
            vault.open(&context("user:5"), &seal(&plain)).unwrap().as_slice(),
            plain
        );
    }
}

#[test]
fn parts_of_the_context_cannot_be_shifted_into_each_other() {
    let context = |owner: &str, purpose: &str| Context {
        owner: owner.into(),
        purpose: purpose.into(),
    };
    let sealed = primary(1).seal(&context("user:1", "2x"), b"plain").unwrap();
    assert!(primary(1).open(&context("user:12", "x"), &sealed).is_err());
}

#[test]
fn retired_keys_alone_open_nothing() {
    let sealed = primary(1).seal(&context("user:5"), b"plain").unwrap();
    let vault = vault(KeyMaterial {
        retired: vec![key(1)],
        ..KeyMaterial::default()
    });
    assert!(vault.open(&context("user:5"), &sealed).is_err());
    assert!(vault.reseal(&context("user:5"), &sealed).is_err());
    assert!(vault.is_sealed(&sealed) && !vault.needs_reseal(&sealed));
}
