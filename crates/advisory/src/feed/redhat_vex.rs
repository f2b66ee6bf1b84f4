//! Red Hat's CSAF VEX documents, one per CVE, about every product that Red Hat ships.

pub mod changes;
mod component;
mod follow;
mod platform;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Read;

use plimsoll_catalog::Doc;
use plimsoll_model::{
    Advisory, FixState, NameKind, Problem, RangeEnd, Scope, Severity, Statement, VersionRange,
};

use super::{Answer, Feed, FeedFile, FeedRequest, FollowUp, Kept, Sink};
use crate::csaf::{Document, Products, Vulnerability};
use crate::statement::{join_architectures, utc};
use crate::unpack::unpack;
use component::Component;

/// Where the documents and the lists of changes are.
pub const BASE: &str = "https://security.access.redhat.com/data/csaf/v2/vex/";
/// The largest real documents (kernel flaws) have some tens of megabytes.
const MAX_DOCUMENT_BYTES: u64 = 128 << 20;

static DOC: Doc = Doc {
    id: "redhat-vex",
    title: "Red Hat VEX",
    summary: "Red Hat's statements about every CVE in each of its products, as CSAF VEX.",
    explanation: "\
Each document becomes an advisory with the CVE's id. A fixed component gives a range that ends at the \
version of its package URL; an affected one has no fix yet, or will not get one where Red Hat says so; \
components that are not affected and those under investigation are kept as such. A component that is \
not affected in a certain version is so in that version only.\n\
\n\
The CPE of the product that ships the component tells where a statement holds: the release of RHEL, and \
the class of repositories where it is not an ordinary one: `eus`, `aus`, `tus`, `e4s`, `els` and the \
like with the minor release that they keep alive, and layered products by their own name \
(`satellite:6.14`). Module streams come from `rpmmod` package URLs, or from names such as \
`nodejs:18/npm`.\n\
\n\
Names are those of binary packages. Source packages (`arch=src`, and names without a package URL) are \
marked as such, and left out where they only repeat what is said of their binaries. Components that \
are not rpm packages (container images, Java archives) are left out.",
};

/// Red Hat's CSAF VEX documents.
#[derive(Debug)]
pub struct RedHatVex;

impl Feed for RedHatVex {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        path.ends_with(".json") || path.ends_with(".tar.zst")
    }

    /// Parts are paths of documents (`2023/cve-2023-38545.json`); without any, the three small
    /// files that say what there is.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        let request =
            |path: &str, limit| FeedRequest::new(format!("{BASE}{path}"), path.to_owned()).at_most(limit);
        if parts.is_empty() {
            return vec![
                request(follow::LATEST, follow::MAX_LINE_FILE),
                request(follow::CHANGES, follow::MAX_LIST),
                request(follow::DELETIONS, follow::MAX_LIST).optional(),
            ];
        }
        parts.iter().map(|part| request(part, MAX_DOCUMENT_BYTES)).collect()
    }

    fn follow(&self, round: &[Answer], kept: &dyn Kept) -> FollowUp {
        follow::follow(round, kept)
    }

    /// Folders are years of documents, not parts: one archive has them all.
    fn part<'p>(&self, _path: &'p str) -> Option<&'p str> {
        None
    }

    fn is_archive(&self, path: &str) -> bool {
        path.ends_with(".tar.zst")
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let path = file.path.to_owned();
        let archive = self.is_archive(&path);
        match unpack(file.bytes) {
            Ok(mut source) if archive => changes::read_archive(&path, &mut source, file.replaced, sink),
            Ok(mut source) => read_document(&path, &mut source, sink),
            Err(error) => sink.problem(unreadable(&path, &error.to_string())),
        }
    }
}

fn unreadable(path: &str, reason: &str) -> Problem {
    Problem::new(
        "feed-unreadable",
        path,
        format!("The document cannot be read: {reason}. Nothing of it is used."),
    )
}

/// Reads one document.
fn read_document(path: &str, source: &mut dyn Read, sink: &mut dyn Sink) {
    let mut bytes = Vec::new();
    if let Err(error) = source.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes) {
        return sink.problem(unreadable(path, &error.to_string()));
    }
    if bytes.len() as u64 > MAX_DOCUMENT_BYTES {
        return sink.problem(Problem::new(
            "feed-too-large",
            path,
            format!("The document is larger than {MAX_DOCUMENT_BYTES} bytes. Nothing of it is used."),
        ));
    }
    let document: Document = match serde_json::from_slice(&bytes) {
        Ok(document) => document,
        Err(error) => return sink.problem(unreadable(path, &error.to_string())),
    };
    drop(bytes);
    if document.vulnerabilities.is_empty() {
        return sink.problem(Problem::new("feed-empty", path, "The document speaks of no flaw."));
    }
    let products = Products::new(&document.product_tree);
    for vulnerability in &document.vulnerabilities {
        advisory(path, &document, vulnerability, &products, sink);
    }
}

fn advisory(
    path: &str,
    document: &Document,
    vulnerability: &Vulnerability,
    products: &Products<'_>,
    sink: &mut dyn Sink,
) {
    let Some(id) = vulnerability.cve.clone().filter(|id| !id.is_empty()) else {
        return sink.problem(Problem::new(
            "advisory-without-id",
            path,
            "A flaw in the document has no CVE and is left out.",
        ));
    };
    let mut reading = Reading { products, statements: Vec::new(), unknown: Vec::new() };
    let status = &vulnerability.product_status;
    let unfixed = unfixed_states(vulnerability);
    for id in status.fixed.iter().chain(&status.first_fixed) {
        reading.component(id, |component| {
            let version = component.version.clone()?;
            let end = RangeEnd::Fixed(version);
            Some((FixState::Ranges, vec![VersionRange { introduced: None, end }], Vec::new()))
        });
    }
    for id in status.known_affected.iter().chain(&status.first_affected).chain(&status.last_affected) {
        let state = unfixed.get(id.as_str()).copied().unwrap_or(FixState::NotYetFixed);
        reading.component(id, |_| Some((state, Vec::new(), Vec::new())));
    }
    for id in &status.known_not_affected {
        reading.component(id, |component| {
            Some((FixState::NotAffected, Vec::new(), component.version.clone().into_iter().collect()))
        });
    }
    for id in &status.under_investigation {
        reading.component(id, |_| Some((FixState::UnderInvestigation, Vec::new(), Vec::new())));
    }
    let Reading { statements, unknown, .. } = reading;
    if let Some(first) = unknown.first() {
        sink.problem(Problem::new(
            "product-unknown",
            path,
            format!(
                "{} products, the first being `{first}`, cannot be found in the document's product tree or \
                 have no version where they need one; what is said of them in {id} is left out.",
                unknown.len()
            ),
        ));
    }
    let head = &document.head;
    sink.advisory(Advisory {
        id,
        summary: Some(vulnerability.title.clone().unwrap_or_else(|| head.title.clone()))
            .filter(|summary| !summary.is_empty()),
        severities: severities(document, vulnerability),
        published: vulnerability
            .release_date
            .as_deref()
            .and_then(utc)
            .or_else(|| utc(&head.tracking.initial_release_date)),
        modified: utc(&head.tracking.current_release_date),
        references: references(document, vulnerability),
        statements: join_architectures(without_repeated_sources(statements)),
        ..Advisory::default()
    });
}

/// What becomes of affected products, by their ids: the planned absence of a fix outranks the
/// present one, whichever the document says first.
fn unfixed_states(vulnerability: &Vulnerability) -> HashMap<&str, FixState> {
    let mut states = HashMap::new();
    for remediation in &vulnerability.remediations {
        let state = match remediation.category.as_str() {
            "no_fix_planned" => FixState::WillNotFix,
            "none_available" => FixState::NotYetFixed,
            _ => continue,
        };
        for id in &remediation.product_ids {
            let known = states.entry(id.as_str()).or_insert(state);
            if state == FixState::WillNotFix {
                *known = state;
            }
        }
    }
    states
}

fn severities(document: &Document, vulnerability: &Vulnerability) -> Vec<Severity> {
    let mut severities = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |severity: Severity| {
        if seen.insert(severity.clone()) {
            severities.push(severity);
        }
    };
    for score in &vulnerability.scores {
        for vector in [&score.cvss_v4, &score.cvss_v3, &score.cvss_v2].into_iter().flatten() {
            if !vector.vector.is_empty() {
                add(Severity::Cvss(vector.vector.clone()));
            }
        }
    }
    let impacts = vulnerability
        .threats
        .iter()
        .filter(|threat| threat.category == "impact")
        .map(|threat| threat.details.as_str());
    let aggregate = document.head.aggregate_severity.iter().map(|severity| severity.text.as_str());
    let words: Vec<String> = impacts.chain(aggregate).map(|word| word.trim().to_ascii_lowercase()).collect();
    for word in words.into_iter().filter(|word| !word.is_empty()) {
        add(Severity::Word(word));
    }
    severities
}

/// The document's own address, then the errata that fix something (`…/errata/RHSA-2024:2011`).
fn references(document: &Document, vulnerability: &Vulnerability) -> Vec<String> {
    let own = document.head.references.iter().filter(|link| link.category == "self").map(|link| &link.url);
    let errata = vulnerability
        .remediations
        .iter()
        .filter(|remediation| remediation.category == "vendor_fix")
        .filter_map(|remediation| remediation.url.as_ref());
    let mut seen = HashSet::new();
    own.chain(errata).filter(|url| seen.insert(url.as_str())).cloned().collect()
}

/// Leaves out a source package that only repeats what is said of its binary packages, in the same
/// place and state: each of those has its own word, and one that is not affected must not be
/// judged by its source. Which binaries a source has is told by the version they share, or without
/// one by the binary of the same name, which documents that list binaries at all have.
fn without_repeated_sources(statements: Vec<Statement>) -> Vec<Statement> {
    let said = |statement: &Statement| {
        let place = (statement.scope.clone(), statement.repository.clone(), statement.module.clone());
        let versions = (statement.ranges.clone(), statement.versions.clone());
        let name = if versions.0.is_empty() && versions.1.is_empty() {
            statement.name.clone()
        } else {
            String::new()
        };
        (place, statement.state, versions, name)
    };
    let is_binary = |statement: &&Statement| statement.name_kind == NameKind::Binary;
    let binaries: HashSet<_> = statements.iter().filter(is_binary).map(said).collect();
    statements
        .into_iter()
        .filter(|statement| is_binary(&statement) || !binaries.contains(&said(statement)))
        .collect()
}

type Said = (FixState, Vec<VersionRange>, Vec<String>);

struct Reading<'a> {
    products: &'a Products<'a>,
    statements: Vec<Statement>,
    unknown: Vec<&'a str>,
}

impl<'a> Reading<'a> {
    fn component(&mut self, id: &'a str, say: impl FnOnce(&Component) -> Option<Said>) {
        let Some(chain) = self.products.chain(id) else {
            self.unknown.push(id);
            return;
        };
        let Some((component, platform)) = component::of(&chain) else { return };
        let Some((state, ranges, versions)) = say(&component) else {
            self.unknown.push(id);
            return;
        };
        self.statements.push(Statement {
            scope: Scope {
                kind: "rpm".to_owned(),
                distribution: Some("rhel".to_owned()),
                release: platform.release,
            },
            name: component.name,
            name_kind: if component.is_source { NameKind::Source } else { NameKind::Binary },
            architectures: component.architecture.into_iter().collect(),
            module: component.module,
            repository: platform.repository,
            state,
            ranges,
            versions,
        });
    }
}
