//! The chain by package: its finding, the statements about it, where it came from, what to change.

use std::collections::BTreeMap;

use plimsoll_model::{Coverage, Descent, Finding, Layer, Package, Verdict};

use super::{AppliedStatement, Explanation};
use crate::vulnerabilities::Remedy;

/// Everything about one package of the image.
pub(super) struct Chain<'a> {
    pub(super) package: &'a Package,
    /// What follows from all statements together, where there is a finding.
    pub(super) finding: Option<&'a Finding>,
    pub(super) statements: Vec<&'a AppliedStatement>,
    /// The layer that brought the package, counted from one.
    pub(super) layer: Option<(usize, &'a Layer)>,
    /// Whether that is one of the base image; `None` where nobody knows.
    pub(super) descent: Option<Descent>,
    /// The distribution's package that brought it and is judged in its place.
    pub(super) owner: Option<Owner<'a>>,
    layers: usize,
}

/// A package of the distribution that brought another one.
pub(super) struct Owner<'a> {
    pub(super) package: &'a Package,
    /// Feeds that decide.
    pub(super) feeds: &'a [String],
    /// What they say of the flaw in the owner; `None` where they do not speak of it.
    pub(super) verdict: Option<Verdict>,
}

impl<'a> Explanation<'a> {
    /// One chain for each package that a finding or a statement is about, in listing order.
    pub(super) fn chains(&self) -> Vec<Chain<'a>> {
        let named = |id: &str| id.eq_ignore_ascii_case(self.id);
        let mut found: BTreeMap<u32, (Option<&'a Finding>, Vec<&'a AppliedStatement>)> = BTreeMap::new();
        let findings = self.answer.findings.iter();
        for finding in findings.filter(|each| named(&each.id) || each.aliases.iter().any(|id| named(id))) {
            found.entry(finding.package).or_default().0.get_or_insert(finding);
        }
        for statement in self.statements {
            found.entry(statement.package).or_default().1.push(statement);
        }
        let verdict = |position: u32| {
            let (finding, statements) = found.get(&position)?;
            let stated = || statements.iter().filter_map(|statement| statement.verdict).min();
            finding.map(|finding| finding.verdict).or_else(stated)
        };
        let coverage = |position: u32| self.answer.packages.get(position as usize);
        let owner = |position: u32| {
            let Some(Coverage::JudgedAsPartOf(owner)) = coverage(position) else { return None };
            let feeds = match coverage(*owner) {
                Some(Coverage::Judged { feeds, .. }) => feeds.as_slice(),
                _ => &[],
            };
            let package = self.analysis.packages.get(*owner as usize)?;
            Some(Owner { package, feeds, verdict: verdict(*owner) })
        };
        let mut owners: BTreeMap<u32, Owner<'a>> =
            found.keys().filter_map(|position| Some((*position, owner(*position)?))).collect();
        found
            .into_iter()
            .filter_map(|(position, (finding, statements))| {
                let package = self.analysis.packages.get(position as usize)?;
                let layer = finding.map_or(package.layer, |finding| finding.layer);
                let layer = layer.map(|layer| layer as usize);
                Some(Chain {
                    package,
                    finding,
                    statements,
                    layer: layer.and_then(|at| Some((at + 1, self.analysis.layers.get(at)?))),
                    descent: self.analysis.descent(layer.and_then(|at| u32::try_from(at).ok())),
                    owner: owners.remove(&position),
                    layers: self.analysis.layers.len(),
                })
            })
            .collect()
    }
}

impl Chain<'_> {
    /// What follows for the package; `None` where no statement applies to it.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let stated = || self.statements.iter().filter_map(|statement| statement.verdict).min();
        self.finding.map(|finding| finding.verdict).or_else(stated)
    }

    /// What to change, in half a sentence; `None` where nothing is known to be wrong.
    pub(super) fn change(&self) -> Option<String> {
        let finding = self.finding.filter(|finding| !matches!(finding.verdict, Verdict::NotAffected(_)))?;
        let place = match (self.descent, self.layer) {
            (Some(Descent { is_base: true, is_certain: true }), _) => {
                "rebuild on a newer base image".to_owned()
            }
            (Some(Descent { is_base: false, is_certain: true }), _) => {
                "upgrade it in your own layer".to_owned()
            }
            (Some(Descent { is_base: true, .. }), _) => {
                "probably in the base image: rebuild on a newer one".to_owned()
            }
            (Some(Descent { is_base: false, .. }), _) => {
                "probably in your own layer: upgrade it there".to_owned()
            }
            (None, Some((position, _))) => format!(
                "upgrade it where layer {position} of {} is made, or rebuild on a base image that has it",
                self.layers
            ),
            (None, None) => "upgrade it".to_owned(),
        };
        Some(match Remedy::of(finding)? {
            Remedy::Fixed(version) => format!("fixed in {version}: {place}"),
            Remedy::NotYet => "no fixed version is out yet".to_owned(),
            Remedy::WillNotFix => "the publisher will not fix it".to_owned(),
        })
    }
}
