//! What is wrong with one database file, gathered while it is read.

use std::fmt;

use plimsoll_model::{Problem, path};

/// The code of every problem with an rpm database.
pub(super) const DATABASE_DAMAGED: &str = "rpm-database-damaged";

/// How many findings about one file are told one by one. A file that is damaged throughout
/// would otherwise give one sentence for each of its pages.
const MAX_TOLD: usize = 12;

/// The most packages that are read out of one database. The largest distributions have some
/// seventy thousand packages in all; a hostile file could hold millions of empty ones.
pub(super) const MAX_PACKAGES: usize = 200_000;

/// Findings about one file.
#[derive(Debug, Default)]
pub(super) struct Damage {
    told: Vec<String>,
    untold: usize,
}

impl Damage {
    /// Notes one finding: a sentence that says what is wrong and what the answer lacks for it.
    pub(super) fn note(&mut self, sentence: impl fmt::Display) {
        if self.told.len() < MAX_TOLD {
            self.told.push(sentence.to_string());
        } else {
            self.untold += 1;
        }
    }

    /// The sentences, the last of which counts those that were too many.
    pub(super) fn into_sentences(self) -> Vec<String> {
        let mut told = self.told;
        if self.untold > 0 {
            told.push(format!("{} more places are damaged in the same file", self.untold));
        }
        told
    }

    /// The findings as problems of the file at a normal path.
    pub(super) fn report(self, path: &[u8], problems: &mut Vec<Problem>) {
        report_sentences(self.into_sentences(), path, problems);
    }
}

/// Sentences about the file at a normal path as problems.
pub(super) fn report_sentences(
    sentences: impl IntoIterator<Item = impl Into<String>>,
    path: &[u8],
    problems: &mut Vec<Problem>,
) {
    let subject = format!("/{}", path::escape(path));
    problems.extend(
        sentences.into_iter().map(|sentence| Problem::new(DATABASE_DAMAGED, subject.clone(), sentence)),
    );
}

/// How many bytes may still be taken out of a database. Honest entries do not overlap, so all
/// of them together are never longer than their file; a hostile file whose entries share the
/// same pages over and over is stopped here, in space and in time.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    /// As many bytes as the file has.
    pub(super) const fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes bytes out; `false` where there are not that many left.
    pub(super) const fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

/// Whoever is handed the header blobs of a database, one by one: its number in the database,
/// its bytes, and where to note what is wrong with it.
pub(super) type BlobSink<'a> = dyn FnMut(u32, &[u8], &mut Damage) + 'a;
