//! One statement, one version: affected, not affected, or unknown.

use std::cmp::Ordering;

use plimsoll_catalog::order_versions;
use plimsoll_model::{FixState, NotAffectedReason, PackageType, UnknownReason, Verdict};

use crate::database::{RowEnd, RowRange, StatementRow};

/// What a statement says of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judgement<'a> {
    pub(super) verdict: Verdict,
    /// The range that the version lies in.
    pub(super) range: Option<RowRange<'a>>,
}

/// Two versions that were compared, and what came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The installed version.
    pub installed: String,
    /// The bound of the advisory's range.
    pub bound: String,
    /// `None` where one of them is no version of its ecosystem.
    pub order: Option<Ordering>,
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = match self.order {
            Some(Ordering::Less) => "<",
            Some(Ordering::Equal) => "=",
            Some(Ordering::Greater) => ">",
            None => "cannot be compared with",
        };
        write!(f, "{} {sign} {}", self.installed, self.bound)
    }
}

/// The order of versions of one kind of package.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionOrder<'a> {
    pub(super) kind: &'a PackageType,
}

impl VersionOrder<'_> {
    /// Whether an ecosystem here knows how to order this kind's versions at all.
    pub(super) fn exists(self) -> bool {
        let ecosystems = plimsoll_catalog::ecosystem::ALL;
        ecosystems.iter().any(|ecosystem| ecosystem.package_types().contains(self.kind))
    }

    /// Compares two versions. Go writes `v1.2.3` and `go1.21`, its advisories `1.2.3`.
    pub(super) fn compare(self, left: &str, right: &str) -> Option<Ordering> {
        if self.kind.as_str() == "golang" {
            let (left, right) = (plain(left), plain(right));
            return order_versions(self.kind, left, right)
                .or_else(|| order_versions(self.kind, &format!("v{left}"), &format!("v{right}")));
        }
        order_versions(self.kind, left, right)
    }

    /// Why this version cannot be judged, if it cannot.
    pub(super) fn fault(self, version: &str) -> Option<UnknownReason> {
        if !self.exists() {
            Some(UnknownReason::NoVersionOrder)
        } else if self.compare(version, version).is_none() {
            Some(UnknownReason::VersionUnparsable)
        } else {
            None
        }
    }
}

fn plain(version: &str) -> &str {
    version.strip_prefix("go").or_else(|| version.strip_prefix('v')).unwrap_or(version)
}

/// Judges an installed version by one statement; `record` takes every comparison made.
pub(super) fn judge<'a>(
    order: VersionOrder<'_>,
    version: &str,
    row: &StatementRow<'a>,
    mut record: impl FnMut(&str, Option<Ordering>),
) -> Judgement<'a> {
    let whole = |verdict| Judgement { verdict, range: None };
    if row.ranges.is_empty() && row.versions.is_empty() {
        return whole(match row.state {
            FixState::Ranges => Verdict::Unknown(UnknownReason::StatementWithoutRange),
            state => inside(state),
        });
    }
    // A version that is named letter by letter needs no order.
    let named = row.versions.iter().any(|named| same(order, named, version));
    if named {
        record(version, Some(Ordering::Equal));
    }
    let (range, mut unknown) = enclosing(order, version, &row.ranges, &mut record);
    if named || range.is_some() {
        return Judgement { verdict: inside(row.state), range };
    }
    if unknown {
        let reason = order.fault(version).unwrap_or(UnknownReason::RangeUnparsable);
        return whole(Verdict::Unknown(reason));
    }
    // Another spelling of one of the named versions (`1.0` and `1.0.0`).
    for named in &row.versions {
        match order.compare(version, named) {
            Some(Ordering::Equal) => {
                record(named, Some(Ordering::Equal));
                return whole(inside(row.state));
            }
            Some(_) => {}
            None => unknown = true,
        }
    }
    // A named version that cannot be ordered does not matter as long as the installed one can:
    // it is not that one, in this or in any spelling.
    if unknown && let Some(reason) = order.fault(version) {
        return whole(Verdict::Unknown(reason));
    }
    whole(Verdict::NotAffected(NotAffectedReason::OutsideRanges))
}

fn same(order: VersionOrder<'_>, named: &str, version: &str) -> bool {
    named == version || (order.kind.as_str() == "golang" && plain(named) == plain(version))
}

/// What a version inside the affected ranges is.
const fn inside(state: FixState) -> Verdict {
    match state {
        FixState::Ranges | FixState::WillNotFix | FixState::NotYetFixed => Verdict::Affected,
        FixState::UnderInvestigation => Verdict::Unknown(UnknownReason::UnderInvestigation),
        FixState::NotAffected => Verdict::NotAffected(NotAffectedReason::Publisher),
    }
}

/// Of the ranges that a version lies in, the one that ends last: some publishers state a flaw's
/// fix a second time, in a later version, where the first was not enough. Also whether a bound
/// that decides could not be compared.
fn enclosing<'a>(
    order: VersionOrder<'_>,
    version: &str,
    ranges: &[RowRange<'a>],
    record: &mut impl FnMut(&str, Option<Ordering>),
) -> (Option<RowRange<'a>>, bool) {
    let mut last: Option<RowRange<'a>> = None;
    let mut unknown = false;
    for range in ranges {
        match contains(order, version, range, record) {
            Some(true) if last.is_none_or(|last| ends_later(order, range.end, last.end)) => {
                last = Some(*range);
            }
            Some(_) => {}
            None => unknown = true,
        }
    }
    (last, unknown)
}

fn ends_later(order: VersionOrder<'_>, end: RowEnd<'_>, than: RowEnd<'_>) -> bool {
    let version = |end| match end {
        RowEnd::Fixed(version) | RowEnd::LastAffected(version) => Some(version),
        RowEnd::Open => None,
    };
    match (version(end), version(than)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(end), Some(than)) => order.compare(end, than).is_some_and(Ordering::is_gt),
    }
}

/// Whether a version lies in a range; `None` where a bound that decides cannot be compared.
fn contains(
    order: VersionOrder<'_>,
    version: &str,
    range: &RowRange<'_>,
    record: &mut impl FnMut(&str, Option<Ordering>),
) -> Option<bool> {
    let mut compare = |bound: &str| {
        let outcome = order.compare(version, bound);
        record(bound, outcome);
        outcome
    };
    let before_end = match range.end {
        RowEnd::Fixed(fixed) => compare(fixed).map(Ordering::is_lt),
        RowEnd::LastAffected(last) => compare(last).map(Ordering::is_le),
        RowEnd::Open => Some(true),
    };
    if before_end == Some(false) {
        return Some(false);
    }
    // OSV writes 0 for the very first version, which some orders would not take for one.
    let after_start = match range.introduced {
        None | Some("0") => Some(true),
        Some(introduced) => compare(introduced).map(Ordering::is_ge),
    };
    match (after_start, before_end) {
        (Some(false), _) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// A range in words: `< 1.2`, `>= 1.0, <= 1.4`, `every version`.
pub(super) fn range_words(range: &RowRange<'_>) -> String {
    let start = match range.introduced {
        None | Some("0") => None,
        Some(version) => Some(format!(">= {version}")),
    };
    let end = match range.end {
        RowEnd::Fixed(version) => Some(format!("< {version}")),
        RowEnd::LastAffected(version) => Some(format!("<= {version}")),
        RowEnd::Open => None,
    };
    match (start, end) {
        (Some(start), Some(end)) => format!("{start}, {end}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "every version".to_owned(),
    }
}

/// All that a statement says about versions, in words.
pub(super) fn statement_words(row: &StatementRow<'_>) -> String {
    /// More than this many ranges or versions are counted rather than told.
    const TOLD: usize = 8;
    let mut parts: Vec<String> = row.ranges.iter().take(TOLD).map(range_words).collect();
    if row.ranges.len() > TOLD {
        parts.push(format!("{} more ranges", row.ranges.len() - TOLD));
    }
    if row.ranges.is_empty() {
        parts.extend(row.versions.iter().take(TOLD).map(|version| format!("= {version}")));
        if row.versions.len() > TOLD {
            parts.push(format!("{} more versions", row.versions.len() - TOLD));
        }
    }
    if parts.is_empty() { "every version".to_owned() } else { parts.join(" or ") }
}
