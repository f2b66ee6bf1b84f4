//! Packages as a CycloneDX 1.6 bill of materials in JSON.
//!
//! What the format has no field for goes into properties under `plimsoll:`, and
//! [`crate::sbom::read`] takes it back from there.

use std::io::{self, Write};

use plimsoll_model::{Distribution, Package};
use serde::Serialize;
use serde_json::{Value, json};

use super::PackageList;
use super::bill::{Names, TOOL, VERSION, one_line, system_facts, web_address};
use super::licence::Licence;
use crate::buffer::Buffer;
use crate::json::value;

const IMAGE: &str = "image";
const SYSTEM: &str = "operating-system";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Value>,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Value>,
}

impl<'a> Component<'a> {
    fn new(kind: &'static str, reference: &'a str, name: &'a str) -> Self {
        Component {
            kind,
            reference,
            name,
            supplier: None,
            version: "",
            description: None,
            hashes: Vec::new(),
            licenses: Vec::new(),
            cpe: None,
            purl: None,
            external_references: Vec::new(),
            properties: Vec::new(),
        }
    }
}

pub(super) fn write(list: &PackageList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    write_bill(list, &list.uuid("cyclonedx"), &[], &mut out)?;
    out.text("\n}\n");
    out.finish()
}

/// Appends everything but the closing brace, so that more members may follow. The properties go
/// to the document's metadata. Gives the name in the document of each package of the list.
pub(crate) fn write_bill(
    list: &PackageList<'_>,
    uuid: &str,
    properties: &[(&str, String)],
    out: &mut Buffer<'_>,
) -> io::Result<Vec<String>> {
    out.text("{\n\"$schema\": \"http://cyclonedx.org/schema/bom-1.6.schema.json\",\n");
    out.text("\"bomFormat\": \"CycloneDX\",\n\"specVersion\": \"1.6\",\n\"serialNumber\": ");
    value(&mut out.bytes, &format!("urn:uuid:{uuid}"));
    out.text(",\n\"version\": 1,\n\"metadata\": {");
    if let Some(created) = list.image_created() {
        out.text("\n\"timestamp\": ");
        value(&mut out.bytes, &created);
        out.text(",");
    }
    out.text("\n\"tools\": {\"components\": [");
    value(&mut out.bytes, &json!({"type": "application", "name": TOOL, "version": VERSION}));
    out.text("]},\n\"component\": ");
    image(list, out);
    if !properties.is_empty() {
        let properties: Vec<Value> = properties.iter().map(|(name, value)| property(name, value)).collect();
        out.text(",\n\"properties\": ");
        value(&mut out.bytes, &properties);
    }
    out.text("\n},\n\"components\": [");
    let mut references: Vec<String> = Vec::new();
    let mut before = 0;
    if let Some(distribution) = &list.analysis.distribution {
        out.text("\n");
        value(&mut out.bytes, &system(distribution));
        references.push(SYSTEM.to_owned());
        before = 1;
    }
    let mut names = Names::default();
    names.claim(IMAGE, "");
    names.claim(SYSTEM, "");
    let purls: Vec<Option<String>> =
        list.packages().map(|package| super::purl(package).map(|purl| purl.to_string())).collect();
    let own: Vec<String> =
        purls.iter().map(|purl| names.claim(purl.as_deref().unwrap_or("unnamed"), "#")).collect();
    for ((package, purl), (reference, owners)) in
        list.packages().zip(purls).zip(own.iter().zip(list.owners()))
    {
        out.text(if references.is_empty() { "\n" } else { ",\n" });
        let owners = owners.into_iter().filter_map(|owner| own.get(owner)).map(String::as_str);
        value(&mut out.bytes, &component(list, package, purl, reference, owners));
        references.push(reference.clone());
        out.end_row()?;
    }
    out.text("\n],\n\"dependencies\": [\n");
    value(&mut out.bytes, &json!({"ref": IMAGE, "dependsOn": references}));
    out.text("\n]");
    Ok(references.split_off(before))
}

fn image(list: &PackageList<'_>, out: &mut Buffer<'_>) {
    let identity = &list.analysis.identity;
    let digest = list.image_digest();
    let version = digest.map(ToString::to_string).unwrap_or_default();
    let mut component = Component::new("container", IMAGE, &identity.name);
    component.version = &version;
    component.purl = list.image_purl().map(|purl| purl.to_string());
    component.hashes = digest
        .map(|digest| {
            let algorithm = match digest.algorithm() {
                plimsoll_model::digest::Algorithm::Sha256 => "SHA-256",
                plimsoll_model::digest::Algorithm::Sha512 => "SHA-512",
            };
            json!({"alg": algorithm, "content": digest.hex()})
        })
        .into_iter()
        .collect();
    let text = |name: &str, value: Option<String>| value.map(|value| property(name, &value));
    let layers = list.analysis.layers.iter();
    component.properties = [
        text("reference", identity.reference.clone()),
        text("platform", identity.platform.as_ref().map(ToString::to_string)),
        text("index-digest", identity.index_digest.as_ref().map(ToString::to_string)),
        text("manifest-digest", identity.manifest_digest.as_ref().map(ToString::to_string)),
        text("config-digest", identity.config_digest.as_ref().map(ToString::to_string)),
    ]
    .into_iter()
    .flatten()
    .chain(layers.map(|layer| property("layer", &layer.digest.to_string())))
    .collect();
    value(&mut out.bytes, &component);
}

fn system(distribution: &Distribution) -> Component<'_> {
    let mut component = Component::new(SYSTEM, SYSTEM, &distribution.id);
    component.version = distribution.version_id.as_deref().unwrap_or_default();
    component.description = distribution.pretty_name.as_deref();
    component.cpe = distribution.cpe_name.as_deref().filter(|cpe| is_cpe(cpe));
    let facts = system_facts(distribution).into_iter();
    // The format has a field for the CPEs that it takes.
    let facts = facts.filter(|(name, _)| *name != "cpe" || component.cpe.is_none());
    component.properties = facts.map(|(name, value)| property(name, &value)).collect();
    component
}

/// Whether a CPE is of the older form that distributions write and the schema takes.
fn is_cpe(cpe: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~%".contains(&byte);
    cpe.strip_prefix("cpe:/").is_some_and(|rest| {
        let mut parts = rest.split(':');
        parts.next().is_some_and(|part| matches!(part, "a" | "o" | "h"))
            && rest.split(':').count() <= 7
            && parts.all(|part| part.bytes().all(letters))
    })
}

fn component<'a>(
    list: &PackageList<'_>,
    package: &'a Package,
    purl: Option<String>,
    reference: &'a str,
    owners: impl Iterator<Item = &'a str>,
) -> Component<'a> {
    let mut component = Component::new("library", reference, &package.name);
    component.version = &package.version;
    component.description = package.summary.as_deref();
    component.supplier = package.vendor.as_ref().map(|vendor| json!({"name": one_line(vendor)}));
    component.purl = purl;
    component.licenses = licenses(&package.licenses);
    component.external_references = package
        .url
        .as_deref()
        .and_then(web_address)
        .map(|url| json!({"type": "website", "url": url}))
        .into_iter()
        .collect();
    let facts = list.facts(package);
    let facts = facts.iter().map(|(name, value)| property(name, value));
    component.properties = facts.chain(owners.map(|owner| property("owner", owner))).collect();
    component
}

/// The format takes one expression or several licences, but not both: an expression among
/// several stands as a name.
fn licenses(stated: &[String]) -> Vec<Value> {
    let alone = stated.len() == 1;
    let licence = |text: &String| {
        Some(match Licence::read(text)? {
            Licence::Id(id) if Licence::is_cyclonedx_id(&id) => {
                json!({"license": {"id": id, "acknowledgement": "declared"}})
            }
            Licence::Id(text) | Licence::Expression(text) if alone => {
                json!({"expression": text, "acknowledgement": "declared"})
            }
            Licence::Id(name) | Licence::Expression(name) | Licence::Name(name) => {
                json!({"license": {"name": name, "acknowledgement": "declared"}})
            }
        })
    };
    stated.iter().filter_map(licence).collect()
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": format!("plimsoll:{name}"), "value": value})
}
