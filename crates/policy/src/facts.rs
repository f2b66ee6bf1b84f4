//! The facts as rules look at them, and how an observation comes to know its layer.

use std::sync::Arc;

use plimsoll_model::{
    About, Analysis, Evidence, FileId, ImageConfig, LintRule, Observation, Package, PathIndex, Place,
    Problem, SeverityLevel, package,
};

use plimsoll_model::evidence::{Account, AccountFile, StoredPassword};

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
    /// The instruction of each layer as observations have it.
    shown: Vec<Option<Arc<str>>>,
}

/// Bytes of an instruction that an observation repeats. Real ones have a few hundred; `plimsoll
/// layers` shows the whole.
const MAX_INSTRUCTION: usize = 4_096;

/// What stands in the place of an instruction that holds a secret.
const NOT_SHOWN: &str = "(not shown: it holds a secret)";

/// Where users, and their passwords, are kept.
pub(crate) const PASSWD: &str = "etc/passwd";
pub(crate) const SHADOW: &str = "etc/shadow";

/// Why a rule has no data, in the words that many of them need.
pub(crate) const NO_CONFIG: &str = "there is no image configuration";
pub(crate) const NO_FILES: &str = "the source lists packages only; it holds no files";
pub(crate) const EMPTY: &str = "the image has no files: there is nothing to look at";
pub(crate) const NO_PASSWD: &str = "the image has no /etc/passwd: there are no accounts to look at";
pub(crate) const UNREAD_PASSWD: &str = "the image has an /etc/passwd that was not read";
pub(crate) const UNREAD_SHADOW: &str = "the image has an /etc/shadow that was not read";
pub(crate) const NO_EVIDENCE: &str = "the contents of files were not looked at";
pub(crate) const NO_HISTORY: &str = "the image has no history";

impl<'a> Facts<'a> {
    pub(crate) fn new(analysis: &'a Analysis, inputs: &'a Inputs) -> Self {
        let shown = analysis.layers.iter().map(|layer| layer.instruction.as_deref().map(shown)).collect();
        Self { analysis, inputs, index: analysis.files.index(), history: read_history(analysis), shown }
    }

    /// How the image is run.
    pub(crate) fn config(&self) -> Result<&'a ImageConfig, &'static str> {
        self.analysis.config.as_ref().ok_or(NO_CONFIG)
    }

    /// Whether there is anything that a rule about files could look at.
    fn look(&self) -> Result<(), &'static str> {
        match self.analysis.files.len() {
            _ if !self.analysis.has_files => Err(NO_FILES),
            // The root alone.
            0 | 1 => Err(EMPTY),
            _ => Ok(()),
        }
    }

    /// What its files say.
    pub(crate) fn evidence(&self) -> Result<&'a Evidence, &'static str> {
        self.look()?;
        self.analysis.evidence.as_ref().ok_or(NO_EVIDENCE)
    }

    /// Every file, the root left out.
    pub(crate) fn files(&self) -> Result<impl Iterator<Item = FileId> + use<>, &'static str> {
        self.look()?;
        Ok(self.analysis.files.ids().skip(1))
    }

    /// Its users. One that is there and was not read is another thing than one that is not.
    pub(crate) fn users(&self) -> Result<&'a AccountFile<Account>, &'static str> {
        let users = self.evidence()?.accounts.users.as_ref();
        users.ok_or(if self.lies_at(PASSWD) { UNREAD_PASSWD } else { NO_PASSWD })
    }

    /// The passwords beside them; `None` where the image keeps none.
    pub(crate) fn passwords(&self) -> Result<Option<&'a AccountFile<StoredPassword>>, &'static str> {
        let passwords = self.evidence()?.accounts.passwords.as_ref();
        if passwords.is_none() && self.lies_at(SHADOW) { Err(UNREAD_SHADOW) } else { Ok(passwords) }
    }

    fn lies_at(&self, path: &str) -> bool {
        // A link to nothing is there as well: what a runtime puts behind it, nobody knows.
        self.index.follow(path.as_bytes()).or_else(|| self.index.resolve(path.as_bytes())).is_some()
    }

    /// What was lost of files that were read, by their problems.
    pub(crate) fn losses(&self, paths: &[&str]) -> Option<String> {
        let is_of = |problem: &&Problem| {
            paths.iter().any(|path| problem.subject.strip_prefix('/').is_some_and(|subject| subject == *path))
        };
        let lost: Vec<String> =
            self.analysis.problems.iter().filter(is_of).map(ToString::to_string).collect();
        (!lost.is_empty()).then(|| lost.join("; "))
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
            None => Observation { instruction: Some(shown(step.line)), ..observation },
        }
    }

    /// Says which layer brought it. A root directory has none.
    pub(crate) fn in_layer(&self, observation: Observation, layer: u32) -> Observation {
        let Some(instruction) = self.shown.get(layer as usize) else { return observation };
        Observation {
            layer: Some(layer),
            instruction: instruction.clone(),
            // Where the base is but probable, nobody is told that it is to blame.
            is_base: self.analysis.descent(Some(layer)).filter(|it| it.is_certain).map(|it| it.is_base),
            ..observation
        }
    }
}

/// An instruction as observations have it: not at all where it holds a secret, and its beginning
/// where it is very long.
fn shown(line: &str) -> Arc<str> {
    if !plimsoll_catalog::evidence::secrets::scan_instruction(line).is_empty() {
        return NOT_SHOWN.into();
    }
    if line.len() <= MAX_INSTRUCTION {
        return line.into();
    }
    let end = (0..=MAX_INSTRUCTION).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", line.get(..end).unwrap_or_default()).into()
}

/// Whether a package is one of the distribution's package manager.
pub(crate) fn is_of_distribution(package: &Package) -> bool {
    package::is_of_distribution(package.kind.as_str())
}

/// An observation that weighs something else than is usual for its rule.
pub(crate) fn graded(observation: Observation, severity: SeverityLevel) -> Observation {
    Observation { severity, ..observation }
}
