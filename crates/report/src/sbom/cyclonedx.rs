//! CycloneDX in JSON, 1.2 to 1.7.

use std::collections::BTreeMap;

use plimsoll_model::{Digest, Distribution, Platform};
use serde_json::Value;

use super::draft::Draft;
use super::{Found, list, text};

const KNOWN: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

pub(super) fn read(document: &Value, found: &mut Found) {
    let version = text(document, "specVersion").unwrap_or("none");
    if !KNOWN.contains(&version) {
        found.problem(
            "sbom-version-unknown",
            &format!("CycloneDX {version}"),
            "this version of the format is not known; what looks familiar was read",
        );
    }
    if let Some(image) = document.get("metadata").and_then(|metadata| metadata.get("component")) {
        identity(image, found);
        components(image, found);
    }
    components(document, found);
}

/// JSON is read no deeper than 128 levels, so neither are components of components.
fn components(parent: &Value, found: &mut Found) {
    for component in list(parent, "components") {
        match text(component, "type").unwrap_or_default() {
            "operating-system" => system(component, found),
            "library" | "framework" | "application" | "" => package(component, found),
            // Files, devices, data and the like are packages only where they say so.
            _ if text(component, "purl").is_some() => package(component, found),
            _ => {}
        }
        components(component, found);
    }
}

fn identity(image: &Value, found: &mut Found) {
    let facts = facts(image);
    let fact = |name: &str| facts.get(name).and_then(|values| values.first());
    let digest = |name: &str| fact(name).and_then(|text| text.parse::<Digest>().ok());
    let identity = &mut found.analysis.identity;
    identity.name = text(image, "name").unwrap_or_default().to_owned();
    identity.reference = fact("reference").cloned();
    identity.index_digest = digest("index-digest");
    identity.config_digest = digest("config-digest");
    identity.platform = fact("platform").and_then(|text| text.parse::<Platform>().ok());
    // Ours may be of another digest; others write the manifest's into the version.
    identity.manifest_digest = if facts.is_empty() {
        text(image, "version").and_then(|version| version.parse().ok())
    } else {
        digest("manifest-digest")
    };
}

fn system(component: &Value, found: &mut Found) {
    let Some(id) = text(component, "name") else { return };
    let facts = facts(component);
    let fact = |name: &str| facts.get(name).and_then(|values| values.first()).cloned();
    let own = |name: &str| text(component, name).map(str::to_owned);
    found.analysis.distribution = Some(Distribution {
        id: id.to_ascii_lowercase(),
        version_id: own("version"),
        pretty_name: own("description"),
        cpe_name: own("cpe").or_else(|| fact("cpe")),
        id_like: fact("id-like").map(|like| like.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
        codename: fact("codename"),
        point_release: fact("point-release"),
        evidence: fact("evidence").unwrap_or_default(),
        ..Distribution::default()
    });
}

fn package(component: &Value, found: &mut Found) {
    let purl = text(component, "purl");
    let is_application = text(component, "type") == Some("application");
    if purl.is_none() && is_application && text(component, "version").is_none() {
        // The usual way to write that a lock file was found, which is no package.
        return;
    }
    let website = list(component, "externalReferences")
        .iter()
        .find(|reference| text(reference, "type") == Some("website"));
    let vendor = component
        .get("supplier")
        .and_then(|supplier| text(supplier, "name"))
        .or_else(|| text(component, "publisher"));
    found.package(Draft {
        name: text(component, "name").unwrap_or_default(),
        group: text(component, "group"),
        version: text(component, "version"),
        purl,
        licenses: licenses(component),
        vendor: vendor.map(str::to_owned),
        url: website.and_then(|reference| text(reference, "url")),
        summary: text(component, "description"),
        facts: facts(component),
        reference: text(component, "bom-ref").unwrap_or_default(),
    });
}

fn licenses(component: &Value) -> Vec<String> {
    let stated = |entry: &Value| {
        let licence = entry.get("license");
        let name = |key| licence.and_then(|licence| text(licence, key));
        text(entry, "expression").or_else(|| name("id")).or_else(|| name("name")).map(str::to_owned)
    };
    list(component, "licenses").iter().filter_map(stated).collect()
}

/// Properties by name; ours without their `plimsoll:`.
fn facts(component: &Value) -> BTreeMap<String, Vec<String>> {
    let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for property in list(component, "properties") {
        if let (Some(name), Some(value)) = (text(property, "name"), text(property, "value")) {
            let name = name.strip_prefix("plimsoll:").unwrap_or(name);
            facts.entry(name.to_owned()).or_default().push(value.to_owned());
        }
    }
    facts
}
