//! Packages as JSON: everything known about each. A fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{Digest, InstallReason, ProofOwners, Purl, SourcePackage, TreePath};
use serde::Serialize;

use super::PackageList;
use crate::buffer::Buffer;
use crate::json::{head, rows, value};

#[derive(Serialize)]
struct Row<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    version: &'a str,
    arch: Option<&'a str>,
    source: Option<&'a SourcePackage>,
    licenses: &'a [String],
    size: Option<u64>,
    purl: Option<&'a Purl>,
    layer: Option<&'a Digest>,
    base: Option<bool>,
    evidence: Option<&'a TreePath>,
    place: Option<&'a TreePath>,
    declared: bool,
    reason: InstallReason,
    vendor: Option<&'a str>,
    signing_key: Option<&'a str>,
    origin: Option<&'a str>,
    url: Option<&'a str>,
    summary: Option<&'a str>,
    requires: &'a [String],
    provides: &'a [String],
    part_of: Vec<Owner<'a>>,
}

/// A package that lists the file by which another one is known to be installed.
#[derive(Serialize)]
struct Owner<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    version: &'a str,
}

pub(super) fn write(list: &PackageList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/packages/1", list.analysis);
    out.text(",\n\"distribution\": ");
    value(&mut out.bytes, &list.analysis.distribution);
    out.text(",\n\"packages\": [");
    // Whoever brought a package did so whether or not it is among those that are shown.
    let owners = ProofOwners::new(list.analysis);
    let owner = |owner: u32| {
        let owner = list.analysis.packages.get(owner as usize)?;
        Some(Owner { kind: owner.kind.as_str(), name: &owner.name, version: &owner.version })
    };
    let shown = list.selected.iter().filter_map(|position| {
        let package = list.analysis.packages.get(*position)?;
        let owners = owners.of(u32::try_from(*position).ok()?).into_iter();
        Some(Row {
            kind: package.kind.as_str(),
            name: &package.name,
            version: &package.version,
            arch: package.arch.as_deref(),
            source: package.source.as_ref(),
            licenses: &package.licenses,
            size: package.size,
            purl: package.purl.as_ref(),
            layer: list.layer(package).map(|layer| &layer.digest),
            base: crate::place::is_base(list.analysis, package.layer),
            evidence: package.evidence.as_ref(),
            place: package.place.as_ref(),
            declared: package.declared,
            reason: package.reason,
            vendor: package.vendor.as_deref(),
            signing_key: package.signing_key.as_deref(),
            origin: package.origin.as_deref(),
            url: package.url.as_deref(),
            summary: package.summary.as_deref(),
            requires: &package.requires,
            provides: &package.provides,
            part_of: owners.filter_map(owner).collect(),
        })
    });
    rows(&mut out, shown)?;
    out.text("\n}\n");
    out.finish()
}
