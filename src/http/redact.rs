//! URLs as they may stand in messages and logs.

use url::Url;

/// Scheme, host, port and path: without user, password, query and fragment, where tokens travel.
pub fn redacted(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!(
        "{}://{}{port}{}",
        url.scheme(),
        url.host_str().unwrap_or("-"),
        url.path()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_port_and_path_are_shown() {
        for (url, shown) in [
            (
                "https://user:pw@zoom.example.test/a?zak=zak#part",
                "https://zoom.example.test/a",
            ),
            ("http://127.0.0.1:8080/b", "http://127.0.0.1:8080/b"),
            ("http://[::1]:8080/?code=1", "http://[::1]:8080/"),
        ] {
            assert_eq!(redacted(&Url::parse(url).unwrap()), shown);
        }
    }
}
