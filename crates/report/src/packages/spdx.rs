//! Packages as an SPDX 2.3 bill of materials in JSON.
//!
//! What the format has no field for goes into the package's comment, one `plimsoll:NAME=VALUE`
//! a line, and [`crate::sbom::read`] takes it back from there.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_model::{Distribution, Package};
use serde::Serialize;
use serde_json::{Value, json};

use super::PackageList;
use super::bill::{Names, TOOL, VERSION, one_line, plain_web_address, system_facts, web_address};
use super::licence::Licence;
use crate::buffer::Buffer;
use crate::json::value;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const IMAGE: &str = "SPDXRef-image";
const SYSTEM: &str = "SPDXRef-operating-system";
const UNKNOWN: &str = "NOASSERTION";

/// The time that the format demands where the image states none.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Element<'a> {
    #[serde(rename = "SPDXID")]
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version_info: &'a str,
    primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<String>,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<Value>,
}

impl<'a> Element<'a> {
    fn new(id: &'a str, name: &'a str, purpose: &'static str) -> Self {
        Element {
            id,
            name: if name.is_empty() { UNKNOWN } else { name },
            version_info: "",
            primary_package_purpose: purpose,
            supplier: None,
            download_location: UNKNOWN,
            files_analyzed: false,
            checksums: Vec::new(),
            homepage: None,
            source_info: None,
            license_concluded: UNKNOWN,
            license_declared: UNKNOWN.to_owned(),
            copyright_text: UNKNOWN,
            summary: None,
            comment: None,
            external_refs: Vec::new(),
        }
    }
}

pub(super) fn write(list: &PackageList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    let name = one_line(&list.analysis.identity.name);
    let name = if name.is_empty() { UNKNOWN } else { &name };
    let created = list.image_created();
    out.text("{\n\"spdxVersion\": \"SPDX-2.3\",\n\"dataLicense\": \"CC0-1.0\",\n\"SPDXID\": ");
    value(&mut out.bytes, DOCUMENT);
    out.text(",\n\"name\": ");
    value(&mut out.bytes, name);
    out.text(",\n\"documentNamespace\": ");
    value(&mut out.bytes, &format!("https://plimsoll.invalid/spdx/{}", list.uuid("spdx")));
    out.text(",\n\"creationInfo\": ");
    value(
        &mut out.bytes,
        &json!({
            "created": created.as_deref().unwrap_or(NO_TIME),
            "creators": [format!("Tool: {TOOL}-{VERSION}")],
            "comment": "The time is the image's own, so that the same image gives the same document.",
        }),
    );
    out.text(",\n\"packages\": [\n");
    image(list, name, &mut out);
    let mut ids = Vec::new();
    let mut before = 0;
    if let Some(distribution) = &list.analysis.distribution {
        out.text(",\n");
        value(&mut out.bytes, &system(distribution));
        ids.push(SYSTEM.to_owned());
        before = 1;
    }
    let mut names = Names::default();
    for reserved in [DOCUMENT, IMAGE, SYSTEM] {
        names.claim(reserved, "-");
    }
    let mut references = References::default();
    for package in list.packages() {
        let id = names.claim(&format!("SPDXRef-{}", element_name(package)), "-");
        out.text(",\n");
        value(&mut out.bytes, &element(list, package, &id, &mut references));
        ids.push(id);
        out.end_row()?;
    }
    out.text("\n],\n\"hasExtractedLicensingInfos\": [");
    for (position, (stated, reference)) in references.by_name.iter().enumerate() {
        out.text(if position == 0 { "\n" } else { ",\n" });
        value(
            &mut out.bytes,
            &json!({"licenseId": reference, "extractedText": stated, "name": one_line(stated)}),
        );
        out.end_row()?;
    }
    out.text("\n],\n\"relationships\": [\n");
    value(&mut out.bytes, &relationship(DOCUMENT, "DESCRIBES", IMAGE));
    for id in &ids {
        out.text(",\n");
        value(&mut out.bytes, &relationship(IMAGE, "CONTAINS", id));
        out.end_row()?;
    }
    let own = ids.get(before..).unwrap_or_default();
    for (id, owners) in own.iter().zip(list.owners()) {
        for owner in owners.into_iter().filter_map(|owner| own.get(owner)) {
            out.text(",\n");
            value(&mut out.bytes, &relationship(owner, "CONTAINS", id));
            out.end_row()?;
        }
    }
    out.text("\n]\n}\n");
    out.finish()
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}

fn purl_reference(purl: &str) -> Value {
    json!({
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": purl,
    })
}

fn image(list: &PackageList<'_>, name: &str, out: &mut Buffer<'_>) {
    let digest = list.image_digest();
    let version = digest.map(ToString::to_string).unwrap_or_default();
    let mut element = Element::new(IMAGE, name, "CONTAINER");
    element.version_info = &version;
    element.checksums = digest
        .map(|digest| {
            let algorithm = digest.algorithm().name().to_ascii_uppercase();
            json!({"algorithm": algorithm, "checksumValue": digest.hex()})
        })
        .into_iter()
        .collect();
    element.external_refs =
        list.image_purl().map(|purl| purl_reference(&purl.to_string())).into_iter().collect();
    value(&mut out.bytes, &element);
}

fn system(distribution: &Distribution) -> Element<'_> {
    let mut element = Element::new(SYSTEM, &distribution.id, "OPERATING_SYSTEM");
    element.version_info = distribution.version_id.as_deref().unwrap_or_default();
    element.summary = distribution.pretty_name.as_deref();
    let facts = system_facts(distribution);
    element.comment = (!facts.is_empty()).then(|| comment(&facts));
    element
}

/// Facts as a comment, one a line.
fn comment(facts: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| format!("plimsoll:{name}={}", crate::sbom::fold_line(value));
    facts.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn element<'a>(
    list: &PackageList<'_>,
    package: &'a Package,
    id: &'a str,
    references: &mut References,
) -> Element<'a> {
    let mut element = Element::new(id, &package.name, "LIBRARY");
    element.version_info = &package.version;
    element.supplier = package.vendor.as_deref().and_then(supplier);
    element.homepage = package.url.as_deref().and_then(plain_web_address);
    element.summary = package.summary.as_deref();
    element.license_declared = declared(&package.licenses, references);
    element.source_info = source_info(package);
    let mut facts = list.facts(package);
    if let Some(url) = package.url.as_deref().and_then(web_address).filter(|_| element.homepage.is_none()) {
        facts.push(("url", url.to_owned()));
    }
    element.comment = Some(comment(&facts));
    element.external_refs =
        super::purl(package).map(|purl| purl_reference(&purl.to_string())).into_iter().collect();
    element
}

fn source_info(package: &Package) -> Option<String> {
    let built = package.source.as_ref().map(|source| {
        let version = source.version.as_ref().map(|version| format!(" {version}"));
        format!("built from {}{}", source.name, version.unwrap_or_default())
    });
    let read = package.evidence.as_ref().map(|path| format!("read from {path}"));
    let parts: Vec<String> = built.into_iter().chain(read).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A vendor in the form that the format asks for: `Organization: name (address)`.
fn supplier(vendor: &str) -> Option<String> {
    let vendor = one_line(vendor);
    let (name, address) = match vendor.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
        Some((name, address)) => (name.trim(), address.trim()),
        None => (vendor.as_str(), ""),
    };
    // Parentheses would be read as an address.
    let name = name.replace(['(', ')'], "");
    let (name, address) = (name.trim(), address.replace(['(', ')'], ""));
    match (name.is_empty(), address.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("Organization: {address}")),
        (false, true) => Some(format!("Organization: {name}")),
        (false, false) => Some(format!("Organization: {name} ({address})")),
    }
}

/// Names for licences that are in no list, shared by all packages that state the same.
#[derive(Default)]
struct References {
    names: Names,
    by_name: BTreeMap<String, String>,
}

impl References {
    fn reference(&mut self, stated: &str) -> String {
        if let Some(known) = self.by_name.get(stated) {
            return known.clone();
        }
        let reference = self.names.claim(&format!("LicenseRef-{}", id_text(stated)), "-");
        self.by_name.insert(stated.to_owned(), reference.clone());
        reference
    }
}

/// One expression of all licences stated. What is an expression of its own gets parentheses,
/// so that reading gives back the same entries.
fn declared(stated: &[String], references: &mut References) -> String {
    let licence = |text: &String| {
        Some(match Licence::read(text)? {
            Licence::Id(id) => id,
            Licence::Expression(expression) => format!("({expression})"),
            Licence::Name(name) => references.reference(&name),
        })
    };
    let parts: Vec<String> = stated.iter().filter_map(licence).collect();
    if parts.is_empty() { UNKNOWN.to_owned() } else { parts.join(" AND ") }
}

fn element_name(package: &Package) -> String {
    format!("{}-{}-{}", id_text(package.kind.as_str()), id_text(&package.name), id_text(&package.version))
}

/// The letters that an identifier may hold; everything else becomes a dash.
fn id_text(text: &str) -> String {
    /// Identifiers stay readable; their number makes them unique.
    const LONGEST: usize = 60;
    let letters: String = text
        .chars()
        .take(LONGEST)
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' })
        .collect();
    let words: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "unnamed".to_owned() } else { words.join("-") }
}
