//! Holds requests against a provider's published OpenAPI description.
//!
//! The stub's own reading of the documentation is the same as the client's, mistakes included; the published
//! schema is a second opinion. Stricter than the schema in one point: a property the schema does not list is
//! refused, because the real API ignores it silently and a typing error would go unnoticed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::message::{Request, decode};

/// A field and what is wrong with it.
pub type Problem = (String, String);

/// A loaded description.
pub struct Spec {
    document: Value,
    outside: Vec<Vec<String>>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Spec {
    /// Reads the description. `outside` lists path templates another description covers; they are not checked.
    pub fn load(path: &Path, outside: &[&str]) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let document: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        if !document["paths"].is_object() {
            return Err(format!("{}: not an OpenAPI description", path.display()));
        }
        let outside = outside.iter().map(|t| segments(t)).collect();
        Ok(Self {
            document,
            outside,
            validators: Mutex::default(),
        })
    }

    /// Checks one request; `path` is relative to the description's server.
    pub fn check(&self, path: &str, request: &Request) -> Result<(), Vec<Problem>> {
        let wanted = segments(path);
        if self.outside.iter().any(|t| fits(t, &wanted)) {
            return Ok(());
        }
        let one = |field: &str, message: String| Err(vec![(field.to_owned(), message)]);
        let Some((template, item)) = self.path_item(&wanted) else {
            return one("path", format!("{path} is not in the description"));
        };
        let Some(operation) = item.get(request.method.to_lowercase()) else {
            return one(
                "method",
                format!("{} {template} is not in the description", request.method),
            );
        };
        let mut problems = Vec::new();
        self.check_parameters(template, item, operation, &wanted, request, &mut problems);
        self.check_body(
            &format!("{} {template}", request.method),
            operation,
            request,
            &mut problems,
        );
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn path_item(&self, wanted: &[String]) -> Option<(&String, &Value)> {
        let paths = self.document["paths"].as_object()?;
        // A literal segment beats a parameter: /meetings/live_meetings is not /meetings/{meetingId}.
        paths
            .iter()
            .filter(|(template, _)| fits(&segments(template), wanted))
            .min_by_key(|(template, _)| template.matches('{').count())
    }

    fn check_parameters(
        &self,
        template: &str,
        item: &Value,
        operation: &Value,
        wanted: &[String],
        request: &Request,
        problems: &mut Vec<Problem>,
    ) {
        let listed: Vec<&Value> = [&item["parameters"], &operation["parameters"]]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|p| self.resolve(p))
            .collect();
        let find = |place: &str, name: &str| listed.iter().find(|p| p["in"] == place && p["name"] == name);
        for (part, value) in segments(template).iter().zip(wanted) {
            let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else {
                continue;
            };
            if let Some(parameter) = find("path", name) {
                self.check_text(name, &parameter["schema"], value, problems);
            }
        }
        for (name, value) in &request.query {
            match find("query", name) {
                Some(parameter) => self.check_text(name, &parameter["schema"], value, problems),
                None => problems.push((name.clone(), "unknown query parameter".into())),
            }
        }
        for parameter in listed
            .iter()
            .filter(|p| p["in"] == "query" && p["required"] == true)
        {
            let name = parameter["name"].as_str().unwrap_or_default();
            if request.query(name).is_none() {
                problems.push((name.to_owned(), "required query parameter is missing".into()));
            }
        }
    }

    /// A parameter arrives as text; its schema speaks of numbers and booleans.
    fn check_text(&self, name: &str, schema: &Value, text: &str, problems: &mut Vec<Problem>) {
        let schema = self.resolve(schema);
        let typed = match schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().map(Value::from).ok(),
            Some("number") => text.parse::<f64>().map(Value::from).ok(),
            Some("boolean") => text.parse::<bool>().map(Value::from).ok(),
            _ => Some(Value::from(text)),
        };
        let Some(typed) = typed else {
            return problems.push((name.to_owned(), format!("not of type {}", schema["type"])));
        };
        match self.validator(&format!("parameter {name} {schema}"), schema) {
            Ok(validator) => {
                problems.extend(
                    validator
                        .iter_errors(&typed)
                        .map(|e| (name.to_owned(), e.to_string())),
                );
            }
            Err(message) => problems.push((name.to_owned(), message)),
        }
    }

    fn check_body(&self, key: &str, operation: &Value, request: &Request, problems: &mut Vec<Problem>) {
        let content = self.resolve(&operation["requestBody"]);
        let schema = &content["content"]["application/json"]["schema"];
        if schema.is_null() {
            if !request.body.is_empty() {
                problems.push(("body".into(), "this operation takes no body".into()));
            }
            return;
        }
        if request.body.is_empty() {
            if content["required"] == true {
                problems.push(("body".into(), "the body is missing".into()));
            }
            return;
        }
        if !request
            .header("content-type")
            .is_some_and(|t| t.starts_with("application/json"))
        {
            problems.push(("content-type".into(), "must be application/json".into()));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return problems.push((
                "body".into(),
                "Request Body should be a valid JSON object.".into(),
            ));
        };
        match self.validator(key, schema) {
            Ok(validator) => problems.extend(validator.iter_errors(&body).map(|e| {
                let field = e.instance_path().to_string();
                (field.trim_start_matches('/').replace('/', "."), e.to_string())
            })),
            Err(message) => problems.push(("body".into(), message)),
        }
        let schema = self.resolve(schema);
        self.unlisted("", schema, &body, problems);
        self.unlisted(
            "settings.",
            self.resolve(&schema["properties"]["settings"]),
            &body["settings"],
            problems,
        );
    }

    fn unlisted(&self, prefix: &str, schema: &Value, body: &Value, problems: &mut Vec<Problem>) {
        let mut listed = Map::new();
        self.collect(schema, &mut listed);
        if listed.is_empty() {
            return;
        }
        for name in body
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .filter(|n| !listed.contains_key(*n))
        {
            problems.push((format!("{prefix}{name}"), "unknown field".into()));
        }
    }

    fn collect(&self, schema: &Value, listed: &mut Map<String, Value>) {
        let schema = self.resolve(schema);
        if let Some(own) = schema["properties"].as_object() {
            listed.extend(own.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        for part in ["allOf", "anyOf", "oneOf"]
            .into_iter()
            .filter_map(|k| schema[k].as_array())
            .flatten()
        {
            self.collect(part, listed);
        }
    }

    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(target) = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#')) {
            match self.document.pointer(target) {
                Some(found) => schema = found,
                None => break,
            }
        }
        schema
    }

    /// Compiled once per operation: the components are large, and load tests ask thousands of times.
    fn validator(&self, key: &str, schema: &Value) -> Result<Arc<Validator>, String> {
        let mut cache = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = cache.get(key) {
            return Ok(found.clone());
        }
        // OpenAPI 3.0 schemas are draft 4 in all that matters here. Formats are not asserted: the provider
        // declares local times as date-time, which by the letter would need an offset.
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft4)
            .should_validate_formats(false)
            .build(&whole)
            .map(Arc::new)
            .map_err(|e| format!("the description's schema does not compile: {e}"))?;
        cache.insert(key.to_owned(), validator.clone());
        Ok(validator)
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|s| !s.is_empty()).map(decode).collect()
}

fn fits(template: &[String], wanted: &[String]) -> bool {
    template.len() == wanted.len()
        && template
            .iter()
            .zip(wanted)
            .all(|(t, w)| t.starts_with('{') || t == w)
}
