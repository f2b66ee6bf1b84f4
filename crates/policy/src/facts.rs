//! The facts as rules look at them, and how an observation comes to know its layer.

use plimsoll_model::{
    About, Analysis, Evidence, FileId, ImageConfig, LintRule, Observation, Package, PathIndex, Place,
    SeverityLevel, package,
};

use crate::Inputs;
use crate::instruction::{Instruction, read_history};

/// When a distribution's support ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportEnd {
    /// The last day (`2026-06-30`).
    pub day: String,
    /// Who says so.
    pub source: String,
}

/// One image, as rules see it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Everything known about the image.
    pub analysis: &'a Analysis,
    /// What was handed in besides.
    pub inputs: &'a Inputs,
    /// Looks up paths.
    pub index: PathIndex<'a>,
    /// Its history, instruction by instruction.
    pub(crate) history: Vec<Instruction<'a>>,
    /// Layers whose instruction holds a secret and so is not repeated.
    silent: Vec<u32>,
}

/// What stands in the place of an instruction that holds a secret.
const NOT_SHOWN: &str = "(not shown: it holds a secret)";

/// Why a rule has no data, in the words that many of them need.
pub(crate) const NO_CONFIG: &str = "there is no image configuration";
pub(crate) const NO_FILES: &str = "the source lists packages only; it holds no files";
pub(crate) const NO_EVIDENCE: &str = "the contents of files were not looked at";
pub(crate) const NO_HISTORY: &str = "the image has no history";

impl<'a> Facts<'a> {
    pub(crate) fn new(analysis: &'a Analysis, inputs: &'a Inputs) -> Self {
        let silent = (0..)
            .zip(&analysis.layers)
            .filter(|(_, layer)| layer.instruction.as_deref().is_some_and(holds_secret))
            .map(|(position, _)| position)
            .collect();
        Self { analysis, inputs, index: analysis.files.index(), history: read_history(analysis), silent }
    }

    /// How the image is run.
    pub(crate) fn config(&self) -> Result<&'a ImageConfig, &'static str> {
        self.analysis.config.as_ref().ok_or(NO_CONFIG)
    }

    /// What its files say.
    pub(crate) fn evidence(&self) -> Result<&'a Evidence, &'static str> {
        if !self.analysis.has_files {
            return Err(NO_FILES);
        }
        self.analysis.evidence.as_ref().ok_or(NO_EVIDENCE)
    }

    /// Every file, the root left out.
    pub(crate) fn files(&self) -> Result<impl Iterator<Item = FileId> + use<>, &'static str> {
        if self.analysis.has_files { Ok(self.analysis.files.ids().skip(1)) } else { Err(NO_FILES) }
    }

    /// Its instructions.
    pub(crate) fn instructions(&self) -> Result<&[Instruction<'a>], &'static str> {
        if self.history.is_empty() { Err(NO_HISTORY) } else { Ok(&self.history) }
    }

    /// The package of the distribution that lists a file.
    pub(crate) fn distribution_owner(&self, file: FileId) -> Option<&'a Package> {
        self.analysis.owners(file).find(|package| is_of_distribution(package))
    }

    /// An observation about no file.
    pub(crate) fn observe(rule: &'static LintRule, about: About, detail: impl Into<String>) -> Observation {
        Observation {
            rule: rule.id,
            severity: rule.severity,
            about,
            line: None,
            detail: detail.into(),
            secret: None,
            package: None,
            bytes: None,
            layer: None,
            instruction: None,
            is_base: None,
            is_hidden: false,
        }
    }

    /// An observation about a file of the merged tree.
    pub(crate) fn observe_file(
        &self,
        rule: &'static LintRule,
        file: FileId,
        detail: impl Into<String>,
    ) -> Observation {
        let about = About::file(&self.analysis.files.path(file));
        let owner = self.distribution_owner(file).or_else(|| self.analysis.owners(file).next());
        let observation = Observation {
            package: owner.map(|package| package.name.clone()),
            ..Self::observe(rule, about, detail)
        };
        self.in_layer(observation, u32::from(self.analysis.files.record(file).layer))
    }

    /// An observation about a place in any layer.
    pub(crate) fn observe_place(
        &self,
        rule: &'static LintRule,
        place: &Place,
        detail: impl Into<String>,
    ) -> Observation {
        let detail = detail.into();
        let observation = match place.file {
            Some(file) => self.observe_file(rule, file, detail),
            None => Observation { is_hidden: true, ..Self::observe(rule, About::file(&place.path), detail) },
        };
        self.in_layer(observation, place.layer)
    }

    /// An observation about an instruction.
    pub(crate) fn observe_instruction(
        &self,
        rule: &'static LintRule,
        step: &Instruction<'_>,
        detail: impl Into<String>,
    ) -> Observation {
        let observation = Self::observe(rule, About::Instruction(step.position), detail);
        match step.layer {
            Some(layer) => self.in_layer(observation, layer),
            None if holds_secret(step.line) => {
                Observation { instruction: Some(NOT_SHOWN.to_owned()), ..observation }
            }
            None => Observation { instruction: Some(step.line.to_owned()), ..observation },
        }
    }

    /// Says which layer brought it. A root directory has none.
    pub(crate) fn in_layer(&self, observation: Observation, layer: u32) -> Observation {
        let Some(known) = self.analysis.layers.get(layer as usize) else { return observation };
        Observation {
            layer: Some(layer),
            instruction: if self.silent.contains(&layer) {
                Some(NOT_SHOWN.to_owned())
            } else {
                known.instruction.clone()
            },
            // Where the base is but probable, nobody is told that it is to blame.
            is_base: self.analysis.descent(Some(layer)).filter(|it| it.is_certain).map(|it| it.is_base),
            ..observation
        }
    }
}

fn holds_secret(line: &str) -> bool {
    !plimsoll_catalog::evidence::secrets::scan_instruction(line).is_empty()
}

/// Whether a package is one of the distribution's package manager.
pub(crate) fn is_of_distribution(package: &Package) -> bool {
    package::is_of_distribution(package.kind.as_str())
}

/// An observation that weighs something else than is usual for its rule.
pub(crate) fn graded(observation: Observation, severity: SeverityLevel) -> Observation {
    Observation { severity, ..observation }
}
