//! CycloneDX as VEX: the analysis of each flaw that a bill of materials lists, by reference to its
//! components or to those of another bill (BOM-Link).

use std::collections::HashMap;

use plimsoll_model::{Problem, Purl};
use serde::Deserialize;
use serde_json::Value;

use super::range::VersionRange;
use super::{ProductIdentifier, VexDocument, VexFormat, VexProduct, VexStatement, VexStatus, filled};
use crate::statement::utc;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "serialNumber", default)]
    serial: String,
    #[serde(default)]
    version: Option<u64>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    vulnerabilities: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    timestamp: Option<String>,
    authors: Vec<Named>,
    manufacturer: Option<Named>,
    supplier: Option<Named>,
    component: Option<Component>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    #[serde(rename = "bom-ref")]
    reference: String,
    purl: Option<String>,
    cpe: Option<String>,
    components: Vec<Self>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    id: String,
    #[serde(default)]
    references: Vec<Reference>,
    analysis: Option<Analysis>,
    recommendation: Option<String>,
    updated: Option<String>,
    #[serde(default)]
    affects: Vec<Affected>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Analysis {
    state: Option<String>,
    justification: Option<String>,
    detail: Option<String>,
    #[serde(default)]
    response: Vec<String>,
    #[serde(rename = "firstIssued")]
    first_issued: Option<String>,
    #[serde(rename = "lastUpdated")]
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: Option<String>,
    range: Option<String>,
    /// `affected` (the default), `unaffected` or `unknown`.
    status: Option<String>,
}

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<VexDocument, serde_json::Error> {
    let document: Document = serde_json::from_slice(bytes)?;
    let id = match document.version {
        Some(version) if !document.serial.is_empty() => format!("{}/{version}", document.serial),
        _ => document.serial.clone(),
    };
    let mut components = HashMap::new();
    let mut open: Vec<&Component> = document.components.iter().chain(&document.metadata.component).collect();
    while let Some(component) = open.pop() {
        components.insert(component.reference.as_str(), component);
        open.extend(&component.components);
    }
    let author = document
        .metadata
        .authors
        .iter()
        .chain(&document.metadata.manufacturer)
        .chain(&document.metadata.supplier)
        .find_map(|named| filled(named.name.clone()));
    let mut read =
        VexDocument { format: VexFormat::CycloneDx, id, statements: Vec::new(), problems: Vec::new() };
    for (position, vulnerability) in document.vulnerabilities.iter().enumerate() {
        let mut refuse = |reason: &str| {
            read.problems.push(Problem::new(
                "vex-statement-unusable",
                &read.id,
                format!("Vulnerability {} is not applied fully: {reason}.", position + 1),
            ));
        };
        let vulnerability = match Vulnerability::deserialize(vulnerability) {
            Ok(vulnerability) => vulnerability,
            Err(error) => {
                refuse(&error.to_string());
                continue;
            }
        };
        // A list of flaws without analyses is a report, not VEX.
        let Some(analysis) = &vulnerability.analysis else { continue };
        let Some(state) = &analysis.state else { continue };
        let Some(status) = status(state) else {
            refuse(&format!("`{state}` is no state of CycloneDX"));
            continue;
        };
        if vulnerability.id.is_empty() || vulnerability.affects.is_empty() {
            refuse("it names no flaw or no component");
            continue;
        }
        for (status, products) in products(&vulnerability.affects, status, &components, &mut refuse) {
            let timestamp = [&analysis.last_updated, &analysis.first_issued, &vulnerability.updated]
                .into_iter()
                .flatten()
                .next()
                .or(document.metadata.timestamp.as_ref());
            let mut vulnerabilities = vec![vulnerability.id.clone()];
            vulnerabilities.extend(
                vulnerability.references.iter().map(|other| other.id.clone()).filter(|id| !id.is_empty()),
            );
            read.statements.push(VexStatement {
                vulnerabilities,
                products,
                status,
                justification: filled(analysis.justification.clone()),
                impact: filled(analysis.detail.clone()),
                action: filled(vulnerability.recommendation.clone())
                    .or_else(|| filled(Some(analysis.response.join(", ")))),
                author: author.clone(),
                timestamp: timestamp.and_then(|timestamp| utc(timestamp)),
                document: read.id.clone(),
            });
        }
    }
    Ok(read)
}

fn status(state: &str) -> Option<VexStatus> {
    Some(match state {
        "not_affected" | "false_positive" => VexStatus::NotAffected,
        "exploitable" => VexStatus::Affected,
        "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "in_triage" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

/// What has the state of the analysis, and what its own version says is not affected.
fn products(
    affects: &[Affected],
    state: VexStatus,
    components: &HashMap<&str, &Component>,
    refuse: &mut impl FnMut(&str),
) -> Vec<(VexStatus, Vec<VexProduct>)> {
    let (mut stated, mut unaffected) = (Vec::new(), Vec::new());
    for affected in affects {
        let names = names(&affected.reference, components);
        if affected.versions.is_empty() {
            stated.push(VexProduct { identifiers: names, subcomponents: Vec::new() });
            continue;
        }
        for version in &affected.versions {
            let limited: Box<dyn Fn(&Purl) -> ProductIdentifier> = match (&version.version, &version.range) {
                (Some(number), None) => Box::new(|purl| {
                    ProductIdentifier::Purl(Purl { version: Some(number.clone()), ..purl.clone() })
                }),
                (None, Some(text)) => {
                    let Some(range) = VersionRange::parse(text) else {
                        refuse("a range of versions is not understood, and nothing is applied to it");
                        continue;
                    };
                    Box::new(move |purl| {
                        let purl = Purl { version: None, ..purl.clone() };
                        ProductIdentifier::Versions(purl, range.clone())
                    })
                }
                _ => {
                    refuse("an entry must name either a version or a range, and nothing is applied to it");
                    continue;
                }
            };
            // Other names say nothing of the version, so they cannot be limited to one.
            let identifiers: Vec<ProductIdentifier> = names
                .iter()
                .filter_map(|name| match name {
                    ProductIdentifier::Purl(purl) => Some(limited(purl)),
                    _ => None,
                })
                .collect();
            if identifiers.is_empty() {
                refuse("a version of a component that has no package URL cannot be told");
                continue;
            }
            let product = VexProduct { identifiers, subcomponents: Vec::new() };
            match version.status.as_deref() {
                None | Some("affected") => stated.push(product),
                Some("unaffected") => unaffected.push(product),
                Some(_) => refuse("a version whose status is unknown stays as it is"),
            }
        }
    }
    [(state, stated), (VexStatus::NotAffected, unaffected)]
        .into_iter()
        .filter(|(_, products)| !products.is_empty())
        .collect()
}

/// What a reference means: a component of this bill, one of another (`urn:cdx:SERIAL/1#REF`), or
/// a package URL.
fn names(reference: &str, components: &HashMap<&str, &Component>) -> Vec<ProductIdentifier> {
    let local = reference
        .strip_prefix("urn:cdx:")
        .and_then(|link| link.split_once('#'))
        .map_or(reference, |(_, local)| local);
    let mut names = match components.get(local) {
        Some(component) => {
            component.purl.iter().chain(&component.cpe).flat_map(|text| ProductIdentifier::of(text)).collect()
        }
        None => VexProduct::of(local).identifiers,
    };
    for text in [local, reference] {
        let name = ProductIdentifier::Reference(text.to_owned());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
