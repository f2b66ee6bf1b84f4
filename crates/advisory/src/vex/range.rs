//! Ranges of versions in the notation of package URLs (`vers:deb/>=1.0|<2.0`), as CycloneDX
//! writes them: ECMA-428.

use std::cmp::Ordering;

use plimsoll_catalog::order_versions;
use plimsoll_model::purl::decode;
use plimsoll_model::{PackageType, Purl};

/// Constraints of one range that are looked at. Real ones have a handful; a range of every
/// version that was ever out may have some hundreds.
const MAX_CONSTRAINTS: usize = 4096;

/// A range of versions, ordered by the rules of one kind of package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    kind: PackageType,
    /// Sorted by version; empty for every version.
    constraints: Vec<(Comparator, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl VersionRange {
    /// Reads `vers:SCHEME/CONSTRAINT|…`; `None` where it is none, where nobody here knows the
    /// order of the scheme, or where a constraint is no version by it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().strip_prefix("vers:")?.split_once('/')?;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "alpine" => PackageType::new("apk"),
            "semver" => PackageType::new("cargo"),
            other => PackageType::from_text(other),
        };
        let rest: String = rest.split_whitespace().collect();
        if rest == "*" {
            return Some(Self { kind, constraints: Vec::new() });
        }
        let mut constraints = Vec::new();
        for part in rest.split('|').filter(|part| !part.is_empty()) {
            let signs = [
                (">=", Comparator::GreaterOrEqual),
                ("<=", Comparator::LessOrEqual),
                ("!=", Comparator::NotEqual),
                (">", Comparator::Greater),
                ("<", Comparator::Less),
                ("=", Comparator::Equal),
            ];
            let (comparator, version) = signs
                .iter()
                .find_map(|(sign, comparator)| Some((*comparator, part.strip_prefix(sign)?)))
                .unwrap_or((Comparator::Equal, part));
            let version = decode(version)?;
            order_versions(&kind, &version, &version)?;
            constraints.push((comparator, version));
        }
        if constraints.is_empty() || constraints.len() > MAX_CONSTRAINTS {
            return None;
        }
        constraints
            .sort_by(|(_, left), (_, right)| order_versions(&kind, left, right).unwrap_or(Ordering::Equal));
        Some(Self { kind, constraints })
    }

    /// Whether the version that a package URL names lies in it; `None` where the two do not
    /// compare.
    pub(super) fn contains(&self, purl: &Purl) -> Option<bool> {
        let stated = purl.version.as_deref()?;
        // An rpm's epoch is a qualifier.
        let version = match purl.qualifier("epoch") {
            Some(epoch) if !stated.contains(':') => format!("{epoch}:{stated}"),
            _ => stated.to_owned(),
        };
        let order = |bound: &str| order_versions(&self.kind, &version, bound);
        order(&version)?;
        if self.constraints.is_empty() {
            return Some(true);
        }
        let mut bounds = Vec::new();
        for (comparator, bound) in &self.constraints {
            let order = order(bound)?;
            match comparator {
                Comparator::Equal if order.is_eq() => return Some(true),
                Comparator::NotEqual if order.is_eq() => return Some(false),
                Comparator::Equal | Comparator::NotEqual => {}
                other => bounds.push((*other, order)),
            }
        }
        // Nothing but exceptions: everything else is in it.
        if bounds.is_empty() {
            return Some(self.constraints.iter().all(|(each, _)| *each == Comparator::NotEqual));
        }
        let opens = |comparator| matches!(comparator, Comparator::Greater | Comparator::GreaterOrEqual);
        let holds = |(comparator, order): (Comparator, Ordering)| match comparator {
            Comparator::Less => order.is_lt(),
            Comparator::LessOrEqual => order.is_le(),
            Comparator::Greater => order.is_gt(),
            Comparator::GreaterOrEqual => order.is_ge(),
            Comparator::Equal | Comparator::NotEqual => false,
        };
        let mut start = None;
        for bound in bounds {
            if opens(bound.0) {
                // Of two that open in a row the first is the wider.
                start = start.or(Some(bound));
            } else if start.take().is_none_or(holds) && holds(bound) {
                return Some(true);
            }
        }
        Some(start.is_some_and(holds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: &str, inside: &[&str], outside: &[&str]) {
        let parsed = VersionRange::parse(range).unwrap();
        let contains = |purl: &str| parsed.contains(&purl.parse().unwrap());
        for purl in inside {
            assert_eq!(contains(purl), Some(true), "{range} {purl}");
        }
        for purl in outside {
            assert_eq!(contains(purl), Some(false), "{range} {purl}");
        }
    }

    #[test]
    fn a_version_lies_in_a_range_by_the_order_of_its_ecosystem() {
        let deb = |version: &str| format!("pkg:deb/debian/p@{version}");
        let all: Vec<String> = ["1.0", "1.0~rc1", "1.5-1", "2.0", "3.0"].map(deb).into();
        let [one, candidate, middle, two, three] = all.iter().map(String::as_str).collect::<Vec<_>>()[..]
        else {
            panic!("five")
        };
        check("vers:deb/>=1.0|<2.0", &[one, middle], &[candidate, two, three]);
        check("vers:deb/<2.0|>=1.0", &[one, middle], &[candidate, two]);
        check("vers:deb/<=1.0|>2.0", &[candidate, one, three], &[middle, two]);
        check("vers:deb/1.0|>=2.0", &[one, two, three], &[candidate, middle]);
        check("vers:deb/>=1.0|!=1.5-1|<3.0", &[one, two], &[middle, three]);
        check("vers:deb/!=2.0", &[one, three], &[two]);
        check("vers:deb/*", &[one, three], &[]);
        check("vers:deb/ >= 1.0 | < 2.0 ", &[one], &[two]);
        check("vers:deb/<1.0%2Bdfsg", &[one], &[two]);
    }

    #[test]
    fn the_epoch_of_an_rpm_counts() {
        check(
            "vers:rpm/<1:2.0-1",
            &["pkg:rpm/rocky/p@1.0-1?epoch=1", "pkg:rpm/rocky/p@9.0-1"],
            &["pkg:rpm/rocky/p@3.0-1?epoch=1"],
        );
        check("vers:semver/<2.0.0", &["pkg:cargo/p@1.9.0"], &["pkg:cargo/p@2.0.0"]);
    }

    #[test]
    fn what_nobody_can_order_is_no_range() {
        for text in [
            "",
            "1.0",
            "vers:deb",
            "vers:deb/",
            "vers:nobody/<1",
            "vers:deb/<a:b:c",
            "vers:deb/<%zz",
            "vers:deb/<%+1",
        ] {
            assert_eq!(VersionRange::parse(text), None, "{text}");
        }
        let range = VersionRange::parse("vers:deb/<2").unwrap();
        assert_eq!(range.contains(&"pkg:deb/debian/p".parse().unwrap()), None);
    }
}
