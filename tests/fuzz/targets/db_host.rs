//! `DB_HOST` means here what it means to WordPress: the same patterns, written down independently.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use regex::Regex;

static IPV6: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:\[)?([0-9a-fA-F:]+)(?:\]:([0-9]+))?").expect("a pattern"));
static OTHER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^([^:/]*)(?::([0-9]+))?").expect("a pattern"));

/// `wpdb::parse_db_host` (wp-includes/class-wpdb.php); none where WordPress takes the whole text for a host.
fn as_wordpress(text: &str) -> Option<(String, Option<u16>, Option<String>)> {
    let (address, socket) = match text.find(":/") {
        Some(at) => (&text[..at], Some(text[at + 1..].to_owned())),
        None => (text, None),
    };
    let pattern = if address.matches(':').count() > 1 {
        &IPV6
    } else {
        &OTHER
    };
    let found = pattern.captures(address)?;
    // PHP's (int) stops at its largest number, and its stream layer takes the lower sixteen bits; zero is the default.
    let port = found
        .get(2)
        .map(|digits| digits.as_str().parse().unwrap_or(i64::MAX))
        .filter(|port| *port != 0)
        .and_then(|port| u16::try_from(port & 0xffff).ok());
    Some((found[1].to_owned(), port, socket))
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let ours = kivicare_telemed::store::mysql::parsed_db_host(text);
    if let Some(theirs) = as_wordpress(text) {
        assert_eq!(ours, theirs, "{text}");
    }
});
