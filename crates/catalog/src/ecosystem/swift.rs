//! Swift packages: what the lock files of the Swift Package Manager name.

use std::cmp::Ordering;

use plimsoll_model::{Distribution, Package, PackageType, Purl};
use serde_json::Value;

use super::Ecosystem;
use crate::claim::Claim;
use crate::declared::{LockFiles, Locked};
use crate::reader::{Doc, Reader};
use crate::semantic_version::SemanticVersion;

/// Swift packages.
#[derive(Debug, Clone, Copy)]
pub struct Swift;

/// The purl type of Swift packages.
pub const TYPE: PackageType = PackageType::new("swift");

const DOC: Doc = Doc {
    id: "swift",
    title: "Swift packages",
    summary: "Packages that Package.resolved names.",
    explanation: "Reads Package.resolved of versions 1, 2 and 3, wherever it lies. It merely names packages, which are \
listed as declared: a program that Swift built does not tell what it is made of.\n\n\
A package is called as its repository, without scheme and ending: example.org/owner/name. One that is pinned \
to a branch or a commit has the commit for a version, and the branch as its origin. Packages on \
this machine's own disk are not listed; those of a registry (scope.name) are, without a package URL, for which the \
type's definition wants a host.",
};

const CLAIMS: &[Claim] = &[LockFiles::named("Package.resolved")];

static LOCKS: LockFiles =
    LockFiles { doc: &DOC, revision: 1, claims: CLAIMS, kind: TYPE, parse, package_url };

impl Ecosystem for Swift {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[]
    }

    fn late_readers(&self) -> &'static [&'static dyn Reader] {
        static READERS: [&dyn Reader; 1] = [&LOCKS];
        &READERS
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// Semantic Versioning. A commit is no version.
    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(SemanticVersion::parse(left)?.precedence(&SemanticVersion::parse(right)?))
    }
}

/// `pkg:swift/example.org/owner/name@1.2.3`.
fn package_url(package: &Package) -> Option<Purl> {
    let (namespace, name) = package.name.rsplit_once('/')?;
    Purl::new("swift", Some(namespace), name, Some(&package.version)).ok()
}

fn parse(_: &[u8], content: &[u8]) -> Option<Vec<Locked>> {
    let file: Value = serde_json::from_slice(content).ok()?;
    file.get("version")?.as_u64()?;
    // Version 1 has them one level deeper.
    let pins = file.get("pins").or_else(|| file.get("object")?.get("pins"))?.as_array()?;
    // What has no name or no version is damage; what lies beside the project has neither.
    let is_local = |pin: &Value| {
        let kind = pin.get("kind").and_then(Value::as_str);
        let place = ["location", "repositoryURL"].iter().find_map(|name| pin.get(name)?.as_str());
        matches!(kind, Some("localSourceControl" | "fileSystem"))
            || (kind != Some("registry") && place.is_some_and(is_path))
    };
    Some(pins.iter().filter(|each| !is_local(each)).map(|each| pin(each).unwrap_or_default()).collect())
}

/// Whether a repository is a directory of the machine.
fn is_path(location: &str) -> bool {
    location.starts_with(['/', '.']) || location.starts_with("file:")
}

fn pin(pin: &Value) -> Option<Locked> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = match pin.get("kind").and_then(Value::as_str) {
        Some("registry") => text(pin, "identity")?,
        _ => repository(&text(pin, "location").or_else(|| text(pin, "repositoryURL"))?)?,
    };
    let state = pin.get("state")?;
    let branch = text(state, "branch").map(|branch| format!("branch {branch}"));
    match (text(state, "version"), text(state, "revision")) {
        (Some(version), _) => Some(Locked::new(name, version)),
        (None, Some(revision)) => Some(Locked { origin: branch, ..Locked::new(name, revision) }),
        (None, None) => None,
    }
}

/// Host and path of a repository: of `https://example.org/owner/name.git`,
/// `ssh://git@example.org:22/owner/name`, `git@example.org:owner/name.git`. `None` where there is no host.
fn repository(location: &str) -> Option<String> {
    let (rest, is_url) = match location.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => (rest, true),
        None => (location, false),
    };
    let mark = if is_url { '/' } else { ':' };
    let (host, path) = rest.split_once(mark)?;
    let host = host.rsplit('@').next()?;
    // A port says where to ask, not what the package is.
    let host = host.split(':').next()?.to_ascii_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !host.contains('/') && !path.is_empty()).then(|| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_called_as_its_repository() {
        let check = |location: &str, expect: Option<&str>| {
            assert_eq!(repository(location).as_deref(), expect, "{location}");
        };
        check("https://example.org/owner/name.git", Some("example.org/owner/name"));
        check("https://Example.org/Owner/Name", Some("example.org/Owner/Name"));
        check("https://user:secret@example.org:8443/a/b/c.git/", Some("example.org/a/b/c"));
        check("ssh://git@example.org/owner/name.git", Some("example.org/owner/name"));
        check("git@example.org:owner/name.git", Some("example.org/owner/name"));
        check("/srv/git/name", None);
        check("../name", None);
        check("file:///srv/git/name", None);
        check("https://example.org", None);
        check("", None);
    }

    #[test]
    fn what_is_no_lock_file_is_not_read() {
        let check = |text: &str, expect: Option<usize>| {
            assert_eq!(parse(b"", text.as_bytes()).map(|all| all.len()), expect, "{text}");
        };
        check("{}", None);
        check("[", None);
        check(r#"{"version": 2}"#, None);
        check(r#"{"version": 2, "pins": []}"#, Some(0));
        check(r#"{"version": 2, "pins": [7, {}, {"location": "https://a.org/b"}]}"#, Some(3));
        check(r#"{"version": 2, "pins": [{"location": "/srv/b"}, {"kind": "fileSystem"}]}"#, Some(0));
        check(
            r#"{"version": 2, "pins": [{"identity": "a.b", "kind": "registry", "location": "", "state": {"version": "1.0.0"}}]}"#,
            Some(1),
        );
        check(&"[".repeat(100_000), None);
    }
}
