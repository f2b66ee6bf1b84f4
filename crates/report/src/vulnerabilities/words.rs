//! Facts of a finding as text, shared by all formats.

use plimsoll_model::{ExploitProbability, Finding, FixState, KnownExploited, SeverityLevel, Verdict};

/// What the publishers do about a flaw in an installed package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy<'a> {
    /// This version has it no more.
    Fixed(&'a str),
    /// No fixed version is out.
    NotYet,
    /// No version will be fixed.
    WillNotFix,
}

impl<'a> Remedy<'a> {
    /// What is done about a finding; `None` where the package is not known to be affected and no
    /// fixed version is named either.
    #[must_use]
    pub fn of(finding: &'a Finding) -> Option<Self> {
        if let Some(version) = &finding.fixed_version {
            return Some(Self::Fixed(version));
        }
        if finding.verdict != Verdict::Affected {
            return None;
        }
        let affected = finding.sources.iter().filter(|source| source.verdict == Verdict::Affected);
        let mut states = affected.map(|source| source.state);
        Some(if states.any(|state| state == FixState::WillNotFix) { Self::WillNotFix } else { Self::NotYet })
    }

    /// The word that formats for programs use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fixed(_) => "fixed",
            Self::NotYet => "not-yet",
            Self::WillNotFix => "wont-fix",
        }
    }

    /// What a column "Fixed in" says.
    pub(crate) const fn text(self) -> &'a str {
        match self {
            Self::Fixed(version) => version,
            Self::NotYet => "not yet",
            Self::WillNotFix => "won't fix",
        }
    }

    /// What to do about it, in one sentence.
    pub(crate) fn advice(self, package: &str) -> String {
        match self {
            Self::Fixed(version) => format!("Upgrade {package} to {version}."),
            Self::NotYet => format!("No fixed version of {package} is out yet."),
            Self::WillNotFix => format!("The publisher will not fix {package}."),
        }
    }
}

/// The case of a verdict in one word for programs: `affected`, `not-affected`, `unknown`.
pub(crate) const fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Affected => "affected",
        Verdict::NotAffected(_) => "not-affected",
        Verdict::Unknown(_) => "unknown",
    }
}

/// Why, in words, and who says so; nothing where a package is affected.
pub(crate) fn reason(finding: &Finding) -> Option<String> {
    let words = match finding.verdict {
        Verdict::Affected => return None,
        Verdict::NotAffected(reason) => reason.words(),
        Verdict::Unknown(reason) => reason.words(),
    };
    Some(match &finding.lifted_by {
        Some(who) => format!("{words} ({who})"),
        None => words.to_owned(),
    })
}

/// A probability as people read it: `97.23%`.
pub(crate) fn percent(probability: ExploitProbability) -> String {
    let hundredths = (probability.score + 5) / 10;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Hundred-thousandths as the decimal fraction that EPSS publishes: `0.97234`.
pub(crate) fn fraction(hundred_thousandths: u32) -> String {
    format!("{}.{:05}", hundred_thousandths / 100_000, hundred_thousandths % 100_000)
}

/// What a column "KEV" says: the day it was listed, and whether ransomware uses it.
pub(crate) fn exploited(entry: &KnownExploited) -> String {
    let since = entry.added.as_deref().unwrap_or("yes");
    if entry.ransomware == Some(true) { format!("{since} ransomware") } else { since.to_owned() }
}

/// A score for formats that know severity by number alone. The CVSS score where it falls into the
/// level that was decided on, else the middle of that level: what a distribution calls low
/// must not be sorted as critical. `None` where nobody says how bad it is: 0.0 would read as harmless.
pub(crate) fn security_severity(finding: &Finding) -> Option<String> {
    let fits = |score: &plimsoll_model::CvssScore| {
        finding.severity == SeverityLevel::Unknown || SeverityLevel::from_score(*score) == finding.severity
    };
    if let Some(score) = finding.cvss.filter(fits) {
        return Some(score.to_string());
    }
    let middle = match finding.severity {
        SeverityLevel::Critical => "9.5",
        SeverityLevel::High => "8.0",
        SeverityLevel::Medium => "5.5",
        SeverityLevel::Low => "2.0",
        SeverityLevel::Negligible => "0.0",
        SeverityLevel::Unknown => return None,
    };
    Some(middle.to_owned())
}

/// Where to read about an id, for the kinds of id that have one home for all.
pub(crate) fn address(id: &str) -> Option<String> {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let home = match id.split_once('-')?.0 {
        "CVE" => "https://www.cve.org/CVERecord?id=",
        "GHSA" => "https://github.com/advisories/",
        _ => return None,
    };
    plain.then(|| format!("{home}{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_keep_their_digits() {
        let check = |score, text: &str, decimal: &str| {
            assert_eq!(percent(ExploitProbability { score, percentile: 0 }), text);
            assert_eq!(fraction(score), decimal);
        };
        check(97_234, "97.23%", "0.97234");
        check(43, "0.04%", "0.00043");
        check(100_000, "100.00%", "1.00000");
        check(0, "0.00%", "0.00000");
    }

    #[test]
    fn only_ids_with_one_home_have_an_address() {
        assert_eq!(address("CVE-2024-1").as_deref(), Some("https://www.cve.org/CVERecord?id=CVE-2024-1"));
        assert_eq!(address("GHSA-a-b").as_deref(), Some("https://github.com/advisories/GHSA-a-b"));
        for id in ["", "CVE", "CVE-\"><script>", "DSA-5700-1", "CVE-2024-1 x"] {
            assert_eq!(address(id), None, "{id}");
        }
    }
}
