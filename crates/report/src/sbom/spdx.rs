//! SPDX in JSON, 2.2 and 2.3.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::Distribution;
use serde_json::Value;

use super::draft::Draft;
use super::line::unfold_line;
use super::{Found, list, text};

pub(super) fn read(document: &Value, found: &mut Found) {
    let version = text(document, "spdxVersion").unwrap_or_default();
    if !matches!(version, "SPDX-2.2" | "SPDX-2.3") {
        found.problem(
            "sbom-version-unknown",
            version,
            "this version of the format is not known; what looks familiar was read",
        );
    }
    found.analysis.identity.name = text(document, "name").unwrap_or_default().to_owned();
    let described = described(document);
    let references: BTreeMap<&str, &str> = list(document, "hasExtractedLicensingInfos")
        .iter()
        .filter_map(|licence| {
            let name = text(licence, "extractedText").filter(|text| text.lines().count() == 1);
            Some((text(licence, "licenseId")?, name.or_else(|| text(licence, "name"))?))
        })
        .collect();
    for element in list(document, "packages") {
        let purl = purl(element);
        let is_root = text(element, "SPDXID").is_some_and(|id| described.contains(id));
        let is_image =
            purl.is_some_and(|purl| ["pkg:oci/", "pkg:docker/"].iter().any(|kind| purl.starts_with(kind)));
        let purpose = text(element, "primaryPackagePurpose").unwrap_or_default();
        if matches!(purpose, "OPERATING_SYSTEM" | "OPERATING-SYSTEM") {
            system(element, found);
        } else if purpose == "CONTAINER" || is_image || (is_root && purl.is_none()) {
            identity(element, found);
        } else if purpose == "SOURCE" || (purl.is_none() && purpose == "FILE") {
            // What a package was built from, or a lone file: neither is installed.
        } else {
            package(element, purl, &references, found);
        }
    }
    ownership(document, found);
}

/// Which packages are part of others: ours say it as the format has it, Syft in a comment.
fn ownership(document: &Value, found: &mut Found) {
    for relation in list(document, "relationships") {
        let (Some(from), Some(to)) = (text(relation, "spdxElementId"), text(relation, "relatedSpdxElement"))
        else {
            continue;
        };
        let comment = text(relation, "comment").unwrap_or_default();
        let (owner, part) = match text(relation, "relationshipType").unwrap_or_default() {
            "CONTAINS" => (from, to),
            "CONTAINED_BY" => (to, from),
            "OTHER" if comment.starts_with("ownership-by-file-overlap") => (from, to),
            _ => continue,
        };
        found.owners.insert((part.to_owned(), owner.to_owned()));
    }
}

fn described(document: &Value) -> BTreeSet<&str> {
    let listed = list(document, "documentDescribes").iter().filter_map(Value::as_str);
    let related = list(document, "relationships")
        .iter()
        .filter(|relation| text(relation, "relationshipType") == Some("DESCRIBES"))
        .filter_map(|relation| text(relation, "relatedSpdxElement"));
    listed.chain(related).collect()
}

fn purl(element: &Value) -> Option<&str> {
    list(element, "externalRefs")
        .iter()
        .find(|reference| text(reference, "referenceType") == Some("purl"))
        .and_then(|reference| text(reference, "referenceLocator"))
}

fn identity(element: &Value, found: &mut Found) {
    let identity = &mut found.analysis.identity;
    if let Some(name) = text(element, "name") {
        identity.name = name.to_owned();
    }
    identity.manifest_digest = text(element, "versionInfo").and_then(|version| version.parse().ok());
}

fn system(element: &Value, found: &mut Found) {
    let Some(id) = text(element, "name") else { return };
    let facts = facts(element);
    let fact = |name: &str| facts.get(name).and_then(|values| values.first()).cloned();
    found.analysis.distribution = Some(Distribution {
        id: id.to_ascii_lowercase(),
        version_id: text(element, "versionInfo").map(str::to_owned),
        pretty_name: text(element, "summary").map(str::to_owned),
        cpe_name: fact("cpe"),
        id_like: fact("id-like").map(|like| like.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
        codename: fact("codename"),
        point_release: fact("point-release"),
        evidence: fact("evidence").unwrap_or_default(),
        ..Distribution::default()
    });
}

fn package(element: &Value, purl: Option<&str>, references: &BTreeMap<&str, &str>, found: &mut Found) {
    let known = |key: &str| text(element, key).filter(|text| !matches!(*text, "NOASSERTION" | "NONE"));
    let licenses = known("licenseDeclared").map(|expression| entries(expression, references));
    found.package(Draft {
        name: known("name").unwrap_or_default(),
        group: None,
        version: known("versionInfo"),
        purl,
        licenses: licenses.unwrap_or_default(),
        vendor: known("supplier").map(vendor),
        url: known("homepage"),
        summary: known("summary").or_else(|| known("description")),
        facts: facts(element),
        reference: text(element, "SPDXID").unwrap_or_default(),
    });
}

/// `Organization: name (address)` as people write it: `name <address>`.
fn vendor(supplier: &str) -> String {
    let name = ["Organization:", "Person:"]
        .iter()
        .find_map(|kind| supplier.strip_prefix(kind))
        .unwrap_or(supplier)
        .trim();
    match name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((name, "")) => name.to_owned(),
        Some((name, address)) => format!("{name} <{address}>"),
        None => name.to_owned(),
    }
}

/// Our own facts, one `plimsoll:NAME=VALUE` a line of the comment.
fn facts(element: &Value) -> BTreeMap<String, Vec<String>> {
    let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text(element, "comment").unwrap_or_default().lines() {
        if let Some((name, value)) = line.strip_prefix("plimsoll:").and_then(|line| line.split_once('=')) {
            facts.entry(name.to_owned()).or_default().push(unfold_line(value));
        }
    }
    facts
}

/// The licences of an expression: the parts that stand beside each other at its top level,
/// joined by AND. Names that the document defines are spelled out.
fn entries(expression: &str, references: &BTreeMap<&str, &str>) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let alone = !words
        .iter()
        .scan(0_usize, |depth, word| {
            match *word {
                "(" => *depth += 1,
                ")" => *depth = depth.saturating_sub(1),
                _ => {}
            }
            Some((*depth, *word))
        })
        .any(|(depth, word)| depth == 0 && matches!(word, "OR" | "or"));
    for word in words {
        let part = parts.last_mut();
        match (word, part) {
            ("AND" | "and", _) if depth == 0 && alone => parts.push(String::new()),
            (word, Some(part)) => {
                match word {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if !part.is_empty() && word != ")" && !part.ends_with('(') {
                    part.push(' ');
                }
                part.push_str(references.get(word).unwrap_or(&word));
            }
            (_, None) => {}
        }
    }
    parts.into_iter().map(|part| unwrap(&part)).filter(|part| !part.is_empty()).collect()
}

/// The part without the parentheses around all of it.
fn unwrap(part: &str) -> String {
    let inner = part.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let balanced = |inner: &str| {
        let mut depth = 0_i64;
        inner.chars().all(|letter| {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth >= 0
        }) && depth == 0
    };
    match inner {
        Some(inner) if balanced(inner) => inner.to_owned(),
        _ => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expect: &[&str]) {
        let references = [("LicenseRef-1", "as is (really)")].into();
        assert_eq!(entries(expression, &references), expect, "{expression}");
    }

    #[test]
    fn licences_that_stand_beside_each_other_are_entries() {
        check("MIT", &["MIT"]);
        check("MIT AND BSD-3-Clause", &["MIT", "BSD-3-Clause"]);
        check("(MIT OR Apache-2.0) AND LicenseRef-1", &["MIT OR Apache-2.0", "as is (really)"]);
        check("(MIT AND ISC)", &["MIT AND ISC"]);
        check("MIT OR ISC AND Zlib", &["MIT OR ISC AND Zlib"]);
        check("((MIT)", &["((MIT)"]);
        check("", &[]);
    }

    #[test]
    fn a_supplier_reads_as_people_write_it() {
        assert_eq!(vendor("Organization: Debian (team@debian.org)"), "Debian <team@debian.org>");
        assert_eq!(vendor("Person: Jane Doe ()"), "Jane Doe");
        assert_eq!(vendor("Organization: Oracle America"), "Oracle America");
    }
}
