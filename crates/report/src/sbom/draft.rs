//! A package in the making: what an entry of a bill of materials says, whichever the format.

use std::collections::BTreeMap;

use plimsoll_model::package::is_of_distribution;
use plimsoll_model::{Package, PackageType, Purl, SourcePackage, TreePath};

/// The kind of a package whose entry has no package URL: purl's word for "none of the others".
const GENERIC: PackageType = PackageType::new("generic");

/// What an entry says.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub(super) name: &'a str,
    /// CycloneDX's group: an npm scope, a Maven group.
    pub(super) group: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) purl: Option<&'a str>,
    pub(super) licenses: Vec<String>,
    pub(super) vendor: Option<String>,
    pub(super) url: Option<&'a str>,
    pub(super) summary: Option<&'a str>,
    /// Properties by name; ours without their `plimsoll:`.
    pub(super) facts: BTreeMap<String, Vec<String>>,
    /// What other entries of the document call it.
    pub(super) reference: &'a str,
}

impl Draft<'_> {
    /// How problems name the entry.
    pub(super) fn label(&self) -> &str {
        if self.name.is_empty() { self.purl.unwrap_or("an entry without a name") } else { self.name }
    }

    fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name)?.first().map(String::as_str).filter(|text| !text.is_empty())
    }

    fn any_fact(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.fact(name)).map(str::to_owned)
    }

    /// The package; `None` where there is not even a name.
    pub(super) fn into_package(self, purl: Option<Purl>) -> Option<Package> {
        let name = self.full_name(purl.as_ref());
        if name.is_empty() {
            return None;
        }
        let kind = match (self.fact("type"), &purl) {
            (Some(kind), _) => PackageType::from_text(kind),
            (None, Some(purl)) => PackageType::from_text(&purl.kind),
            (None, None) => GENERIC,
        };
        let qualifier = |key: &str| purl.as_ref().and_then(|purl| purl.qualifier(key)).map(str::to_owned);
        let path = |name: &str| TreePath::parse(self.fact(name)?.as_bytes()).ok();
        let own = self.facts.get("license").cloned();
        Some(Package {
            arch: self
                .any_fact(&["arch"])
                .or_else(|| qualifier("arch"))
                .or_else(|| self.any_fact(&["syft:metadata:architecture"])),
            source: self.source(purl.as_ref()),
            size: self.any_fact(&["size", "syft:metadata:installedSize"]).and_then(|size| size.parse().ok()),
            signing_key: self.any_fact(&["signing-key"]),
            origin: self
                .any_fact(&["origin", "syft:metadata:modularityLabel", "aquasecurity:trivy:Modularitylabel"])
                .or_else(|| qualifier("rpmmod")),
            evidence: path("evidence"),
            place: path("place"),
            declared: self.fact("declared") == Some("true"),
            url: self.any_fact(&["url"]).or_else(|| self.url.map(str::to_owned)),
            summary: self.summary.map(str::to_owned),
            vendor: self.any_fact(&["vendor"]).or_else(|| self.vendor.clone()),
            licenses: own.unwrap_or_else(|| self.licenses.clone()),
            ..Package::new(kind, name, self.full_version(purl.as_ref()))
        })
        .map(|package| Package { purl, ..package })
    }

    /// The name as the ecosystem writes it. A group belongs to it, except where it names the
    /// distributor, as the package URLs of distributions have it.
    fn full_name(&self, purl: Option<&Purl>) -> String {
        let kind = purl.map_or("", |purl| purl.kind.as_str());
        let name = match (self.name, purl) {
            ("", Some(purl)) => purl.name.as_str(),
            (name, _) => name,
        };
        match (self.group, kind) {
            (None, _) => name.to_owned(),
            (_, kind) if is_of_distribution(kind) => name.to_owned(),
            (Some(group), "maven") => format!("{group}:{name}"),
            (Some(group), _) => format!("{group}/{name}"),
        }
    }

    /// The version with its epoch. Package URLs keep the epoch of an rpm in a qualifier, some
    /// programs that of a deb too.
    fn full_version(&self, purl: Option<&Purl>) -> String {
        let stated = self.version.unwrap_or_default();
        let Some(version) = purl.and_then(|purl| purl.version.as_deref()) else {
            return stated.to_owned();
        };
        let has_epoch = |text: &str| {
            text.split_once(':').is_some_and(|(epoch, _)| {
                !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let without = |text: &str| text.split_once(':').map_or("", |(_, rest)| rest).to_owned();
        if stated == version || (has_epoch(stated) && without(stated) == version) {
            return stated.to_owned();
        }
        match purl.and_then(|purl| purl.qualifier("epoch")) {
            Some(epoch) if epoch != "0" && !has_epoch(version) => format!("{epoch}:{version}"),
            // Types whose rules fold letters leave the version as written to the entry itself.
            _ if stated.eq_ignore_ascii_case(version) => stated.to_owned(),
            _ => version.to_owned(),
        }
    }

    fn source(&self, purl: Option<&Purl>) -> Option<SourcePackage> {
        if let Some(name) = self.fact("source") {
            let version = self.any_fact(&["source-version"]);
            return Some(SourcePackage { name: name.to_owned(), version });
        }
        if let Some(name) = self.fact("aquasecurity:trivy:SrcName") {
            let part = |name: &str| self.fact(&format!("aquasecurity:trivy:{name}"));
            let version = part("SrcVersion").map(|version| {
                let epoch = part("SrcEpoch").filter(|epoch| *epoch != "0");
                let release = part("SrcRelease").map(|release| format!("-{release}"));
                let epoch = epoch.map(|epoch| format!("{epoch}:"));
                format!("{}{version}{}", epoch.unwrap_or_default(), release.unwrap_or_default())
            });
            return Some(SourcePackage { name: name.to_owned(), version });
        }
        let upstream = purl
            .and_then(|purl| purl.qualifier("upstream"))
            .or_else(|| self.fact("syft:metadata:sourceRpm"))
            .or_else(|| self.fact("syft:metadata:source"))
            .or_else(|| self.fact("syft:metadata:originPackage"))?;
        Some(upstream_source(upstream))
    }
}

/// A source package from one word: `glibc`, `glibc@2.36`, `bash-4.2-1.el7.src.rpm`.
fn upstream_source(upstream: &str) -> SourcePackage {
    if let Some(file) = upstream.strip_suffix(".src.rpm") {
        let mut parts = file.rsplitn(3, '-');
        if let (Some(release), Some(version), Some(name)) = (parts.next(), parts.next(), parts.next()) {
            let version = Some(format!("{version}-{release}"));
            return SourcePackage { name: name.to_owned(), version };
        }
    }
    match upstream.split_once('@') {
        Some((name, version)) => SourcePackage { name: name.to_owned(), version: Some(version.to_owned()) },
        None => SourcePackage { name: upstream.to_owned(), version: None },
    }
}
