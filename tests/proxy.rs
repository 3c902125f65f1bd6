//! The way through a proxy, over real TLS to the sandbox: with login, past it, with a wrong login, and with a proxy that is
//! down or says no.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, Method};
use kivicare_telemed::ErrorKind;
use kivicare_telemed::http::handshake::tls_version;
use kivicare_telemed::http::outbound::{Bypass, HostList, Outbound, ProxyLogin, ProxyServer};
use kivicare_telemed::http::transport::{HttpConfig, ReqwestClient};
use kivicare_telemed::http::{HttpClient, Request, Response, TransportError, TransportErrorKind};
use kivicare_telemed::retry::{self, Effect, Policy};
use kivicare_telemed::secret::ProxyPassword;
use telemed_sandbox::proxy::{Passage, Proxy, ProxyConfig};
use telemed_sandbox::{Config, Running, start};
use tokio::time::Instant;
use url::Url;

const HOST: &str = "https://zoom.sandbox.test/v2/users/me";
const PASSWORD: &str = "proxy secret:1";

struct World {
    sandbox: Running,
    proxy: Proxy,
    ca: PathBuf,
}

impl World {
    async fn start() -> Self {
        let config = Config {
            tls: Some(([127, 0, 0, 1], 0).into()),
            ..Config::default()
        };
        let sandbox = start(config).await.unwrap();
        let tls = sandbox.tls.unwrap();
        let ca =
            std::env::temp_dir().join(format!("telemed-proxy-{}-{}.pem", std::process::id(), tls.port()));
        std::fs::write(&ca, &sandbox.ca_pem).unwrap();
        let proxy = Proxy::start(ProxyConfig {
            login: Some(format!("clinic:{PASSWORD}")),
            hosts: [("zoom.sandbox.test".to_owned(), tls)].into(),
            ..ProxyConfig::default()
        })
        .await
        .unwrap();
        Self { sandbox, proxy, ca }
    }

    fn config(&self, password: &str, bypass: &str) -> HttpConfig {
        self.through(self.proxy.address, password, bypass)
    }

    fn through(&self, address: SocketAddr, password: &str, bypass: &str) -> HttpConfig {
        let login = ProxyLogin {
            user: "clinic".to_owned(),
            password: ProxyPassword::new(password),
        };
        let bypass = Bypass::WordPress(HostList::parse(bypass));
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        HttpConfig {
            ca_file: Some(self.ca.clone()),
            allow_http: true,
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(20),
            max_body: 1 << 20,
            outbound: Outbound {
                own_host: "clinic.example".to_owned(),
                proxy: Some(ProxyServer::new(&host, &port, Some(login), bypass).unwrap()),
                ..Outbound::default()
            },
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.ca);
    }
}

fn request(url: &str) -> Request {
    Request {
        method: Method::GET,
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(10),
    }
}

async fn get(config: &HttpConfig, url: &str) -> Result<Response, TransportError> {
    ReqwestClient::new(config).unwrap().execute(request(url)).await
}

async fn look(config: &HttpConfig, url: &str) -> kivicare_telemed::Result<Option<&'static str>> {
    let (config, url) = (config.clone(), Url::parse(url).unwrap());
    tokio::task::spawn_blocking(move || tls_version(&config, &url))
        .await
        .unwrap()
}

fn passage(status: u16) -> Passage {
    Passage {
        target: "zoom.sandbox.test:443".to_owned(),
        status,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_through_the_proxy_and_keep_their_connection() {
    let world = World::start().await;
    let client = ReqwestClient::new(&world.config(PASSWORD, "")).unwrap();
    for _ in 0..3 {
        assert_eq!(client.execute(request(HOST)).await.unwrap().status, 401);
    }
    assert_eq!(world.proxy.passages(), [passage(200)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_of_site_health_takes_the_same_way() {
    let world = World::start().await;
    let config = world.config(PASSWORD, "");
    assert_eq!(look(&config, HOST).await.unwrap(), Some("1.3"));
    assert_eq!(world.proxy.passages(), [passage(200)]);

    let error = look(&world.config("wrong", ""), HOST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Blocked);
    assert!(error.to_string().contains("WP_PROXY_PASSWORD"), "{error}");

    let untrusting = HttpConfig {
        ca_file: None,
        ..config
    };
    let error = look(&untrusting, HOST).await.unwrap_err().to_string();
    assert!(error.contains("KIVICARE_TELEMED_CA_FILE"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_on_the_list_are_reached_past_it() {
    let world = World::start().await;
    let url = format!(
        "https://localhost:{}/v2/users/me",
        world.sandbox.tls.unwrap().port()
    );
    assert_eq!(get(&world.config(PASSWORD, ""), &url).await.unwrap().status, 401);
    let url = url.replace("localhost", "127.0.0.1");
    assert_eq!(
        get(&world.config(PASSWORD, "127.0.0.*"), &url)
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(
        look(&world.config(PASSWORD, "127.0.0.1"), &url).await.unwrap(),
        Some("1.3")
    );
    assert_eq!(world.proxy.passages(), []);
    let error = get(&world.config(PASSWORD, ""), &url).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Connect, false));
    assert!(error.message.contains("does not let the site through"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_told_and_not_tried_again() {
    let world = World::start().await;
    let client = ReqwestClient::new(&world.config("wrong-secret", "")).unwrap();
    let policy = Policy::interactive(Instant::now() + Duration::from_secs(20));
    for effect in [Effect::Safe, Effect::Create] {
        let failure = retry::send(&client, &policy, request(HOST), effect)
            .await
            .unwrap_err();
        let error = failure.error;
        assert_eq!((error.kind, error.sent), (TransportErrorKind::Blocked, false));
        assert!(
            error.message.contains("407") && error.message.contains("WP_PROXY_PASSWORD"),
            "{error}"
        );
        assert!(
            error.message.contains(&world.proxy.address.to_string()),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("wrong-secret"), "{error:?}");
    }
    assert_eq!(world.proxy.passages(), [passage(407), passage(407)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_down_is_named() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let config = world.through(nobody, PASSWORD, "");
    let error = get(&config, HOST).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Connect, false));
    assert!(
        error.message.contains(&nobody.to_string()) && error.message.contains("WP_PROXY_HOST"),
        "{error}"
    );
    let error = look(&config, HOST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&nobody.to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_inspects_tls_leads_to_the_ca_file() {
    let world = World::start().await;
    let config = HttpConfig {
        ca_file: None,
        ..world.config(PASSWORD, "")
    };
    let error = get(&config, HOST).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Tls, false));
    assert!(error.message.contains("KIVICARE_TELEMED_CA_FILE"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_hosts_are_not_asked() {
    let world = World::start().await;
    let mut config = world.config(PASSWORD, "");
    config.outbound.only = Some(HostList::parse("api.zoom.us"));
    let error = get(&config, HOST).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Blocked, false));
    assert!(
        error
            .message
            .contains("add zoom.sandbox.test to WP_ACCESSIBLE_HOSTS"),
        "{error}"
    );
    assert_eq!(look(&config, HOST).await.unwrap_err().kind(), ErrorKind::Blocked);
    assert_eq!(world.proxy.passages(), []);
    config.outbound.only = Some(HostList::parse("*.sandbox.test"));
    assert_eq!(get(&config, HOST).await.unwrap().status, 401);
}
