//! Scripted failures, TLS and HTTP/2, and the two programs themselves.

mod common;

use std::time::{Duration, Instant};

use common::{Sandbox, meeting};
use reqwest::{Method, Version};
use serde_json::{Value, json};

async fn fault(sandbox: &Sandbox, action: Value, when: &str) {
    let matches = json!({ "method": "POST", "path_contains": "/meetings" });
    sandbox
        .admin(
            "/faults",
            json!({ "match": matches, "action": action, "times": 1, "when": when }),
        )
        .await;
}

async fn count(sandbox: &Sandbox) -> usize {
    sandbox.state().await["meetings"].as_array().unwrap().len()
}

#[tokio::test]
async fn before_has_no_effect_and_after_has() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    let create = || sandbox.try_api(&token, Method::POST, "/users/me/meetings", Some(meeting()));
    let status = json!({ "type": "status", "code": 503, "headers": { "retry-after": "3" } });

    fault(&sandbox, status.clone(), "before").await;
    let reply = create().await.unwrap();
    assert_eq!(
        (
            reply.status().as_u16(),
            reply.headers()["retry-after"].to_str().unwrap()
        ),
        (503, "3")
    );
    assert_eq!(count(&sandbox).await, 0);

    fault(&sandbox, status, "after").await;
    assert_eq!(create().await.unwrap().status(), 503);
    assert_eq!(count(&sandbox).await, 1);

    fault(&sandbox, json!({ "type": "reset" }), "before").await;
    assert!(create().await.is_err());
    assert_eq!(count(&sandbox).await, 1);

    fault(&sandbox, json!({ "type": "reset" }), "after").await;
    assert!(create().await.is_err());
    assert_eq!(count(&sandbox).await, 2);

    fault(&sandbox, json!({ "type": "truncate" }), "after").await;
    let text = create().await.unwrap().text().await.unwrap();
    assert!(!text.is_empty() && serde_json::from_str::<Value>(&text).is_err());
    assert_eq!(count(&sandbox).await, 3);

    fault(&sandbox, json!({ "type": "hang" }), "after").await;
    let mut hanging = std::pin::pin!(create());
    while count(&sandbox).await < 4 {
        let short = tokio::time::timeout(Duration::from_millis(50), &mut hanging).await;
        assert!(short.is_err(), "it is never answered");
    }

    fault(&sandbox, json!({ "type": "delay", "ms": 200 }), "before").await;
    let begun = Instant::now();
    assert_eq!(create().await.unwrap().status(), 201);
    assert!(begun.elapsed() >= Duration::from_millis(200));

    assert_eq!(create().await.unwrap().status(), 201, "faults are used up");
    let log = sandbox.state().await["requests"].clone();
    assert_eq!(log[1]["fault"], "after status");
    assert!(log[2]["status"].is_null());
    sandbox.admin("/reset", json!({})).await;
    assert_eq!(count(&sandbox).await, 0);
}

#[tokio::test]
async fn tls_speaks_h2_on_one_connection() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    let url = format!(
        "https://localhost:{}/v2/users/me",
        sandbox.running.tls.unwrap().port()
    );
    for _ in 0..3 {
        let reply = sandbox.client.get(&url).bearer_auth(&token).send().await.unwrap();
        assert_eq!((reply.version(), reply.status().as_u16()), (Version::HTTP_2, 200));
    }
    assert_eq!(sandbox.state().await["connections"], 1);
    sandbox
        .admin("/faults", json!({ "action": { "type": "reset" }, "times": 1 }))
        .await;
    assert!(sandbox.client.get(&url).bearer_auth(&token).send().await.is_err());
    assert_eq!(
        sandbox
            .client
            .get(&url)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let stranger = reqwest::Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .build()
        .unwrap();
    assert!(stranger.get(&url).send().await.is_err());
}

struct Program(std::process::Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn spawn(path: &str, args: &[&str], ready: &std::path::Path) -> (Program, Value) {
    let _ = std::fs::remove_file(ready);
    let mut command = std::process::Command::new(path);
    command
        .args(args)
        .arg("--ready-file")
        .arg(ready)
        .stdout(std::process::Stdio::null());
    let program = Program(command.spawn().unwrap());
    for _ in 0..4800 {
        if let Ok(text) = std::fs::read_to_string(ready) {
            return (program, serde_json::from_str(&text).unwrap());
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{path} did not get ready");
}

#[tokio::test]
async fn the_programs_start_and_the_proxy_adds_distance() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let ca = folder.join("ca.pem");
    let args = [
        "--http",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
        "--seed",
        "--ca-out",
        ca.to_str().unwrap(),
    ];
    let (_sandbox, ready) = spawn(
        env!("CARGO_BIN_EXE_telemed-sandbox"),
        &args,
        &folder.join("sandbox.json"),
    )
    .await;
    assert!(ready["seed"]["client_secret"].is_string() && ready["tls"].is_null());
    assert!(
        std::fs::read_to_string(&ca)
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );

    let to = ready["http"].as_str().unwrap();
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--to",
        to,
        "--rtt-ms",
        "100",
        "--admin",
        "0",
    ];
    let (_proxy, proxy) = spawn(
        env!("CARGO_BIN_EXE_delay-proxy"),
        &args,
        &folder.join("proxy.json"),
    )
    .await;
    let url = format!("http://{}/v2/users/me", proxy["listen"].as_str().unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut took = Vec::new();
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
        took.push(begun.elapsed().as_millis());
    }
    // How much longer depends on the machine; the round trips are counted below.
    assert!(took[0] >= 200, "handshake and request: {took:?}");
    assert!(took[1] >= 100, "request on the open connection: {took:?}");
    let stats = format!("{}/stats", proxy["admin_url"].as_str().unwrap());
    let stats: Value = client.get(stats).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&stats["connections"], &stats["round_trips"]),
        (&json!(1), &json!(2))
    );
}
