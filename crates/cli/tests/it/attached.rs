//! What is attached to an image in Debian's own `docker-registry`: signatures, attestations and
//! VEX documents in exactly the layouts of cosign, Notary Project and the referrers tag, signed
//! by openssl with keys that each test makes.

mod makers;

use std::path::Path;
use std::process::Command;

use plimsoll_testing::image_from_text;
use serde_json::{Value, json};

use crate::places::plimsoll;
use crate::registry::Registry;
use makers::{Bench, Repository, blob, dsse, tag_of};

const IMAGE: &str = r#"
layer
file etc/os-release "ID=debian\nVERSION_ID=12\n"
file var/lib/dpkg/status "Package: one\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\nPackage: two\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n"
"#;

const OPENVEX: &str = "https://openvex.dev/ns/v0.2.0";

/// An OpenVEX document that says that a package is not affected.
fn vex(package: &str, id: &str) -> Value {
    json!({
        "@context": OPENVEX, "@id": "https://example.org/vex-1", "author": "A", "version": 1,
        "timestamp": "2024-01-02T03:04:05Z",
        "statements": [{
            "vulnerability": {"name": id}, "products": [{"@id": format!("pkg:deb/debian/{package}")}],
            "status": "not_affected", "justification": "vulnerable_code_not_present",
        }],
    })
}

/// The VEX document as an in-toto statement about a manifest.
fn statement(of: &str, predicate_type: &str, predicate: &Value) -> Value {
    let hex = of.strip_prefix("sha256:").expect("a digest");
    json!({
        "_type": "https://in-toto.io/Statement/v0.1", "predicateType": predicate_type,
        "subject": [{"name": "app", "digest": {"sha256": hex}}], "predicate": predicate,
    })
}

/// A database in which both packages have one flaw each.
fn advisories(directory: &Path) {
    let feeds = directory.join("feeds/osv/Debian");
    std::fs::create_dir_all(&feeds).expect("a directory");
    for (id, package) in [("CVE-2024-0001", "one"), ("CVE-2024-0002", "two")] {
        let record = json!({
            "schema_version": "1.7.0", "id": id, "modified": "2024-01-01T00:00:00Z",
            "affected": [{"package": {"ecosystem": "Debian:12", "name": package},
                          "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]}],
        });
        std::fs::write(feeds.join(format!("{id}.json")), record.to_string()).expect("a file");
    }
    let output =
        command(directory).args(["advisories", "update", "--from"]).arg(directory.join("feeds")).output();
    let output = output.expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn command(directory: &Path) -> Command {
    let mut command = plimsoll(&directory.join("cache"));
    command.env("PLIMSOLL_ADVISORIES", directory.join("advisories"));
    command
}

fn json_of(directory: &Path, arguments: &[&str]) -> Value {
    let output = command(directory).args(arguments).args(["--format", "json"]).output().expect("it starts");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Id and state of each finding.
fn states(answer: &Value) -> Vec<String> {
    let findings = answer["findings"].as_array().expect("findings").iter();
    let mut told: Vec<String> = findings
        .map(|finding| {
            format!("{} {}", finding["id"].as_str().expect("id"), finding["state"].as_str().expect("state"))
        })
        .collect();
    told.sort();
    told
}

const BOTH_AFFECTED: [&str; 2] = ["CVE-2024-0001 affected", "CVE-2024-0002 affected"];
const ONE_LIFTED: [&str; 2] = ["CVE-2024-0001 not-affected", "CVE-2024-0002 affected"];

#[test]
fn attached_vex_lifts_nothing_until_it_is_verified_or_trusted() {
    let Some(registry) = Registry::start() else { return };
    let Some(bench) = Bench::new() else { return };
    let here = bench.path();
    advisories(here);
    let repository = Repository::new(registry.port, "app");
    let digest = repository.push_image(&image_from_text(IMAGE), "1");
    let image = registry.image("app:1");
    assert_eq!(states(&json_of(here, &["vulns", &image])), BOTH_AFFECTED);

    let said = statement(&digest, OPENVEX, &vex("one", "CVE-2024-0001")).to_string();
    let key = bench.key("cosign");
    let envelope = dsse(&said, |bytes| bench.sign(&key, bytes));
    let layer = blob("application/vnd.dsse.envelope.v1+json", &envelope)
        .with(&[("dev.cosignproject.cosign/signature", ""), ("predicateType", OPENVEX)]);
    repository.push_artifact(&[layer], None, None, &tag_of(&digest, ".att"));

    let doubted = json_of(here, &["vulns", &image]);
    assert_eq!(states(&doubted), BOTH_AFFECTED);
    let told = &doubted["attached_vex"][0];
    assert_eq!(
        (told["applied"].as_bool(), told["lifted"].as_u64(), told["would_lift"].as_u64()),
        (Some(false), Some(0), Some(1))
    );
    let table = command(here).args(["vulns", &image]).output().expect("it starts").stdout;
    let table = String::from_utf8(table).expect("text");
    let sentence = "not applied: 1 statement of an unverified document would lift 1 finding";
    assert!(table.contains("Attached VEX https://example.org/vex-1") && table.contains(sentence), "{table}");

    let answer = json_of(here, &["vulns", &image, "--trust-attached-vex"]);
    assert_eq!(states(&answer), ONE_LIFTED);
    let used = &answer["attached_vex"][0];
    assert_eq!((used["applied"].as_bool(), used["would_lift"].as_u64()), (Some(true), Some(0)));
    assert_eq!((used["id"].as_str(), used["lifted"].as_u64()), (Some("https://example.org/vex-1"), Some(1)));
    assert_eq!(
        (&used["signer"]["kind"], &used["verification"]["state"]),
        (&"key".into(), &"not-verified".into())
    );
    let lifted =
        answer["findings"].as_array().expect("findings").iter().find(|each| each["id"] == "CVE-2024-0001");
    let by = lifted.expect("the finding is listed")["lifted_by"].as_str().expect("by whom").to_owned();
    assert!(by.contains("attached VEX") && by.contains("signature not verified"), "{by}");
    let table =
        command(here).args(["vulns", &image, "--trust-attached-vex"]).output().expect("it starts").stdout;
    let table = String::from_utf8(table).expect("text");
    assert!(
        table.contains("Attached VEX https://example.org/vex-1") && table.contains("signature not verified"),
        "{table}"
    );

    assert_eq!(states(&json_of(here, &["vulns", &image, "--no-attached-vex"])), BOTH_AFFECTED);

    let public = bench.public(&key);
    let verified = json_of(here, &["vulns", &image, "--key", &public]);
    assert_eq!(states(&verified), ONE_LIFTED);
    assert_eq!(verified["attached_vex"][0]["verification"]["state"], "verified");
    let stranger = bench.public(&bench.key("stranger"));
    let refused = json_of(here, &["vulns", &image, "--key", &stranger]);
    assert_eq!(states(&refused), BOTH_AFFECTED);
    assert!(refused["advisory_problems"].to_string().contains("is not signed with the key given"));

    // Comparing asks by the same rule, on both sides.
    let plain = registry.image("app:plain");
    repository.push_image(&image_from_text(&format!("{IMAGE}layer\nfile a \"b\"\n")), "plain");
    let changes = |more: &[&str]| {
        let answer = json_of(here, &[&["diff", "--vulns", &plain, &image], more].concat());
        let vulnerabilities = &answer["vulnerabilities"];
        let totals = &vulnerabilities["totals"];
        assert_eq!(vulnerabilities["before"]["attached_vex"].as_array().map(Vec::len), Some(0));
        (
            [totals["fixed"].as_u64(), totals["remaining"].as_u64()].map(Option::unwrap_or_default),
            vulnerabilities["after"]["attached_vex"][0]["would_lift"].as_u64(),
        )
    };
    assert_eq!(changes(&[]), ([0, 2], Some(1)));
    assert_eq!(changes(&["--trust-attached-vex"]), ([1, 1], Some(0)));
    assert_eq!(changes(&["--key", &public]), ([1, 1], Some(0)));
    assert_eq!(changes(&["--no-attached-vex"]), ([0, 2], None));
    let table = command(here).args(["diff", "--vulns", &plain, &image]).output().expect("it starts").stdout;
    assert!(String::from_utf8(table).expect("text").contains(sentence));
}

#[test]
fn attached_vex_of_another_image_or_against_the_users_own_is_not_applied() {
    let Some(registry) = Registry::start() else { return };
    let Some(bench) = Bench::new() else { return };
    let here = bench.path();
    advisories(here);
    let repository = Repository::new(registry.port, "app");
    let digest = repository.push_image(&image_from_text(IMAGE), "1");
    let image = registry.image("app:1");
    let other = format!("sha256:{}", "0".repeat(64));
    let said = statement(&other, OPENVEX, &vex("one", "CVE-2024-0001")).to_string();
    let layer = blob("application/vnd.in-toto+json", said.as_bytes());
    let plain = blob("application/vnd.openvex+json", vex("two", "CVE-2024-0002").to_string().as_bytes());
    let first = repository.push_artifact(&[layer], Some("application/vnd.in-toto+json"), Some(&digest), "");
    let second = repository.push_artifact(&[plain], Some("application/vnd.openvex"), Some(&digest), "");
    let elsewhere = repository.push_artifact(
        &[blob("application/vnd.openvex+json", vex("one", "CVE-2024-0001").to_string().as_bytes())],
        Some("application/vnd.openvex"),
        Some(&other),
        "",
    );
    repository.push_index(&[first, second, elsewhere], &tag_of(&digest, ""));

    let answer = json_of(here, &["vulns", &image, "--trust-attached-vex"]);
    assert_eq!(states(&answer), ["CVE-2024-0001 affected", "CVE-2024-0002 not-affected"]);
    let problems = answer["advisory_problems"].to_string();
    assert!(problems.contains("attested for another image"), "{problems}");
    assert!(problems.contains("does not say so itself"), "{problems}");
    assert_eq!(answer["attached_vex"][0]["signer"]["kind"], "nobody");

    let own = here.join("own.vex.json");
    let text = vex("two", "CVE-2024-0002")
        .to_string()
        .replace("not_affected", "affected")
        .replace("2024-01", "2020-01");
    std::fs::write(&own, text).expect("a file");
    let own = own.display().to_string();
    let answer = json_of(here, &["vulns", &image, "--vex", &own]);
    assert_eq!(answer["attached_vex"][0]["would_lift"].as_u64(), Some(0), "the user has spoken");
    let answer = json_of(here, &["vulns", &image, "--trust-attached-vex", "--vex", &own]);
    assert_eq!(states(&answer), BOTH_AFFECTED, "the user's own word counts, though it is older");
}

/// Kind, signer and verification of everything attached, as `inspect` tells it.
fn attached(here: &Path, arguments: &[&str]) -> Vec<String> {
    let answer = json_of(here, &[&["inspect"], arguments].concat());
    let artifacts = answer["attachments"]["artifacts"].as_array().expect("artifacts");
    let mut told: Vec<String> = artifacts
        .iter()
        .flat_map(|artifact| {
            artifact["contents"].as_array().expect("contents").iter().map(move |each| (artifact, each))
        })
        .map(|(artifact, each)| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let who = match &each["signer"]["identity"] {
                Value::String(name) => format!("{name} via {}", text(&each["signer"]["issuer"])),
                _ => text(&each["signer"]["kind"]),
            };
            let state = text(&each["verification"]["state"]);
            format!("{} {}: {who}, {state}", text(&artifact["place"]), text(&each["kind"]))
        })
        .collect();
    told.sort();
    told
}

#[test]
fn inspect_tells_what_is_signed_and_attested_and_by_whom() {
    let Some(registry) = Registry::start() else { return };
    let Some(bench) = Bench::new() else { return };
    let here = bench.path();
    let repository = Repository::new(registry.port, "app");
    let image = image_from_text(IMAGE);
    let (index, digest) = repository.push_index_with_attestation(&image, "1", |manifest| {
        statement(manifest, "https://slsa.dev/provenance/v1", &json!({"buildDefinition": {}})).to_string()
    });
    let name = registry.image("app:1");

    let payload = json!({
        "critical": {"identity": {"docker-reference": ""}, "image": {"docker-manifest-digest": index},
                     "type": "cosign container image signature"},
        "optional": null,
    })
    .to_string();
    let key = bench.key("cosign");
    let (certified, certificate) = bench.certificate("release@example.org", "https://accounts.example.org");
    let simple = |signature: &[u8], more: &[(&str, &str)]| {
        let signature = makers::base64(signature);
        let all = [&[("dev.cosignproject.cosign/signature", signature.as_str())], more].concat();
        blob("application/vnd.dev.cosign.simplesigning.v1+json", payload.as_bytes()).with(&all)
    };
    repository.push_artifact(
        &[
            simple(&bench.sign(&key, payload.as_bytes()), &[]),
            simple(
                &bench.sign(&certified, payload.as_bytes()),
                &[("dev.sigstore.cosign/certificate", &certificate)],
            ),
        ],
        None,
        None,
        &tag_of(&index, ".sig"),
    );
    let jws = json!({"payload": "", "protected": "", "signature": "",
                     "header": {"x5c": [makers::pem_body(&certificate)]}});
    let notation = repository.push_artifact(
        &[blob("application/jose+json", jws.to_string().as_bytes())],
        Some("application/vnd.cncf.notary.signature"),
        Some(&digest),
        "",
    );
    repository.push_index(&[notation], &tag_of(&digest, ""));

    let certified = "release@example.org via https://accounts.example.org, not-verified";
    let expect = |key: &str| {
        vec![
            format!("cosign-tag signature: key, {key}"),
            format!("cosign-tag signature: {certified}"),
            "index provenance: nobody, not-verified".to_owned(),
            format!("referrers-tag signature: {certified}"),
        ]
    };
    assert_eq!(attached(here, &[&name]), expect("not-verified"));
    assert_eq!(attached(here, &[&name, "--key", &bench.public(&key)]), expect("verified"));
    assert_eq!(attached(here, &[&name, "--key", &bench.public(&bench.key("stranger"))]), expect("failed"));
    let off = json_of(here, &["inspect", &name, "--no-attached"]);
    assert_eq!(off["attachments"], Value::Null);

    // A signature over one image says nothing of another, whoever made it.
    let other = Repository::new(registry.port, "other");
    let second = other.push_image(&image_from_text("layer\nfile a \"b\"\n"), "1");
    other.push_artifact(
        &[simple(&bench.sign(&key, payload.as_bytes()), &[])],
        None,
        None,
        &tag_of(&second, ".sig"),
    );
    let name = registry.image("other:1");
    assert_eq!(attached(here, &[&name, "--key", &bench.public(&key)]), ["cosign-tag signature: key, failed"]);
}
