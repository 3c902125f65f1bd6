use super::*;
use crate::http::TransportErrorKind;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn proxy(bypass: Bypass) -> ProxyServer {
    let login = ProxyLogin {
        user: "clinic".to_owned(),
        password: ProxyPassword::new("proxy-secret"),
    };
    ProxyServer::new("proxy.example", "3128", Some(login), bypass).unwrap()
}

fn outbound(bypass: &str) -> Outbound {
    Outbound {
        own_host: "clinic.example".to_owned(),
        proxy: Some(proxy(Bypass::WordPress(HostList::parse(bypass)))),
        only: None,
        unusable: None,
    }
}

#[test]
fn hosts_pass_by_the_proxy_as_in_wordpress() {
    for (bypass, target, through) in [
        ("", "https://api.zoom.us/v2", true),
        ("", "https://localhost/", false),
        ("", "https://clinic.example/", false),
        ("", "https://127.0.0.1/", true),
        ("127.0.0.1", "https://127.0.0.1/", false),
        ("api.zoom.us", "https://api.zoom.us/v2", false),
        ("api.zoom.us", "https://zoom.us/oauth", true),
        ("a.example,  api.zoom.us", "https://api.zoom.us/", false),
        ("*.zoom.us", "https://api.zoom.us/", false),
        ("*.zoom.us", "https://zoom.us/", true),
        ("*.ZOOM.us, other", "https://api.zoom.us/", false),
        ("*.zoom.us", "https://api.zoom.us.example/", true),
        ("www.*.com", "https://www.googleapis.com/", false),
        (
            "****************us",
            "https://api.zoom.us.example.a.very.long.name.example/",
            true,
        ),
        ("[2001:db8::1]", "https://[2001:db8::1]/", false),
        ("", "http://127.0.0.1:8080/", false),
    ] {
        let found = outbound(bypass).proxy_for(&url(target)).is_some();
        assert_eq!(found, through, "{bypass} {target}");
    }
}

#[test]
fn the_environments_list_names_domains() {
    for (names, target, through) in [
        ("", "https://api.zoom.us/", true),
        ("zoom.us", "https://api.zoom.us/", false),
        (".zoom.us", "https://zoom.us/", false),
        ("oom.us", "https://zoom.us/", true),
        ("a.example 127.0.0.1", "https://127.0.0.1/", false),
        ("*", "https://api.zoom.us/", false),
        ("", "https://clinic.example/", true),
    ] {
        let outbound = Outbound {
            proxy: Some(proxy(Bypass::Environment(names.to_owned()))),
            ..outbound("")
        };
        assert_eq!(
            outbound.proxy_for(&url(target)).is_some(),
            through,
            "{names} {target}"
        );
    }
}

#[test]
fn blocked_hosts_are_refused_as_in_wordpress() {
    for (accessible, target, allowed) in [
        ("", "https://api.zoom.us/", false),
        ("api.zoom.us", "https://api.zoom.us/", true),
        ("api.zoom.us", "https://zoom.us/", false),
        ("*.zoom.us,zoom.us", "https://zoom.us/", true),
        ("", "https://localhost/", true),
        ("", "https://clinic.example/", true),
        ("", "https://127.0.0.1/", false),
    ] {
        let outbound = Outbound {
            only: Some(HostList::parse(accessible)),
            ..outbound("")
        };
        let answer = outbound.permit(&url(target));
        assert_eq!(answer.is_ok(), allowed, "{accessible} {target}");
        if let Err(error) = answer {
            assert_eq!((error.kind, error.sent), (TransportErrorKind::Blocked, false));
            let host = url(target).host_str().unwrap().to_owned();
            assert!(
                error
                    .message
                    .contains(&format!("add {host} to WP_ACCESSIBLE_HOSTS")),
                "{}",
                error.message
            );
        }
    }
    assert!(outbound("").permit(&url("https://api.zoom.us/")).is_ok());
}

#[test]
fn nothing_goes_past_a_proxy_that_cannot_be_used() {
    let outbound = Outbound {
        proxy: None,
        unusable: Some("correct WP_PROXY_HOST".to_owned()),
        ..outbound("")
    };
    let error = outbound.permit(&url("https://api.zoom.us/")).unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Blocked, false));
    assert!(outbound.permit(&url("https://clinic.example/")).is_ok());
}

#[test]
fn a_proxys_address_is_read_with_or_without_scheme() {
    let none = || Bypass::WordPress(HostList::default());
    for (host, port, shown) in [
        ("proxy.example", "3128", "proxy.example:3128"),
        ("http://proxy.example", "3128", "proxy.example:3128"),
        ("https://proxy.example/", "443", "proxy.example:443"),
        ("192.0.2.1", "8080", "192.0.2.1:8080"),
        ("[2001:db8::1]", "8080", "[2001:db8::1]:8080"),
        (
            "http://user:p%40ss+word@proxy.example:3128/",
            "",
            "proxy.example:3128",
        ),
    ] {
        let server = ProxyServer::new(host, port, None, none()).unwrap();
        assert_eq!(server.shown(), shown);
        assert!(
            !format!("{server:?} {}", server.url()).contains("p%40ss"),
            "{server:?}"
        );
    }
    for (host, port) in [
        ("socks5://proxy.example", "1080"),
        ("", "3128"),
        ("a b", "1"),
        ("proxy.example", "99999"),
    ] {
        let error = ProxyServer::new(host, port, None, none()).unwrap_err();
        assert!(error.to_string().contains("WP_PROXY_HOST"), "{error}");
    }
}

#[test]
fn the_login_is_basic_and_never_shown() {
    let server = proxy(Bypass::WordPress(HostList::default()));
    let header = server.authorization().unwrap().unwrap();
    assert_eq!(
        header.to_str().unwrap(),
        format!("Basic {}", BASE64.encode(b"clinic:proxy-secret"))
    );
    assert!(header.is_sensitive());
    let environment = "http://clinic:proxy%2Dsecret@proxy.example:3128";
    let server = ProxyServer::new(environment, "", None, Bypass::Environment(String::new())).unwrap();
    assert_eq!(server.authorization().unwrap().unwrap(), header);
    let shown = format!("{:?} {}", outbound(""), outbound("").fingerprint());
    assert!(
        !shown.contains("proxy-secret") && !shown.contains(&BASE64.encode(b"clinic:proxy-secret")),
        "{shown}"
    );
}

#[test]
fn another_password_is_another_way() {
    let with = |password: &str| {
        let login = ProxyLogin {
            user: "clinic".to_owned(),
            password: ProxyPassword::new(password),
        };
        let bypass = Bypass::WordPress(HostList::default());
        let server = ProxyServer::new("proxy.example", "3128", Some(login), bypass).unwrap();
        Outbound {
            proxy: Some(server),
            ..Outbound::default()
        }
        .fingerprint()
    };
    assert_eq!(with("a"), with("a"));
    assert_ne!(with("a"), with("b"));
}
