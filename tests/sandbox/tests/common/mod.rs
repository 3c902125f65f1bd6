//! A sandbox on free ports and a client that trusts it.
#![allow(dead_code)] // each test binary uses its own part

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use telemed_sandbox::{Config, Running, start};

pub struct Sandbox {
    pub running: Running,
    pub client: Client,
    pub base: String,
    pub admin: String,
}

impl Sandbox {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let free = Some(([127, 0, 0, 1], 0).into());
        let running = start(Config {
            http: free,
            tls: free,
            seed: true,
            ..config
        })
        .await
        .unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = reqwest::Certificate::from_pem(running.ca_pem.as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap();
        let base = format!("http://{}", running.http.unwrap());
        let admin = format!("http://{}", running.admin);
        Self {
            running,
            client,
            base,
            admin,
        }
    }

    pub fn seed(&self, name: &str) -> &str {
        self.running.seed[name].as_str().unwrap()
    }

    pub async fn admin(&self, path: &str, body: Value) -> Value {
        let reply = self
            .client
            .post(format!("{}{path}", self.admin))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(
            reply.status().is_success(),
            "{path}: {}",
            reply.text().await.unwrap()
        );
        reply.json().await.unwrap()
    }

    pub async fn state(&self) -> Value {
        self.client
            .get(format!("{}/state", self.admin))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub async fn grant(&self, expires_in: i64) -> Value {
        let body =
            json!({ "client_id": "sandbox-client", "user": "doctor@example.test", "expires_in": expires_in });
        self.admin("/grants", body).await
    }

    pub async fn token(&self) -> String {
        self.grant(3600).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn oauth(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let secret = self.seed("client_secret");
        let request = self
            .client
            .post(format!("{}/oauth/token", self.base))
            .basic_auth("sandbox-client", Some(secret));
        parts(request.form(form).send().await.unwrap()).await
    }

    pub async fn api(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        parts(self.try_api(token, method, path, body).await.unwrap()).await
    }

    pub async fn try_api(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self
            .client
            .request(method, format!("{}/v2{path}", self.base))
            .bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }
}

async fn parts(reply: Response) -> (u16, Value) {
    let status = reply.status().as_u16();
    let text = reply.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

pub fn meeting() -> Value {
    json!({
        "topic": "Consultation", "type": 2, "start_time": "2031-07-01T10:00:00", "timezone": "Europe/Berlin",
        "duration": 30, "agenda": "x".repeat(300), "settings": { "waiting_room": true, "join_before_host": true },
    })
}
