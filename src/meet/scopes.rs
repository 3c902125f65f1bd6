//! The one permission we ask for, and whether a grant has it: people can untick it on Google's page.

/// Events, their conferences and watching for changes. Nothing else is asked for.
pub const CALENDAR: &str = "https://www.googleapis.com/auth/calendar";

/// Needed scopes that `granted` (space separated) does not have. A reply without scopes grants what was asked.
pub fn missing(granted: &str) -> Vec<&'static str> {
    if granted.trim().is_empty() || granted.split_whitespace().any(|scope| scope == CALENDAR) {
        Vec::new()
    } else {
        vec![CALENDAR]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrower_scopes_do_not_count() {
        assert!(missing(&format!("openid {CALENDAR}")).is_empty());
        assert!(missing("").is_empty());
        assert_eq!(missing("openid email"), [CALENDAR]);
        assert_eq!(
            missing("https://www.googleapis.com/auth/calendar.readonly"),
            [CALENDAR]
        );
    }
}
