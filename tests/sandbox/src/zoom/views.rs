//! How Zoom's things look: in the provider's answers, and on the admin port.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{Meeting, Zoom};

fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Meeting {
    fn join_url(&self) -> String {
        format!(
            "https://us05web.zoom.us/j/{}?pwd={}",
            self.id, self.encrypted_password
        )
    }

    /// Answer of create and get.
    pub fn full(&self, zak: &str) -> Value {
        let mut view = json!({
            "uuid": self.uuid, "id": self.id, "host_id": self.host_id, "host_email": self.host_email,
            "assistant_id": "", "topic": self.topic, "type": self.kind, "status": self.status,
            "duration": self.duration, "timezone": self.timezone, "agenda": self.agenda,
            "created_at": utc(self.created_at), "start_url": format!("https://us05web.zoom.us/s/{}?zak={zak}", self.id),
            "join_url": self.join_url(), "password": self.password, "h323_password": "", "pstn_password": "",
            "encrypted_password": self.encrypted_password, "settings": self.settings,
            "tracking_fields": self.tracking_fields, "creation_source": "open_api", "pre_schedule": false,
        });
        if let Some(start) = self.start {
            view["start_time"] = json!(utc(start));
        }
        view
    }

    /// Line of a list; the agenda is cut, which is why a marker at its end would be lost.
    pub fn brief(&self) -> Value {
        let agenda: String = self.agenda.chars().take(250).collect();
        let mut view = json!({
            "uuid": self.uuid, "id": self.id, "host_id": self.host_id, "topic": self.topic, "type": self.kind,
            "duration": self.duration, "timezone": self.timezone, "agenda": agenda,
            "created_at": utc(self.created_at), "join_url": self.join_url(),
        });
        if let Some(start) = self.start {
            view["start_time"] = json!(utc(start));
        }
        view
    }
}

impl Zoom {
    /// Meetings with the deleted ones, without start links.
    pub fn meetings_view(&self) -> Value {
        let view = |m: &Meeting| {
            let mut view = m.full("");
            if let Some(fields) = view.as_object_mut() {
                fields.remove("start_url");
                fields.insert("deleted".into(), json!(m.deleted));
                fields.insert("account_id".into(), json!(m.account_id));
            }
            view
        };
        self.meetings.values().map(view).collect()
    }

    /// Users and their policies.
    pub fn users_view(&self) -> Value {
        let view = |u: &super::model::User| {
            json!({
                "id": u.id, "email": u.email, "account": u.account_id, "scopes": u.scopes, "timezone": u.timezone,
                "type": u.kind, "display_name": u.display_name, "passcode_rules": u.rules,
            })
        };
        self.users.values().map(view).collect()
    }

    /// How many tokens there are, never which.
    pub fn token_counts(&self) -> Value {
        let now = Timestamp::now().as_second();
        json!({
            "access_live": self.access.values().filter(|t| t.expires_at > now).count(),
            "access_issued": self.issued_access,
            "refresh_live": self.refresh.len(),
            "refresh_issued": self.issued_refresh,
        })
    }

    /// Registered apps, accounts, limits and settings.
    pub fn view(&self) -> Value {
        let clients: Vec<Value> = self
            .clients
            .values()
            .map(
                |c| json!({ "client_id": c.client_id, "redirect_uris": c.redirect_uris, "scopes": c.scopes }),
            )
            .collect();
        json!({
            "clients": clients, "accounts": self.accounts, "limits": self.limits.view(),
            "settings": { "expires_in": self.settings.expires_in, "api_url": self.settings.api_url,
                          "code_lifetime": self.settings.code_lifetime },
        })
    }
}
