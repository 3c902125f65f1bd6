//! Routes, and who may use them: token, scopes, and the `me` rule.

use super::limits::Label;
use super::model::User;
use crate::message::{Reply, Request};
use crate::state::World;

/// A recognised API call with its path parameter.
#[derive(Clone, Debug)]
pub enum Route {
    /// POST /users/{userId}/meetings
    CreateMeeting(String),
    /// GET /users/{userId}/meetings
    ListMeetings(String),
    /// GET /meetings/{meetingId}
    GetMeeting(String),
    /// PATCH /meetings/{meetingId}
    UpdateMeeting(String),
    /// DELETE /meetings/{meetingId}
    DeleteMeeting(String),
    /// PUT /meetings/{meetingId}/status
    MeetingStatus(String),
    /// GET /users/{userId}
    GetUser(String),
    /// GET /users/{userId}/settings
    UserSettings(String),
    /// GET /users/{userId}/token
    UserToken(String),
    /// GET /users/{userId}/zak
    UserZak(String),
}

impl Route {
    /// Recognises a request; `path` is without `/v2`.
    pub fn find(request: &Request, path: &str) -> Option<Self> {
        let parts: Vec<String> = path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(crate::message::decode)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let own = |s: &&str| (*s).to_owned();
        Some(match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["users", user, "meetings"]) => Self::CreateMeeting(own(user)),
            ("GET", ["users", user, "meetings"]) => Self::ListMeetings(own(user)),
            ("GET", ["meetings", id]) => Self::GetMeeting(own(id)),
            ("PATCH", ["meetings", id]) => Self::UpdateMeeting(own(id)),
            ("DELETE", ["meetings", id]) => Self::DeleteMeeting(own(id)),
            ("PUT", ["meetings", id, "status"]) => Self::MeetingStatus(own(id)),
            ("GET", ["users", user]) => Self::GetUser(own(user)),
            ("GET", ["users", user, "settings"]) => Self::UserSettings(own(user)),
            ("GET", ["users", user, "token"]) => Self::UserToken(own(user)),
            ("GET", ["users", user, "zak"]) => Self::UserZak(own(user)),
            _ => return None,
        })
    }

    /// Path template, for counters.
    pub fn template(&self) -> &'static str {
        match self {
            Self::CreateMeeting(_) | Self::ListMeetings(_) => "/users/{userId}/meetings",
            Self::GetMeeting(_) | Self::UpdateMeeting(_) | Self::DeleteMeeting(_) => "/meetings/{meetingId}",
            Self::MeetingStatus(_) => "/meetings/{meetingId}/status",
            Self::GetUser(_) => "/users/{userId}",
            Self::UserSettings(_) => "/users/{userId}/settings",
            Self::UserToken(_) => "/users/{userId}/token",
            Self::UserZak(_) => "/users/{userId}/zak",
        }
    }

    /// Rate limit label.
    pub fn label(&self) -> Label {
        match self {
            Self::CreateMeeting(_) | Self::ListMeetings(_) | Self::UserSettings(_) => Label::Medium,
            _ => Label::Light,
        }
    }

    /// Granular and classic scope, without `:admin`.
    fn scopes(&self) -> (&'static str, &'static str) {
        match self {
            Self::CreateMeeting(_) => ("meeting:write:meeting", "meeting:write"),
            Self::ListMeetings(_) => ("meeting:read:list_meetings", "meeting:read"),
            Self::GetMeeting(_) => ("meeting:read:meeting", "meeting:read"),
            Self::UpdateMeeting(_) => ("meeting:update:meeting", "meeting:write"),
            Self::DeleteMeeting(_) => ("meeting:delete:meeting", "meeting:write"),
            Self::MeetingStatus(_) => ("meeting:update:status", "meeting:write"),
            Self::GetUser(_) => ("user:read:user", "user:read"),
            Self::UserSettings(_) => ("user:read:settings", "user:read"),
            Self::UserToken(_) => ("user:read:token", "user:read"),
            Self::UserZak(_) => ("user:read:zak", "user_zak:read"),
        }
    }

    fn user(&self) -> Option<&str> {
        match self {
            Self::CreateMeeting(user)
            | Self::ListMeetings(user)
            | Self::GetUser(user)
            | Self::UserSettings(user)
            | Self::UserToken(user)
            | Self::UserZak(user) => Some(user),
            _ => None,
        }
    }
}

/// Whose token it is.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Account the limits are counted for.
    pub account_id: String,
    /// The user; `None` for server-to-server.
    pub user_id: Option<String>,
}

/// Checks token, scopes and the `me` rule, in the order the provider does.
pub fn authenticate(world: &World, route: &Route, request: &Request) -> Result<Caller, Reply> {
    let refused = || Reply::error(401, 124, "Invalid access token.");
    let bearer = request
        .header("authorization")
        .and_then(|h| h.strip_prefix("Bearer "))
        .ok_or_else(refused)?;
    let token = world.zoom.access.get(bearer).ok_or_else(refused)?;
    if token.expires_at <= jiff::Timestamp::now().as_second() {
        return Err(refused());
    }
    let (granular, classic) = route.scopes();
    let admin = |scope: &str| format!("{scope}:admin");
    let enough = [
        granular.to_owned(),
        admin(granular),
        classic.to_owned(),
        admin(classic),
    ];
    let missing = format!("Invalid access token, does not contain scopes:[{granular}, {granular}:admin].");
    if !token.scopes.iter().any(|s| enough.contains(s)) {
        return Err(Reply::error(400, 4711, missing));
    }
    // A user's token may only speak of "me", an account's token has no "me" to speak of.
    if let Some(user) = route.user()
        && token.user_id.is_some() != (user == "me")
    {
        return Err(Reply::error(400, 4700, missing));
    }
    Ok(Caller {
        account_id: token.account_id.clone(),
        user_id: token.user_id.clone(),
    })
}

/// The user a path names, for this caller.
pub fn host(world: &World, caller: &Caller, name: &str) -> Result<User, Reply> {
    let key = caller.user_id.as_deref().unwrap_or(name);
    world
        .zoom
        .user(key)
        .filter(|u| u.account_id == caller.account_id)
        .cloned()
        .ok_or_else(|| Reply::error(404, 1001, format!("User does not exist: {key}.")))
}
