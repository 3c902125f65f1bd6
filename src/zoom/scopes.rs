//! The permissions we need, and whether a grant has them (Zoom: granular scopes).

/// Granular scopes a connection needs, with the classic scope that includes each.
const NEEDED: [(&str, &str); 5] = [
    ("meeting:write:meeting", "meeting:write"),
    ("meeting:read:meeting", "meeting:read"),
    ("meeting:update:meeting", "meeting:write"),
    ("meeting:delete:meeting", "meeting:write"),
    ("user:read:user", "user:read"),
];

/// Needed scopes that `granted` (space separated) does not cover. Account-wide forms (`:admin`, `:master`) cover too.
/// Providers that do not say what they granted are taken to grant what was asked.
pub fn missing(granted: &str) -> Vec<&'static str> {
    let granted: Vec<&str> = granted
        .split([' ', ','])
        .filter(|scope| !scope.is_empty())
        .map(|scope| {
            let bare = scope
                .strip_suffix(":admin")
                .or_else(|| scope.strip_suffix(":master"));
            bare.unwrap_or(scope)
        })
        .collect();
    if granted.is_empty() {
        return Vec::new();
    }
    NEEDED
        .iter()
        .filter(|(granular, classic)| !granted.contains(granular) && !granted.contains(classic))
        .map(|(granular, _)| *granular)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_scope_counts_and_the_missing_ones_are_named() {
        let all = "meeting:write:meeting meeting:read:meeting meeting:update:meeting meeting:delete:meeting";
        assert_eq!(missing(all), ["user:read:user"]);
        assert!(missing(&format!("{all} user:read:user")).is_empty());
        assert!(missing("meeting:write:admin meeting:read:admin user:read:admin").is_empty());
        assert!(missing("meeting:write meeting:read user:read").is_empty());
        assert_eq!(missing("user:read:user:admin").len(), 4);
        assert!(missing("").is_empty());
    }
}
