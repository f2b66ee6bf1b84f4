//! What `plimsoll packages` shows, and that its bills of materials are valid and steady.

use std::path::PathBuf;

use plimsoll_model::{Analysis, Package, PackageType};
use serde_json::Value;

use super::{PackageList, Packages};
use crate::sample;
use crate::schemas::tests::written;

fn check(format: &str, width: Option<usize>) -> String {
    let analysis = sample::analysis();
    let list = PackageList { width, ..PackageList::installed(&analysis) };
    sample::plain(&written::<Packages>(&list, format))
}

#[test]
fn a_table_shows_what_is_installed() {
    insta::assert_snapshot!(check("table", None), @"
    Name      Version            Type  Arch      Size  Source  Licence                                 Layer
    bash      5.2.15-2+b7        deb   amd64   7.2 MB          GPL-3.0-or-later                        1/2 101010101010
    libc6     2.36-9+deb12u8     deb   amd64  13.1 MB  glibc   LGPL-2.1-or-later, BSD, as of Berkeley  1/2 101010101010
    passwd    1:4.13+dfsg1-1+b1  deb   amd64           shadow                                          1/2 101010101010
    left-pad  1.3.0              npm                           (MIT OR WTFPL)                          2/2 202020202020
    ");
}

#[test]
fn the_first_columns_of_csv_are_fixed() {
    insta::assert_snapshot!(check("csv", None), @r#"
    type,name,version,arch,source,layer,source_version,size,license,purl,vendor,place,declared,from
    deb,bash,5.2.15-2+b7,amd64,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,7164928,GPL-3.0-or-later,pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12,Matthias Klose <doko@debian.org>,,false,
    deb,libc6,2.36-9+deb12u8,amd64,glibc,sha256:1010101010101010101010101010101010101010101010101010101010101010,,13126656,"LGPL-2.1-or-later;BSD, as of Berkeley",pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12,Matthias Klose <doko@debian.org>,,false,
    deb,passwd,1:4.13+dfsg1-1+b1,amd64,shadow,sha256:1010101010101010101010101010101010101010101010101010101010101010,1:4.13+dfsg1-1,,,pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12,Matthias Klose <doko@debian.org>,,false,
    npm,left-pad,1.3.0,,,sha256:2020202020202020202020202020202020202020202020202020202020202020,,,(MIT OR WTFPL),pkg:npm/left-pad@1.3.0,,/srv/node_modules/left-pad,false,
    "#);
    assert!(check("csv", None).starts_with("type,name,version,arch,source,layer,"));
}

#[test]
fn json_has_one_package_a_line() {
    insta::assert_snapshot!(check("json", None), @r#"
    {
    "schema": "plimsoll/packages/1",
    "image": {"name":"debian:12","reference":"docker.io/library/debian:12","index_digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","manifest_digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","config_digest":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","platform":{"os":"linux","architecture":"amd64"},"platforms":[{"os":"linux","architecture":"amd64"},{"os":"linux","architecture":"arm","variant":"v7"}]},
    "problems": [{"code":"rpm-database-damaged","subject":"/var/lib/rpm/Packages","detail":"page 7 is cut short, so its packages are missing"}],
    "base_image": null,
    "distribution": {"id":"debian","name":"Debian GNU/Linux","pretty_name":"Debian GNU/Linux 12 (bookworm)","version_id":"12","codename":"bookworm","point_release":"12.7","evidence":"/usr/lib/os-release"},
    "packages": [
    {"type":"deb","name":"bash","version":"5.2.15-2+b7","arch":"amd64","source":null,"licenses":["GPL-3.0-or-later"],"size":7164928,"purl":"pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12","layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null,"evidence":"/var/lib/dpkg/status","place":null,"declared":false,"reason":"explicit","vendor":"Matthias Klose <doko@debian.org>","signing_key":null,"origin":null,"url":"http://tiswww.case.edu/php/chet/bash/bashtop.html","summary":"GNU Bourne Again SHell","requires":["base-files (>= 2.1.12)"],"provides":[],"part_of":[]},
    {"type":"deb","name":"libc6","version":"2.36-9+deb12u8","arch":"amd64","source":{"name":"glibc","version":null},"licenses":["LGPL-2.1-or-later","BSD, as of Berkeley"],"size":13126656,"purl":"pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12","layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null,"evidence":"/var/lib/dpkg/status","place":null,"declared":false,"reason":"unknown","vendor":"Matthias Klose <doko@debian.org>","signing_key":null,"origin":null,"url":null,"summary":null,"requires":[],"provides":[],"part_of":[]},
    {"type":"deb","name":"passwd","version":"1:4.13+dfsg1-1+b1","arch":"amd64","source":{"name":"shadow","version":"1:4.13+dfsg1-1"},"licenses":[],"size":null,"purl":"pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12","layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null,"evidence":"/var/lib/dpkg/status","place":null,"declared":false,"reason":"unknown","vendor":"Matthias Klose <doko@debian.org>","signing_key":null,"origin":null,"url":null,"summary":null,"requires":[],"provides":[],"part_of":[]},
    {"type":"npm","name":"left-pad","version":"1.3.0","arch":null,"source":null,"licenses":["(MIT OR WTFPL)"],"size":null,"purl":"pkg:npm/left-pad@1.3.0","layer":"sha256:2020202020202020202020202020202020202020202020202020202020202020","base":null,"evidence":null,"place":"/srv/node_modules/left-pad","declared":false,"reason":"unknown","vendor":null,"signing_key":null,"origin":null,"url":null,"summary":null,"requires":[],"provides":[],"part_of":[]}
    ]
    }
    "#);
}

#[test]
fn cyclonedx_names_image_system_and_packages() {
    insta::assert_snapshot!(check("cyclonedx", None), @r#"
    {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:cd03bbcd-40c4-8690-9b00-7ec5175d728a",
    "version": 1,
    "metadata": {
    "timestamp": "2024-10-17T00:20:20Z",
    "tools": {"components": [{"name":"plimsoll","type":"application","version":"0.1.0"}]},
    "component": {"type":"container","bom-ref":"image","name":"debian:12","version":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","hashes":[{"alg":"SHA-256","content":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}],"purl":"pkg:oci/debian@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb?arch=amd64&repository_url=docker.io%2Flibrary%2Fdebian&tag=12","properties":[{"name":"plimsoll:reference","value":"docker.io/library/debian:12"},{"name":"plimsoll:platform","value":"linux/amd64"},{"name":"plimsoll:index-digest","value":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},{"name":"plimsoll:manifest-digest","value":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},{"name":"plimsoll:config-digest","value":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},{"name":"plimsoll:layer","value":"sha256:1010101010101010101010101010101010101010101010101010101010101010"},{"name":"plimsoll:layer","value":"sha256:2020202020202020202020202020202020202020202020202020202020202020"}]}
    },
    "components": [
    {"type":"operating-system","bom-ref":"operating-system","name":"debian","version":"12","description":"Debian GNU/Linux 12 (bookworm)","properties":[{"name":"plimsoll:codename","value":"bookworm"},{"name":"plimsoll:point-release","value":"12.7"},{"name":"plimsoll:evidence","value":"/usr/lib/os-release"}]},
    {"type":"library","bom-ref":"pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12","supplier":{"name":"Matthias Klose <doko@debian.org>"},"name":"bash","version":"5.2.15-2+b7","description":"GNU Bourne Again SHell","licenses":[{"license":{"acknowledgement":"declared","id":"GPL-3.0-or-later"}}],"purl":"pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12","externalReferences":[{"type":"website","url":"http://tiswww.case.edu/php/chet/bash/bashtop.html"}],"properties":[{"name":"plimsoll:type","value":"deb"},{"name":"plimsoll:arch","value":"amd64"},{"name":"plimsoll:layer","value":"sha256:1010101010101010101010101010101010101010101010101010101010101010"},{"name":"plimsoll:evidence","value":"/var/lib/dpkg/status"},{"name":"plimsoll:size","value":"7164928"}]},
    {"type":"library","bom-ref":"pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12","supplier":{"name":"Matthias Klose <doko@debian.org>"},"name":"libc6","version":"2.36-9+deb12u8","licenses":[{"license":{"acknowledgement":"declared","id":"LGPL-2.1-or-later"}},{"license":{"acknowledgement":"declared","name":"BSD, as of Berkeley"}}],"purl":"pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12","properties":[{"name":"plimsoll:type","value":"deb"},{"name":"plimsoll:arch","value":"amd64"},{"name":"plimsoll:source","value":"glibc"},{"name":"plimsoll:layer","value":"sha256:1010101010101010101010101010101010101010101010101010101010101010"},{"name":"plimsoll:evidence","value":"/var/lib/dpkg/status"},{"name":"plimsoll:size","value":"13126656"}]},
    {"type":"library","bom-ref":"pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12","supplier":{"name":"Matthias Klose <doko@debian.org>"},"name":"passwd","version":"1:4.13+dfsg1-1+b1","purl":"pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12","properties":[{"name":"plimsoll:type","value":"deb"},{"name":"plimsoll:arch","value":"amd64"},{"name":"plimsoll:source","value":"shadow"},{"name":"plimsoll:source-version","value":"1:4.13+dfsg1-1"},{"name":"plimsoll:layer","value":"sha256:1010101010101010101010101010101010101010101010101010101010101010"},{"name":"plimsoll:evidence","value":"/var/lib/dpkg/status"}]},
    {"type":"library","bom-ref":"pkg:npm/left-pad@1.3.0","name":"left-pad","version":"1.3.0","licenses":[{"acknowledgement":"declared","expression":"(MIT OR WTFPL)"}],"purl":"pkg:npm/left-pad@1.3.0","properties":[{"name":"plimsoll:type","value":"npm"},{"name":"plimsoll:layer","value":"sha256:2020202020202020202020202020202020202020202020202020202020202020"},{"name":"plimsoll:place","value":"/srv/node_modules/left-pad"}]}
    ],
    "dependencies": [
    {"dependsOn":["operating-system","pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12","pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12","pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12","pkg:npm/left-pad@1.3.0"],"ref":"image"}
    ]
    }
    "#);
}

#[test]
fn spdx_names_image_system_and_packages() {
    insta::assert_snapshot!(check("spdx", None), @r#"
    {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "debian:12",
    "documentNamespace": "https://plimsoll.invalid/spdx/38c3bf5e-7095-8a6b-b098-56e93e1f10a0",
    "creationInfo": {"comment":"The time is the image's own, so that the same image gives the same document.","created":"2024-10-17T00:20:20Z","creators":["Tool: plimsoll-0.1.0"]},
    "packages": [
    {"SPDXID":"SPDXRef-image","name":"debian:12","versionInfo":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","primaryPackagePurpose":"CONTAINER","downloadLocation":"NOASSERTION","filesAnalyzed":false,"checksums":[{"algorithm":"SHA256","checksumValue":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}],"licenseConcluded":"NOASSERTION","licenseDeclared":"NOASSERTION","copyrightText":"NOASSERTION","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceLocator":"pkg:oci/debian@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb?arch=amd64&repository_url=docker.io%2Flibrary%2Fdebian&tag=12","referenceType":"purl"}]},
    {"SPDXID":"SPDXRef-operating-system","name":"debian","versionInfo":"12","primaryPackagePurpose":"OPERATING_SYSTEM","downloadLocation":"NOASSERTION","filesAnalyzed":false,"licenseConcluded":"NOASSERTION","licenseDeclared":"NOASSERTION","copyrightText":"NOASSERTION","summary":"Debian GNU/Linux 12 (bookworm)","comment":"plimsoll:codename=bookworm\nplimsoll:point-release=12.7\nplimsoll:evidence=/usr/lib/os-release"},
    {"SPDXID":"SPDXRef-deb-bash-5.2.15-2-b7","name":"bash","versionInfo":"5.2.15-2+b7","primaryPackagePurpose":"LIBRARY","supplier":"Organization: Matthias Klose (doko@debian.org)","downloadLocation":"NOASSERTION","filesAnalyzed":false,"homepage":"http://tiswww.case.edu/php/chet/bash/bashtop.html","sourceInfo":"read from /var/lib/dpkg/status","licenseConcluded":"NOASSERTION","licenseDeclared":"GPL-3.0-or-later","copyrightText":"NOASSERTION","summary":"GNU Bourne Again SHell","comment":"plimsoll:type=deb\nplimsoll:arch=amd64\nplimsoll:layer=sha256:1010101010101010101010101010101010101010101010101010101010101010\nplimsoll:evidence=/var/lib/dpkg/status\nplimsoll:size=7164928","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceLocator":"pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12","referenceType":"purl"}]},
    {"SPDXID":"SPDXRef-deb-libc6-2.36-9-deb12u8","name":"libc6","versionInfo":"2.36-9+deb12u8","primaryPackagePurpose":"LIBRARY","supplier":"Organization: Matthias Klose (doko@debian.org)","downloadLocation":"NOASSERTION","filesAnalyzed":false,"sourceInfo":"built from glibc, read from /var/lib/dpkg/status","licenseConcluded":"NOASSERTION","licenseDeclared":"LGPL-2.1-or-later AND LicenseRef-BSD-as-of-Berkeley","copyrightText":"NOASSERTION","comment":"plimsoll:type=deb\nplimsoll:arch=amd64\nplimsoll:source=glibc\nplimsoll:layer=sha256:1010101010101010101010101010101010101010101010101010101010101010\nplimsoll:evidence=/var/lib/dpkg/status\nplimsoll:size=13126656","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceLocator":"pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12","referenceType":"purl"}]},
    {"SPDXID":"SPDXRef-deb-passwd-1-4.13-dfsg1-1-b1","name":"passwd","versionInfo":"1:4.13+dfsg1-1+b1","primaryPackagePurpose":"LIBRARY","supplier":"Organization: Matthias Klose (doko@debian.org)","downloadLocation":"NOASSERTION","filesAnalyzed":false,"sourceInfo":"built from shadow 1:4.13+dfsg1-1, read from /var/lib/dpkg/status","licenseConcluded":"NOASSERTION","licenseDeclared":"NOASSERTION","copyrightText":"NOASSERTION","comment":"plimsoll:type=deb\nplimsoll:arch=amd64\nplimsoll:source=shadow\nplimsoll:source-version=1:4.13+dfsg1-1\nplimsoll:layer=sha256:1010101010101010101010101010101010101010101010101010101010101010\nplimsoll:evidence=/var/lib/dpkg/status","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceLocator":"pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12","referenceType":"purl"}]},
    {"SPDXID":"SPDXRef-npm-left-pad-1.3.0","name":"left-pad","versionInfo":"1.3.0","primaryPackagePurpose":"LIBRARY","downloadLocation":"NOASSERTION","filesAnalyzed":false,"licenseConcluded":"NOASSERTION","licenseDeclared":"((MIT OR WTFPL))","copyrightText":"NOASSERTION","comment":"plimsoll:type=npm\nplimsoll:layer=sha256:2020202020202020202020202020202020202020202020202020202020202020\nplimsoll:place=/srv/node_modules/left-pad","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceLocator":"pkg:npm/left-pad@1.3.0","referenceType":"purl"}]}
    ],
    "hasExtractedLicensingInfos": [
    {"extractedText":"BSD, as of Berkeley","licenseId":"LicenseRef-BSD-as-of-Berkeley","name":"BSD, as of Berkeley"}
    ],
    "relationships": [
    {"relatedSpdxElement":"SPDXRef-image","relationshipType":"DESCRIBES","spdxElementId":"SPDXRef-DOCUMENT"},
    {"relatedSpdxElement":"SPDXRef-operating-system","relationshipType":"CONTAINS","spdxElementId":"SPDXRef-image"},
    {"relatedSpdxElement":"SPDXRef-deb-bash-5.2.15-2-b7","relationshipType":"CONTAINS","spdxElementId":"SPDXRef-image"},
    {"relatedSpdxElement":"SPDXRef-deb-libc6-2.36-9-deb12u8","relationshipType":"CONTAINS","spdxElementId":"SPDXRef-image"},
    {"relatedSpdxElement":"SPDXRef-deb-passwd-1-4.13-dfsg1-1-b1","relationshipType":"CONTAINS","spdxElementId":"SPDXRef-image"},
    {"relatedSpdxElement":"SPDXRef-npm-left-pad-1.3.0","relationshipType":"CONTAINS","spdxElementId":"SPDXRef-image"}
    ]
    }
    "#);
}

#[test]
fn declared_packages_come_only_when_chosen() {
    let analysis = sample::analysis();
    let all =
        PackageList { selected: (0..analysis.packages.len()).collect(), ..PackageList::installed(&analysis) };
    let csv = String::from_utf8(written::<Packages>(&all, "csv")).unwrap();
    assert!(csv.contains("npm,only-named,0.1.0,"));
    assert!(!check("csv", None).contains("only-named"));
}

#[test]
fn the_same_image_gives_the_same_bill_and_another_one_another() {
    let uuid = |format: &str, analysis| PackageList::installed(analysis).uuid(format);
    let analysis = sample::analysis();
    let first = uuid("spdx", &analysis);
    assert_eq!(first, uuid("spdx", &analysis));
    assert_ne!(first, uuid("cyclonedx", &analysis));
    let mut other = analysis.clone();
    other.packages[0].version.push('1');
    assert_ne!(first, uuid("spdx", &other));
}

/// The folder of published schemas, where it is there.
fn published() -> Option<PathBuf> {
    let shared = std::env::var_os("PLIMSOLL_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let folder = shared.join("data/schemas");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no published schemas in {}", folder.display());
    None
}

pub(crate) fn errors(schema: &str, document: &[u8]) -> Vec<String> {
    let Some(folder) = published() else { return Vec::new() };
    let load =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap() };
    // The companions that the CycloneDX schema refers to, under the addresses that it uses.
    let companions = ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"];
    let mut registry = jsonschema::Registry::new();
    for name in companions {
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), load(name)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let schema = load(schema);
    let validator =
        jsonschema::options().with_registry(&registry).should_validate_formats(true).build(&schema).unwrap();
    let document: Value = serde_json::from_slice(document).unwrap();
    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn bills_of_materials_follow_the_published_schemas() {
    for analysis in [sample::analysis(), Analysis::default()] {
        let list = PackageList::installed(&analysis);
        for (format, schema) in [("cyclonedx", "bom-1.6.schema.json"), ("spdx", "spdx-schema-2.3.json")] {
            assert_eq!(errors(schema, &written::<Packages>(&list, format)), [""; 0], "{format}");
        }
    }
}

/// Everything in it comes from an image, so everything can be anything.
fn hostile() -> Analysis {
    let mut analysis = sample::analysis();
    analysis.identity.name = "\u{1b}[31m\n".to_owned();
    analysis.identity.reference = Some("://@:".to_owned());
    if let Some(config) = &mut analysis.config {
        config.created = Some("9999-99-99T99:99:99Z".to_owned());
    }
    if let Some(distribution) = &mut analysis.distribution {
        distribution.id = String::new();
        distribution.cpe_name = Some("cpe:/\u{e9}".to_owned());
    }
    let strange =
        ["", "a\nb", "\u{0}\u{7f}", "(", ")(", "<>", "x <y>", "SPDXRef-DOCUMENT", "\"\\", "\u{202e}"];
    for text in strange {
        let package = Package {
            arch: Some(text.to_owned()),
            vendor: Some(text.to_owned()),
            url: Some(format!("http://{text}")),
            summary: Some(text.to_owned()),
            licenses: vec![text.to_owned(), "x".repeat(5_000), "MIT".to_owned(), "MIT OR ISC".to_owned()],
            ..Package::new(PackageType::from_text(text), text, text)
        };
        analysis.packages.extend([package.clone(), package]);
    }
    analysis
}

#[test]
fn no_text_of_an_image_makes_a_bill_that_is_not_valid() {
    let analysis = hostile();
    let list = PackageList::installed(&analysis);
    for (format, schema) in [("cyclonedx", "bom-1.6.schema.json"), ("spdx", "spdx-schema-2.3.json")] {
        let bill = written::<Packages>(&list, format);
        assert_eq!(errors(schema, &bill), [""; 0], "{format}");
        assert!(crate::sbom::read(&bill).is_ok());
        // For tests/validate-sbom.sh: where to put them, if anywhere.
        if let Some(folder) = std::env::var_os("PLIMSOLL_KEEP_BILLS") {
            std::fs::write(PathBuf::from(folder).join(format!("hostile.{format}")), &bill).unwrap();
        }
    }
}

#[test]
fn a_bill_that_breaks_the_published_schema_is_noticed() {
    let bill = check("cyclonedx", None).replace("\"container\"", "\"barrel\"");
    assert_eq!(errors("bom-1.6.schema.json", bill.as_bytes()).is_empty(), published().is_none());
}

#[test]
fn every_licence_of_the_list_is_known_to_the_published_schema_or_named_as_newer() {
    let Some(folder) = published() else { return };
    let schema: Value =
        serde_json::from_slice(&std::fs::read(folder.join("spdx.schema.json")).unwrap()).unwrap();
    let known: Vec<&str> = schema["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for licence in spdx::identifiers::LICENSES {
        let expect = known.contains(&licence.name) || licence.name == "NOASSERTION";
        assert_eq!(super::licence::Licence::is_cyclonedx_id(licence.name), expect, "{}", licence.name);
    }
}
