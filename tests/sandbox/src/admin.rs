//! The admin port: plain HTTP, JSON, no authentication, loopback only by the caller's choice of address.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::state::{App, World};
use crate::{google, zoom};

type Shared = State<Arc<App>>;

/// All admin routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(|| async { Json(json!({ "ok": true })) }))
        .route("/reset", post(reset))
        .route("/state", get(state))
        .route("/secrets", get(secrets))
        .route("/faults", post(add_fault).get(list_faults).delete(clear_faults))
        .route(
            "/clients",
            post(|a: Shared, b: Bytes| change(a, b, zoom::admin::client)),
        )
        .route(
            "/accounts",
            post(|a: Shared, b: Bytes| change(a, b, zoom::admin::account)),
        )
        .route(
            "/users",
            post(|a: Shared, b: Bytes| change(a, b, zoom::admin::user)),
        )
        .route(
            "/grants",
            post(|a: Shared, b: Bytes| change(a, b, zoom::admin::grant)),
        )
        .route(
            "/settings",
            post(|a: Shared, b: Bytes| change(a, b, zoom::admin::settings)),
        )
        .route("/limits", post(|a: Shared, b: Bytes| change(a, b, limits)))
        .route(
            "/tokens/expire",
            post(|a: Shared, b: Bytes| change(a, b, |w, _| Ok(zoom::admin::expire(w)))),
        )
        .route(
            "/revoke",
            post(|a: Shared, b: Bytes| change(a, b, zoom::admin::revoke)),
        )
        .merge(google_routes())
        .with_state(app)
}

fn google_routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/google/clients",
            post(|a: Shared, b: Bytes| change(a, b, google::admin::client)),
        )
        .route(
            "/google/users",
            post(|a: Shared, b: Bytes| change(a, b, google::admin::user)),
        )
        .route(
            "/google/grants",
            post(|a: Shared, b: Bytes| change(a, b, google::admin::grant)),
        )
        .route(
            "/google/settings",
            post(|a: Shared, b: Bytes| change(a, b, google::admin::settings)),
        )
        .route(
            "/google/events",
            post(|a: Shared, b: Bytes| change(a, b, google::admin::act)),
        )
        .route(
            "/google/revoke",
            post(|a: Shared, b: Bytes| change(a, b, google::admin::revoke)),
        )
        .route(
            "/google/tokens/expire",
            post(|a: Shared, b: Bytes| change(a, b, |w, _| Ok(google::admin::expire(w)))),
        )
        .route(
            "/google/sync/expire",
            post(|a: Shared, b: Bytes| change(a, b, |w, _| Ok(google::admin::expire_sync(w)))),
        )
}

/// Bodies are parsed here and not by an extractor: callers from shell scripts forget the content type.
async fn change(
    State(app): Shared,
    body: Bytes,
    apply: impl FnOnce(&mut World, Value) -> Result<Value, String>,
) -> Response {
    let body = if body.is_empty() {
        Ok(json!({}))
    } else {
        serde_json::from_slice(&body).map_err(|e| e.to_string())
    };
    match body.and_then(|body| apply(&mut app.world(), body)) {
        Ok(answer) => Json(answer).into_response(),
        Err(message) => (StatusCode::BAD_REQUEST, Json(json!({ "error": message }))).into_response(),
    }
}

fn limits(world: &mut World, body: Value) -> Result<Value, String> {
    world.zoom.limits.change(&body)?;
    Ok(world.zoom.limits.view())
}

async fn reset(State(app): Shared) -> Json<Value> {
    app.world().reset();
    Json(json!({ "ok": true }))
}

#[derive(Deserialize)]
struct StateQuery {
    log: Option<usize>,
}

async fn state(State(app): Shared, Query(query): Query<StateQuery>) -> Json<Value> {
    Json(app.world().view(query.log.unwrap_or(usize::MAX)))
}

async fn secrets(State(app): Shared) -> Json<Value> {
    Json(json!(app.world().secrets))
}

async fn add_fault(app: Shared, body: Bytes) -> Response {
    change(app, body, |world, body| {
        let fault: Fault = serde_json::from_value(body).map_err(|e| e.to_string())?;
        world.faults.0.push(fault);
        Ok(json!({ "faults": world.faults.0.len() }))
    })
    .await
}

async fn list_faults(State(app): Shared) -> Json<Value> {
    Json(json!(app.world().faults.0))
}

async fn clear_faults(State(app): Shared) -> Json<Value> {
    app.world().faults.0.clear();
    Json(json!({ "ok": true }))
}
