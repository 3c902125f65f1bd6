//! Plays Google: consent under `/o/oauth2/v2/auth`, `/token`, `/revoke`, and Calendar v3 under `/calendar/v3`.

pub mod admin;
pub mod calendar;
pub mod discovery;
pub mod events;
pub mod listing;
pub mod model;
pub mod oauth;
pub mod push;

use serde_json::{Value, json};

use crate::message::{Reply, Request};
use crate::state::{App, World};
use model::{Client, SCOPE, User};

/// Whether the request is for Google.
pub fn is_for(request: &Request) -> bool {
    ["/o/oauth2/", "/token", "/revoke", "/calendar/v3/"]
        .iter()
        .any(|start| request.path.starts_with(start))
}

/// Answers one provider request.
pub fn handle(app: &App, request: &Request) -> Reply {
    match request.path.strip_prefix("/calendar/v3") {
        None => oauth::handle(&mut app.world(), request),
        Some(path) => {
            if let Some(discovery) = &app.discovery
                && let Err(problems) = discovery.check(path, request)
            {
                let mut world = app.world();
                world.count(format!("{} google (violation)", request.method));
                world
                    .violations
                    .push(json!({ "method": request.method, "path": path, "errors": problems }));
                return error(400, "badRequest", "Invalid field selection or value.");
            }
            let mut world = app.world();
            let reply = calendar::handle(&mut world, path, request).unwrap_or_else(|refusal| refusal);
            push::flush(&mut world);
            reply
        }
    }
}

/// The API's error shape.
pub fn error(status: u16, reason: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": {
            "code": status, "message": message,
            "errors": [{ "domain": if status == 403 { "usageLimits" } else { "global" }, "reason": reason, "message": message }],
        } }),
    )
}

/// Creates the default client and doctors; what the ready file tells about them.
pub fn seed(world: &mut World) -> Value {
    let secret = world.secrets.issue("client_secret", "GOCSPX-", 21);
    let client = Client {
        client_id: "sandbox.apps.googleusercontent.test".into(),
        client_secret: secret,
        redirect_uris: Vec::new(),
    };
    let users = ["doctor@example.test", "doctor2@example.test"].map(User::new);
    let seed = json!({
        "client_id": client.client_id, "client_secret": client.client_secret, "scope": SCOPE,
        "email": users[0].email, "other_email": users[1].email,
    });
    world.google.seed = Some((client, users.to_vec()));
    world.google.plant_seed();
    seed
}
