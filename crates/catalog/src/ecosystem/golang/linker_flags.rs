//! The version of a main module as its makers told the linker: `-X main.version=v1.2.3`.
//!
//! A build of a checkout has no version that Go knows of; most projects put theirs into a variable
//! this way, and Go records the flags. A value counts where the variable is called version, in
//! package `main` or in one of the main module, where it is a version, and where no other such
//! variable says otherwise.

use super::version;

/// The version among the linker's flags, as Go records them.
pub(super) fn version(recorded: &str, main_module: &str) -> Option<String> {
    let flags = unquote(recorded);
    let words = split_words(&flags);
    let mut found: Option<&str> = None;
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--X").or_else(|| word.strip_prefix("-X")) else { continue };
        let assignment = match flag {
            "" => words.next().unwrap_or_default(),
            other => match other.strip_prefix('=') {
                Some(assignment) => assignment,
                None => continue,
            },
        };
        let Some((variable, value)) = assignment.split_once('=') else { continue };
        if !is_of_version(variable, main_module) || !version::is_version(value) {
            continue;
        }
        let same = |other: &str| other.trim_start_matches('v') == value.trim_start_matches('v');
        if found.is_some_and(|other| !same(other)) {
            return None;
        }
        found = found.or(Some(value));
    }
    found.map(str::to_owned)
}

/// Whether a variable holds the version of the main module: `main.version`,
/// `example.org/app/internal/build.Version`.
fn is_of_version(variable: &str, main_module: &str) -> bool {
    let Some((package, name)) = variable.rsplit_once('.') else { return false };
    let inside =
        package.strip_prefix(main_module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    (package == "main" || inside)
        && ["version", "appVersion", "buildVersion"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Go quotes a setting that has blanks or quotes in it, as it quotes its own texts.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.trim_matches('`').to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

/// Words between blanks; one that begins with a quote ends with it.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            quote @ ('\'' | '"') => {
                let inner = rest.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(recorded: &str, expect: Option<&str>) {
        assert_eq!(version(recorded, "example.org/app").as_deref(), expect, "{recorded}");
    }

    #[test]
    fn a_version_that_the_linker_was_told_counts() {
        check("-X=main.version=v1.2.3", Some("v1.2.3"));
        check(r#""-s -w -X main.version=1.2.3 -X main.commit=0a1b""#, Some("1.2.3"));
        check(r#""-X 'example.org/app/internal/build.Version=2.0.0-rc.1' -w""#, Some("2.0.0-rc.1"));
        check(r#""-X \"main.buildVersion=v3.0.0\"""#, Some("v3.0.0"));
        check("\"-X main.version=v1.0.0 -X example.org/app.Version=1.0.0\"", Some("v1.0.0"));
    }

    #[test]
    fn what_is_not_its_version_does_not() {
        check("\"-s -w\"", None);
        check("-X=main.version=dev", None);
        check("-X=main.version=", None);
        check("-X=main.goVersion=1.22.1", None);
        check("-X=k8s.io/component-base/version.Version=v1.2.3", None);
        check("-X=example.org/application.Version=v1.2.3", None);
        check("\"-X main.version=v1.0.0 -X example.org/app.Version=v2.0.0\"", None);
        check("\"-X", None);
        check("-X", None);
    }
}
