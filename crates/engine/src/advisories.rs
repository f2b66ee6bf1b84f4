//! Advisories on this machine: fetched or taken from a folder, compiled into one database,
//! replaced as a whole or not at all.
//!
//! A feed that fails keeps the rows it had in the database before, and says so. The database is
//! built beside the old one and renamed over it, so whoever reads goes on reading the old one.

mod download;
mod fetch;
mod folder;
mod intake;
mod kept;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use plimsoll_advisory::database::{BuildError, Database, DatabaseBuilder, DatabaseError};
use plimsoll_model::{DatabaseFacts, FeedFacts, Problem};
use thiserror::Error;

use crate::progress::Progress;
use crate::transport::TransportOptions;
use crate::vulnerabilities::now;
use fetch::Fetched;
use folder::{Found, find};
use intake::Intake;
use kept::KeptFiles;

/// The program's advisories.
#[derive(Debug)]
pub struct AdvisoryStore {
    directory: PathBuf,
}

/// What an update did.
#[derive(Debug)]
pub struct Updated {
    /// What the database now holds.
    pub facts: DatabaseFacts,
    /// What could not be read or fetched, sorted.
    pub problems: Vec<Problem>,
}

impl Updated {
    /// Whether every feed that was asked for says something. One that could not be fetched, and one
    /// that came out empty though something was wrong with it, do not.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let was_fetched =
            |problem: &Problem| !["feed-not-fetched", "feed-gave-nothing"].contains(&problem.code.as_str());
        let is_broken = |feed: &FeedFacts| {
            let is_named = |problem: &Problem| problem.subject.starts_with(feed.id.as_str());
            feed.advisories + feed.enrichments == 0 && self.problems.iter().any(is_named)
        };
        self.problems.iter().all(was_fetched) && !self.facts.feeds.iter().any(is_broken)
    }
}

/// What to update from where.
#[derive(Debug, Clone, Default)]
pub struct UpdateOptions {
    /// Feeds (`osv`), or parts of them (`osv/PyPI`); none for all.
    pub feeds: Vec<String>,
    /// In place of the publishers, a server that has each file at `FEED/PATH`.
    pub mirror: Option<String>,
    /// How the outside is spoken to.
    pub transport: TransportOptions,
}

/// Why advisories cannot be used or updated.
#[derive(Debug, Error)]
pub enum AdvisoryError {
    /// There is no database yet.
    #[error(
        "there are no advisories on this machine yet: fetch them with `plimsoll advisories update`, or take them from a folder with `--from DIR`"
    )]
    NoDatabase,
    /// The database cannot be read.
    #[error(
        "the advisory database {path} cannot be used: {source}; build it anew with `plimsoll advisories update`"
    )]
    Database {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: DatabaseError,
    },
    /// The database cannot be built.
    #[error("the advisory database cannot be built: {0}; the one before stays in use")]
    Build(#[from] BuildError),
    /// A folder or file cannot be read or written.
    #[error("cannot {what}: {source}")]
    Files {
        /// What was being done.
        what: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// Not one feed could be fetched, and there was none before.
    #[error("no feed could be fetched; the first: {0}")]
    NothingFetched(String),
    /// Nothing that was named or found is a feed.
    #[error("{0}")]
    NoFeed(String),
}

impl AdvisoryStore {
    /// The advisories kept in a directory, which is made when something is first stored.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.directory.join("advisories.db")
    }

    /// Opens the database.
    ///
    /// # Errors
    /// [`AdvisoryError`] where there is none, or it cannot be read.
    pub fn open(&self) -> Result<Database, AdvisoryError> {
        let path = self.path();
        if !path.exists() {
            return Err(AdvisoryError::NoDatabase);
        }
        Database::open(&path)
            .map_err(|source| AdvisoryError::Database { path: path.display().to_string(), source })
    }

    /// Builds the database from the files in a folder, as their publishers serve them.
    ///
    /// # Errors
    /// [`AdvisoryError`] where the folder holds no feed, or the database cannot be built.
    pub fn update_from(&self, folder: &Path, progress: &dyn Progress) -> Result<Updated, AdvisoryError> {
        let _lock = self.lock(progress)?;
        let found = find(folder, &|_, _| None)?;
        if found.feeds.is_empty() {
            return Err(AdvisoryError::NoFeed(format!(
                "{} holds no feed: expected folders such as osv/PyPI, alpine-secdb/v3.20, debian-tracker, oval/oracle, redhat-vex, kev or epss",
                folder.display()
            )));
        }
        self.build(&found, &Fetched::default(), progress)
    }

    /// Fetches feeds and builds the database from all that was ever fetched.
    ///
    /// # Errors
    /// [`AdvisoryError`] where no such feed exists, or the database cannot be built. A feed that
    /// cannot be fetched is a problem, and what it had stays.
    pub fn update(&self, options: &UpdateOptions, progress: &dyn Progress) -> Result<Updated, AdvisoryError> {
        let _lock = self.lock(progress)?;
        let feeds = self.directory.join("feeds");
        fs::create_dir_all(&feeds)
            .map_err(|source| AdvisoryError::Files { what: format!("make {}", feeds.display()), source })?;
        let fetched = fetch::fetch(&self.directory, options, progress)?;
        let found = find(&feeds, &|feed, path| self.source(feed, path))?;
        if let (true, Err(AdvisoryError::NoDatabase), Some(failure)) =
            (found.feeds.is_empty(), self.open(), fetched.failures.first())
        {
            return Err(AdvisoryError::NothingFetched(format!("{}: {}", failure.part, failure.why)));
        }
        self.build(&found, &fetched, progress)
    }

    /// The address that a fetched file came from, without its own name.
    fn source(&self, feed: &str, path: &str) -> Option<String> {
        let from = KeptFiles::open(&self.directory, feed).came(path)?.from;
        let end = from.rfind('/')?;
        from.get(..=end).map(str::to_owned).filter(|address| !address.is_empty())
    }

    /// One update at a time: two would fetch the same, and the later would lose what the earlier
    /// fetched. Readers are not concerned.
    fn lock(&self, progress: &dyn Progress) -> Result<File, AdvisoryError> {
        let path = self.directory.join("update.lock");
        let fail = |source| AdvisoryError::Files { what: format!("lock {}", path.display()), source };
        fs::create_dir_all(&self.directory).map_err(fail)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        if file.try_lock().is_err() {
            progress.notice("another update is under way; this one waits for its end");
            file.lock().map_err(fail)?;
        }
        Ok(file)
    }

    fn build(
        &self,
        found: &Found,
        fetched: &Fetched,
        progress: &dyn Progress,
    ) -> Result<Updated, AdvisoryError> {
        let old = self.open().ok();
        let files = |what: &str| {
            let what = format!("{what} {}", self.directory.display());
            move |source| AdvisoryError::Files { what, source }
        };
        fs::create_dir_all(&self.directory).map_err(files("make"))?;
        let new = self.directory.join(format!("advisories.{}.new", std::process::id()));
        let file = File::create(&new).map_err(files("write to"))?;
        let writer = io::BufWriter::with_capacity(1 << 20, file);
        let builder = DatabaseBuilder::new(writer, &self.directory, now())?;
        progress.begin("advisories", found.bytes());
        let outcome = Intake::new(builder, progress).take(found, old.as_ref(), fetched);
        progress.end();
        let finish = outcome.and_then(|(built, problems)| {
            let file = built.writer.into_inner().map_err(|error| AdvisoryError::Files {
                what: format!("write {}", new.display()),
                source: error.into_error(),
            })?;
            file.sync_all().map_err(files("write to"))?;
            fs::rename(&new, self.path()).map_err(files("write to"))?;
            Ok(Updated { facts: built.facts, problems })
        });
        if finish.is_err() {
            // Nothing reads it, and the next build makes its own.
            let _ = fs::remove_file(&new);
        }
        finish
    }

    /// Copies the database to a file, for a machine without a network.
    ///
    /// # Errors
    /// [`AdvisoryError`] where there is none, or the file cannot be written.
    pub fn export(&self, to: &Path) -> Result<DatabaseFacts, AdvisoryError> {
        let database = self.open()?;
        fs::copy(self.path(), to)
            .map_err(|source| AdvisoryError::Files { what: format!("write {}", to.display()), source })?;
        Ok(database.facts().clone())
    }

    /// Takes a database that another machine exported in the place of the one here.
    ///
    /// # Errors
    /// [`AdvisoryError`] where the file is no database, or cannot be put in place. The one here
    /// then stays.
    pub fn import(&self, from: &Path) -> Result<DatabaseFacts, AdvisoryError> {
        let database = Database::open(from)
            .map_err(|source| AdvisoryError::Database { path: from.display().to_string(), source })?;
        let new = self.directory.join(format!("advisories.{}.new", std::process::id()));
        let put = || {
            fs::create_dir_all(&self.directory)?;
            fs::copy(from, &new)?;
            File::open(&new)?.sync_all()?;
            fs::rename(&new, self.path())
        };
        put().map_err(|source| AdvisoryError::Files {
            what: format!("write to {}", self.directory.display()),
            source,
        })?;
        Ok(database.facts().clone())
    }
}
