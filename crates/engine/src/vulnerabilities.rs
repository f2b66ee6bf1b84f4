//! Which known vulnerabilities an image has: the database, the documents that lift findings and
//! the time, put together once and asked as often as wanted.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use plimsoll_advisory::database::Database;
use plimsoll_advisory::matching::{AgeLimits, Options, explain, find};
use plimsoll_advisory::vex::ignore::IgnoreEntry;
use plimsoll_advisory::vex::{self, VexDocument};
use plimsoll_model::{Analysis, AppliedVex, DatabaseFacts, Problem, Vulnerabilities};
use plimsoll_report::explanation::{AppliedStatement, VersionComparison};
use thiserror::Error;

use crate::advisories::{AdvisoryError, AdvisoryStore};
use crate::attached::{AttachedVex, label};

/// What a question about vulnerabilities is asked with.
#[derive(Debug, Clone, Default)]
pub struct VulnerabilityOptions {
    /// VEX documents: OpenVEX, CSAF or CycloneDX.
    pub vex: Vec<PathBuf>,
    /// Files of ignore entries.
    pub ignores: Vec<PathBuf>,
    /// Days since a feed was fetched beyond which it says nothing any more; `None` for any.
    pub oldest_fetch: Option<u32>,
}

/// Why a question about vulnerabilities cannot be answered.
#[derive(Debug, Error)]
pub enum VulnerabilityError {
    /// The database.
    #[error(transparent)]
    Advisories(#[from] AdvisoryError),
    /// A document that lifts findings cannot be used. It is never left out in silence.
    #[error("{file}: {reason}")]
    Document {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// Judges images by one database.
#[derive(Debug)]
pub struct Advisor {
    database: Database,
    vex: Vec<VexDocument>,
    attached: Vec<VexDocument>,
    attached_facts: Vec<AppliedVex>,
    ignores: Vec<IgnoreEntry>,
    problems: Vec<Problem>,
    now: Option<String>,
    oldest_fetch: Option<u32>,
}

impl Advisor {
    /// Opens the database and reads the documents.
    ///
    /// # Errors
    /// [`VulnerabilityError`] where one of them cannot be used.
    pub fn open(store: &AdvisoryStore, options: &VulnerabilityOptions) -> Result<Self, VulnerabilityError> {
        let mut advisor = Self {
            database: store.open()?,
            vex: Vec::new(),
            attached: Vec::new(),
            attached_facts: Vec::new(),
            ignores: Vec::new(),
            problems: Vec::new(),
            now: now(),
            oldest_fetch: options.oldest_fetch,
        };
        for path in &options.vex {
            let bytes = fs::read(path).map_err(|error| fault(path, &error))?;
            let document = vex::read(&bytes).map_err(|error| fault(path, &error))?;
            advisor.problems.extend(document.problems.iter().cloned());
            advisor.vex.push(document);
        }
        for path in &options.ignores {
            let text = fs::read_to_string(path).map_err(|error| fault(path, &error))?;
            let file = vex::ignore::parse(&text).map_err(|error| fault(path, &error))?;
            advisor.ignores.extend(file.entries);
        }
        Ok(advisor)
    }

    /// Applies documents that were found attached to an image, wherever none that the user named
    /// says anything. Whatever they lift names them, and the answer lists them.
    pub fn apply_attached(&mut self, found: Vec<AttachedVex>) {
        for AttachedVex { document, facts } in found {
            self.problems.extend(document.problems.iter().cloned());
            self.attached.push(document);
            self.attached_facts.push(facts);
        }
    }

    /// What the database holds.
    #[must_use]
    pub const fn facts(&self) -> &DatabaseFacts {
        self.database.facts()
    }

    /// The time of asking (RFC 3339, UTC).
    #[must_use]
    pub fn now(&self) -> Option<&str> {
        self.now.as_deref()
    }

    fn options(&self) -> Options<'_> {
        Options {
            age: AgeLimits { now: self.now.as_deref(), fetched: self.oldest_fetch, newest: None },
            vex: &self.vex,
            attached_vex: &self.attached,
            ignores: &self.ignores,
        }
    }

    /// Judges every installed package of an image.
    #[must_use]
    pub fn find(&self, analysis: &Analysis) -> Vulnerabilities {
        let mut answer = find(&self.database, analysis, &self.options());
        answer.problems.extend(self.problems.iter().cloned());
        answer.problems.extend(analysis.attachments.iter().flat_map(|found| found.problems.iter().cloned()));
        answer.problems.sort();
        answer.attached_vex.clone_from(&self.attached_facts);
        for facts in &mut answer.attached_vex {
            let label = label(facts);
            let lifted = answer
                .findings
                .iter()
                .filter(|finding| finding.lifted_by.as_deref().is_some_and(|by| by.starts_with(&label)));
            facts.lifted = lifted.count() as u64;
        }
        answer
    }

    /// Everything that was looked at for one vulnerability.
    ///
    /// # Errors
    /// [`VulnerabilityError`] where the database cannot be read.
    pub fn explain(
        &self,
        analysis: &Analysis,
        id: &str,
    ) -> Result<Vec<AppliedStatement>, VulnerabilityError> {
        let explained = explain(&self.database, analysis, id, &self.options()).map_err(|source| {
            VulnerabilityError::Advisories(AdvisoryError::Database { path: "in use".to_owned(), source })
        })?;
        Ok(explained
            .into_iter()
            .map(|each| AppliedStatement {
                package: each.package,
                feed: each.feed,
                advisory: each.advisory,
                scope: each.scope,
                name: each.name.0,
                name_kind: each.name.1,
                version: each.version,
                state: each.state,
                affected: each.affected,
                range: each.range,
                comparisons: each
                    .comparisons
                    .into_iter()
                    .map(|one| VersionComparison {
                        installed: one.installed,
                        bound: one.bound,
                        order: one.order,
                    })
                    .collect(),
                verdict: each.verdict,
                inapplicable: each.inapplicable,
            })
            .collect())
    }
}

/// The time (RFC 3339, UTC), in whole seconds.
#[must_use]
pub fn now() -> Option<String> {
    let now = jiff::Timestamp::try_from(SystemTime::now()).ok()?;
    Some(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn fault(path: &Path, error: &dyn std::error::Error) -> VulnerabilityError {
    VulnerabilityError::Document { file: path.display().to_string(), reason: error.to_string() }
}
