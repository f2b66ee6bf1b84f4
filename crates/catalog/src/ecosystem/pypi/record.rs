//! RECORD, the list of what was installed, and direct_url.json, where it came from.

use crate::address::without_login;
use serde_json::Value;

/// The paths of a RECORD and the size of all its files, where at least one states its own.
/// Each line is `path,digest,size`, the path in quotation marks where it holds a comma.
pub(super) fn parse(text: &str) -> (Vec<String>, Option<u64>) {
    let mut paths = Vec::new();
    let mut size: Option<u64> = None;
    for line in text.lines() {
        let (path, rest) = match line.strip_prefix('"') {
            Some(quoted) => match closing_quote(quoted) {
                Some(end) => (quoted[..end].replace("\"\"", "\""), &quoted[end + 1..]),
                None => continue,
            },
            None => {
                let end = line.find(',').unwrap_or(line.len());
                (line[..end].to_owned(), &line[end..])
            }
        };
        if path.is_empty() {
            continue;
        }
        if let Some(bytes) = rest.rsplit(',').next().and_then(|field| field.trim().parse::<u64>().ok()) {
            size = Some(size.unwrap_or_default().saturating_add(bytes));
        }
        paths.push(path);
    }
    (paths, size)
}

/// Where the quotation mark is that no other follows.
fn closing_quote(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('"')?;
        if !text[at + 1..].starts_with('"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The address that a direct_url.json names (PEP 610), with the version control system before
/// it and the commit behind it, as pip takes it; without whatever name and password it holds.
pub(super) fn origin(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let address = without_login(value.get("url")?.as_str()?);
    let Some(source) = value.get("vcs_info") else { return Some(address) };
    let system = source.get("vcs").and_then(Value::as_str).unwrap_or_default();
    let commit = source.get("commit_id").and_then(Value::as_str).unwrap_or_default();
    Some(match (system, commit) {
        ("", _) => address,
        (_, "") => format!("{system}+{address}"),
        _ => format!("{system}+{address}@{commit}"),
    })
}
