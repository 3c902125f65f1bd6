//! Authorisation server: rotation, wrong credentials, consent with PKCE, server-to-server.

mod common;

use common::{Sandbox, meeting};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_refresh_token_works_once() {
    let sandbox = Sandbox::start().await;
    let first = sandbox.grant(-10).await;
    let old = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", old)];
    let (status, pair) = sandbox.oauth(&form).await;
    assert_eq!(status, 200);
    assert_ne!(pair["refresh_token"], first["refresh_token"]);
    assert_eq!(
        sandbox.oauth(&form).await,
        (
            400,
            json!({ "reason": "Invalid Token!", "error": "invalid_grant" })
        )
    );
    let (status, _) = sandbox
        .api(
            first["access_token"].as_str().unwrap(),
            Method::GET,
            "/users/me",
            None,
        )
        .await;
    assert_eq!(status, 401);
    let (status, _) = sandbox
        .api(
            pair["access_token"].as_str().unwrap(),
            Method::GET,
            "/users/me",
            None,
        )
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn two_parallel_refreshes_have_one_winner() {
    let sandbox = Sandbox::start().await;
    let grant = sandbox.grant(3600).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", grant["refresh_token"].as_str().unwrap()),
    ];
    let ((a, _), (b, _)) = tokio::join!(sandbox.oauth(&form), sandbox.oauth(&form));
    assert_eq!(a + b, 600);
}

#[tokio::test]
async fn wrong_client_and_wrong_account() {
    let sandbox = Sandbox::start().await;
    let url = format!("{}/oauth/token", sandbox.base);
    let reply = sandbox
        .client
        .post(url)
        .basic_auth("sandbox-client", Some("no"))
        .form(&[("grant_type", "refresh_token")]);
    let reply = reply.send().await.unwrap();
    assert_eq!(reply.status(), 401);
    assert_eq!(
        reply.json::<serde_json::Value>().await.unwrap()["error"],
        "invalid_client"
    );
    let (status, body) = sandbox
        .oauth(&[("grant_type", "account_credentials"), ("account_id", "other")])
        .await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn server_to_server_tokens_name_the_user() {
    let sandbox = Sandbox::start().await;
    let (status, body) = sandbox
        .oauth(&[
            ("grant_type", "account_credentials"),
            ("account_id", "sandbox-account"),
        ])
        .await;
    assert_eq!(status, 200);
    assert!(body.get("refresh_token").is_none());
    let token = body["access_token"].as_str().unwrap();
    let (status, body) = sandbox
        .api(token, Method::POST, "/users/me/meetings", Some(meeting()))
        .await;
    assert_eq!((status, &body["code"]), (400, &json!(4700)));
    let (status, _) = sandbox
        .api(
            token,
            Method::POST,
            "/users/doctor@example.test/meetings",
            Some(meeting()),
        )
        .await;
    assert_eq!(status, 201);
    let (status, body) = sandbox
        .api(token, Method::POST, "/users/nobody/meetings", Some(meeting()))
        .await;
    assert_eq!((status, &body["code"]), (404, &json!(1001)));
}

#[tokio::test]
async fn consent_with_pkce() {
    let sandbox = Sandbox::start().await;
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let target = "https://clinic.test/cb";
    let url = format!(
        "{}/oauth/authorize?response_type=code&client_id=sandbox-client&redirect_uri={target}&state=s1\
         &code_challenge={challenge}&code_challenge_method=S256",
        sandbox.base
    );
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let page = client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("approve") && page.contains("deny"));
    let reply = client.get(format!("{url}&approve=1")).send().await.unwrap();
    assert_eq!(reply.status(), 302);
    let location = url::Url::parse(reply.headers()["location"].to_str().unwrap()).unwrap();
    let find = |name: &str| {
        location
            .query_pairs()
            .find(|(k, _)| k == name)
            .unwrap()
            .1
            .into_owned()
    };
    assert_eq!(find("state"), "s1");
    let code = find("code");
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", target),
    ];
    assert_eq!(sandbox.oauth(&form).await.0, 400);
    form.push(("code_verifier", verifier));
    let (status, pair) = sandbox.oauth(&form).await;
    assert_eq!(status, 200);
    assert_eq!(pair["expires_in"], 3600);
    assert_eq!(sandbox.oauth(&form).await.0, 400);
    let secrets: serde_json::Value = client
        .get(format!("{}/secrets", sandbox.admin))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(
        secrets["authorization_code"]
            .as_array()
            .unwrap()
            .contains(&json!(code))
    );
    assert!(
        secrets["access_token"]
            .as_array()
            .unwrap()
            .contains(&pair["access_token"])
    );
}
