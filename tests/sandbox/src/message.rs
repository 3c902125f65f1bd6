//! Requests and replies as the providers see them: whole, parsed, free of the HTTP library.

use hyper::HeaderMap;
use serde_json::{Value, json};

/// One request, body already read.
pub struct Request {
    /// Upper-case method.
    pub method: String,
    /// Path without query, still percent-encoded.
    pub path: String,
    /// Decoded query pairs.
    pub query: Vec<(String, String)>,
    /// Request headers.
    pub headers: HeaderMap,
    /// Body bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// First query value of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.as_str())
    }

    /// Header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Body as an HTML form.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Decoded path segments.
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(decode)
            .collect()
    }
}

/// Percent-decodes one path segment (a `+` stays a plus there, unlike in a form).
pub fn decode(text: &str) -> String {
    let kept = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(kept.as_bytes())
        .next()
        .map_or_else(String::new, |(k, _)| k.into_owned())
}

/// One reply.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Extra headers.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON reply.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".into(), "application/json;charset=UTF-8".into())];
        Self {
            status,
            headers,
            body: body.to_string().into_bytes(),
        }
    }

    /// Reply without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// HTML page.
    pub fn html(status: u16, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "text/html;charset=UTF-8".into())],
            body: body.into_bytes(),
        }
    }

    /// The API's error shape.
    pub fn error(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self::json(status, &json!({ "code": code, "message": message.into() }))
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The whole reply with its JSON cut in the middle: the length is honest, the document is not.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        if self.body.len() < 2 {
            self = Self::json(200, &json!({ "id": 1, "truncated": true }));
        }
        self.body.truncate(self.body.len() / 2);
        self
    }
}
