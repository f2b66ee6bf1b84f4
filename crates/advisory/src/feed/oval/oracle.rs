//! Oracle Linux: `com.oracle.elsa-*.xml`, one definition per erratum.

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, NameKind, Severity, Statement};

use super::criteria::{Claim, Test};
use super::definition::Definition;
use super::{Dialect, common_test, document, is_oval, rpm_statement};
use crate::feed::{Feed, FeedFile, FeedRequest, Sink};
use crate::flavour::flavour;
use crate::statement::{join_architectures, utc};

const BASE: &str = "https://linux.oracle.com/security/oval/";

static DOC: Doc = Doc {
    id: "oval-oracle",
    title: "Oracle Linux errata",
    summary: "Oracle's own errata (ELSA) for Oracle Linux, as OVAL.",
    explanation: "\
Each erratum becomes an advisory that names its CVEs, and one statement for each package (by the name \
of the binary package), release, architecture and module stream in its tree of tests: older than the \
version given is affected. Whether a package is signed with Oracle's key is not asked.\n\
\n\
Oracle builds some libraries (glibc, openssl, gnutls, …) in more than one flavour under one name: for \
Ksplice, which patches running processes (`.ksplice1.` in the version), and validated for FIPS \
(`_fips` at its end). A fix in one flavour says nothing about the other, and their versions do not \
compare: a statement whose version is of a flavour names it as its repository class (`ksplice`, \
`fips`) and holds for installed packages of the same flavour only; all others hold for packages of \
none. Kernels of the `uek` line need no such rule, as their packages have names of their own.\n\
\n\
The feed lists what was fixed. A flaw that Oracle has not fixed is not in it.",
};

/// Oracle Linux errata in OVAL.
#[derive(Debug)]
pub struct OracleOval;

impl Feed for OracleOval {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        is_oval(path)
    }

    /// Parts are years of errata; without any, the one file with all of them.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        let request = |name: String| FeedRequest::new(format!("{BASE}{name}"), name);
        if parts.is_empty() {
            return vec![request("com.oracle.elsa-all.xml.bz2".to_owned())];
        }
        parts.iter().map(|year| request(format!("com.oracle.elsa-{year}.xml.bz2"))).collect()
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        document::read::<Oracle>(file.path, file.bytes, sink);
    }
}

struct Oracle;

impl Dialect for Oracle {
    const TESTS_FOLLOW: bool = false;

    fn test(comment: &str) -> Option<Test> {
        if let Some(architecture) = comment.strip_prefix("Oracle Linux arch is ") {
            return Some(Test::Architecture(architecture.trim().to_owned()));
        }
        if let Some(release) =
            comment.strip_prefix("Oracle Linux ").and_then(|rest| rest.strip_suffix(" is installed"))
        {
            return release.parse::<u8>().ok().map(|release| Test::Release(release.to_string()));
        }
        common_test(comment)
    }

    fn advisory(_path: &str, definition: Definition, claims: Vec<Claim>) -> Result<Advisory, String> {
        let title = definition.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let (head, rest) = title.split_once(": ").unwrap_or(("", &title));
        let id = if is_erratum(head) {
            head.to_owned()
        } else {
            let named = definition.references.iter().find(|reference| is_erratum(&reference.id));
            named.ok_or("it names no erratum")?.id.clone()
        };
        if claims.is_empty() {
            return Err(format!("`{id}` names no package"));
        }
        let statements: Vec<Statement> = claims
            .into_iter()
            .map(|claim| {
                let release = claim.context.release.clone();
                let (super::Bound::Before(version) | super::Bound::UpTo(version)) = &claim.bound;
                let repository = flavour(version).map(str::to_owned);
                Statement { repository, ..rpm_statement("ol", NameKind::Binary, release, claim) }
            })
            .collect();
        let related = definition.flaw_ids();
        let mut severities = Vec::new();
        let word = definition.severity.trim().to_ascii_lowercase();
        // Vectors belong to flaws, not to the erratum: with several, the word alone is its own.
        if let [flaw] = definition.flaws.as_slice() {
            for scored in [&flaw.cvss3, &flaw.cvss2].into_iter().flatten() {
                if let Some((_, vector)) = scored.split_once('/') {
                    severities.push(Severity::Cvss(vector.to_owned()));
                }
            }
        }
        if !word.is_empty() && word != "n/a" {
            severities.push(Severity::Word(word));
        }
        Ok(Advisory {
            id,
            related,
            summary: Some(rest.to_owned()).filter(|summary| !summary.is_empty()),
            severities,
            published: utc(&definition.issued),
            modified: utc(&definition.updated),
            references: definition
                .references
                .iter()
                .filter(|reference| is_erratum(&reference.id) && !reference.url.is_empty())
                .map(|reference| reference.url.clone())
                .collect(),
            statements: join_architectures(statements),
            ..Advisory::default()
        })
    }
}

/// `ELSA-2018-1196-1`; enhancements and bug fixes are ELEA and ELBA.
fn is_erratum(text: &str) -> bool {
    ["ELSA-", "ELBA-", "ELEA-"].iter().any(|start| text.starts_with(start)) && !text.contains(' ')
}
