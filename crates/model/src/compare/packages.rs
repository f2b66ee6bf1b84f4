//! Packages that only one image has, and packages that both have in different versions.
//!
//! What is paired with what:
//! 1. A package whose type and name occur once on each side is paired, wherever it lies.
//! 2. Where several of one name are installed side by side (npm paths, multi-arch debs,
//!    kernels), those of the same architecture and place are paired if there is one of them on
//!    each side; if there are several, those of equal version are.
//! 3. Of the rest, equal versions are paired across architectures and places.
//! 4. What is left was added or removed. Nothing is merged and nothing is guessed.
//!
//! A pair differs if its versions or its architectures do. A package that merely lies somewhere
//! else is no difference here; its files say so. What a lock file merely declares takes no part.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Change, VersionOrder};
use crate::analysis::Analysis;
use crate::package::Package;

/// One package that differs: positions in the packages of both analyses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageChange {
    /// How it differs.
    pub change: Change,
    /// Where it is in the packages before.
    pub before: Option<u32>,
    /// Where it is in the packages after.
    pub after: Option<u32>,
}

impl PackageChange {
    /// The package before and the package after.
    #[must_use]
    pub fn sides<'a>(
        &self,
        before: &'a Analysis,
        after: &'a Analysis,
    ) -> (Option<&'a Package>, Option<&'a Package>) {
        let get = |analysis: &'a Analysis, position: Option<u32>| {
            position.and_then(|position| analysis.packages.get(position as usize))
        };
        (get(before, self.before), get(after, self.after))
    }
}

/// How many packages differ in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PackageTotals {
    /// Only before.
    pub removed: u64,
    /// Only after.
    pub added: u64,
    /// Newer after.
    pub upgraded: u64,
    /// Older after.
    pub downgraded: u64,
    /// Different, in no known order.
    pub changed: u64,
}

impl PackageTotals {
    /// Counts some changes.
    #[must_use]
    pub fn of(changes: &[PackageChange]) -> Self {
        let mut totals = Self::default();
        for change in changes {
            *match change.change {
                Change::Removed => &mut totals.removed,
                Change::Added => &mut totals.added,
                Change::Upgraded => &mut totals.upgraded,
                Change::Downgraded => &mut totals.downgraded,
                Change::Changed => &mut totals.changed,
            } += 1;
        }
        totals
    }

    /// The count of one kind of change.
    #[must_use]
    pub const fn get(&self, change: Change) -> u64 {
        match change {
            Change::Removed => self.removed,
            Change::Added => self.added,
            Change::Upgraded => self.upgraded,
            Change::Downgraded => self.downgraded,
            Change::Changed => self.changed,
        }
    }
}

/// A package and its position in its analysis.
type Placed<'a> = (u32, &'a Package);

/// The installed packages of an analysis, ordered by type and name, then architecture, place and
/// version. An analysis lists them nearly so; an SBOM's order is anybody's guess.
pub(super) fn installed(analysis: &Analysis) -> Vec<Placed<'_>> {
    let mut placed: Vec<Placed<'_>> =
        (0_u32..).zip(&analysis.packages).filter(|(_, package)| !package.declared).collect();
    placed.sort_by(|(_, left), (_, right)| {
        by_name(left, right)
            .then_with(|| place_key(left).cmp(&place_key(right)))
            .then_with(|| left.version.cmp(&right.version))
    });
    placed
}

pub(super) fn by_name(left: &Package, right: &Package) -> Ordering {
    left.kind.cmp(&right.kind).then_with(|| left.name.cmp(&right.name))
}

/// What tells packages of one name apart that are installed side by side.
pub(super) fn place_key(package: &Package) -> (Option<&str>, Option<&[u8]>) {
    (package.arch.as_deref(), package.place.as_ref().map(crate::path::TreePath::as_bytes))
}

/// Splits the run of leading items that belong with the first off the front.
fn split_run<T>(items: &[T], same: impl Fn(&T, &T) -> bool) -> (&[T], &[T]) {
    match items.first() {
        Some(first) => items.split_at(items.partition_point(|item| same(first, item))),
        None => (items, items),
    }
}

pub(super) fn compare(before: &Analysis, after: &Analysis, order: VersionOrder<'_>) -> Vec<PackageChange> {
    let (left, right) = (installed(before), installed(after));
    let mut pairs = Pairs { order, found: Vec::new() };
    let (mut left, mut right) = (left.as_slice(), right.as_slice());
    while let Some(first) = smaller(left.first(), right.first()) {
        let named = |item: &Placed<'_>| by_name(item.1, first).is_eq();
        let (ours, left_rest) = left.split_at(left.partition_point(|item| named(item)));
        let (theirs, right_rest) = right.split_at(right.partition_point(|item| named(item)));
        pairs.pair_one_name(ours, theirs);
        (left, right) = (left_rest, right_rest);
    }
    let mut found = pairs.found;
    found.sort_by(|left, right| listing(left).cmp(&listing(right)));
    found
        .into_iter()
        .map(|(change, before, after)| PackageChange {
            change,
            before: before.map(|(position, _)| position),
            after: after.map(|(position, _)| position),
        })
        .collect()
}

fn smaller<'a>(left: Option<&Placed<'a>>, right: Option<&Placed<'a>>) -> Option<&'a Package> {
    match (left, right) {
        (Some((_, left)), Some((_, right))) => Some(if by_name(left, right).is_gt() { right } else { left }),
        (left, right) => left.or(right).map(|(_, package)| *package),
    }
}

type Found<'a> = (Change, Option<Placed<'a>>, Option<Placed<'a>>);

/// The order of rows: by name, as people look for packages, then by all that can differ.
fn listing<'a>(found: &Found<'a>) -> impl Ord + use<'a> {
    let key = |side: Option<Placed<'a>>| {
        side.map(|(position, package)| (place_key(package), package.version.as_str(), position))
    };
    let any = found.1.or(found.2).map(|(_, package)| (package.name.as_str(), package.kind.as_str()));
    let (before, after) = (key(found.1), key(found.2));
    (any, before.or(after), after)
}

struct Pairs<'a, 'o> {
    order: VersionOrder<'o>,
    found: Vec<Found<'a>>,
}

impl<'a> Pairs<'a, '_> {
    /// Pairs the packages of one type and name, each side ordered by architecture, place and
    /// version.
    fn pair_one_name(&mut self, left: &[Placed<'a>], right: &[Placed<'a>]) {
        if let ([before], [after]) = (left, right) {
            self.pair(*before, *after);
            return;
        }
        let (mut lonely_left, mut lonely_right) = (Vec::new(), Vec::new());
        join(
            left,
            right,
            |(_, left), (_, right)| place_key(left).cmp(&place_key(right)),
            |ours, theirs| {
                if let ([before], [after]) = (ours, theirs) {
                    self.pair(*before, *after);
                    return;
                }
                join(ours, theirs, by_version, |ours, theirs| {
                    self.zip(ours, theirs, &mut lonely_left, &mut lonely_right);
                });
            },
        );
        lonely_left.sort_by(by_version);
        lonely_right.sort_by(by_version);
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        join(&lonely_left, &lonely_right, by_version, |ours, theirs| {
            self.zip(ours, theirs, &mut removed, &mut added);
        });
        self.found.extend(removed.into_iter().map(|side| (Change::Removed, Some(side), None)));
        self.found.extend(added.into_iter().map(|side| (Change::Added, None, Some(side))));
    }

    /// Pairs first with first, second with second; hands back what has no partner.
    fn zip(
        &mut self,
        left: &[Placed<'a>],
        right: &[Placed<'a>],
        lonely_left: &mut Vec<Placed<'a>>,
        lonely_right: &mut Vec<Placed<'a>>,
    ) {
        for (before, after) in left.iter().zip(right) {
            self.pair(*before, *after);
        }
        lonely_left.extend(left.iter().skip(right.len()));
        lonely_right.extend(right.iter().skip(left.len()));
    }

    fn pair(&mut self, before: Placed<'a>, after: Placed<'a>) {
        let (left, right) = (before.1, after.1);
        let change = if left.version != right.version {
            match (self.order)(&left.kind, &left.version, &right.version) {
                Some(Ordering::Less) => Change::Upgraded,
                Some(Ordering::Greater) => Change::Downgraded,
                Some(Ordering::Equal) | None => Change::Changed,
            }
        } else if left.arch != right.arch {
            Change::Changed
        } else {
            return;
        };
        self.found.push((change, Some(before), Some(after)));
    }
}

fn by_version(left: &Placed<'_>, right: &Placed<'_>) -> Ordering {
    left.1.version.cmp(&right.1.version)
}

/// Walks two ordered lists run by run: `each` gets the run of either side that compares equal,
/// one of them empty where a key occurs on one side only.
fn join<T>(
    mut left: &[T],
    mut right: &[T],
    order: impl Fn(&T, &T) -> Ordering,
    mut each: impl FnMut(&[T], &[T]),
) {
    while !left.is_empty() || !right.is_empty() {
        let side = match (left.first(), right.first()) {
            (Some(ours), Some(theirs)) => order(ours, theirs),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let same = |first: &T, item: &T| order(first, item).is_eq();
        let (ours, left_rest) = if side.is_le() { split_run(left, same) } else { (&[][..], left) };
        let (theirs, right_rest) = if side.is_ge() { split_run(right, same) } else { (&[][..], right) };
        each(ours, theirs);
        (left, right) = (left_rest, right_rest);
    }
}

/// A version without rpm's epoch, which rpm itself leaves out of every name it prints.
#[must_use]
pub fn without_epoch(package: &Package) -> &str {
    if package.kind.as_str() != "rpm" {
        return &package.version;
    }
    match package.version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => &package.version,
    }
}

/// A version with the architecture that it is for.
pub(super) fn with_arch(package: &Package) -> String {
    let arch = package.arch.as_deref().unwrap_or("no architecture");
    format!("{} ({arch})", without_epoch(package))
}

/// The two versions of a row as people read them; `None` for the side that has no such package.
/// An rpm epoch is left out unless it is all that differs; the architecture is added where the
/// versions are equal and it is what differs.
#[must_use]
pub fn display_versions<'a>(
    before: Option<&'a Package>,
    after: Option<&'a Package>,
) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
    let (Some(left), Some(right)) = (before, after) else {
        let text = |side: Option<&'a Package>| side.map(|package| without_epoch(package).into());
        return (text(before), text(after));
    };
    if left.version == right.version && left.arch != right.arch {
        return (Some(with_arch(left).into()), Some(with_arch(right).into()));
    }
    let (short_left, short_right) = (without_epoch(left), without_epoch(right));
    if short_left == short_right {
        (Some(left.version.as_str().into()), Some(right.version.as_str().into()))
    } else {
        (Some(short_left.into()), Some(short_right.into()))
    }
}
