//! Azure Linux and CBL-Mariner before it: `azurelinux-3.0-oval.xml`, `cbl-mariner-2.0-oval.xml`.

use plimsoll_catalog::Doc;
use plimsoll_model::{Advisory, FixState, NameKind, Severity, Statement};

use super::criteria::{Bound, Claim, Test};
use super::definition::Definition;
use super::{Dialect, document, is_oval, rpm_statement};
use crate::feed::{Feed, FeedFile, FeedRequest, Sink};
use crate::statement::utc;

const BASE: &str = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/";
/// Release, `ID` in os-release, and what the publisher's file is called.
const RELEASES: [(&str, &str, &str); 3] = [
    ("1.0", "mariner", "cbl-mariner-1.0-oval.xml"),
    ("2.0", "mariner", "cbl-mariner-2.0-oval.xml"),
    ("3.0", "azurelinux", "azurelinux-3.0-oval.xml"),
];

static DOC: Doc = Doc {
    id: "oval-azure",
    title: "Azure Linux vulnerability data",
    summary: "Microsoft's own vulnerability data for Azure Linux and CBL-Mariner, as OVAL.",
    explanation: "\
Each definition becomes an advisory about one CVE in one source package. `less than` a version means \
that this version fixes it; `less than or equal` that no fixed version is known; a definition that says \
\"no longer is or was never applicable\" means that the package is not affected.\n\
\n\
Names are those of source packages. The release is that of the file's name (`…-3.0-oval.xml`), else \
that of the version's ending (`.cm1`, `.cm2`, `.azl3`); os-release calls 1.0 and 2.0 `mariner` and 3.0 \
`azurelinux`.",
};

/// Azure Linux and CBL-Mariner vulnerability data in OVAL.
#[derive(Debug)]
pub struct AzureOval;

impl Feed for AzureOval {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        is_oval(path)
    }

    /// Parts are releases (`3.0`); without any, all of them.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        RELEASES
            .iter()
            .filter(|(release, ..)| parts.is_empty() || parts.iter().any(|part| part == release))
            .map(|(_, _, name)| FeedRequest::new(format!("{BASE}{name}"), (*name).to_owned()))
            .collect()
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        document::read::<Azure>(file.path, file.bytes, sink);
    }
}

struct Azure;

/// Release and os-release id of a file, or else of a version in it.
fn release(path: &str, version: &str) -> Option<(&'static str, &'static str)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let by_name = RELEASES.iter().find(|(release, ..)| name.contains(&format!("-{release}-")));
    let by_version = || {
        let index = match version.rsplit('.').next()? {
            "cm1" => 0,
            "cm2" => 1,
            "azl3" => 2,
            _ => return None,
        };
        RELEASES.get(index)
    };
    by_name.or_else(by_version).map(|(release, id, _)| (*release, *id))
}

impl Dialect for Azure {
    /// Comments leave out the end of the version that the states have.
    const TESTS_FOLLOW: bool = true;

    fn test(_comment: &str) -> Option<Test> {
        None
    }

    fn advisory(path: &str, definition: Definition, claims: Vec<Claim>) -> Result<Advisory, String> {
        let flaws = definition.flaw_ids();
        if definition.id.is_empty() || flaws.is_empty() {
            return Err("it names no flaw".to_owned());
        }
        if claims.is_empty() {
            return Err("none of its tests is in the file".to_owned());
        }
        let patchable = definition.patchable.trim().to_ascii_lowercase();
        let mut statements = Vec::with_capacity(claims.len());
        for claim in claims {
            let (Bound::Before(version) | Bound::UpTo(version)) = &claim.bound;
            let Some((release, distribution)) = release(path, version) else {
                return Err("neither the file's name nor the version tells the release".to_owned());
            };
            let statement = rpm_statement(distribution, NameKind::Source, Some(release.to_owned()), claim);
            statements.push(match patchable.as_str() {
                "not applicable" => {
                    Statement { state: FixState::NotAffected, ranges: Vec::new(), ..statement }
                }
                "false" => Statement { state: FixState::NotYetFixed, ..statement },
                _ => statement,
            });
        }
        let word = definition.severity.trim().to_ascii_lowercase();
        Ok(Advisory {
            id: definition.id,
            aliases: flaws,
            summary: Some(definition.title.trim().to_owned()).filter(|summary| !summary.is_empty()),
            severities: Some(word).filter(|word| !word.is_empty()).map(Severity::Word).into_iter().collect(),
            modified: utc(&definition.updated),
            references: definition
                .references
                .into_iter()
                .map(|reference| reference.url)
                .filter(|url| !url.is_empty())
                .collect(),
            statements,
            ..Advisory::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, version: &str, expect: Option<(&str, &str)>) {
        assert_eq!(release(path, version), expect, "{path} {version}");
    }

    #[test]
    fn the_release_is_told_by_the_file_or_the_version() {
        check("cbl-mariner-1.0-oval.xml.bz2", "0:1-1.cm1", Some(("1.0", "mariner")));
        check("a/azurelinux-3.0-oval.xml", "0:1-1.azl3", Some(("3.0", "azurelinux")));
        check("renamed.xml", "0:1-1.cm2", Some(("2.0", "mariner")));
        check("renamed.xml", "0:1-1", None);
    }
}
