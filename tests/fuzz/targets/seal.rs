//! Any text as a seal, and any text as keys: nothing opens that was not sealed here for the same owner and purpose.

#![no_main]

use kivicare_telemed::vault::Context;
use libfuzzer_sys::fuzz_target;
use telemed_fuzz::{check, vault, vault_of};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = text.splitn(4, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (sealed, owner, purpose, keys) = (part(), part(), part(), part());
    let context = Context {
        owner: owner.to_owned(),
        purpose: purpose.to_owned(),
    };
    let vault = vault();
    assert!(check(vault.open(&context, sealed)).is_none(), "a seal was forged");
    assert!(check(vault.reseal(&context, sealed)).is_none());
    assert!(!vault.needs_reseal(sealed) || vault.is_sealed(sealed));

    // A true seal with one byte changed does not open, and unchanged it does.
    let plaintext = keys.as_bytes();
    let seal = vault.seal(&context, plaintext).expect("sealing");
    assert_eq!(
        vault.open(&context, &seal).expect("our own seal").as_slice(),
        plaintext
    );
    let other = Context {
        owner: format!("{owner}x"),
        ..context.clone()
    };
    assert!(vault.open(&other, &seal).is_err());
    let at = data.len() % seal.len();
    let changed: String = seal
        .char_indices()
        .map(|(i, c)| {
            if i == at {
                if c == 'A' { 'B' } else { 'A' }
            } else {
                c
            }
        })
        .collect();
    assert!(vault.open(&context, &changed).is_err(), "{changed}");

    let mut keys = keys.split('\n');
    let primary = keys.next().filter(|key| !key.is_empty());
    let rest: Vec<&str> = keys.collect();
    if let Some(vault) = check(vault_of(primary, &rest, rest.first().copied())) {
        let _ = vault.status();
        if let Some(seal) = check(vault.seal(&context, b"x")) {
            assert!(vault.open(&context, &seal).is_ok() && !vault.needs_reseal(&seal));
        }
    }
});
