//! OVAL, the language in which distributions that use rpm publish their errata as tests of a
//! machine: one streaming reader, and one thin dialect per publisher.
//!
//! A definition names flaws and holds a tree of tests. Those about the machine (its release, its
//! architecture, its modules) become limits of the statements that the tests about packages make.
//! See <https://oval.mitre.org/language/version5.11/> for the language.

pub mod azure;
mod criteria;
mod definition;
mod document;
pub mod oracle;
pub mod photon;

pub use azure::AzureOval;
pub use oracle::OracleOval;
pub use photon::PhotonOval;

use plimsoll_model::{Advisory, FixState, NameKind, RangeEnd, Scope, Statement, VersionRange};

use crate::statement::without_zero_epoch;
use criteria::{Bound, Claim, Test};
use definition::Definition;

/// What publishers do differently.
trait Dialect {
    /// Whether tests are read in the sections that follow all definitions, which then have to be
    /// kept in memory; otherwise the comment of each criterion says all, and definitions are
    /// passed on one by one.
    const TESTS_FOLLOW: bool;

    /// What the comment of a criterion says; `None` when it is not understood.
    fn test(comment: &str) -> Option<Test>;

    /// What a definition and the claims made of its tree say. `path` is the file's.
    fn advisory(path: &str, definition: Definition, claims: Vec<Claim>) -> Result<Advisory, String>;
}

/// Whether a file's name is that of an OVAL document, compressed or not.
fn is_oval(path: &str) -> bool {
    [".xml", ".xml.bz2", ".xml.gz"].iter().any(|ending| path.ends_with(ending))
}

/// The statement of one claim about an rpm package.
fn rpm_statement(
    distribution: &str,
    name_kind: NameKind,
    release: Option<String>,
    claim: Claim,
) -> Statement {
    let end = match claim.bound {
        Bound::Before(version) => RangeEnd::Fixed(without_zero_epoch(&version).to_owned()),
        Bound::UpTo(version) => RangeEnd::LastAffected(without_zero_epoch(&version).to_owned()),
    };
    Statement {
        scope: Scope { kind: "rpm".to_owned(), distribution: Some(distribution.to_owned()), release },
        name: claim.package,
        name_kind,
        architectures: claim.context.architecture.into_iter().collect(),
        module: claim.context.module,
        repository: None,
        state: FixState::Ranges,
        ranges: vec![VersionRange { introduced: None, end }],
        versions: Vec::new(),
    }
}

/// What the comments of all publishers have in common.
fn common_test(comment: &str) -> Option<Test> {
    if let Some((package, version)) = comment.split_once(" is earlier than ") {
        return words(package, version)
            .map(|(package, version)| Test::Package { package, bound: Bound::Before(version) });
    }
    if comment.contains(" is signed with ") {
        return Some(Test::Holds);
    }
    // Errata of kernels ask what runs; of an image only what is installed can be known.
    if comment.contains(" is currently running") || comment.contains(" is set to boot") {
        return Some(Test::Holds);
    }
    let label = comment.strip_prefix("Module ")?.strip_suffix(" is enabled")?;
    label.contains(':').then(|| Test::Module(label.to_owned()))
}

fn words(package: &str, version: &str) -> Option<(String, String)> {
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    (is_word(package) && is_word(version)).then(|| (package.to_owned(), version.to_owned()))
}
