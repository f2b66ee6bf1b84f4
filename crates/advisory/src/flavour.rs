//! Builds of one package in several flavours, whose versions do not compare.

/// The flavour that a version was built for, or that a class of repositories holds; `None` for
/// the ordinary one.
///
/// Oracle builds libraries for Ksplice (`.ksplice1.` in the version) and validated for FIPS
/// (`_fips` at its end), Ubuntu for FIPS (`+Fips1`). A fix in one flavour says nothing of another.
/// The same rule decides for versions in advisories and for installed ones. It is how Trivy tells
/// flavours apart (`PackageFlavor` in trivy-db); Grype's data leaves Ksplice rows out altogether.
#[must_use]
pub(crate) fn flavour(text: &str) -> Option<&'static str> {
    let is = |part: &[u8], word: &[u8]| {
        part.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()).find_map(|part| {
        if is(part, b"ksplice") {
            Some("ksplice")
        } else if is(part, b"fips") {
            Some("fips")
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, expect: Option<&str>) {
        assert_eq!(flavour(version), expect, "{version}");
    }

    #[test]
    fn flavours_are_told_by_the_version() {
        check("2.17-326.0.5.el7_9", None);
        check("2:2.17-326.0.5.ksplice1.el7_9", Some("ksplice"));
        check("2:1.1.1k-12.ksplice1.el8_9", Some("ksplice"));
        check("10:3.6.16-4.0.1.el8_fips", Some("fips"));
        check("10:3.6.16-4.0.1.el8_FIPS", Some("fips"));
        check("3.0.2-0ubuntu1.10+Fips1", Some("fips"));
        check("4.14.35-2047.510.5.5.el7uek", None);
        check("", None);
    }

    #[test]
    fn classes_of_repositories_name_flavours_too() {
        check("fips-updates", Some("fips"));
        check("ksplice", Some("ksplice"));
        check("esm-infra", None);
    }
}
