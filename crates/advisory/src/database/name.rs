//! Names that are spelled differently and mean the same package.

use std::borrow::Cow;

/// The form that all spellings of a package's name share, by the rules of its kind:
///
/// * `pypi`: PEP 503 (lower case, runs of `-`, `_` and `.` are one `-`);
/// * `nuget`, `composer`, `hex`, `pub`: their registries do not tell case apart;
/// * `cargo`: the registry refuses names that differ only in case, `-` and `_`;
/// * `golang`: package URLs are lower case and advisories are not, and no two public modules
///   differ in case only;
/// * every other kind: as written.
#[must_use]
pub fn normal_name<'a>(kind: &str, name: &'a str) -> Cow<'a, str> {
    let lower = || {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        }
    };
    match kind {
        "pypi" => {
            let mut normal = String::with_capacity(name.len());
            for letter in name.chars() {
                if matches!(letter, '-' | '_' | '.') {
                    if !normal.ends_with('-') {
                        normal.push('-');
                    }
                } else {
                    normal.push(letter.to_ascii_lowercase());
                }
            }
            Cow::Owned(normal)
        }
        "cargo" => Cow::Owned(lower().replace('_', "-")),
        "nuget" | "composer" | "hex" | "pub" | "golang" => lower(),
        _ => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, name: &str, expect: &str) {
        assert_eq!(normal_name(kind, name), expect, "{kind} {name}");
    }

    #[test]
    fn spellings_of_one_name_meet() {
        check("pypi", "Jaraco._.Text", "jaraco-text");
        check("nuget", "Newtonsoft.Json", "newtonsoft.json");
        check("cargo", "Tokio_Util", "tokio-util");
        check("golang", "github.com/OliveTin/OliveTin", "github.com/olivetin/olivetin");
        check("npm", "@babel/Core", "@babel/Core");
        check("maven", "org.Apache:commons_io", "org.Apache:commons_io");
        check("deb", "libC_6", "libC_6");
    }
}
