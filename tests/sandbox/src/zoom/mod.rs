//! Plays Zoom: the authorisation server under `/oauth`, the API under `/v2`.

pub mod access;
pub mod admin;
pub mod consent;
pub mod draft;
pub mod limits;
pub mod meetings;
pub mod model;
pub mod oauth;
pub mod passcode;
pub mod users;
pub mod views;

use serde_json::{Value, json};

use crate::message::{Reply, Request};
use crate::state::{App, World};
use access::Route;
use model::{Client, User};

/// Paths another published description (Users) covers; the Meetings one cannot judge them.
pub const OUTSIDE_SPEC: [&str; 4] = [
    "/users/{userId}",
    "/users/{userId}/settings",
    "/users/{userId}/token",
    "/users/{userId}/zak",
];

/// Scopes a seeded client asks for.
pub const SCOPES: [&str; 9] = [
    "meeting:write:meeting",
    "meeting:update:meeting",
    "meeting:delete:meeting",
    "meeting:read:meeting",
    "meeting:read:list_meetings",
    "meeting:update:status",
    "user:read:user",
    "user:read:settings",
    "user:read:zak",
];

/// Answers one provider request.
pub fn handle(app: &App, request: &Request) -> Reply {
    if request.path.starts_with("/oauth/") {
        return oauth::handle(&mut app.world(), request);
    }
    match request.path.strip_prefix("/v2/") {
        Some(rest) => api(app, request, &format!("/{rest}")),
        None => Reply::error(404, 404, "Not Found"),
    }
}

fn api(app: &App, request: &Request, path: &str) -> Reply {
    if let Some(spec) = &app.spec
        && let Err(problems) = spec.check(path, request)
    {
        let errors: Vec<Value> = problems
            .iter()
            .map(|(f, m)| json!({ "field": f, "message": m }))
            .collect();
        let mut world = app.world();
        world.count(format!("{} (violation)", request.method));
        // Messages quote the offending value, which may be a passcode; the admin port is the only reader.
        world
            .violations
            .push(json!({ "method": request.method, "path": path, "errors": errors }));
        return invalid(errors);
    }
    let mut world = app.world();
    let Some(route) = Route::find(request, path) else {
        world.count(format!("{} (no such route)", request.method));
        return Reply::error(404, 2300, "This API endpoint is not recognized.");
    };
    world.count(format!("{} {}", request.method, route.template()));
    route_request(&mut world, &route, request).unwrap_or_else(|refusal| refusal)
}

fn route_request(world: &mut World, route: &Route, request: &Request) -> Result<Reply, Reply> {
    let caller = access::authenticate(world, route, request)?;
    limits::per_second(world, &caller.account_id, route.label())?;
    match route {
        Route::CreateMeeting(user) => meetings::create(world, &caller, user, request),
        Route::ListMeetings(user) => meetings::list(world, &caller, user, request),
        Route::GetMeeting(id) => meetings::get(world, &caller, id),
        Route::UpdateMeeting(id) => meetings::update(world, &caller, id, request),
        Route::DeleteMeeting(id) => meetings::delete(world, &caller, id),
        Route::MeetingStatus(id) => meetings::status(world, &caller, id, request),
        Route::GetUser(user) => users::profile(world, &caller, user),
        Route::UserSettings(user) => users::settings(world, &caller, user),
        Route::UserToken(user) | Route::UserZak(user) => users::zak(world, &caller, user),
    }
}

/// The API's validation failure.
pub fn invalid(errors: Vec<Value>) -> Reply {
    Reply::json(
        400,
        &json!({ "code": 300, "message": "Validation Failed.", "errors": errors }),
    )
}

/// A validation failure of one field.
pub fn invalid_field(field: &str, message: impl Into<String>) -> Reply {
    invalid(vec![json!({ "field": field, "message": message.into() })])
}

/// Creates the default client, account and doctor; what the ready file tells about them.
pub fn seed(world: &mut World) -> Value {
    let secret = world.secrets.issue("client_secret", "", 24);
    let client = Client {
        client_id: "sandbox-client".into(),
        client_secret: secret,
        redirect_uris: Vec::new(),
        scopes: SCOPES.map(String::from).to_vec(),
    };
    let user = User::new("sandboxDoctorAAAAAAAAA", "doctor@example.test", "sandbox-account");
    let seed = json!({
        "client_id": client.client_id, "client_secret": client.client_secret, "scopes": client.scopes,
        "account_id": user.account_id, "user_id": user.id, "email": user.email,
    });
    world.zoom.seed = Some((client, user));
    world.zoom.plant_seed();
    seed
}
