//! VMware Photon OS: `com.vmware.phsa-photonN.xml`.

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, NameKind, Severity, Statement};

use super::criteria::{Claim, Test};
use super::definition::Definition;
use super::{Dialect, common_test, document, is_oval, rpm_statement};
use crate::feed::{Feed, FeedFile, FeedRequest, Sink};
use crate::statement::{join_architectures, utc};

const BASE: &str = "https://packages.vmware.com/photon/photon_oval_definitions/";
const RELEASES: [&str; 5] = ["1", "2", "3", "4", "5"];

static DOC: Doc = Doc {
    id: "oval-photon",
    title: "Photon OS advisories",
    summary: "VMware's own security advisories (PHSA) for Photon OS, as OVAL.",
    explanation: "\
Each definition becomes an advisory that names its CVEs, and one statement for each package (by the \
name of the binary package) and release: older than the version given is affected. The numbers in the \
titles (`PHSA-2020:00001`) begin anew in each release's file, so an advisory goes by the id of its \
definition.\n\
\n\
The feed lists what was fixed. A flaw that VMware has not fixed is not in it.",
};

/// Photon OS advisories in OVAL.
#[derive(Debug)]
pub struct PhotonOval;

impl Feed for PhotonOval {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        is_oval(path)
    }

    /// Parts are releases (`3` or `3.0`); without any, all of them.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        let wanted = |release: &&&str| {
            parts.is_empty() || parts.iter().any(|part| part.split('.').next() == Some(**release))
        };
        RELEASES
            .iter()
            .filter(wanted)
            .map(|release| {
                let name = format!("com.vmware.phsa-photon{release}.xml.gz");
                FeedRequest::new(format!("{BASE}{name}"), name)
            })
            .collect()
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        document::read::<Photon>(file.path, file.bytes, sink);
    }
}

struct Photon;

impl Dialect for Photon {
    const TESTS_FOLLOW: bool = false;

    fn test(comment: &str) -> Option<Test> {
        if let Some(release) =
            comment.strip_prefix("Photon OS ").and_then(|rest| rest.strip_suffix(" is installed"))
        {
            // os-release writes the release with its minor number, which is always zero.
            let major: u8 = release.strip_suffix(".0").unwrap_or(release).parse().ok()?;
            return Some(Test::Release(format!("{major}.0")));
        }
        common_test(comment)
    }

    fn advisory(_path: &str, definition: Definition, claims: Vec<Claim>) -> Result<Advisory, String> {
        if definition.id.is_empty() {
            return Err("it has no id".to_owned());
        }
        if claims.is_empty() {
            return Err("it names no package".to_owned());
        }
        let statements: Vec<Statement> = claims
            .into_iter()
            .map(|claim| {
                let release = claim.context.release.clone();
                rpm_statement("photon", NameKind::Binary, release, claim)
            })
            .collect();
        let word = definition.severity.trim().to_ascii_lowercase();
        Ok(Advisory {
            related: definition.flaw_ids(),
            id: definition.id,
            summary: Some(definition.title.trim().to_owned()).filter(|summary| !summary.is_empty()),
            severities: Some(word).filter(|word| !word.is_empty()).map(Severity::Word).into_iter().collect(),
            published: utc(&definition.issued),
            modified: utc(&definition.updated),
            references: definition
                .references
                .into_iter()
                .filter(|reference| reference.source == "PHSA" && !reference.url.is_empty())
                .map(|reference| reference.url)
                .collect(),
            statements: join_architectures(statements),
            ..Advisory::default()
        })
    }
}
