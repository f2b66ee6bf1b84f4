//! The three cases of an answer, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a package has a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It has.
    Affected,
    /// It has not, and why.
    NotAffected(NotAffectedReason),
    /// Nobody can say, and why.
    Unknown(UnknownReason),
}

/// Why a package does not have a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotAffectedReason {
    /// Its version lies in none of the affected ranges.
    OutsideRanges,
    /// The publisher states that it is not affected.
    Publisher,
    /// A VEX statement that the user handed in says so.
    VexNotAffected,
    /// A VEX statement that the user handed in says that it is fixed.
    VexFixed,
    /// The user set it aside, with a reason and an end.
    Ignored,
}

/// Why nobody can say whether a package has a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownReason {
    /// The installed version is none by the rules of its ecosystem.
    VersionUnparsable,
    /// A bound of the affected range is no version by the rules of the ecosystem.
    RangeUnparsable,
    /// No order of versions is known for this kind of package.
    NoVersionOrder,
    /// The publisher has not decided yet.
    UnderInvestigation,
    /// The statement names no version and no state.
    StatementWithoutRange,
    /// The statement is limited to a module stream or a repository, and nothing says whether the
    /// package comes from there.
    LineUnknown,
}

impl NotAffectedReason {
    /// The reason, as the rest of a sentence that starts with "not affected: ".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OutsideRanges => "the version lies in no affected range",
            Self::Publisher => "the publisher says so",
            Self::VexNotAffected => "a VEX statement says so",
            Self::VexFixed => "a VEX statement says that it is fixed",
            Self::Ignored => "set aside by an ignore entry",
        }
    }
}

impl UnknownReason {
    /// The reason, as the rest of a sentence that starts with "unknown: ".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::VersionUnparsable => "the installed version is not one of its ecosystem",
            Self::RangeUnparsable => "the advisory's range names what is no version",
            Self::NoVersionOrder => "no order of versions is known for this kind of package",
            Self::UnderInvestigation => "the publisher has not decided yet",
            Self::StatementWithoutRange => "the advisory names neither versions nor a state",
            Self::LineUnknown => {
                "it holds for one module stream or repository, and nothing says which the package is of"
            }
        }
    }
}

impl Verdict {
    /// The case in one word: `affected`, `not affected`, `unknown`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected(_) => "not affected",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Affected => f.write_str(self.word()),
            Self::NotAffected(why) => write!(f, "{}: {}", self.word(), why.words()),
            Self::Unknown(why) => write!(f, "{}: {}", self.word(), why.words()),
        }
    }
}
