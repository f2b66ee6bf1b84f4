//! Which module streams an erratum is about. Records of AlmaLinux and Rocky Linux have no field
//! for it; their titles tell: `Moderate: python39:3.9 and python39-devel:3.9 security update`.

use plimsoll_model::{RangeEnd, Statement};

/// The streams that the title of an erratum names, joined as a statement has them; `None` where
/// it names none, or where the record is no erratum of Red Hat's family.
pub(super) fn streams_of_title(id: &str, title: Option<&str>) -> Option<String> {
    let (prefix, _) = id.split_once('-')?;
    let is_erratum = ["AL", "RH", "RL", "RX"]
        .iter()
        .any(|vendor| prefix.strip_prefix(vendor).is_some_and(|kind| matches!(kind, "SA" | "BA" | "EA")));
    if !is_erratum {
        return None;
    }
    let mut streams: Vec<&str> = title?.split([' ', ',', '/']).filter(|word| is_stream(word)).collect();
    streams.sort_unstable();
    streams.dedup();
    (!streams.is_empty()).then(|| streams.join("|"))
}

/// `name:stream`. A severity before a title ends in its colon, and an erratum's number has digits
/// alone behind its own.
fn is_stream(word: &str) -> bool {
    let Some((name, stream)) = word.split_once(':') else { return false };
    let letters = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+'))
    };
    let is_number = ["ALSA-", "ALBA-", "ALEA-", "RHSA-", "RHBA-", "RHEA-", "RLSA-", "RLBA-", "RLEA-"]
        .iter()
        .any(|start| name.starts_with(start));
    letters(name) && letters(stream) && !is_number
}

/// Limits a statement to the streams of its erratum, where its fix is a build of a module and it
/// does not name a stream itself.
pub(super) fn limit(statement: &mut Statement, streams: &str) {
    let modular = |version: &str| version.contains(".module_") || version.contains(".module+");
    let is_modular = statement.ranges.iter().any(|range| match &range.end {
        RangeEnd::Fixed(version) | RangeEnd::LastAffected(version) => modular(version),
        RangeEnd::Open => false,
    });
    if statement.scope.kind == "rpm" && statement.module.is_none() && is_modular {
        statement.module = Some(streams.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, title: &str, expect: Option<&str>) {
        assert_eq!(streams_of_title(id, Some(title)).as_deref(), expect, "{title}");
    }

    #[test]
    fn titles_of_errata_name_their_streams() {
        check("ALSA-2023:1582", "Important: nodejs:16 security update", Some("nodejs:16"));
        check(
            "ALSA-2022:1763",
            "Moderate: python39:3.9 and python39-devel:3.9 security update",
            Some("python39-devel:3.9|python39:3.9"),
        );
        check("ALBA-2019:3480", "inkscape:0.92.3 bug fix and enhancement update", Some("inkscape:0.92.3"));
        check("ALEA-2021:4089", "pmdk:1_fileformat_v6 bug fix update", Some("pmdk:1_fileformat_v6"));
        check("ALSA-2022:5468", "ALSA-2022:5468: php:8.0 security update (Important)", Some("php:8.0"));
        check(
            "RLSA-2022:1",
            "Moderate: virt:rhel and virt-devel:rhel security update",
            Some("virt-devel:rhel|virt:rhel"),
        );
        check("ALSA-2024:1872", "Important: httpd:2.4/mod_http2 security update", Some("httpd:2.4"));
        check("ALSA-2021:1", "Important: varnish security update", None);
        check("CVE-2021-1", "Important: nodejs:16 security update", None);
        check("GHSA-a", "foo:1 bar", None);
    }
}
