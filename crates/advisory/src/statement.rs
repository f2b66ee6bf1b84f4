//! Statements as publishers list them, one per architecture, brought together.

use std::collections::HashMap;

use plimsoll_model::{FixState, NameKind, Scope, Statement, VersionRange};

type Key =
    (Scope, String, NameKind, Option<String>, Option<String>, FixState, Vec<VersionRange>, Vec<String>);

/// Joins statements that differ in nothing but their architectures, in the order in which each
/// was first made. One that is not limited to an architecture makes the whole unlimited.
pub(crate) fn join_architectures(statements: Vec<Statement>) -> Vec<Statement> {
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(statements.len());
    let mut joined: Vec<Statement> = Vec::new();
    for statement in statements {
        let key = (
            statement.scope.clone(),
            statement.name.clone(),
            statement.name_kind,
            statement.module.clone(),
            statement.repository.clone(),
            statement.state,
            statement.ranges.clone(),
            statement.versions.clone(),
        );
        let place = *places.entry(key).or_insert(joined.len());
        match joined.get_mut(place) {
            None => joined.push(statement),
            Some(same) if same.architectures.is_empty() || statement.architectures.is_empty() => {
                same.architectures.clear();
            }
            Some(same) => same.architectures.extend(statement.architectures),
        }
    }
    for statement in &mut joined {
        statement.architectures.sort_unstable();
        statement.architectures.dedup();
    }
    joined
}

/// An rpm version as the package database prints it: without an epoch of zero, which every
/// order of versions takes for no epoch at all.
pub(crate) fn without_zero_epoch(version: &str) -> &str {
    version.strip_prefix("0:").unwrap_or(version)
}

/// A date or time as publishers write it, as RFC 3339 in UTC; `None` when it is neither. A time
/// that names no zone is taken for UTC, a date for its first moment.
pub(crate) fn utc(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.to_string());
    }
    let local: jiff::civil::DateTime = match text.parse::<jiff::civil::DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<jiff::civil::Date>().ok()?.into(),
    };
    jiff::tz::Offset::UTC.to_timestamp(local).ok().map(|instant| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: &str, expect: Option<&str>) {
        assert_eq!(utc(date).as_deref(), expect, "{date}");
    }

    #[test]
    fn dates_become_times_in_utc() {
        check("2007-06-26", Some("2007-06-26T00:00:00Z"));
        check("2011-09-27 22:46", Some("2011-09-27T22:46:00Z"));
        check("2023-07-17 17:45:00", Some("2023-07-17T17:45:00Z"));
        check("2025-11-21T14:31:32+02:00", Some("2025-11-21T12:31:32Z"));
        check("yesterday", None);
        check("", None);
    }
}
