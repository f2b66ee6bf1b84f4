//! How bad a flaw is and whether it is exploited, on scales that compare.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad, on one scale for all publishers: CVSS's qualitative scale, with Debian's and
/// Ubuntu's `negligible` (also CVSS's `none`) below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeverityLevel {
    /// Nobody says.
    #[default]
    Unknown,
    /// Technically a flaw, of no consequence.
    Negligible,
    /// CVSS 0.1 to 3.9.
    Low,
    /// CVSS 4.0 to 6.9; `moderate` in some publishers' words.
    Medium,
    /// CVSS 7.0 to 8.9; `important` in some publishers' words.
    High,
    /// CVSS 9.0 and above.
    Critical,
}

impl SeverityLevel {
    /// Every level, the mildest first.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::Negligible, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its word, lower case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level that a publisher's word stands for; `None` for words of no known scale. Red
    /// Hat's family says important and moderate; Debian's urgencies may end in asterisks;
    /// `unimportant` and `not yet assigned` are Debian's.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().trim_end_matches('*').to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" | "important" => Self::High,
            "medium" | "moderate" => Self::Medium,
            "low" => Self::Low,
            "negligible" | "unimportant" | "none" | "minor" => Self::Negligible,
            _ => return None,
        })
    }

    /// The level of a CVSS base score, by CVSS's qualitative scale.
    #[must_use]
    pub const fn from_score(score: CvssScore) -> Self {
        match score.0 {
            0 => Self::Negligible,
            1..40 => Self::Low,
            40..70 => Self::Medium,
            70..90 => Self::High,
            _ => Self::Critical,
        }
    }
}

impl fmt::Display for SeverityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A CVSS base score in tenths: 98 is 9.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CvssScore(pub u8);

impl fmt::Display for CvssScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.0 / 10, self.0 % 10))
    }
}

/// How likely a flaw is to be exploited in the next thirty days, as EPSS estimates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExploitProbability {
    /// The estimate, in hundred-thousandths: EPSS publishes five decimals.
    pub score: u32,
    /// Share of all flaws with this estimate or a lower one, in hundred-thousandths.
    pub percentile: u32,
}

/// What CISA's catalogue of exploited flaws says about one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownExploited {
    /// The day it was listed (`2021-12-10`).
    pub added: Option<String>,
    /// The day by which agencies of the United States must act.
    pub due: Option<String>,
    /// Whether ransomware is known to use it; `None` where the catalogue does not say.
    pub ransomware: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expect: Option<SeverityLevel>) {
        assert_eq!(SeverityLevel::from_word(word), expect, "{word}");
    }

    #[test]
    fn publishers_words_fall_on_one_scale() {
        check("Important", Some(SeverityLevel::High));
        check("moderate", Some(SeverityLevel::Medium));
        check("high**", Some(SeverityLevel::High));
        check("unimportant", Some(SeverityLevel::Negligible));
        check("not yet assigned", None);
        check("", None);
    }

    #[test]
    fn scores_fall_on_the_scale_of_cvss() {
        for (tenths, level, words) in [
            (0, SeverityLevel::Negligible, "0.0"),
            (39, SeverityLevel::Low, "3.9"),
            (40, SeverityLevel::Medium, "4.0"),
            (70, SeverityLevel::High, "7.0"),
            (100, SeverityLevel::Critical, "10.0"),
        ] {
            assert_eq!(SeverityLevel::from_score(CvssScore(tenths)), level);
            assert_eq!(CvssScore(tenths).to_string(), words);
        }
    }
}
