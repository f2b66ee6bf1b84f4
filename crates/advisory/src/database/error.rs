//! What can go wrong with a database, in words that say what to do next.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A database that cannot be used.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The file cannot be opened.
    #[error("cannot open the advisory database {path}; `plimsoll advisories update` makes one")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Reading stopped.
    #[error("cannot read the advisory database at byte {offset}")]
    Read {
        /// Where.
        offset: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is another kind of file.
    #[error("this is no advisory database; `plimsoll advisories update` makes one")]
    NotADatabase,
    /// It was written in another form.
    #[error(
        "the advisory database has form {found} and this program reads form {expected}; \
         `plimsoll advisories update` builds it anew"
    )]
    OtherVersion {
        /// Form of the file.
        found: u16,
        /// Form that is read.
        expected: u16,
    },
    /// It was changed after it was written, or cut short.
    #[error(
        "the advisory database is damaged: {part} {fault}; \
         `plimsoll advisories update` builds it anew"
    )]
    Damaged {
        /// Which part of it.
        part: &'static str,
        /// What is wrong.
        fault: &'static str,
    },
}

/// A database that cannot be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Writing stopped.
    #[error("cannot write the advisory database")]
    Write(#[source] io::Error),
    /// The room for sorting could not be had.
    #[error("cannot sort advisories in a temporary file in {directory}; it needs free space there")]
    Spill {
        /// Where temporary files go.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// More than the form can number.
    #[error("more {what} than one advisory database can number; leave feeds out")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// An older database, whose rows were to be kept, cannot be read.
    #[error("cannot keep the rows of the older database")]
    CarryOver(#[source] DatabaseError),
}
