//! Numbers of Debian's releases, which is what os-release has; the tracker has code names.

use std::collections::BTreeMap;

/// From Debian's list of releases. `sid` never has a number and is known by its name; the
/// testing release has its number here before os-release says it.
const RELEASES: &[(&str, &str)] = &[
    ("sid", "sid"),
    ("duke", "15"),
    ("forky", "14"),
    ("trixie", "13"),
    ("bookworm", "12"),
    ("bullseye", "11"),
    ("buster", "10"),
    ("stretch", "9"),
    ("jessie", "8"),
    ("wheezy", "7"),
    ("squeeze", "6"),
    ("lenny", "5"),
    ("etch", "4"),
    ("sarge", "3.1"),
    ("woody", "3.0"),
];

/// How many unknown code names are told apart.
const MAXIMUM_UNKNOWN: usize = 100;

/// The number of a release.
pub(super) fn number(codename: &str) -> Option<&'static str> {
    RELEASES.iter().find(|(name, _)| *name == codename).map(|(_, number)| *number)
}

/// Counts a code name that has no number here.
pub(super) fn count(unknown: &mut BTreeMap<String, u64>, codename: &str) {
    if let Some(count) = unknown.get_mut(codename) {
        *count += 1;
    } else {
        let name = if unknown.len() < MAXIMUM_UNKNOWN { codename } else { "others" };
        *unknown.entry(name.to_owned()).or_default() += 1;
    }
}
