//! Looks through an executable once for the texts of all programs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;

use super::sign::{Anchor, Program, Sign};
use super::table::ALL;
use crate::executable::Executable;

/// The most places that are looked at in one file. Real files have some dozens; one that is made
/// of nothing else must not cost more than reading it.
const MAX_PLACES: usize = 4096;

/// The most versions of one program in one file. Real ones that are looked for among all strings have
/// two or three.
const MAX_VERSIONS: usize = 64;

/// All texts of all programs, compiled.
struct Texts {
    automaton: Option<AhoCorasick>,
    /// The position of each text in the automaton.
    numbers: BTreeMap<&'static str, usize>,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    let mut numbers = BTreeMap::new();
    for sign in ALL.iter().flat_map(|program| program.signs) {
        let anchor = sign.anchor().map(|anchor| match anchor {
            Anchor::Before(text) | Anchor::After(text) => text,
        });
        for text in anchor.into_iter().chain(sign.with.iter().copied()) {
            numbers.insert(text, 0);
        }
    }
    for (number, slot) in numbers.values_mut().enumerate() {
        *slot = number;
    }
    // Texts of the program, not of an image: that they compile is a test.
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(numbers.keys()).ok();
    Texts { automaton, numbers }
});

/// Where the texts of programs lie in some bytes, for what keeps parts of files: places and lengths.
pub(crate) fn marks(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let found = TEXTS.automaton.iter().flat_map(move |automaton| automaton.find_iter(bytes));
    found.map(|found| (found.start(), found.len()))
}

/// The longest text, in bytes.
#[cfg(test)]
pub(crate) fn longest_mark() -> usize {
    TEXTS.numbers.keys().map(|text| text.len()).max().unwrap_or_default()
}

/// What an executable was found to be, or to have in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A program and its version.
    Version(&'static str, String),
    /// It says so of several versions.
    Ambiguous(&'static str, Vec<String>),
}

/// A place where a text was found.
#[derive(Debug, Clone, Copy)]
struct Place {
    text: usize,
    region: usize,
    start: usize,
    end: usize,
}

/// Everything that an executable tells of programs, and whether it may tell more: it has more places
/// to look at than are looked at, or was not kept in full where something stands.
pub(super) fn find(executable: &Executable<'_>) -> (Vec<Found>, bool) {
    let (regions, mut is_short) = regions(executable);
    let Some(automaton) = &TEXTS.automaton else { return (Vec::new(), true) };
    let mut places = Vec::new();
    for (region, bytes) in regions.iter().enumerate() {
        for found in automaton.find_iter(bytes) {
            if places.len() == MAX_PLACES {
                is_short = true;
                break;
            }
            let (text, start, end) = (found.pattern().as_usize(), found.start(), found.end());
            places.push(Place { text, region, start, end });
        }
    }
    let soname = executable.soname();
    let file = File { regions: &regions, places: &places, soname };
    let mut programs = Vec::new();
    for program in ALL {
        let (found, has_more) = file.find(program);
        programs.extend(found);
        is_short |= has_more;
    }
    (programs, is_short)
}

/// One executable, looked through.
struct File<'a> {
    regions: &'a [&'a [u8]],
    places: &'a [Place],
    soname: Option<&'a [u8]>,
}

impl File<'_> {
    /// What it tells of one program, and whether it may tell more.
    fn find(&self, program: &'static Program) -> (Vec<Found>, bool) {
        let found =
            program.signs.iter().find_map(|sign| self.versions(sign).filter(|found| !found.is_empty()));
        let versions = found.unwrap_or_default();
        let has_more = versions.len() > MAX_VERSIONS;
        if versions.len() > 1 && (!program.copies || has_more) {
            return (vec![Found::Ambiguous(program.name, versions.into_iter().collect())], has_more);
        }
        (versions.into_iter().map(|version| Found::Version(program.name, version)).collect(), false)
    }

    fn has(&self, text: &str) -> bool {
        let number = TEXTS.numbers.get(text);
        number.is_some_and(|number| self.places.iter().any(|place| place.text == *number))
    }

    /// The versions that a sign gives; `None` where something of it is missing.
    fn versions(&self, sign: &Sign) -> Option<BTreeSet<String>> {
        let named = |wanted: &str| {
            let rest = self.soname.and_then(|name| name.strip_prefix(wanted.as_bytes()));
            rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphabetic))
        };
        if !sign.soname.is_none_or(named) || !sign.with.iter().all(|text| self.has(text)) {
            return None;
        }
        let mut versions = BTreeSet::new();
        let Some(anchor) = sign.anchor() else {
            for version in self.regions.iter().flat_map(|bytes| alone(sign, bytes)) {
                versions.insert(version);
                // Each of them is looked for in all of the file.
                if versions.len() > MAX_VERSIONS {
                    return Some(versions);
                }
            }
            versions
                .retain(|version| self.regions.iter().any(|bytes| sign.shape.is_confirmed(version, bytes)));
            return Some(versions);
        };
        let text = match anchor {
            Anchor::Before(text) | Anchor::After(text) => text,
        };
        let number = TEXTS.numbers.get(text)?;
        for place in self.places.iter().filter(|place| place.text == *number) {
            let Some(bytes) = self.regions.get(place.region) else { continue };
            let start = match anchor {
                Anchor::Before(_) => Some(place.end),
                Anchor::After(_) => sign.start_before(bytes, place.start),
            };
            versions.extend(start.and_then(|start| sign.version_at(bytes, start)));
            if versions.len() > MAX_VERSIONS {
                break;
            }
        }
        Some(versions)
    }
}

/// The versions that are strings of their own.
fn alone<'a>(sign: &'a Sign, bytes: &'a [u8]) -> impl Iterator<Item = String> + 'a {
    sign.after.iter().flat_map(move |after| {
        memmem::find_iter(bytes, after.as_bytes()).filter_map(move |end| {
            let before = end.checked_sub(1).and_then(|before| bytes.get(before))?;
            if !before.is_ascii_alphanumeric() {
                return None;
            }
            sign.version_at(bytes, sign.start_before(bytes, end)?)
        })
    })
}

/// The parts of an executable where texts lie: its constants and variables. Where the table of
/// sections was removed, or only an excerpt was kept, everything. And whether something is missing
/// there.
pub(super) fn regions<'a>(executable: &Executable<'a>) -> (Vec<&'a [u8]>, bool) {
    const NAMES: [&[u8]; 4] = [b".rodata", b".data", b".lrodata", b".rdata"];
    let is_data = |name: &[u8]| {
        NAMES.iter().any(|wanted| {
            name.strip_prefix(*wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
        })
    };
    let kept = &executable.kept;
    let sections = executable.sections.iter().filter(|section| section.name.is_some_and(is_data));
    let regions: Vec<&[u8]> = sections.filter_map(|section| kept.at(section.offset, section.size)).collect();
    // Sections that lie in one another are no compiler's, and would be read again and again.
    let is_sound = regions.iter().map(|region| region.len() as u64).sum::<u64>() <= kept.size();
    if regions.is_empty() || !kept.is_whole() || !is_sound {
        return (kept.parts().iter().map(|(_, bytes)| *bytes).collect(), kept.is_short());
    }
    (regions, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_table_is_looked_for() {
        assert!(TEXTS.automaton.is_some());
        for program in ALL {
            assert!(!program.signs.is_empty(), "{}", program.name);
            for sign in program.signs {
                let specific = sign.anchor().is_some() || !sign.with.is_empty() || sign.soname.is_some();
                assert!(specific, "{}: any file may have such a string", program.name);
            }
        }
        let names: Vec<&str> = ALL.iter().map(|program| program.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(marks(b"xx BusyBox v1.36").next(), Some((3, 9)));
    }
}
