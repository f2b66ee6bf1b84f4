//! What the name of an archive says: `artifact-version-classifier.jar`, as Maven's repositories
//! have it.

/// Words that come after a number and belong to a version.
const QUALIFIERS: &[&str] = &[
    "alpha",
    "a",
    "beta",
    "b",
    "milestone",
    "m",
    "rc",
    "cr",
    "snapshot",
    "ga",
    "final",
    "release",
    "sp",
    "pre",
    "preview",
    "ea",
    "dev",
    "build",
    "jre",
    "android",
    "incubating",
    "hotfix",
    "patch",
    "rev",
    "r",
];

/// Words that tell what an archive holds or where it runs, not of which version it is.
const CLASSIFIERS: &[&str] = &[
    "aarch64",
    "aarch_64",
    "all",
    "amd64",
    "arm64",
    "boot",
    "bundle",
    "client",
    "deps",
    "dist",
    "exec",
    "fat",
    "javadoc",
    "linux",
    "mac",
    "macos",
    "natives",
    "nodeps",
    "noarch",
    "osx",
    "plain",
    "runner",
    "runtime",
    "shaded",
    "sources",
    "standalone",
    "tests",
    "test",
    "uber",
    "win32",
    "win64",
    "windows",
    "with",
    "dependencies",
    "jar",
    "x64",
    "x86",
    "x86_32",
    "x86_64",
    "jdk",
    "java",
];

/// The parts of a name without its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) artifact: &'a str,
    pub(super) version: Option<&'a str>,
    pub(super) classifier: Option<&'a str>,
}

/// A word between hyphens, with its place in the name.
#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    start: usize,
    text: &'a str,
}

impl Word<'_> {
    /// `1.2.3`, `2.0.46.Final`, but not `3.x`, which means several versions.
    fn is_number(self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_digit())
            && self.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+~".contains(&byte))
            && !self.text.split('.').any(|part| part.eq_ignore_ascii_case("x"))
    }

    /// The word without the digits at its end: `rc1`.
    fn stem(self) -> String {
        self.text.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_ascii_lowercase()
    }

    fn is_qualifier(self) -> bool {
        QUALIFIERS.contains(&self.stem().as_str())
    }

    fn is_classifier(self) -> bool {
        let lower = self.text.to_ascii_lowercase();
        CLASSIFIERS.contains(&lower.as_str()) || matches!(self.stem().as_str(), "jdk" | "java")
    }
}

/// Takes a name apart. The version begins at the last word that starts with a digit, or at one
/// before it with nothing but digits and qualifiers between; what follows must be known words, or
/// there is no version: `log4j-1.2-api` is an artifact.
pub(super) fn split(name: &str) -> Parts<'_> {
    let none = Parts { artifact: name, version: None, classifier: None };
    let mut words = Vec::new();
    let mut start = 0;
    for text in name.split('-') {
        words.push(Word { start, text });
        start += text.len() + 1;
    }
    let Some(last) = words.iter().rposition(|word| word.is_number()).filter(|at| *at > 0) else {
        return none;
    };
    let mut first = last;
    while let Some(before) = (1..first).rev().find(|at| words.get(*at).is_some_and(|word| word.is_number())) {
        let between = words.get(before + 1..first).unwrap_or_default();
        if !between.iter().all(|word| word.is_qualifier()) {
            break;
        }
        first = before;
    }
    let after = words.get(last + 1..).unwrap_or_default();
    let end = after.iter().take_while(|word| word.is_qualifier()).count();
    let classifier = after.get(end..).unwrap_or_default();
    if !classifier.iter().all(|word| word.is_classifier()) {
        return none;
    }
    let at = |index: usize| words.get(index).map_or(name.len(), |word| word.start);
    let version = name.get(at(first)..).unwrap_or_default();
    let (version, classifier) = match classifier.first() {
        Some(word) => {
            let end = word.start - at(first);
            (version.get(..end.saturating_sub(1)), version.get(end..))
        }
        None => (Some(version), None),
    };
    let artifact = name.get(..at(first).saturating_sub(1)).unwrap_or_default();
    if artifact.is_empty() { none } else { Parts { artifact, version, classifier } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, artifact: &str, version: &str, classifier: &str) {
        let parts = split(name);
        let found = (parts.artifact, parts.version.unwrap_or(""), parts.classifier.unwrap_or(""));
        assert_eq!(found, (artifact, version, classifier), "{name}");
    }

    #[test]
    fn a_name_is_artifact_version_and_classifier() {
        check("commons-lang3-3.12.0", "commons-lang3", "3.12.0", "");
        check("guava-31.1-jre", "guava", "31.1-jre", "");
        check("selenium-server-standalone-3.141.59", "selenium-server-standalone", "3.141.59", "");
        check("jackson-module-scala_2.13-2.15.0", "jackson-module-scala_2.13", "2.15.0", "");
        check("jetty-http-9.4.12.v20180830", "jetty-http", "9.4.12.v20180830", "");
        check("netty-tcnative-2.0.46.Final-linux-x86_64", "netty-tcnative", "2.0.46.Final", "linux-x86_64");
        check("tabula-1.0.5-jar-with-dependencies", "tabula", "1.0.5", "jar-with-dependencies");
        check("guava-31.1-jre-sources", "guava", "31.1-jre", "sources");
        check("a-1.0-20240203.123456-7", "a", "1.0-20240203.123456-7", "");
        check("a-1.0-beta-2-SNAPSHOT", "a", "1.0-beta-2-SNAPSHOT", "");
        check("jsr305-0.1~+svn49", "jsr305", "0.1~+svn49", "");
        check("json-lib-2.4-jdk15", "json-lib", "2.4", "jdk15");
    }

    #[test]
    fn a_number_in_a_name_is_no_version() {
        for name in ["log4j-1.2-api", "guava", "spring3-aop-3.x", "1.0", "-1.0", "", "-", "geronimo-3.0-spec"]
        {
            check(name, name, "", "");
        }
        check("log4j-1.2-api-2.19.0", "log4j-1.2-api", "2.19.0", "");
    }
}
