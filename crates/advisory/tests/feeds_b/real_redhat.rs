//! The real VEX documents, and the recorded answers of the server, against plain counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use plimsoll_advisory::feed::redhat_vex::{RedHatVex, changes};
use plimsoll_advisory::vex;
use plimsoll_model::{FixState, RangeEnd};
use serde_json::Value;

use crate::{Collected, line, parse, shared};

fn load(name: &str) -> Option<(Value, Collected)> {
    let bytes = std::fs::read(shared("redhat-vex")?.join(name)).unwrap();
    let started = Instant::now();
    let found = parse(&RedHatVex, name, &bytes);
    eprintln!("{name}: {} bytes in {:?}", bytes.len(), started.elapsed());
    Some((serde_json::from_slice(&bytes).unwrap(), found))
}

/// What a document says of rpm packages, told from the product ids alone: `PRODUCT:NEVRA` or
/// `PRODUCT:NAME`, without release and class.
fn plain(document: &Value) -> BTreeMap<&'static str, BTreeSet<String>> {
    let status = &document["vulnerabilities"][0]["product_status"];
    let mut said: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for kind in ["fixed", "known_not_affected"] {
        for id in status[kind].as_array().into_iter().flatten() {
            let Some((product, component)) = id.as_str().unwrap().split_once(':') else { continue };
            // `name-epoch:version-release.arch`
            let said = said.entry(kind).or_default();
            if let Some((head, arch)) = component.rsplit_once('.')
                && component.contains(':')
            {
                let (head, release) = head.rsplit_once('-').unwrap();
                let (name, version) = head.rsplit_once('-').unwrap();
                let version = version.strip_prefix("0:").unwrap_or(version);
                let arch = if arch == "src" { "*" } else { arch };
                // A source without binaries of its version is all that is said of it.
                let same = format!("{}-{release}.", &head[head.rfind('-').unwrap()..]);
                let repeated = arch == "*"
                    && status[kind].as_array().unwrap().iter().any(|other| {
                        let other = other.as_str().unwrap();
                        let tail = other.split_once(&same).map(|(_, tail)| tail);
                        other.starts_with(product) && tail.is_some_and(|tail| tail != "src")
                    });
                if !repeated {
                    said.insert(format!("{name} {version}-{release} {arch}"));
                }
            } else {
                said.insert(format!("{} * *", component.strip_suffix(".src").unwrap_or(component)));
            }
        }
    }
    said
}

fn read(found: &Collected) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut said: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for statement in found.advisories.iter().flat_map(|advisory| &advisory.statements) {
        let (kind, version) =
            match (statement.state, statement.ranges.as_slice(), statement.versions.as_slice()) {
                (FixState::Ranges, [range], []) => {
                    let RangeEnd::Fixed(version) = &range.end else { panic!("{statement:?}") };
                    ("fixed", version.as_str())
                }
                (FixState::NotAffected, [], [version]) => ("known_not_affected", version.as_str()),
                (FixState::NotAffected, [], []) => ("known_not_affected", "*"),
                _ => panic!("{statement:?}"),
            };
        let architectures = if statement.architectures.is_empty() {
            vec!["*".to_owned()]
        } else {
            statement.architectures.clone()
        };
        for architecture in architectures {
            said.entry(kind).or_default().insert(format!("{} {version} {architecture}", statement.name));
        }
    }
    said
}

#[test]
fn every_product_of_every_document_is_read() {
    for name in ["cve-2023-38545.json", "cve-2023-4154.json", "cve-2023-42670.json"] {
        let Some((document, found)) = load(name) else { return };
        assert_eq!(found.problems, []);
        assert_eq!(found.advisories.len(), 1);
        assert_eq!(read(&found), plain(&document), "{name}");
    }
}

#[test]
fn a_document_reads_as_it_is_published() {
    let Some((_, found)) = load("cve-2023-38545.json") else { return };
    let advisory = &found.advisories[0];
    assert_eq!(advisory.id, "CVE-2023-38545");
    assert_eq!(advisory.published.as_deref(), Some("2023-10-11T00:00:00Z"));
    assert!(advisory.references.contains(&"https://access.redhat.com/errata/RHSA-2023:5763".to_owned()));
    let lines: Vec<String> = advisory.statements.iter().map(line).collect();
    for expect in [
        "rhel:9.0 libcurl (aarch64,i686,ppc64le,s390x,x86_64) in eus Ranges < 7.76.1-14.el9_0.9",
        "rhel:9 libcurl (aarch64,i686,ppc64le,s390x,x86_64) Ranges < 7.76.1-26.el9_3.2",
        "rhel:8 libcurl NotAffected",
        "rhel:8 puppet-agent (x86_64) in satellite_capsule:6.14 Ranges < 7.27.0-1.el8sat",
        "rhel:7 jbcs-httpd24-openssl (x86_64) in jboss_core_services:1 NotAffected = 1:1.1.1k-16.el7jbcs",
    ] {
        assert!(lines.iter().any(|line| line == expect), "{expect} is not in {lines:#?}");
    }
}

#[test]
fn the_same_documents_are_vex_that_one_may_hand_in() {
    for (name, statuses) in [("cve-2023-38545.json", 572), ("cve-2023-4154.json", 165)] {
        let Some(folder) = shared("redhat-vex") else { return };
        let document = vex::read(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let products: usize = document.statements.iter().map(|statement| statement.products.len()).sum();
        assert_eq!(products + document.problems.len(), statuses, "{:?}", document.problems);
        let curl = "pkg:rpm/redhat/libcurl@7.61.1-30.el8?arch=x86_64".parse().unwrap();
        let of = |cpe: &str| {
            let references = [cpe];
            let subject =
                vex::VexSubject { package: Some(&curl), references: &references, ..Default::default() };
            vex::effective(std::slice::from_ref(&document), &["CVE-2023-38545"], &subject)
                .map(|statement| statement.status)
        };
        let expect = (name == "cve-2023-38545.json").then_some(vex::VexStatus::NotAffected);
        assert_eq!(of("cpe:/o:redhat:enterprise_linux:8"), expect);
        assert_eq!(of("cpe:/o:redhat:enterprise_linux:10"), None);
    }
}

/// The files of a txtar archive: `-- name [header…] --`, then the content.
fn recorded() -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(shared("redhat-vex")?.join("server.txtar")).unwrap();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in text.split_inclusive('\n') {
        if let Some(head) = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            let name = head.split_whitespace().next().unwrap().trim_start_matches('/').to_owned();
            current = Some(name.clone());
            files.insert(name, String::new());
        } else if let Some(name) = &current {
            files.get_mut(name).unwrap().push_str(line);
        }
    }
    Some(files)
}

#[test]
fn the_server_says_what_to_fetch_and_what_it_serves_is_read() {
    let Some(files) = recorded() else { return };
    let (archive, day) = changes::archive(&files["archive_latest.txt"]).unwrap();
    assert_eq!(archive.path, "csaf_vex_2023-10-31.tar.zst");
    assert_eq!(day, "2023-10-31T00:00:00Z");
    let plan = changes::plan(&files["changes.csv"], &files["deletions.csv"], |_| None);
    assert_eq!(plan.problems, []);
    let wanted: Vec<&str> = plan.fetch.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(wanted, ["2023/cve-2023-0030.json", "2023/cve-2023-0044.json", "2023/cve-2023-0118.json"]);
    assert_eq!(plan.drop, Vec::<String>::new());
    let plan =
        changes::plan(&files["changes.csv"], &files["deletions.csv"], |_| Some("2023-12-11T00:00:00Z"));
    let wanted: Vec<&str> = plan.fetch.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(wanted, ["2023/cve-2023-0044.json", "2023/cve-2023-0118.json"]);
    assert_eq!(plan.drop, ["2023/cve-2024-0001.json", "2023/cve-2024-0002.json"]);

    // A flaw in a Java archive: nothing of it is an rpm package.
    let quarkus = parse(&RedHatVex, "2023/cve-2023-0044.json", files["2023/cve-2023-0044.json"].as_bytes());
    assert_eq!((quarkus.advisories.len(), quarkus.advisories[0].statements.len()), (1, 0));
    assert_eq!(quarkus.problems, []);
    let name = "2023/cve-2023-0118.json";
    let satellite = parse(&RedHatVex, name, files[name].as_bytes());
    assert_eq!(satellite.problems, []);
    assert_eq!(read(&satellite), plain(&serde_json::from_str(&files[name]).unwrap()));
}
