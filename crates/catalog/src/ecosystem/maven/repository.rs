//! Places that name what lies in them: local repositories of Maven and caches of Gradle.

use super::identity::{is_id, is_version};

/// Directories that Maven's local repositories, and Debian's, are.
const ROOTS: [&str; 3] = [".m2/repository/", "usr/share/maven-repo/", "usr/share/java/maven-repo/"];

/// Gradle's cache: `files-2.1/GROUP/ARTIFACT/VERSION/HASH/FILE`.
const GRADLE: &str = "/files-2.1/";

/// Group, artifact and version of a file, as its place has them.
pub(super) fn coordinates(path: &[u8]) -> Option<(String, String, String)> {
    let path = std::str::from_utf8(path).ok()?;
    let found = gradle(path).or_else(|| maven(path))?;
    let (group, artifact, version) = &found;
    (is_id(group) && is_id(artifact) && is_version(version)).then_some(found)
}

fn maven(path: &str) -> Option<(String, String, String)> {
    let rest = ROOTS.iter().find_map(|root| {
        let (before, rest) = path.split_once(root)?;
        (before.is_empty() || before.ends_with('/')).then_some(rest)
    })?;
    let mut parts: Vec<&str> = rest.split('/').collect();
    let (file, version, artifact) = (parts.pop()?, parts.pop()?, parts.pop()?);
    let rest = file.strip_prefix(artifact)?.strip_prefix('-')?.strip_prefix(version)?;
    (!parts.is_empty() && rest.starts_with(['.', '-']))
        .then(|| (parts.join("."), artifact.to_owned(), version.to_owned()))
}

fn gradle(path: &str) -> Option<(String, String, String)> {
    let (_, rest) = path.split_once(GRADLE)?;
    let parts: Vec<&str> = rest.split('/').collect();
    let [group, artifact, version, _, file] = parts.as_slice() else { return None };
    let named = file.strip_prefix(artifact)?.strip_prefix('-')?.starts_with(version);
    named.then(|| ((*group).to_owned(), (*artifact).to_owned(), (*version).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expect: &str) {
        let found = coordinates(path.as_bytes())
            .map(|(group, artifact, version)| [group, artifact, version].join(":"));
        assert_eq!(found.unwrap_or_default(), expect, "{path}");
    }

    #[test]
    fn a_repository_names_what_lies_in_it() {
        check(
            "root/.m2/repository/org/slf4j/slf4j-api/1.7.32/slf4j-api-1.7.32.jar",
            "org.slf4j:slf4j-api:1.7.32",
        );
        check("usr/share/maven-repo/junit/junit/4.13/junit-4.13-tests.jar", "junit:junit:4.13");
        check(
            "root/.gradle/caches/modules-2/files-2.1/org.slf4j/slf4j-api/1.7.32/cdcff33940d9f2de763bc41ea05a0be5941176c3/slf4j-api-1.7.32.jar",
            "org.slf4j:slf4j-api:1.7.32",
        );
    }

    #[test]
    fn any_other_place_names_nothing() {
        check("opt/repository/org/slf4j/slf4j-api/1.7.32/slf4j-api-1.7.32.jar", "");
        check("root/.m2/repository/org/slf4j/slf4j-api/1.7.32/other-1.7.32.jar", "");
        check("root/.m2/repository/slf4j-api/1.7.32/slf4j-api-1.7.32.jar", "");
        check("root/.m2/repository/org/a b/c/1/c-1.jar", "");
    }
}
