//! Bills of materials back into facts: `sbom:FILE`.
//!
//! CycloneDX (1.2 to 1.7) and SPDX (2.2 and 2.3), both as JSON, by whichever program. What is
//! not understood becomes a problem; the rest stands. An [`Analysis`] made so has packages and
//! no files. What our own bills hold beyond their formats comes back too.

mod cyclonedx;
mod draft;
mod line;
mod spdx;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Analysis, Distribution, Package, Problem, Purl};
use serde_json::Value;
use thiserror::Error;

use draft::Draft;
pub(crate) use line::fold_line;

/// How many problems of one kind are named before they are only counted: a document of a
/// hundred thousand strange entries must not become a report of a hundred thousand lines.
const NAMED_PROBLEMS: usize = 20;

/// Why a document cannot be read at all.
#[derive(Debug, Error)]
pub enum SbomError {
    /// It is not JSON.
    #[error("the bill of materials is not JSON; export it as CycloneDX or SPDX in JSON")]
    Json(#[source] serde_json::Error),
    /// It is JSON, but neither format.
    #[error(
        "the JSON is no bill of materials that can be read: it needs `bomFormat: CycloneDX` or \
         `spdxVersion: SPDX-2.x`"
    )]
    Unknown,
    /// SPDX 3, whose JSON has nothing in common with that of SPDX 2.
    #[error("SPDX 3 is not read; export the bill of materials as SPDX 2.3 or CycloneDX")]
    SpdxThree,
}

/// Reads a bill of materials.
///
/// # Errors
/// [`SbomError`] says why nothing of it can be read.
pub fn read(content: &[u8]) -> Result<Analysis, SbomError> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let document: Value = serde_json::from_slice(content).map_err(SbomError::Json)?;
    let mut found = Found::default();
    if text(&document, "bomFormat") == Some("CycloneDX") {
        cyclonedx::read(&document, &mut found);
    } else if text(&document, "spdxVersion").is_some_and(|version| version.starts_with("SPDX-2")) {
        spdx::read(&document, &mut found);
    } else if document.get("@graph").is_some() {
        return Err(SbomError::SpdxThree);
    } else {
        return Err(SbomError::Unknown);
    }
    Ok(found.finish())
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    analysis: Analysis,
    /// Packages, each with what the document calls it.
    packages: Vec<(Package, String)>,
    /// Which entry (first) is part of which other (second).
    owners: BTreeSet<(String, String)>,
    /// Which `distro` qualifiers the package URLs carry, with their namespace, and how often.
    distributions: BTreeMap<(String, String), usize>,
    /// How many problems of each kind.
    problems: BTreeMap<&'static str, usize>,
}

impl Found {
    fn problem(&mut self, code: &'static str, subject: &str, detail: &str) {
        let count = self.problems.entry(code).or_insert(0);
        *count += 1;
        if *count <= NAMED_PROBLEMS {
            self.analysis.problems.push(Problem::new(code, subject, detail));
        }
    }

    /// Takes a component that may be a package.
    fn package(&mut self, draft: Draft<'_>) {
        let purl = match draft.purl.map(str::parse::<Purl>) {
            Some(Ok(purl)) => Some(purl),
            Some(Err(error)) => {
                self.problem("sbom-purl-invalid", draft.label(), &error.to_string());
                None
            }
            None => {
                self.problem(
                    "sbom-purl-missing",
                    draft.label(),
                    "it has no package URL, so its kind is not known",
                );
                None
            }
        };
        if let Some((purl, distro)) = purl.as_ref().and_then(|purl| Some((purl, purl.qualifier("distro")?))) {
            let key = (purl.namespace.clone().unwrap_or_default(), distro.to_owned());
            *self.distributions.entry(key).or_insert(0) += 1;
        }
        let reference = draft.reference.to_owned();
        for owner in draft.facts.get("owner").into_iter().flatten() {
            self.owners.insert((reference.clone(), owner.clone()));
        }
        if let Some(package) = draft.into_package(purl) {
            self.packages.push((package, reference));
        }
    }

    fn finish(self) -> Analysis {
        let Self { mut analysis, mut packages, owners, distributions, problems } = self;
        if analysis.distribution.is_none() {
            // The one that most packages name; of equals the first by name.
            analysis.distribution = distributions
                .iter()
                .max_by(|left, right| left.1.cmp(right.1).then(right.0.cmp(left.0)))
                .map(|((namespace, distro), _)| distribution(namespace, distro));
        }
        for (code, count) in problems.into_iter().filter(|(_, count)| *count > NAMED_PROBLEMS) {
            let detail = format!("{} more entries have the same problem", count - NAMED_PROBLEMS);
            analysis.problems.push(Problem::new(code, "the rest of the document", detail));
        }
        packages.sort_by(|(left, _), (right, _)| left.listing_order(right));
        let positions: BTreeMap<&str, u32> = packages
            .iter()
            .zip(0..)
            .map(|((_, reference), position)| (reference.as_str(), position))
            .collect();
        let position =
            |reference: &String| positions.get(reference.as_str()).filter(|_| !reference.is_empty());
        analysis.part_of =
            owners.iter().filter_map(|(part, owner)| Some((*position(part)?, *position(owner)?))).collect();
        analysis.part_of.sort_unstable();
        analysis.packages = packages.into_iter().map(|(package, _)| package).collect();
        analysis.problems.sort();
        analysis.problems.dedup();
        analysis
    }
}

/// A distribution from the `distro` qualifier of a package URL: `debian-12`, or, as some
/// programs write it, the release alone.
fn distribution(namespace: &str, distro: &str) -> Distribution {
    let is_release = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let (id, release) = match distro.rsplit_once('-') {
        Some((id, release)) if is_release(release) => (id, Some(release)),
        _ if is_release(distro) && !namespace.is_empty() => (namespace, Some(distro)),
        _ => (distro, None),
    };
    Distribution {
        id: id.to_ascii_lowercase(),
        version_id: release.map(str::to_owned),
        ..Distribution::default()
    }
}

/// A member that is text and not empty.
fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// The entries of a member that is a list.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests;
