//! Meetings, scopes, limits and the published description.

mod common;

use common::{Sandbox, meeting};
use reqwest::Method;
use serde_json::json;
use telemed_sandbox::Config;

#[tokio::test]
async fn a_meeting_lives_and_dies() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    let (status, made) = sandbox
        .api(&token, Method::POST, "/users/me/meetings", Some(meeting()))
        .await;
    assert_eq!(status, 201);
    assert_eq!(made["start_time"], "2031-07-01T08:00:00Z");
    assert_eq!(made["settings"]["join_before_host"], false);
    assert!(made["id"].as_u64().unwrap() > 9_999_999_999);
    assert!(made["join_url"].as_str().unwrap().contains("?pwd="));
    let path = format!("/meetings/{}", made["id"]);

    let (_, first) = sandbox.api(&token, Method::GET, &path, None).await;
    let (_, second) = sandbox.api(&token, Method::GET, &path, None).await;
    assert_ne!(first["start_url"], second["start_url"]);

    let change = json!({ "start_time": "2031-07-02T08:00:00Z", "topic": "Moved" });
    assert_eq!(
        sandbox.api(&token, Method::PATCH, &path, Some(change)).await.0,
        204
    );
    let past = json!({ "start_time": "2001-07-02T08:00:00Z" });
    assert_eq!(sandbox.api(&token, Method::PATCH, &path, Some(past)).await.0, 204);
    let (_, list) = sandbox
        .api(
            &token,
            Method::GET,
            "/users/me/meetings?type=upcoming&page_size=1",
            None,
        )
        .await;
    assert_eq!(list["meetings"][0]["start_time"], "2031-07-02T08:00:00Z");
    assert_eq!(list["meetings"][0]["agenda"].as_str().unwrap().len(), 250);

    let status = format!("{path}/status");
    assert_eq!(
        sandbox
            .api(&token, Method::PUT, &status, Some(json!({ "action": "end" })))
            .await
            .0,
        204
    );
    assert_eq!(sandbox.api(&token, Method::DELETE, &path, None).await.0, 204);
    let (status, gone) = sandbox.api(&token, Method::GET, &path, None).await;
    assert_eq!((status, &gone["code"]), (404, &json!(3001)));
    let (status, gone) = sandbox.api(&token, Method::DELETE, &path, None).await;
    assert_eq!((status, &gone["code"]), (404, &json!(3001)));
    assert_eq!(sandbox.state().await["meetings"][0]["deleted"], true);
}

#[tokio::test]
async fn lists_are_paged() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    for _ in 0..3 {
        sandbox
            .api(&token, Method::POST, "/users/me/meetings", Some(meeting()))
            .await;
    }
    let (_, one) = sandbox
        .api(&token, Method::GET, "/users/me/meetings?page_size=2", None)
        .await;
    let next = one["next_page_token"].as_str().unwrap();
    let (_, two) = sandbox
        .api(
            &token,
            Method::GET,
            &format!("/users/me/meetings?page_size=2&next_page_token={next}"),
            None,
        )
        .await;
    assert_eq!(
        (two["meetings"].as_array().unwrap().len(), &two["next_page_token"]),
        (1, &json!(""))
    );
}

#[tokio::test]
async fn user_tokens_must_say_me_and_carry_the_scope() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    let (status, body) = sandbox
        .api(&token, Method::GET, "/users/doctor@example.test", None)
        .await;
    assert_eq!((status, &body["code"]), (400, &json!(4700)));
    let narrow =
        json!({ "client_id": "sandbox-client", "user": "doctor@example.test", "scopes": ["user:read:user"] });
    let narrow = sandbox.admin("/grants", narrow).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (status, body) = sandbox
        .api(&narrow, Method::POST, "/users/me/meetings", Some(meeting()))
        .await;
    assert_eq!((status, &body["code"]), (400, &json!(4711)));
    sandbox.admin("/tokens/expire", json!({})).await;
    let (status, body) = sandbox.api(&token, Method::GET, "/users/me", None).await;
    assert_eq!((status, &body["code"]), (401, &json!(124)));
}

#[tokio::test]
async fn passcode_rules_hold() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    let rules = json!({ "length": 8, "have_special_character": true, "consecutive_characters_length": 4 });
    sandbox
        .admin(
            "/settings",
            json!({ "user": "doctor@example.test", "passcode_rules": rules }),
        )
        .await;
    let (_, settings) = sandbox.api(&token, Method::GET, "/users/me/settings", None).await;
    assert_eq!(
        settings["schedule_meeting"]["meeting_password_requirement"]["length"],
        8
    );
    for (passcode, wanted) in [("short1@", 400), ("abcd@xy9k", 400), ("kx9@Lm2w", 201)] {
        let mut body = meeting();
        body["password"] = json!(passcode);
        let (status, answer) = sandbox
            .api(&token, Method::POST, "/users/me/meetings", Some(body))
            .await;
        assert_eq!(status, wanted, "{passcode}: {answer}");
    }
}

#[tokio::test]
async fn limits_bite_and_can_be_lifted() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.token().await;
    sandbox.admin("/limits", json!({ "daily_per_host": 2 })).await;
    for wanted in [201, 201, 429] {
        let (status, body) = sandbox
            .api(&token, Method::POST, "/users/me/meetings", Some(meeting()))
            .await;
        assert_eq!(status, wanted);
        assert!(wanted == 201 || body["message"].as_str().unwrap().contains("GMT 00:00:00"));
    }
    sandbox
        .admin("/limits", json!({ "light": 0, "retry_after": "iso" }))
        .await;
    let reply = sandbox
        .try_api(&token, Method::GET, "/users/me", None)
        .await
        .unwrap();
    assert_eq!(reply.status(), 429);
    assert!(reply.headers()["retry-after"].to_str().unwrap().ends_with('Z'));
    assert!(reply.text().await.unwrap().contains("per-second"));
    sandbox.admin("/limits", json!({ "unlimited": true })).await;
    assert_eq!(
        sandbox
            .api(&token, Method::POST, "/users/me/meetings", Some(meeting()))
            .await
            .0,
        201
    );
}

#[tokio::test]
async fn the_published_description_is_enforced() {
    let Ok(path) = std::env::var("ZOOM_OPENAPI") else {
        println!("skipped: ZOOM_OPENAPI is not set");
        return;
    };
    let sandbox = Sandbox::with(Config {
        zoom_openapi: Some(path.into()),
        ..Config::default()
    })
    .await;
    let token = sandbox.token().await;
    let (status, body) = sandbox
        .api(&token, Method::POST, "/users/me/meetings", Some(meeting()))
        .await;
    assert_eq!(status, 201, "{body}");
    let good = [
        (
            Method::GET,
            "/users/me/meetings?type=upcoming&page_size=300".to_owned(),
            None,
        ),
        (Method::GET, format!("/meetings/{}", body["id"]), None),
        (
            Method::PATCH,
            format!("/meetings/{}", body["id"]),
            Some(json!({ "duration": 45 })),
        ),
        (
            Method::PUT,
            format!("/meetings/{}/status", body["id"]),
            Some(json!({ "action": "end" })),
        ),
        (Method::GET, "/users/me/settings".into(), None),
        (
            Method::DELETE,
            format!("/meetings/{}?cancel_meeting_reminder=false", body["id"]),
            None,
        ),
    ];
    for (method, path, body) in good {
        let (status, body) = sandbox.api(&token, method, &path, body).await;
        assert!(status < 300, "{path}: {body}");
    }
    assert_eq!(sandbox.state().await["violations"], json!([]));
    let bad = [
        (
            Method::POST,
            "/users/me/meetings",
            Some(json!({ "topic": "x", "duration": "30" })),
        ),
        (Method::POST, "/users/me/meetings", Some(json!({ "topc": "x" }))),
        (
            Method::POST,
            "/users/me/meetings",
            Some(json!({ "settings": { "waitingroom": true } })),
        ),
        (Method::GET, "/users/me/meetings?type=soon", None),
        (Method::GET, "/users/me/meetings?size=3", None),
        (Method::GET, "/meetings/abc", None),
        (Method::GET, "/no/such/path", None),
    ];
    let count = bad.len();
    for (method, path, body) in bad {
        let (status, body) = sandbox.api(&token, method, path, body).await;
        assert_eq!((status, &body["code"]), (400, &json!(300)), "{path}: {body}");
        assert!(!body["errors"][0]["field"].is_null());
    }
    assert_eq!(
        sandbox.state().await["violations"].as_array().unwrap().len(),
        count
    );
}
