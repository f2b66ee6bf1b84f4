//! Which known vulnerabilities an image has: the database, the documents that lift findings and
//! the time, put together once and asked as often as wanted.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use plimsoll_advisory::database::Database;
use plimsoll_advisory::matching::{AgeLimits, Options, explain, find, would_lift};
use plimsoll_advisory::vex::ignore::IgnoreEntry;
use plimsoll_advisory::vex::{self, VexDocument};
use plimsoll_model::{Analysis, AppliedVex, DatabaseFacts, Problem, Verification, Vulnerabilities};
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
    /// Whether VEX documents that are attached to an image lift findings though no key of the user's
    /// verified them: anybody who may write to the repository may attach one.
    pub trust_attached: bool,
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
    ignores: Vec<IgnoreEntry>,
    problems: Vec<Problem>,
    now: Option<String>,
    oldest_fetch: Option<u32>,
    trust_attached: bool,
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
            ignores: Vec::new(),
            problems: Vec::new(),
            now: now(),
            oldest_fetch: options.oldest_fetch,
            trust_attached: options.trust_attached,
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

    fn options<'a>(&'a self, attached: &'a [VexDocument]) -> Options<'a> {
        Options {
            age: AgeLimits { now: self.now.as_deref(), fetched: self.oldest_fetch, newest: None },
            vex: &self.vex,
            attached_vex: attached,
            ignores: &self.ignores,
        }
    }

    /// Judges every installed package of an image. Documents that are attached to it lift findings
    /// wherever none that the user named says anything, but only those that the user's key verified,
    /// unless the user trusts all: of the others the answer tells what they would lift.
    #[must_use]
    pub fn find(&self, analysis: &Analysis, attached: &[AttachedVex]) -> Vulnerabilities {
        let is_trusted = |found: &AttachedVex| {
            self.trust_attached || matches!(found.facts.verification, Verification::Verified { .. })
        };
        let trusted = attached.iter().filter(|found| is_trusted(found)).map(|found| found.document.clone());
        let trusted: Vec<VexDocument> = trusted.collect();
        let options = self.options(&trusted);
        let mut answer = find(&self.database, analysis, &options);
        answer.problems.extend(self.problems.iter().cloned());
        answer.problems.extend(attached.iter().flat_map(|found| found.document.problems.iter().cloned()));
        answer.problems.extend(analysis.attachments.iter().flat_map(|found| found.problems.iter().cloned()));
        answer.problems.sort();
        let facts = attached.iter().map(|found| {
            let mut facts = AppliedVex { applied: is_trusted(found), ..found.facts.clone() };
            if facts.applied {
                let label = label(&facts);
                let is_lifted = |by: Option<&str>| by.is_some_and(|by| by.starts_with(&label));
                let lifted = answer.findings.iter().filter(|finding| is_lifted(finding.lifted_by.as_deref()));
                facts.lifted = lifted.count() as u64;
            } else {
                facts.would_lift = would_lift(&found.document, analysis, &answer, &options);
            }
            facts
        });
        answer.attached_vex = facts.collect();
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
        let explained = explain(&self.database, analysis, id, &self.options(&[])).map_err(|source| {
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
