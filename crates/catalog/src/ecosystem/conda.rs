//! Conda packages: what conda, mamba and pixi record in an environment.

use std::cmp::Ordering;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Conda packages.
#[derive(Debug, Clone, Copy)]
pub struct Conda;

/// The purl type of Conda packages.
pub const TYPE: PackageType = PackageType::new("conda");

/// The record of a package with fifty thousand files has 20 MB.
const MAX_RECORD: u64 = 64 << 20;

const DOC: Doc = Doc {
    id: "conda",
    title: "Conda packages",
    summary: "Packages in Conda environments.",
    explanation: "Reads *.json in every directory called conda-meta. A package lies in the environment \
that the directory is in, and owns the files that its record lists; channel, platform and build are \
qualifiers of its package URL. A Python distribution inside of a Conda package is listed as what it is, too.",
};

impl Ecosystem for Conda {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Records]
    }

    /// Build and channel are not among what a package has, so a URL cannot be made later.
    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package.purl.clone()
    }

    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

/// What is kept of a record.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    described: Described,
    build: String,
    channel: String,
    subdirectory: String,
    kind: String,
}

impl Record {
    fn parse(content: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(content).ok()?;
        let text = |name: &str| {
            let text = value.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let texts = |name: &str| -> Vec<String> {
            let items = value.get(name).and_then(Value::as_array);
            items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let file = text("fn").unwrap_or_default();
        let kind =
            [".conda", ".tar.bz2"].into_iter().find(|ending| file.ends_with(ending)).unwrap_or_default();
        // What nobody asked for has no request, or an empty one.
        let requested = text("requested_spec").is_some() || !texts("requested_specs").is_empty();
        Some(Self {
            described: Described {
                name: text("name")?,
                version: text("version")?,
                arch: text("subdir").filter(|platform| platform != "noarch"),
                licenses: text("license").into_iter().collect(),
                requires: texts("depends"),
                origin: text("channel"),
                size: installed_size(&value),
                is_explicit: requested.then_some(true),
                files: texts("files"),
                ..Described::default()
            },
            build: text("build").unwrap_or_default(),
            channel: text("channel").map(|channel| name_of(&channel)).unwrap_or_default(),
            subdirectory: text("subdir").unwrap_or_default(),
            kind: kind.trim_start_matches('.').to_owned(),
        })
    }
}

/// What the record says of the sizes of the files; its own field `size` is the archive's.
fn installed_size(record: &Value) -> Option<u64> {
    let paths = record.pointer("/paths_data/paths")?.as_array()?;
    paths.iter().map(|path| path.get("size_in_bytes").and_then(Value::as_u64)).sum()
}

/// The name of a channel, which conda records as a URL with the platform behind it.
fn name_of(channel: &str) -> String {
    if !channel.contains("://") {
        return channel.to_owned();
    }
    let channel = channel.trim_end_matches('/');
    let last = channel.rsplit('/').next().unwrap_or_default();
    let is_platform = last == "noarch"
        || last.split_once('-').is_some_and(|(system, _)| ["linux", "osx", "win"].contains(&system));
    let channel =
        if is_platform { channel.rsplit_once('/').map_or(channel, |(above, _)| above) } else { channel };
    channel.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Reads records.
#[derive(Debug, Clone, Copy)]
struct Records;

impl Reader for Records {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] =
            &[Claim { pattern: Pattern::Inside("conda-meta", ".json"), limit: MAX_RECORD }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let record = Record::parse(content);
        if record.is_none() {
            problems.push(Problem::new(
                "conda-record-unreadable",
                format!("/{}", path::escape(path)),
                "it does not state a name and a version, so this package is missing from the report",
            ));
        }
        postcard::to_allocvec(&record?).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for (fragment, record) in decode::<Record>(image, "conda-record-unreadable", &mut joined.problems) {
            let environment = split(split(fragment.path).0).0;
            let mut package = record.described.package(TYPE);
            let url = Purl::new("conda", None, &package.name, Some(&package.version)).ok();
            package.purl = url.map(|url| {
                url.with_qualifier("build", &record.build)
                    .with_qualifier("channel", &record.channel)
                    .with_qualifier("subdir", &record.subdirectory)
                    .with_qualifier("type", &record.kind)
            });
            let index = add(package, &fragment, environment, joined);
            for file in &record.described.files {
                own(image, &[environment, b"/", file.as_bytes()].concat(), index, joined);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn a_record_that_rattler_wrote_is_read() {
        // Made by `tests/fixtures/conda/make.sh`.
        let record = include_str!("../../tests/fixtures/conda/ahoy-1.2.3-h1234_0.json");
        let read = read(
            &[&Records],
            &[&[
                Sample::File("opt/conda/conda-meta/ahoy-1.2.3-h1234_0.json", record),
                Sample::File("opt/conda/bin/ahoy", ""),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(
            package.purl.as_ref().unwrap().to_string(),
            "pkg:conda/ahoy@1.2.3?build=h1234_0&channel=channel&subdir=linux-64&type=conda"
        );
        assert_eq!((package.size, &*package.licenses), (Some(20), &["MIT".to_owned()][..]));
        assert!(read.paths_of("ahoy").contains(&"/opt/conda/bin/ahoy".to_owned()));
    }

    #[test]
    fn a_record_is_a_package() {
        let record = r#"{"name": "zlib", "version": "1.3.1", "build": "hb9d3cd8_2", "subdir": "linux-64", "license": "Zlib",
            "channel": "https://conda.example.org/conda-forge/linux-64", "fn": "zlib-1.3.1-hb9d3cd8_2.conda",
            "depends": ["libzlib 1.3.1"], "files": ["lib/libz.so"], "requested_spec": "zlib"}"#;
        let read = read(
            &[&Records],
            &[&[
                Sample::File("opt/conda/conda-meta/zlib-1.3.1-hb9d3cd8_2.json", record),
                Sample::File("opt/conda/lib/libz.so", ""),
                Sample::File("opt/conda/conda-meta/half.json", r#"{"name": "half"}"#),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(
            package.purl.as_ref().unwrap().to_string(),
            "pkg:conda/zlib@1.3.1?build=hb9d3cd8_2&channel=conda-forge&subdir=linux-64&type=conda"
        );
        assert_eq!(package.place.as_ref().unwrap().to_string(), "/opt/conda");
        assert_eq!(
            read.paths_of("zlib"),
            ["/opt/conda/conda-meta/zlib-1.3.1-hb9d3cd8_2.json", "/opt/conda/lib/libz.so"]
        );
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "conda-record-unreadable");
    }
}
