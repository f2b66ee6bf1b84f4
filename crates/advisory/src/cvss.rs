//! CVSS: base scores of published vectors, and the word that stands for a score.
//!
//! Versions 3.0, 3.1 and 4.0 are scored by the `cvss` crate; version 2 here.

mod v2;

use std::fmt;

/// Which CVSS a vector is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2.0.
    V2,
    /// 3.0.
    V3_0,
    /// 3.1.
    V3_1,
    /// 4.0.
    V4,
}

/// A base score: 0.0 to 10.0, in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseScore {
    tenths: u8,
    version: Version,
}

/// The word for a score. Version 2 has no words of its own; the scale that is in use for it is
/// the one of the US National Vulnerability Database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rating {
    /// 0.0 (from version 3 on).
    None,
    /// Up to 3.9.
    Low,
    /// Up to 6.9.
    Medium,
    /// Up to 8.9; in version 2 up to 10.0.
    High,
    /// From 9.0 on; never in version 2.
    Critical,
}

impl BaseScore {
    /// The score in tenths: 98 is 9.8.
    #[must_use]
    pub const fn tenths(self) -> u8 {
        self.tenths
    }

    /// The score.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.tenths) / 10.0
    }

    /// Which CVSS it is of.
    #[must_use]
    pub const fn version(self) -> Version {
        self.version
    }

    /// The word for it.
    #[must_use]
    pub const fn rating(self) -> Rating {
        match (self.version, self.tenths) {
            (Version::V2, 0..=39) | (_, 1..=39) => Rating::Low,
            (_, 0) => Rating::None,
            (_, 40..=69) => Rating::Medium,
            (Version::V2, _) | (_, 70..=89) => Rating::High,
            (_, _) => Rating::Critical,
        }
    }

    fn new(score: f64, version: Version) -> Option<Self> {
        // Scores come rounded to tenths; this only takes the float's own error away.
        let tenths = (score * 10.0).round();
        (0.0..=100.0).contains(&tenths).then_some(Self { tenths: tenths as u8, version })
    }
}

impl fmt::Display for BaseScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.tenths / 10, self.tenths % 10)
    }
}

impl Rating {
    /// The word, lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The base score of a vector of any version. Temporal, threat, environmental and supplemental
/// metrics must be well-formed where they are there, and change nothing. `None` where the vector
/// is malformed, incomplete or of another version: unknown, which is not 0.
#[must_use]
pub fn base_score(vector: &str) -> Option<BaseScore> {
    // Longer than any vector with every metric in it.
    const MAXIMUM_LENGTH: usize = 512;
    let vector = vector.trim();
    if vector.len() > MAXIMUM_LENGTH {
        return None;
    }
    if vector.starts_with("CVSS:3.") {
        let parsed: cvss::v3::Vector = vector.parse().ok()?;
        let complete = parsed.av.is_some()
            && parsed.ac.is_some()
            && parsed.pr.is_some()
            && parsed.ui.is_some()
            && parsed.s.is_some()
            && parsed.c.is_some()
            && parsed.i.is_some()
            && parsed.a.is_some();
        let version = if vector.starts_with("CVSS:3.0/") { Version::V3_0 } else { Version::V3_1 };
        return complete
            .then(|| parsed.base_score().value())
            .and_then(|score| BaseScore::new(score, version));
    }
    if vector.starts_with("CVSS:4.") {
        // The whole of it must be well-formed; the score is that of its base metrics.
        let _: cvss::v4::Vector = vector.parse().ok()?;
        const BASE: &[&str] = &["CVSS", "AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];
        let is_base = |metric: &&str| metric.split(':').next().is_some_and(|name| BASE.contains(&name));
        let base: Vec<&str> = vector.split('/').filter(is_base).collect();
        let parsed: cvss::v4::Vector = base.join("/").parse().ok()?;
        return BaseScore::new(parsed.score().value(), Version::V4);
    }
    BaseScore::new(v2::base_score(vector)?, Version::V2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vector: &str, expect: &str) {
        let text = base_score(vector).map(|score| format!("{score} {}", score.rating()));
        assert_eq!(text.as_deref().unwrap_or("unknown"), expect, "{vector}");
    }

    #[test]
    fn version_3_1_gives_the_published_scores() {
        // CVSS 3.1 examples: Heartbleed's 7.5, Shellshock, MySQL stored SQL injection, POODLE.
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "7.5 high");
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8 critical");
        check("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "6.4 medium");
        check("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1 low");
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "6.1 medium");
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0 critical");
        check("CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "0.0 none");
    }

    #[test]
    fn version_3_0_rounds_up_as_it_did_before_3_1_changed_it() {
        check("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N", "7.4 high");
        check("CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "7.6 high");
    }

    #[test]
    fn temporal_and_environmental_metrics_leave_the_base_score() {
        check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", "9.8 critical");
        check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", "9.3 critical");
    }

    #[test]
    fn version_4_gives_the_published_scores() {
        // CVSS 4.0 examples of the specification's calculator and example documents.
        check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "10.0 critical");
        check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3 critical");
        check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "8.7 high");
        check("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "7.3 high");
        check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0 none");
    }

    #[test]
    fn version_2_gives_the_published_scores() {
        // The three examples of the version 2 guide (section 3.3).
        check("AV:N/AC:L/Au:N/C:N/I:N/A:C", "7.8 high");
        check("AV:N/AC:L/Au:N/C:C/I:C/A:C", "10.0 high");
        check("AV:L/AC:H/Au:N/C:C/I:C/A:C", "6.2 medium");
        // The one of version 2 in the OSV schema, and Heartbleed's.
        check("AV:L/AC:M/Au:N/C:N/I:P/A:C", "5.4 medium");
        check("AV:N/AC:L/Au:N/C:P/I:N/A:N", "5.0 medium");
        check("AV:N/AC:L/Au:N/C:N/I:N/A:N", "0.0 low");
        check("(AV:N/AC:L/Au:N/C:P/I:P/A:P/E:F/RL:OF/RC:C)", "7.5 high");
    }

    #[test]
    fn what_is_no_vector_has_no_score() {
        for vector in [
            "",
            "9.8",
            "high",
            "CVSS:3.1/",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
            "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N",
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:Q",
            "AV:N/AC:L/Au:N/C:P/I:N",
            "AV:N/AC:L/Au:N/C:P/I:N/A:Q",
            "AV:N/AC:L/Au:N/C:P/I:N/A:N/A:N",
        ] {
            check(vector, "unknown");
        }
    }
}
