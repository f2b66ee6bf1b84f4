//! Events along the versions of a package, and the affected ranges that they come to by the
//! evaluation algorithm of the OSV schema.

use std::cmp::Ordering;

use plimsoll_catalog::order_versions;
use plimsoll_model::{PackageType, RangeEnd, VersionRange};

use super::record::Event;
use super::semver;

/// How many events one range may have. Real ranges have up to about sixty; sorting more than
/// this by insertion would take noticeable time for each of a hostile file's ranges.
const MAXIMUM_EVENTS: usize = 4_096;

/// The order of the versions of one range.
pub(super) enum Order {
    /// SemVer's, whatever the ecosystem.
    Semantic,
    /// The ecosystem's own.
    Of(PackageType),
}

impl Order {
    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        if left == right {
            return Some(Ordering::Equal);
        }
        match self {
            Self::Semantic => semver::order(left, right),
            Self::Of(kind) => order_versions(kind, left, right),
        }
    }

    /// Whether nothing comes before a version.
    fn is_first(&self, version: &str) -> bool {
        match self {
            Self::Semantic => semver::is_first(version),
            Self::Of(_) => version == "0",
        }
    }
}

/// What the events of one range come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// What is affected.
    pub(super) ranges: Vec<VersionRange>,
    /// Whether the publisher says that nothing ever was: fixed before the first version.
    pub(super) never: bool,
    /// Why this may not be what the publisher means, in words that follow "the events of PACKAGE".
    pub(super) doubt: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Introduced(&'a str),
    Fixed(&'a str),
    LastAffected(&'a str),
}

impl<'a> Step<'a> {
    fn version(self) -> &'a str {
        match self {
            Self::Introduced(version) | Self::Fixed(version) | Self::LastAffected(version) => version,
        }
    }
}

/// Turns events into ranges.
///
/// Where the list is one of pairs, each beginning with its end, each pair is a range, and a
/// version in any of them is affected. That is the schema's algorithm wherever pairs are apart.
/// Where they touch or overlap (`introduced 3.2.0, fixed 3.2.2, introduced 3.1.1, fixed 3.2.0`:
/// PYSEC-2023-72, and two more of PyPA's), the algorithm loses versions that the publisher lists
/// as affected, and this does not. Every other list is sorted and swept as the algorithm says;
/// two events at the same version keep the order that the publisher has them in.
pub(super) fn evaluate(events: &[Event], order: &Order) -> Outcome {
    if events.len() > MAXIMUM_EVENTS {
        let doubt = Some("are more than any real range has, so they are left out");
        return Outcome { doubt, ..Outcome::default() };
    }
    let mut doubt = None;
    let mut steps = Vec::with_capacity(events.len());
    let mut limits = Vec::new();
    for event in events {
        let before = steps.len() + limits.len();
        steps.extend(event.introduced.as_deref().map(Step::Introduced));
        steps.extend(event.fixed.as_deref().map(Step::Fixed));
        steps.extend(event.last_affected.as_deref().map(Step::LastAffected));
        limits.extend(event.limit.as_deref());
        match steps.len() + limits.len() - before {
            0 => doubt = Some("have one that says nothing"),
            1 => {}
            _ => doubt = Some("have one that says several things at once, taken one after the other"),
        }
    }
    let mut outcome = if are_pairs(&steps, order) {
        sweep(&steps, order)
    } else {
        match sort(&steps, order) {
            Some(sorted) => sweep(&sorted, order),
            None => {
                doubt = Some("have versions that nobody here can order, so they are taken as listed");
                sweep(&steps, order)
            }
        }
    };
    if !limits.is_empty() && !limits.contains(&"*") {
        cut(&mut outcome.ranges, &limits, order, &mut doubt);
    }
    if !steps.iter().any(|step| matches!(step, Step::Introduced(_))) {
        doubt = doubt.or(Some("never say where it was introduced"));
    }
    outcome.doubt = doubt;
    outcome
}

/// Whether steps begin, end, begin, end, and no end comes before its beginning, as far as there
/// is an order.
fn are_pairs(steps: &[Step<'_>], order: &Order) -> bool {
    steps.chunks(2).all(|pair| match pair {
        [Step::Introduced(_)] => true,
        [Step::Introduced(_), Step::Introduced(_)] => false,
        [Step::Introduced(introduced), end] => {
            order.is_first(introduced)
                || !order.compare(end.version(), introduced).is_some_and(Ordering::is_lt)
        }
        _ => false,
    })
}

/// Sorts steps by their versions; `None` where two of them have no order.
fn sort<'a>(steps: &[Step<'a>], order: &Order) -> Option<Vec<Step<'a>>> {
    let compare = |left: Step<'a>, right: Step<'a>| {
        let first = |step: Step<'a>| matches!(step, Step::Introduced(version) if order.is_first(version));
        match (first(left), first(right)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => order.compare(left.version(), right.version()),
        }
    };
    let mut sorted: Vec<Step<'a>> = Vec::with_capacity(steps.len());
    for step in steps {
        // By hand, since the library's sorts may panic where an order is not total, and versions
        // come from anybody.
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match compare(*step, *sorted.get(middle)?)? {
                Ordering::Less => high = middle,
                Ordering::Equal | Ordering::Greater => low = middle + 1,
            }
        }
        sorted.insert(low, *step);
    }
    Some(sorted)
}

fn sweep(steps: &[Step<'_>], order: &Order) -> Outcome {
    let mut outcome = Outcome::default();
    let mut open: Option<Option<String>> = None;
    let mut close = |introduced: Option<String>, end: RangeEnd| match (&introduced, &end) {
        (None, RangeEnd::Fixed(fixed)) if fixed == "0" => outcome.never = true,
        (Some(introduced), RangeEnd::Fixed(fixed)) if introduced == fixed => {}
        _ => outcome.ranges.push(VersionRange { introduced, end }),
    };
    for step in steps {
        match step {
            Step::Introduced(version) => {
                if open.is_none() {
                    open = Some((!order.is_first(version)).then(|| (*version).to_owned()));
                }
            }
            Step::Fixed(version) => {
                if let Some(introduced) = open.take() {
                    close(introduced, RangeEnd::Fixed((*version).to_owned()));
                }
            }
            Step::LastAffected(version) => {
                if let Some(introduced) = open.take() {
                    close(introduced, RangeEnd::LastAffected((*version).to_owned()));
                }
            }
        }
    }
    if let Some(introduced) = open {
        close(introduced, RangeEnd::Open);
    }
    outcome
}

/// Cuts ranges at the highest limit: versions from there on are not what the range speaks of.
fn cut(ranges: &mut Vec<VersionRange>, limits: &[&str], order: &Order, doubt: &mut Option<&'static str>) {
    let mut highest: Option<&str> = None;
    for limit in limits {
        match highest.map(|highest| order.compare(limit, highest)) {
            None | Some(Some(Ordering::Greater)) => highest = Some(limit),
            Some(Some(_)) => {}
            Some(None) => highest = None,
        }
        if highest.is_none() {
            break;
        }
    }
    let cut_all = highest.and_then(|limit| {
        let cut = ranges.iter().map(|range| cut_one(range, limit, order)).collect::<Option<Vec<_>>>()?;
        Some(cut.into_iter().flatten().collect())
    });
    match cut_all {
        Some(cut) => *ranges = cut,
        None => *doubt = Some("have a limit that nobody here can order, so they are taken without it"),
    }
}

/// A range up to a limit: `None` where there is no order, `Some(None)` where nothing is left.
fn cut_one(range: &VersionRange, limit: &str, order: &Order) -> Option<Option<VersionRange>> {
    if let Some(introduced) = &range.introduced
        && order.compare(introduced, limit)?.is_ge()
    {
        return Some(None);
    }
    let within = match &range.end {
        RangeEnd::Fixed(version) => order.compare(version, limit)?.is_le(),
        RangeEnd::LastAffected(version) => order.compare(version, limit)?.is_lt(),
        RangeEnd::Open => false,
    };
    let end = if within { range.end.clone() } else { RangeEnd::Fixed(limit.to_owned()) };
    Some(Some(VersionRange { introduced: range.introduced.clone(), end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as `introduced 0, fixed 1.2`; ranges as `[0, 1.2)`, `[1, 2]`, `[3, ∞)`.
    fn check(order: &Order, events: &str, expect: &str) {
        let outcome = evaluate(&parse(events), order);
        let mut text: Vec<String> = outcome.ranges.iter().map(show).collect();
        if outcome.never {
            text.push("never".to_owned());
        }
        text.extend(outcome.doubt.map(|doubt| format!("but they {doubt}")));
        assert_eq!(text.join(" "), expect, "{events}");
    }

    fn parse(events: &str) -> Vec<Event> {
        let event = |text: &str| {
            let (key, version) = text.trim().split_once(' ').unwrap();
            let version = Some(version.to_owned());
            match key {
                "introduced" => Event { introduced: version, ..Event::default() },
                "fixed" => Event { fixed: version, ..Event::default() },
                "last_affected" => Event { last_affected: version, ..Event::default() },
                "limit" => Event { limit: version, ..Event::default() },
                other => panic!("no such event: {other}"),
            }
        };
        events.split(',').map(event).collect()
    }

    fn show(range: &VersionRange) -> String {
        let introduced = range.introduced.as_deref().unwrap_or("0");
        match &range.end {
            RangeEnd::Fixed(version) => format!("[{introduced}, {version})"),
            RangeEnd::LastAffected(version) => format!("[{introduced}, {version}]"),
            RangeEnd::Open => format!("[{introduced}, ∞)"),
        }
    }

    fn deb() -> Order {
        Order::Of(PackageType::from_text("deb"))
    }

    fn unordered() -> Order {
        Order::Of(PackageType::from_text("oss-fuzz"))
    }

    #[test]
    fn a_range_starts_where_it_was_introduced_and_ends_where_it_was_fixed() {
        check(&Order::Semantic, "introduced 0, fixed 1.0.2", "[0, 1.0.2)");
        check(&Order::Semantic, "introduced 0", "[0, ∞)");
        check(&Order::Semantic, "introduced 1.0.0, last_affected 2.1.0", "[1.0.0, 2.1.0]");
        check(
            &Order::Semantic,
            "introduced 1.0.0, fixed 1.0.2, introduced 3.0.0, fixed 3.2.5",
            "[1.0.0, 1.0.2) [3.0.0, 3.2.5)",
        );
        check(
            &Order::Semantic,
            "introduced 1.0.0, fixed 1.0.2, introduced 3.0.0",
            "[1.0.0, 1.0.2) [3.0.0, ∞)",
        );
    }

    #[test]
    fn events_out_of_order_are_sorted_by_the_order_of_their_ecosystem() {
        check(
            &Order::Semantic,
            "fixed 1.10.0, introduced 1.9.0, fixed 0.2.0, introduced 0",
            "[0, 0.2.0) [1.9.0, 1.10.0)",
        );
        check(&deb(), "fixed 1:1.0-1, introduced 2.0~rc1-1", "[2.0~rc1-1, 1:1.0-1)");
    }

    #[test]
    fn pairs_that_touch_or_overlap_keep_all_that_they_list() {
        check(
            &Order::Semantic,
            "introduced 3.2.0, fixed 3.2.2, introduced 3.1.1, fixed 3.2.0",
            "[3.2.0, 3.2.2) [3.1.1, 3.2.0)",
        );
        check(
            &Order::Semantic,
            "introduced 2.11.0, fixed 2.11.7, introduced 0, fixed 2.11.6",
            "[2.11.0, 2.11.7) [0, 2.11.6)",
        );
        check(&Order::Semantic, "introduced 1.0.0, last_affected 1.0.0", "[1.0.0, 1.0.0]");
    }

    #[test]
    fn pairs_that_end_before_they_begin_are_sorted() {
        check(
            &Order::Semantic,
            "introduced 1.9.0, fixed 0.2.0, introduced 0, fixed 1.10.0",
            "[0, 0.2.0) [1.9.0, 1.10.0)",
        );
    }

    #[test]
    fn a_second_fix_or_introduction_changes_nothing() {
        check(&Order::Semantic, "introduced 0, fixed 1.0.0, fixed 2.0.0", "[0, 1.0.0)");
        check(&Order::Semantic, "introduced 0, introduced 1.0.0, fixed 2.0.0", "[0, 2.0.0)");
        check(&Order::Semantic, "introduced 1.0.0, last_affected 1.5.0, fixed 2.0.0", "[1.0.0, 1.5.0]");
    }

    #[test]
    fn the_first_semantic_version_is_the_beginning() {
        check(&Order::Semantic, "introduced 0.0.0-0, fixed 0.9.0", "[0, 0.9.0)");
    }

    #[test]
    fn a_limit_ends_what_the_range_speaks_of() {
        check(&Order::Semantic, "introduced 1.0.0, limit 2.0.0", "[1.0.0, 2.0.0)");
        check(&Order::Semantic, "introduced 1.0.0, limit 2.0.0, limit *", "[1.0.0, ∞)");
        check(
            &Order::Semantic,
            "introduced 0, fixed 1.0.0, introduced 2.0.0, fixed 3.0.0, limit 1.5.0, limit 1.2.0",
            "[0, 1.0.0)",
        );
        check(&Order::Semantic, "introduced 1.0.0, last_affected 3.0.0, limit 3.0.0", "[1.0.0, 3.0.0)");
    }

    #[test]
    fn fixed_before_the_first_version_means_never_affected() {
        check(&deb(), "introduced 0, fixed 0", "never");
        check(&deb(), "introduced 1.0-1, fixed 1.0-1", "");
    }

    #[test]
    fn without_an_order_a_sorted_list_is_taken_as_listed() {
        check(&unordered(), "introduced 0, fixed abc, introduced def, fixed ghi", "[0, abc) [def, ghi)");
        check(
            &unordered(),
            "introduced 1, fixed abc, fixed def",
            "[1, abc) but they have versions that nobody here can order, so they are taken as listed",
        );
    }

    #[test]
    fn events_that_make_no_range_are_doubted() {
        check(&Order::Semantic, "fixed 1.0.0", "but they never say where it was introduced");
        let both =
            [Event { introduced: Some("1.0.0".into()), fixed: Some("1.1.0".into()), ..Event::default() }];
        let outcome = evaluate(&both, &Order::Semantic);
        assert_eq!(outcome.ranges.iter().map(show).collect::<String>(), "[1.0.0, 1.1.0)");
        assert!(outcome.doubt.is_some());
        assert!(evaluate(&[], &Order::Semantic).doubt.is_some());
    }
}
