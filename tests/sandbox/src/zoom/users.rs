//! Users: profile, passcode policy, ZAK.

use serde_json::json;

use super::access::{Caller, host};
use crate::message::Reply;
use crate::state::World;

/// GET /users/{userId}
pub fn profile(world: &World, caller: &Caller, name: &str) -> Result<Reply, Reply> {
    let user = host(world, caller, name)?;
    Ok(Reply::json(
        200,
        &json!({
            "id": user.id, "email": user.email, "first_name": user.display_name, "last_name": "",
            "display_name": user.display_name, "type": user.kind, "role_name": "Member", "status": "active",
            "timezone": user.timezone, "account_id": user.account_id, "language": "en-US", "verified": 1,
        }),
    ))
}

/// GET /users/{userId}/settings
pub fn settings(world: &World, caller: &Caller, name: &str) -> Result<Reply, Reply> {
    let user = host(world, caller, name)?;
    Ok(Reply::json(
        200,
        &json!({
            "schedule_meeting": {
                "host_video": false, "participants_video": false, "join_before_host": false,
                "require_password_for_scheduling_new_meetings": true,
                "meeting_password_requirement": user.rules,
            },
            "in_meeting": { "waiting_room": true, "e2e_encryption": false },
        }),
    ))
}

/// GET /users/{userId}/token?type=zak and GET /users/me/zak
pub fn zak(world: &mut World, caller: &Caller, name: &str) -> Result<Reply, Reply> {
    host(world, caller, name)?;
    Ok(Reply::json(
        200,
        &json!({ "token": world.secrets.issue("zak", "eyJ0eXAiOiJKV1QiLCJzdiI6IjAwMDAwMSJ9.", 200) }),
    ))
}
