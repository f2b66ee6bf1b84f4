//! .NET in samples of images.

use plimsoll_model::InstallReason;

use super::Lists;
use super::assembly::Assemblies;
use super::bundle::Bundles;
use super::lock::LOCKS;
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read, soon};
use crate::executable::binary::Kept;
use crate::executable::metadata::{Assembly, Found, find};
use crate::reader::Reader as _;

use Sample::{Directory, File};

const HULL: &[u8] = include_bytes!("../../../tests/fixtures/dotnet/Hull.dll");
const KEEL: &[u8] = include_bytes!("../../../tests/fixtures/dotnet/Keel.exe");
const TRANSLATION: &[u8] = include_bytes!("../../../tests/fixtures/dotnet/Hull.resources.dll");
const BARE: &[u8] = include_bytes!("../../../tests/fixtures/dotnet/Bare.dll");
const MODULE: &[u8] = include_bytes!("../../../tests/fixtures/dotnet/Part.netmodule");
const OUTLINE: &[u8] = include_bytes!("../../../tests/fixtures/dotnet/Outline.dll");

fn check(files: &[Sample<'_>], expect: &[&str]) -> Read {
    let read = read(&[&Lists, &LOCKS], &[files]);
    let packages = read.joined.packages.iter();
    let rows: Vec<String> = packages
        .map(|each| {
            let place =
                if each.declared { "declared".to_owned() } else { each.place.as_ref().unwrap().to_string() };
            format!("{} {} {place}", each.name, each.version)
        })
        .collect();
    assert_eq!(rows, expect);
    read
}

const LIST: &str = r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v6.0/linux-x64", "signature": ""},
 "targets": {".NETCoreApp,Version=v6.0": {}, ".NETCoreApp,Version=v6.0/linux-x64": {
  "Ship/1.0.0": {"dependencies": {"Newtonsoft.Json": "13.0.1"}, "runtime": {"Ship.dll": {}}},
  "Newtonsoft.Json/13.0.1": {"runtime": {"lib/netstandard2.0/Newtonsoft.Json.dll": {"assemblyVersion": "13.0.0.0"}},
    "resources": {"lib/netstandard2.0/de/Newtonsoft.Json.resources.dll": {"locale": "de"}}},
  "SQLite.Native/2.1.0": {"runtimeTargets": {"runtimes/linux-x64/native/libsqlite.so": {"rid": "linux-x64", "assetType": "native"}}},
  "Only.Built.With/1.0.0": {}, "Merged/1.0.0": {"runtime": {"lib/net6.0/Merged.dll": {}}},
  "Placeholder/1.0.0": {"runtime": {"lib/net6.0/_._": {}}},
  "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.1": {"runtime": {"System.Runtime.dll": {}}, "native": {"libcoreclr.so": {}}},
  "By.File/1.0.0.0": {"runtime": {"By.File.dll": {}}}}},
 "libraries": {"Ship/1.0.0": {"type": "project"}, "Newtonsoft.Json/13.0.1": {"type": "package", "path": "newtonsoft.json/13.0.1"},
  "SQLite.Native/2.1.0": {"type": "package"}, "Only.Built.With/1.0.0": {"type": "package"}, "Merged/1.0.0": {"type": "package"},
  "Placeholder/1.0.0": {"type": "package"}, "By.File/1.0.0.0": {"type": "reference"},
  "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.1": {"type": "runtimepack"}}}"#;

#[test]
fn an_application_has_the_packages_of_its_list_whose_files_are_there() {
    let read = check(
        &[
            File("app/Ship.deps.json", LIST),
            File("app/Ship.dll", ""),
            File("app/Newtonsoft.Json.dll", ""),
            File("app/de/Newtonsoft.Json.resources.dll", ""),
            File("app/runtimes/linux-x64/native/libsqlite.so", ""),
            File("app/System.Runtime.dll", ""),
            File("app/By.File.dll", ""),
        ],
        &[
            "Merged 1.0.0 declared",
            "Microsoft.NETCore.App.Runtime.linux-x64 6.0.1 /app",
            "Newtonsoft.Json 13.0.1 /app",
            "Only.Built.With 1.0.0 declared",
            "Placeholder 1.0.0 declared",
            "SQLite.Native 2.1.0 /app",
            "Ship 1.0.0 /app",
        ],
    );
    let named = |name: &str| read.joined.packages.iter().find(|package| package.name == name).unwrap();
    assert_eq!(named("Ship").reason, InstallReason::Explicit);
    assert_eq!(named("Ship").requires, ["Newtonsoft.Json 13.0.1"]);
    assert_eq!(named("Newtonsoft.Json").reason, InstallReason::Dependency);
    assert_eq!(
        named("Newtonsoft.Json").purl.as_ref().unwrap().to_string(),
        "pkg:nuget/Newtonsoft.Json@13.0.1"
    );
    let files = ["/app/Newtonsoft.Json.dll", "/app/de/Newtonsoft.Json.resources.dll"];
    assert_eq!(read.paths_of("Newtonsoft.Json"), files);
    assert_eq!(read.paths_of("Ship"), ["/app/Ship.deps.json", "/app/Ship.dll"]);
}

#[test]
fn a_package_that_nuget_unpacked_owns_its_directory() {
    let specification = r#"<?xml version="1.0"?><package xmlns="http://example.org/nuspec.xsd"><metadata>
        <id>Newtonsoft.Json</id><version>13.0.1</version><license type="expression">MIT</license>
        <authors>J &amp; N</authors><projectUrl>https://example.org</projectUrl><description><![CDATA[JSON]]></description>
        <dependencies><group targetFramework="net6.0"><dependency id="A" version="[1.0, )"/></group>
        <group><dependency id="A" version="[1.0, )"/></group></dependencies></metadata></package>"#;
    let read = check(
        &[
            File("root/.nuget/packages/newtonsoft.json/13.0.1/newtonsoft.json.nuspec", specification),
            File("root/.nuget/packages/newtonsoft.json/13.0.1/lib/net45/Newtonsoft.Json.dll", ""),
            File("src/newtonsoft.json.nuspec", specification),
        ],
        &["Newtonsoft.Json 13.0.1 /root/.nuget/packages/newtonsoft.json/13.0.1"],
    );
    let package = &read.joined.packages[0];
    assert_eq!(package.licenses, ["MIT"]);
    assert_eq!((package.vendor.as_deref(), package.summary.as_deref()), (Some("J & N"), Some("JSON")));
    assert_eq!(package.requires, ["A [1.0, )"]);
    assert_eq!(read.paths_of("Newtonsoft.Json").len(), 5);
}

#[test]
fn what_lock_files_name_and_is_not_installed_is_declared() {
    let lock = r#"{"version": 1, "dependencies": {"net6.0": {
        "newtonsoft.json": {"type": "Direct", "resolved": "13.0.1"}, "other": {"type": "Project"}},
        "net8.0": {"Serilog": {"type": "Transitive", "resolved": "3.0.0"}}}}"#;
    let config =
        r#"<packages><package id="EntityFramework" version="6.4.4" targetFramework="net48" /></packages>"#;
    check(
        &[File("src/packages.lock.json", lock), File("old/packages.config", config)],
        &["EntityFramework 6.4.4 declared", "Serilog 3.0.0 declared", "newtonsoft.json 13.0.1 declared"],
    );
}

#[test]
fn damage_is_told_where_it_hides_packages() {
    let check = |path: &str, text: &str, expect: &[&str]| {
        let read = read(&[&Lists, &LOCKS], &[&[File(path, text), Directory("app")]]);
        assert_eq!(read.joined.packages, []);
        let codes: Vec<&str> = read.problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, expect, "{path} {text}");
    };
    check("app/a.deps.json", &LIST[..LIST.len() / 2], &["dotnet-list-damaged"]);
    check("app/a.deps.json", r#"{"runtimeTarget": "", "targets": 1}"#, &["dotnet-list-damaged"]);
    check("app/a.deps.json", r#"{"targets": {}}"#, &[]);
    check("app/packages.lock.json", "{}", &["lock-file-unreadable"]);
    check("app/packages.config", "<?php", &[]);
    let list = r#"{"runtimeTarget": "x", "targets": {}, "libraries": {"A/": {"type": "package"}, "B": {"type": "project"}}}"#;
    check("app/a.deps.json", list, &["dotnet-list-incomplete"]);
    check("app/packages.config", "<packages><package id='a'/></packages>", &["lock-file-incomplete"]);
    let template = "<package><metadata><id>a</id><version>$v$</version>";
    let other = "<package><metadata><id>a</id><version>2.0</version></metadata></package>";
    for text in [template, "", other, &"<a>".repeat(1_000)] {
        check("a/1.0/a.nuspec", text, &["nuget-specification-unreadable"]);
        check("a/a.nuspec", text, &[]);
        check("a/lib/a.nuspec", text, &[]);
    }
}

fn assembly(bytes: &[u8]) -> Assembly {
    match find(&Kept::of(bytes)) {
        Found::Assembly(assembly) => assembly,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_assembly_says_its_name_and_versions() {
    let expect = Assembly {
        name: "Hull".to_owned(),
        version: [1, 2, 0, 0],
        culture: String::new(),
        informational_version: Some("1.2.3-beta.1+0a1b2c3".to_owned()),
        is_reference: false,
    };
    assert_eq!(assembly(HULL), expect);
    assert_eq!(assembly(TRANSLATION).culture, "de");
    assert!(assembly(OUTLINE).is_reference);
    assert_eq!(assembly(BARE).version, [0; 4]);
    assert_eq!(find(&Kept::of(MODULE)), Found::Nothing);
    assert_eq!(find(&Kept::of(b"MZ")), Found::Nothing);
}

/// What the reader makes of assemblies that nothing else accounts for.
#[test]
fn only_a_program_or_library_with_a_version_is_kept() {
    let keeps = |bytes: &[u8]| Assemblies.read(b"a.dll", bytes, &mut Vec::new());
    let text = |bytes: &[u8]| String::from_utf8_lossy(&keeps(bytes).unwrap()).into_owned();
    assert!(text(HULL).contains("1.2.3-beta.1\u{7}1.2.0.0"), "{}", text(HULL));
    assert!(text(KEEL).contains("3.4.5.6\u{7}3.4.5.6"), "{}", text(KEEL));
    for bytes in [TRANSLATION, OUTLINE, BARE, MODULE] {
        assert_eq!(keeps(bytes), None);
    }
}

#[test]
fn damage_never_stops_the_reader() {
    for at in 0..HULL.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut broken = HULL.to_vec();
            broken[at] ^= change;
            Assemblies.read(b"a", &broken, &mut Vec::new());
        }
        Assemblies.read(b"a", &HULL[..at], &mut Vec::new());
    }
}

#[test]
fn nuget_calls_a_directory_as_it_normalises_the_version() {
    let text = "<package><metadata><id>A.B</id><version>01.2+build</version></metadata></package>";
    check(&[File("packages/a.b/1.2.0/a.b.nuspec", text)], &["A.B 01.2+build /packages/a.b/1.2.0"]);
}

#[test]
fn a_file_of_any_length_is_read_in_one_go() {
    let needs: String =
        (0..60_000).map(|number| format!("<dependency id='a{number:06}' version='1'/>")).collect();
    let attributes: String = (0..60_000).map(|number| format!(" a{number}=''")).collect();
    let text = format!(
        "<package><metadata><id>a</id><version>1.0</version>{needs}<license{attributes}/></metadata></package>"
    );
    let read = soon(|| check(&[File("a/1.0.0/a.nuspec", &text)], &["a 1.0 /a/1.0.0"]));
    assert_eq!(read.joined.packages[0].requires.len(), 60_000);
    let text = format!("<packages><package{attributes} id='a' version='1'/></packages>");
    soon(|| check(&[File("packages.config", &text)], &["a 1 declared"]));
}

#[test]
fn what_comes_behind_damage_in_a_file_that_names_packages_is_told() {
    let text = "<packages><package id='a' version='1'/><package id='b' versio</packages>";
    let read = check(&[File("packages.config", text)], &["a 1 declared"]);
    assert_eq!(read.problems[0].code.as_str(), "lock-file-incomplete");
}

/// A host with files bundled behind it, as the SDK of each version of the manifest writes them.
fn bundle(version: u32, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut host = b"\x7fELF\x02\x01\x01\0 host ".to_vec();
    let place = host.len();
    host.extend_from_slice(&[0; 8]);
    host.extend_from_slice(&crate::executable::BUNDLE_MARK);
    let mut rows: Vec<(u64, u64)> = Vec::new();
    for (_, content) in files {
        rows.push((host.len() as u64, content.len() as u64));
        host.extend_from_slice(content);
    }
    let manifest = (host.len() as u64).to_le_bytes();
    host[place..place + 8].copy_from_slice(&manifest);
    for number in [version, 0, files.len() as u32] {
        host.extend_from_slice(&number.to_le_bytes());
    }
    host.extend_from_slice(b"\x04some");
    if version >= 2 {
        let list = files.iter().position(|(name, _)| name.ends_with(".deps.json"));
        let (place, size) = list.map_or((0, 0), |list| rows[list]);
        for number in [place, size, 0, 0, 0] {
            host.extend_from_slice(&number.to_le_bytes());
        }
    }
    for ((place, size), (name, _)) in rows.iter().zip(files) {
        host.extend_from_slice(&place.to_le_bytes());
        host.extend_from_slice(&size.to_le_bytes());
        if version >= 3 {
            host.extend_from_slice(&0_u64.to_le_bytes());
        }
        host.push(1);
        host.push(name.len() as u8);
        host.extend_from_slice(name.as_bytes());
    }
    host
}

/// The packages of a bundle, and the problems with it.
fn read_bundle(content: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut problems, mut rows) = (Vec::new(), Vec::new());
    if let Some(payload) = Bundles.read(b"app/ship", content, &mut problems) {
        let mut builder = plimsoll_model::FileTableBuilder::new();
        let new = plimsoll_model::NewFile::IMPLICIT_DIRECTORY;
        builder.insert(plimsoll_model::NodeId::ROOT, b"ship", &new);
        let (table, _) = builder.finish();
        let files = table.index();
        let file = files.resolve(b"ship");
        let fragment = crate::LayerFragment { layer: 0, path: b"app/ship", file, payload: &payload };
        let mut joined = crate::Joined::default();
        Bundles.join(&crate::reader::LayeredImage { fragments: &[fragment], files: &files }, &mut joined);
        problems.append(&mut joined.problems);
        rows.extend(joined.packages.iter().map(|each| {
            assert!(!each.name.is_empty() && !each.version.is_empty());
            let place = each.place.as_ref().map_or_else(|| "declared".to_owned(), ToString::to_string);
            format!("{} {} {place}", each.name, each.version)
        }));
    }
    (rows, problems.iter().map(|problem| problem.code.as_str().to_owned()).collect())
}

#[test]
fn a_bundle_of_every_version_is_read() {
    let files: &[(&str, &[u8])] = &[
        ("Ship.dll", b"MZ"),
        ("Newtonsoft.Json.dll", b"MZ"),
        ("Hull.dll", HULL),
        ("de/Hull.resources.dll", TRANSLATION),
        ("Ship.deps.json", LIST.as_bytes()),
    ];
    for version in [1, 2, 6] {
        let (rows, problems) = read_bundle(&bundle(version, files));
        assert_eq!(
            rows,
            [
                "Newtonsoft.Json 13.0.1 /app/ship",
                "Ship 1.0.0 /app/ship",
                "Hull 1.2.3-beta.1 /app/ship",
                "Merged 1.0.0 declared",
                "Only.Built.With 1.0.0 declared",
                "Placeholder 1.0.0 declared",
                "SQLite.Native 2.1.0 declared",
                "Microsoft.NETCore.App.Runtime.linux-x64 6.0.1 declared",
            ],
            "version {version}"
        );
        assert!(problems.is_empty(), "{problems:?}");
    }
    let (rows, problems) = read_bundle(&bundle(6, &files[2..3]));
    assert_eq!((rows, problems), (vec!["Hull 1.2.3-beta.1 /app/ship".to_owned()], vec![]));
}

#[test]
fn what_cannot_be_read_of_a_bundle_is_told_and_a_host_alone_is_none() {
    let check = |content: &[u8], expect: &[&str]| {
        let (rows, problems) = read_bundle(content);
        assert!(rows.is_empty(), "{rows:?}");
        assert_eq!(problems, expect);
    };
    let damaged = ["dotnet-bundle-unreadable"];
    check(&bundle(7, &[]), &damaged);
    check(&bundle(6, &[]), &damaged);
    check(&bundle(6, &[("Ship.deps.json", b"{")]), &damaged);
    check(&bundle(6, &[("Ship.dll", b"MZ")]), &damaged);
    let whole = bundle(6, &[("Hull.dll", HULL)]);
    check(&whole[..whole.len() - 1], &damaged);
    let mut alone = whole;
    alone[14..22].fill(0);
    check(&alone, &[]);
    check(b"\x7fELF\x02\x01\x01\0", &[]);
    // What makes bundles has the mark, and is an assembly itself.
    check(&[HULL, b"12345678", &crate::executable::BUNDLE_MARK].concat(), &[]);
}

#[test]
fn no_damage_of_a_bundle_stops_the_reader() {
    for version in [1, 6] {
        let whole = bundle(version, &[("Bare.dll", BARE), ("Ship.deps.json", LIST.as_bytes())]);
        let manifest = whole.len() - 200;
        for at in (0..manifest).step_by(7).chain(manifest..whole.len()) {
            read_bundle(&whole[..at]);
            for change in [0x01, 0x80, 0xff] {
                let mut broken = whole.clone();
                broken[at] ^= change;
                read_bundle(&broken);
            }
        }
    }
}
