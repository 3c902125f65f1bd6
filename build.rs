//! Link arguments for the PHP extension, and the build id shown by phpinfo().
//!
//! The link arguments live here and not in `.cargo/config.toml`, where a RUSTFLAGS variable would silently
//! replace them.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PHP").is_none() {
        return;
    }
    // Zend symbols are resolved when PHP loads the extension; macOS must be told so.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "macos") {
        println!("cargo::rustc-cdylib-link-arg=-undefined");
        println!("cargo::rustc-cdylib-link-arg=dynamic_lookup");
    }
    let profile = env::var("PROFILE").unwrap_or_default();
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=KIVICARE_TELEMED_BUILD={profile} {target}");
}
