//! Holds requests against Google's published discovery document: routes, parameters and their types, bodies. Fields
//! that the document does not list are refused, because the real API ignores them silently.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::message::{Request, decode};

/// A loaded document.
pub struct Discovery {
    methods: Vec<Value>,
    common: Value,
    schemas: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Discovery {
    /// Reads the document.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let document: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let Some(resources) = document["resources"].as_object() else {
            return Err(format!("{}: not a discovery document", path.display()));
        };
        let methods = resources
            .values()
            .filter_map(|resource| resource["methods"].as_object())
            .flat_map(Map::values)
            .cloned()
            .collect();
        Ok(Self {
            methods,
            common: document["parameters"].clone(),
            schemas: strict(&document["schemas"]),
            validators: Mutex::default(),
        })
    }

    /// Checks one request; `path` is relative to `/calendar/v3`.
    pub fn check(&self, path: &str, request: &Request) -> Result<(), Vec<String>> {
        let Some(method) = self.method(path, request) else {
            return Err(vec![format!("{} {path} is not in the document", request.method)]);
        };
        let mut problems = Vec::new();
        for (name, value) in &request.query {
            let parameter = [&method["parameters"][name], &self.common[name]]
                .into_iter()
                .find(|parameter| parameter.is_object());
            match parameter {
                None => problems.push(format!("unknown parameter {name}")),
                Some(parameter) => problems.extend(typed(name, parameter, value)),
            }
        }
        let schema = method["request"]["$ref"].as_str();
        match (schema, request.body.is_empty()) {
            (None, false) => problems.push("this method takes no body".to_owned()),
            (Some(schema), false) => problems.extend(self.body(schema, &request.body)),
            _ => {}
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn method(&self, path: &str, request: &Request) -> Option<&Value> {
        let wanted: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decode)
            .collect();
        let fits = |method: &&Value| {
            let template: Vec<&str> = method["path"].as_str().unwrap_or_default().split('/').collect();
            method["httpMethod"] == request.method.as_str()
                && template.len() == wanted.len()
                && template
                    .iter()
                    .zip(&wanted)
                    .all(|(part, wanted)| part.starts_with('{') || part == wanted)
        };
        // A literal route counts before one with a parameter in the same place.
        let mut found: Vec<&Value> = self.methods.iter().filter(fits).collect();
        found.sort_by_key(|method| method["path"].as_str().unwrap_or_default().matches('{').count());
        found.first().copied()
    }

    fn body(&self, schema: &str, body: &[u8]) -> Vec<String> {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return vec!["the body is not JSON".to_owned()];
        };
        match self.validator(schema) {
            Ok(validator) => validator
                .iter_errors(&body)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect(),
            Err(message) => vec![message],
        }
    }

    fn validator(&self, schema: &str) -> Result<Arc<Validator>, String> {
        let mut cache = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = cache.get(schema) {
            return Ok(found.clone());
        }
        let whole = json!({ "$ref": format!("#/schemas/{schema}"), "schemas": self.schemas });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft4)
            .should_validate_formats(false)
            .build(&whole)
            .map(Arc::new)
            .map_err(|e| format!("the document's schema does not compile: {e}"))?;
        cache.insert(schema.to_owned(), validator.clone());
        Ok(validator)
    }
}

fn typed(name: &str, parameter: &Value, value: &str) -> Option<String> {
    let right = match parameter["type"].as_str() {
        Some("integer") => value.parse::<i64>().is_ok(),
        Some("boolean") => value.parse::<bool>().is_ok(),
        _ => true,
    };
    let listed = parameter["enum"]
        .as_array()
        .is_none_or(|values| values.iter().any(|known| known == value));
    (!right || !listed).then(|| format!("wrong value of parameter {name}"))
}

/// Discovery schemas as strict JSON schemas: references get a path, listed objects take nothing else.
fn strict(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut strict: Map<String, Value> = Map::new();
            for (key, value) in fields {
                match key.as_str() {
                    // Texts and rules about requests, not about shapes. Google's "required" names methods.
                    "description" | "annotations" | "enumDescriptions" | "required" | "default" | "id"
                        if !value.is_object() || key == "annotations" => {}
                    "$ref" => {
                        let name = value.as_str().unwrap_or_default();
                        strict.insert(key.clone(), json!(format!("#/schemas/{name}")));
                    }
                    "type" if value == "any" => {}
                    _ => {
                        strict.insert(key.clone(), self::strict(value));
                    }
                }
            }
            let listed = fields.get("properties").is_some_and(Value::is_object);
            if listed
                && fields.get("type").is_some_and(|kind| kind == "object")
                && !fields.contains_key("additionalProperties")
            {
                strict.insert("additionalProperties".into(), json!(false));
            }
            Value::Object(strict)
        }
        Value::Array(list) => list.iter().map(strict).collect(),
        other => other.clone(),
    }
}
