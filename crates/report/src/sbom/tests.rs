//! Bills of materials of our own and of other programs, read back.

use plimsoll_model::{Analysis, Package};

use super::read;
use crate::packages::{PackageList, Packages};
use crate::sample;
use crate::schemas::tests::written;

/// What must survive: name, version, type and the rest that people compare.
fn facts(package: &Package) -> impl PartialEq + std::fmt::Debug + use<> {
    let package = package.clone();
    (
        (package.kind, package.name, package.version, package.arch, package.source),
        (package.licenses, package.purl, package.size, package.vendor, package.url),
        (package.summary, package.evidence, package.place, package.declared),
    )
}

fn everything(analysis: &Analysis) -> PackageList<'_> {
    let selected = (0..analysis.packages.len()).collect();
    PackageList { selected, ..PackageList::installed(analysis) }
}

#[test]
fn our_own_bills_come_back_as_the_same_packages() {
    let mut analysis = sample::analysis();
    analysis.packages[0].licenses =
        ["MIT/Apache-2.0", "two\nlines \\ (here)", "GPL-2.0+", " BSD "].map(str::to_owned).to_vec();
    analysis.packages[1].url = Some("https://example.software/a".to_owned());
    analysis.packages[2].url = Some("not an address".to_owned());
    analysis.packages[1].vendor = Some("two\nlines (really) <x@y>".to_owned());
    for format in ["cyclonedx", "spdx"] {
        let again = read(&written::<Packages>(&everything(&analysis), format)).unwrap();
        // The package that has no purl of its own got one made of its words.
        let mut expect = analysis.clone();
        for package in &mut expect.packages {
            package.purl = crate::packages::purl(package);
        }
        let pairs = |analysis: &Analysis| analysis.packages.iter().map(facts).collect::<Vec<_>>();
        assert_eq!(pairs(&again), pairs(&expect), "{format}");
        assert_eq!(again.problems, [], "{format}");
        assert!(!again.has_files);
        assert_eq!(again.identity.name, "debian:12");
        assert_eq!(again.identity.manifest_digest, Some(sample::digest(0xbb)));
        let distribution = again.distribution.unwrap();
        assert_eq!((distribution.id.as_str(), distribution.version_id.as_deref()), ("debian", Some("12")));
    }
}

fn check(document: &str) -> String {
    use std::fmt::Write as _;
    let analysis = read(document.as_bytes()).unwrap();
    let mut text = String::new();
    if let Some(distribution) = &analysis.distribution {
        let _ = writeln!(text, "on {} {:?}", distribution.id, distribution.version_id);
    }
    for package in &analysis.packages {
        let Package { kind, name, version, arch, source, licenses, .. } = package;
        let source = source.as_ref().map(|source| format!("{} {:?}", source.name, source.version));
        let _ = writeln!(text, "{kind} {name} {version} {arch:?} {source:?} {licenses:?}");
    }
    for problem in &analysis.problems {
        let _ = writeln!(text, "{problem}");
    }
    text
}

#[test]
fn who_brought_a_package_comes_back() {
    let mut analysis = sample::analysis();
    let packages = &analysis.packages;
    let at = |name: &str| packages.iter().position(|package| package.name == name).unwrap() as u32;
    let part_of = vec![(at("left-pad"), at("passwd"))];
    (analysis.part_of, analysis.ownership, analysis.has_files) = (part_of.clone(), Vec::new(), false);
    for format in ["cyclonedx", "spdx"] {
        let again = read(&written::<Packages>(&everything(&analysis), format)).unwrap();
        assert_eq!(again.part_of, part_of, "{format}");
        let distribution = again.distribution.unwrap();
        assert_eq!(distribution.codename.as_deref(), Some("bookworm"), "{format}");
    }
    let json = String::from_utf8(written::<Packages>(&everything(&analysis), "json")).unwrap();
    let owner = r#""part_of":[{"type":"deb","name":"passwd","version":"1:4.13+dfsg1-1+b1"}]"#;
    assert!(json.contains(owner));
    // Also where the owner is not among the packages that are asked for.
    let list = PackageList { analysis: &analysis, selected: vec![at("left-pad") as usize], width: None };
    let json = String::from_utf8(written::<Packages>(&list, "json")).unwrap();
    assert!(json.contains(owner), "{json}");
}

#[test]
fn other_programs_say_in_their_own_way_who_brought_a_package_and_which_module_it_is_of() {
    let analysis = read(
        br#"{"spdxVersion": "SPDX-2.3", "name": "x", "packages": [
            {"SPDXID": "SPDXRef-deb", "name": "python3-flask", "versionInfo": "2.2.2-3", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:deb/debian/python3-flask@2.2.2-3?distro=debian-12"}]},
            {"SPDXID": "SPDXRef-py", "name": "flask", "versionInfo": "2.2.2", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:pypi/flask@2.2.2"}]},
            {"SPDXID": "SPDXRef-rpm", "name": "nodejs", "versionInfo": "18.1-1", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:rpm/almalinux/nodejs@18.1-1?rpmmod=nodejs:18"}]}],
         "relationships": [
            {"spdxElementId": "SPDXRef-deb", "relatedSpdxElement": "SPDXRef-py", "relationshipType": "OTHER",
             "comment": "ownership-by-file-overlap: indicates that the parent package claims ownership"},
            {"spdxElementId": "SPDXRef-nobody", "relatedSpdxElement": "SPDXRef-py", "relationshipType": "CONTAINS"}]}"#,
    )
    .unwrap();
    let names: Vec<&str> = analysis.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["python3-flask", "flask", "nodejs"]);
    assert_eq!(analysis.part_of, [(1, 0)]);
    assert_eq!(analysis.packages[2].origin.as_deref(), Some("nodejs:18"));
}

#[test]
fn cyclonedx_of_other_programs_is_understood() {
    insta::assert_snapshot!(check(r#"{
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "metadata": {"component": {"type": "container", "name": "app:1"}},
        "components": [
            {"type": "operating-system", "name": "debian", "version": "12.5"},
            {"type": "library", "name": "zlib1g", "version": "1:1.2.13.dfsg-1",
             "purl": "pkg:deb/debian/zlib1g@1.2.13.dfsg-1?arch=amd64&distro=debian-12.5&epoch=1",
             "licenses": [{"license": {"name": "Zlib"}}],
             "properties": [{"name": "aquasecurity:trivy:SrcName", "value": "zlib"},
                            {"name": "aquasecurity:trivy:SrcVersion", "value": "1.2.13.dfsg"},
                            {"name": "aquasecurity:trivy:SrcRelease", "value": "1"},
                            {"name": "aquasecurity:trivy:SrcEpoch", "value": "1"}]},
            {"type": "library", "name": "bind-license", "version": "32:9.9.4-38.el7_3.1",
             "purl": "pkg:rpm/ol/bind-license@9.9.4-38.el7_3.1?arch=noarch&epoch=32&upstream=bind-9.9.4-38.el7_3.1.src.rpm"},
            {"type": "library", "group": "@angular", "name": "core", "version": "17.0.0",
             "purl": "pkg:npm/%40angular/core@17.0.0", "licenses": [{"expression": "MIT OR ISC"}]},
            {"type": "library", "group": "org.apache.commons", "name": "commons-text", "version": "1.9",
             "purl": "pkg:maven/org.apache.commons/commons-text@1.9"},
            {"type": "application", "name": "package-lock.json",
             "components": [{"type": "library", "name": "JSONStream", "version": "1.3.5",
                             "purl": "pkg:npm/jsonstream@1.3.5"}]},
            {"type": "library", "name": "nameless-kind", "version": "3"},
            {"type": "library", "name": "broken", "version": "4", "purl": "pkg:%%"},
            {"type": "file", "name": "/etc/passwd"},
            7
        ]}"#), @r#"
    on debian Some("12.5")
    deb zlib1g 1:1.2.13.dfsg-1 Some("amd64") Some("zlib Some(\"1:1.2.13.dfsg-1\")") ["Zlib"]
    generic broken 4 None None []
    generic nameless-kind 3 None None []
    maven org.apache.commons:commons-text 1.9 None None []
    npm @angular/core 17.0.0 None None ["MIT OR ISC"]
    npm JSONStream 1.3.5 None None []
    rpm bind-license 32:9.9.4-38.el7_3.1 Some("noarch") Some("bind Some(\"9.9.4-38.el7_3.1\")") []
    broken: `pkg:%%` is not a package URL: it has no name (sbom-purl-invalid)
    an entry without a name: it has no package URL, so its kind is not known (sbom-purl-missing)
    nameless-kind: it has no package URL, so its kind is not known (sbom-purl-missing)
    "#);
}

#[test]
fn spdx_of_other_programs_is_understood() {
    insta::assert_snapshot!(check(r#"{
        "spdxVersion": "SPDX-2.2", "name": "app:1",
        "documentDescribes": ["SPDXRef-root"],
        "packages": [
            {"SPDXID": "SPDXRef-root", "name": "app:1", "versionInfo": "sha256:00"},
            {"SPDXID": "SPDXRef-1", "name": "musl", "versionInfo": "1.2.5-r0",
             "licenseDeclared": "MIT AND LicenseRef-x", "supplier": "Person: Jane (j@x.org)",
             "externalRefs": [{"referenceType": "purl", "referenceCategory": "PACKAGE_MANAGER",
                "referenceLocator": "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3&upstream=musl-src"}]},
            {"SPDXID": "SPDXRef-2", "name": "plain", "versionInfo": "1", "licenseDeclared": "NOASSERTION"}
        ],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-x", "extractedText": "as is"}]
    }"#), @r#"
    on alpine Some("3.20.3")
    apk musl 1.2.5-r0 Some("x86_64") Some("musl-src None") ["MIT", "as is"]
    generic plain 1 None None []
    plain: it has no package URL, so its kind is not known (sbom-purl-missing)
    "#);
}

#[test]
fn what_is_no_bill_is_refused_with_advice() {
    let refused = |content: &str| read(content.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(refused("<bom/>"), @"the bill of materials is not JSON; export it as CycloneDX or SPDX in JSON");
    insta::assert_snapshot!(refused("[]"), @"the JSON is no bill of materials that can be read: it needs `bomFormat: CycloneDX` or `spdxVersion: SPDX-2.x`");
    insta::assert_snapshot!(refused(r#"{"@context": "x", "@graph": []}"#), @"SPDX 3 is not read; export the bill of materials as SPDX 2.3 or CycloneDX");
}

#[test]
fn no_shape_of_json_is_a_panic() {
    for shape in ["null", "1", "\"x\"", "[]", "{}", "[[]]", "[{}]", "[null]"] {
        for key in [
            "metadata",
            "components",
            "specVersion",
            "packages",
            "relationships",
            "hasExtractedLicensingInfos",
            "documentDescribes",
            "name",
        ] {
            for head in ["\"bomFormat\": \"CycloneDX\"", "\"spdxVersion\": \"SPDX-2.3\""] {
                let document = format!("{{{head}, \"{key}\": {shape}}}");
                assert!(read(document.as_bytes()).is_ok(), "{document}");
            }
        }
    }
}

#[test]
fn many_like_problems_are_counted_and_not_listed() {
    let component = r#"{"type": "library", "name": "x"},"#.repeat(100);
    let document =
        format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{component} {{}}]}}"#);
    let analysis = read(document.as_bytes()).unwrap();
    assert_eq!(analysis.packages.len(), 100);
    assert!(
        analysis.problems.iter().any(|problem| problem.detail.starts_with("81 more")),
        "{:?}",
        analysis.problems
    );
}
