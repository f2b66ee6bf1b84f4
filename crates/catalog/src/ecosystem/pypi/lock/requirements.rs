//! `requirements.txt`, of which only what is pinned names a version.

use crate::declared::Locked;

pub(super) fn parse(content: &[u8]) -> Vec<Locked> {
    let text = String::from_utf8_lossy(content).replace("\\\r\n", " ").replace("\\\n", " ");
    text.lines().filter_map(pin).collect()
}

/// `name[extra] == 1.2.3 ; marker  # comment`. A range, or a version with a wildcard, pins nothing.
fn pin(line: &str) -> Option<Locked> {
    let requirement = line.split([';', '#']).next()?.split(" --").next()?;
    let (name, version) = requirement.split_once("==")?;
    let version = version.strip_prefix('=').unwrap_or(version).trim();
    let name = name.split('[').next()?.trim();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let is_version = !version.is_empty() && !version.contains(['*', ',', ' ', '<', '>', '=', '!', '~', '$']);
    (is_name && is_version).then(|| Locked::new(name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_pinned_is_named() {
        let text = "# comment\n-r other.txt\nrequests==2.31.0\nFlask[async] == 2.3.2 ; python_version > '3'\n\
            urllib3>=1.26\ndjango==4.*\na==1.0,!=1.1\n-e ./b==1\nc===2004d # odd\n\
            d==1.0 \\\n    --hash=sha256:00\ne @ https://example.org/e.zip\nf==${VERSION}\n";
        let named: Vec<String> =
            parse(text.as_bytes()).iter().map(|each| format!("{} {}", each.name, each.version)).collect();
        assert_eq!(named, ["requests 2.31.0", "Flask 2.3.2", "c 2004d", "d 1.0"]);
    }
}
