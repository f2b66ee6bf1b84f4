//! What a comparison says before its rows: the two images, and the answer in a line.

use plimsoll_model::Analysis;
use plimsoll_model::compare::{Change, Verdict};

use super::DifferenceView;
use crate::units::{count, counted, size, utc_seconds};

/// The text for what a source does not tell.
pub(super) const UNKNOWN: &str = "unknown";

/// One fact about both images.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

/// What the images are called, told apart by their digests where their names are the same.
pub(super) fn names<const N: usize>(images: [&Analysis; N]) -> [String; N] {
    let shared = |image: &Analysis| {
        images.iter().filter(|other| other.identity.name == image.identity.name).count() > 1
    };
    images.map(|image| match digest(image) {
        Some(digest) if shared(image) => format!("{} ({digest})", image.identity.name),
        _ => image.identity.name.clone(),
    })
}

/// The first digits of the digest by which an image is known.
pub(super) fn digest(image: &Analysis) -> Option<String> {
    let identity = &image.identity;
    identity.manifest_digest.as_ref().or(identity.config_digest.as_ref()).map(plimsoll_model::Digest::short)
}

/// The distribution, for people.
fn system(image: &Analysis) -> String {
    image.distribution.as_ref().map_or_else(|| UNKNOWN.to_owned(), plimsoll_model::Distribution::title)
}

/// The day it was built on, as it says itself.
fn created(image: &Analysis) -> String {
    let stated = image.config.as_ref().and_then(|config| config.created.as_deref());
    let moment = stated.and_then(utc_seconds);
    let day = moment.as_deref().and_then(|moment| moment.get(..10));
    day.unwrap_or(UNKNOWN).to_owned()
}

/// How many files an image has, directories not counted.
fn files(image: &Analysis) -> Option<u64> {
    let directory = |id| image.files.record(id).kind == plimsoll_model::FileKind::Directory;
    image.has_files.then(|| image.files.ids().filter(|id| !directory(*id)).count() as u64)
}

/// The facts of both images, side by side; what neither source tells is left out.
pub(super) fn facts(view: &DifferenceView<'_>) -> Vec<Fact> {
    let sizes = view.comparison.sizes;
    let both =
        |label, of: fn(&Analysis) -> String| Fact { label, before: of(view.before), after: of(view.after) };
    let amounts = |label, (before, after): (Option<u64>, Option<u64>), text: fn(u64) -> String| {
        let text = |amount: Option<u64>| amount.map_or_else(|| UNKNOWN.to_owned(), text);
        Fact { label, before: text(before), after: text(after) }
    };
    let unpacked = (sizes.unpacked.0.or(sizes.content.0), sizes.unpacked.1.or(sizes.content.1));
    let mut facts = vec![
        both("Digest", |image| digest(image).unwrap_or_else(|| UNKNOWN.to_owned())),
        both("System", system),
        both("Platform", |image| {
            image.identity.platform.as_ref().map_or_else(|| UNKNOWN.to_owned(), ToString::to_string)
        }),
        both("Created", created),
        amounts("Compressed", sizes.compressed, size),
        amounts("Unpacked", unpacked, size),
        both("Layers", |image| match image.layers.len() {
            0 => UNKNOWN.to_owned(),
            layers => count(layers as u64),
        }),
        both("Packages", |image| count(image.installed().count() as u64)),
        amounts("Files", (files(view.before), files(view.after)), count),
    ];
    facts.retain(|fact| fact.before != UNKNOWN || fact.after != UNKNOWN);
    facts
}

/// Bytes saved or added, and which bytes are meant; `None` where no size of both is known.
pub(super) fn saved(view: &DifferenceView<'_>) -> Option<String> {
    let sizes = view.comparison.sizes;
    let (bytes, which) = match (sizes.compressed_saved(), sizes.content_saved()) {
        (Some(bytes), _) => (bytes, "compressed"),
        (None, Some(bytes)) => (bytes, "unpacked"),
        (None, None) => return None,
    };
    let amount = size(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
    Some(format!("{amount} {} ({which})", if bytes < 0 { "more" } else { "saved" }))
}

/// The totals in one line: `85 removed, 0 added, 0 upgraded, 0 downgraded, 19.3 MB saved
/// (compressed)`. Packages whose versions have no order are named only where there are any.
pub(super) fn totals(view: &DifferenceView<'_>) -> String {
    let totals = view.comparison.totals;
    let mut parts: Vec<String> = Change::ALL
        .into_iter()
        .filter(|change| *change != Change::Changed || totals.changed > 0)
        .map(|change| format!("{} {}", count(totals.get(change)), change.word()))
        .collect();
    parts.extend(saved(view));
    parts.join(", ")
}

/// What has to be said in words: that there is no difference, or what could not be compared.
pub(super) fn remarks(view: &DifferenceView<'_>) -> Vec<String> {
    let comparison = view.comparison;
    let mut remarks = Vec::new();
    if comparison.verdict != Verdict::Different {
        remarks.push(comparison.verdict.sentence().to_owned());
    }
    if comparison.verdict == Verdict::Identical {
        return remarks;
    }
    // With a difference at hand, what was not compared matters only to who asked for it.
    let decided = comparison.verdict == Verdict::Different;
    if !comparison.files.known && (!decided || view.options.sections.files) {
        remarks.push("Files were not compared: one of the sources has none.".to_owned());
    }
    if comparison.files.unverified > 0 {
        remarks.push(format!(
            "{} of equal size could not be compared by content.",
            counted(comparison.files.unverified, "file")
        ));
    }
    if !comparison.config.known && (!decided || view.options.sections.config) {
        remarks.push("Settings were not compared: one of the sources has none.".to_owned());
    }
    for image in [view.before, view.after] {
        if !image.problems.is_empty() {
            remarks.push(format!(
                "{} while reading {}: what it lacks may show as a difference here.",
                counted(image.problems.len() as u64, "problem"),
                image.identity.name
            ));
        }
    }
    remarks
}

/// Whether the packages are equal while something else is not, which an empty table would not tell.
pub(super) fn only_other_differences(view: &DifferenceView<'_>) -> Option<String> {
    let comparison = view.comparison;
    if comparison.verdict != Verdict::Different || !comparison.packages.is_empty() {
        return None;
    }
    let files = comparison.files.changes.len() as u64;
    let settings = comparison.config.changes.iter().filter(|change| !change.informational).count() as u64;
    Some(format!(
        "The packages are the same; {} and {} differ.",
        counted(files, "file"),
        counted(settings, "setting")
    ))
}
