//! The core in front of the sandbox, over real TLS.

use std::sync::Arc;
use std::time::Duration;

use kivicare_telemed::clock::SystemClock;
use kivicare_telemed::http::outbound::Outbound;
use kivicare_telemed::http::transport::{HttpConfig, ReqwestClient};
use kivicare_telemed::http::{HttpClient, Request};
use kivicare_telemed::oauth::keeper::context;
use kivicare_telemed::secret::ClientSecret;
use kivicare_telemed::service::{Budget, Telemed};
use kivicare_telemed::store::{Store, TokenRow};
use kivicare_telemed::zoom::Endpoints;
use serde_json::Value;
use telemed_sandbox::{Config, Running, start};

use super::{Site, google_settings, site};

pub struct World {
    pub sandbox: Running,
    pub site: Site,
    pub telemed: Telemed,
    admin: ReqwestClient,
    _files: std::path::PathBuf,
}

/// A transport that trusts this CA.
pub fn client(ca_file: Option<std::path::PathBuf>) -> ReqwestClient {
    let config = HttpConfig {
        ca_file,
        allow_http: true,
        connect_timeout: Duration::from_secs(60),
        total_timeout: Duration::from_secs(60),
        max_body: 1 << 20,
        outbound: Outbound::default(),
    };
    ReqwestClient::new(&config).unwrap()
}

impl World {
    pub async fn start() -> Self {
        let free = Some(([127, 0, 0, 1], 0).into());
        let zoom_openapi = std::env::var_os("ZOOM_OPENAPI").map(Into::into);
        let sandbox = start(Config {
            tls: free,
            seed: true,
            zoom_openapi,
            google_discovery: std::env::var_os("GOOGLE_DISCOVERY").map(Into::into),
            ..Config::default()
        })
        .await
        .unwrap();
        let ca = std::env::temp_dir().join(format!(
            "telemed-ca-{}-{}.pem",
            std::process::id(),
            sandbox.tls.unwrap().port()
        ));
        std::fs::write(&ca, &sandbox.ca_pem).unwrap();
        let site = site();
        let base = format!("https://localhost:{}", sandbox.tls.unwrap().port());
        let mut telemed = site.telemed.clone();
        telemed.http = Arc::new(client(Some(ca.clone())));
        telemed.clock = Arc::new(SystemClock);
        telemed.zoom.endpoints = Endpoints::parse(&format!("{base}/v2"), &format!("{base}/oauth")).unwrap();
        telemed.zoom.account_id = "sandbox-account".into();
        telemed.zoom.client_id = "sandbox-client".into();
        telemed.zoom.client_secret = Some(ClientSecret::new(sandbox.seed["client_secret"].as_str().unwrap()));
        telemed.google = google_settings(&base);
        let google = &sandbox.seed["google"];
        telemed.google.client_id = google["client_id"].as_str().unwrap().into();
        telemed.google.client_secret = Some(ClientSecret::new(google["client_secret"].as_str().unwrap()));
        telemed.budget = Budget {
            request: Duration::from_secs(60),
            total: Duration::from_secs(120),
        };
        Self {
            sandbox,
            site,
            telemed,
            admin: client(None),
            _files: ca,
        }
    }

    pub async fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        let request = Request {
            method: method.parse().unwrap(),
            url: format!("http://{}{path}", self.sandbox.admin).parse().unwrap(),
            headers,
            body: (method == "POST").then(|| body.to_string().into_bytes()),
            timeout: Duration::from_secs(60),
        };
        let response = self.admin.execute(request).await.unwrap();
        assert!(
            response.status.is_success(),
            "{path}: {}",
            String::from_utf8_lossy(&response.body)
        );
        serde_json::from_slice(&response.body).unwrap_or_default()
    }

    /// Seals a token answer into a row.
    pub async fn keep(&self, row: &TokenRow, tokens: &Value) {
        let sealed = self
            .site
            .vault
            .seal(&context(row), tokens.to_string().as_bytes())
            .unwrap();
        assert!(self.site.store.swap_token(row, None, &sealed).await.unwrap());
    }

    /// The sandbox's state; no request may have broken a published description.
    pub async fn state(&self) -> Value {
        let state = self.admin("GET", "/state", Value::Null).await;
        assert_eq!(state["violations"], serde_json::json!([]));
        state
    }
}
