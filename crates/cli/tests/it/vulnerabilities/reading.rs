//! What a user reads: the difference of two builds, the whole chain behind one flaw, other
//! programs' formats; and that nothing of it needs a network.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{Answer, image, output, place, program, raw, raw_feeds, text};
use crate::places::{shared, skip};

#[test]
fn a_rebuild_shows_what_it_fixed_and_that_nothing_is_new() {
    let (Some(old), Some(new)) = (image("debian@12-old"), image("debian@12")) else { return };
    let Some(json) = output(&["diff", &old, &new, "--vulns", "--format", "json"]) else { return };
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let rows = json["vulnerabilities"]["rows"].as_array().expect("rows");
    let changes: BTreeSet<&str> = rows.iter().map(|row| text(&row["change"])).collect();
    assert_eq!(changes, BTreeSet::from(["fixed"]));
    let told: BTreeSet<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", text(&row["id"]), text(&row["type"]), text(&row["name"])))
        .collect();
    let before = Answer::of(&old).expect("an answer");
    let there: BTreeSet<String> = before
        .findings()
        .iter()
        .map(|finding| format!("{} deb {}", text(&finding["id"]), text(&finding["package"]["name"])))
        .collect();
    super::same("what was fixed", &told, &there);

    let table = output(&["diff", &old, &new, "--vulns"]).expect("the same");
    let table = String::from_utf8(table.stdout).expect("text");
    let head = format!("Vulnerabilities: 0 new, {} fixed, 0 still there", rows.len());
    assert!(table.contains(&head), "{head} is not in {table}");
}

#[test]
fn an_explanation_names_every_link_of_the_chain() {
    let Some(old) = image("debian@12-old") else { return };
    let Some(answer) = Answer::of(&old) else { return };
    let finding = answer.findings().iter().find(|finding| text(&finding["package"]["name"]) == "libssl3");
    let finding = finding.unwrap_or(&answer.findings()[0]);
    let package = &finding["package"];
    let explained = output(&["vulns", &old, "--explain", text(&finding["id"])]).expect("the same");
    assert_eq!(explained.status.code(), Some(0));
    let told = String::from_utf8(explained.stdout).expect("text");
    let installed = match text(&package["source"]["version"]) {
        "" => text(&finding["version"]),
        source => source,
    };
    let fixed = text(&finding["fixed_version"]);
    let instruction: String = text(&finding["layer"]["instruction"]).chars().take(30).collect();
    for part in [
        text(&finding["id"]),
        "in the feed debian-tracker",
        &format!("source package {} in debian 12", text(&package["source"]["name"])),
        &format!("< {fixed}"),
        &format!("{installed} < {fixed}"),
        "order of deb versions",
        &format!("{} {}", text(&package["name"]), text(&finding["version"])),
        text(&package["purl"]),
        "/var/lib/dpkg/status",
        "Layer      1 of",
        &text(&finding["layer"]["digest"])[7..19],
        &instruction,
        "rebuild",
    ] {
        assert!(!part.is_empty() && told.contains(part), "{part:?} is not in:\n{told}");
    }
}

#[test]
fn it_answers_without_a_network_and_asks_for_none() {
    let Some(old) = image("debian@12-old") else { return };
    let Some(mut usual) = program() else { return };
    let arguments = ["vulns", &old, "--format", "csv"];
    let expected = usual.args(arguments).output().expect("it starts").stdout;
    let there = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    let environment = [
        ("PLIMSOLL_CACHE_DIR", place("cache-without-network")),
        ("PLIMSOLL_ADVISORIES", place("advisories")),
    ];
    let alone = ["--net", "--map-root-user", env!("CARGO_BIN_EXE_plimsoll")];
    if there("unshare")
        && Command::new("unshare")
            .args(["--net", "--map-root-user", "true"])
            .status()
            .is_ok_and(|s| s.success())
    {
        let output = Command::new("unshare").args(alone).args(arguments).envs(environment.clone()).output();
        let output = output.expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, expected, "the network changes the answer");
    } else {
        skip("there is no unshare that makes a namespace without a network");
    }
    if there("strace") {
        let log = place("connections");
        let traced = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=socket,connect,sendto", "-o"])
            .arg(&log)
            .arg(env!("CARGO_BIN_EXE_plimsoll"))
            .args(arguments)
            .envs(environment)
            .output()
            .expect("it starts");
        assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stderr));
        let calls = std::fs::read_to_string(&log).expect("a log");
        let network: Vec<&str> =
            calls.lines().filter(|line| line.contains("AF_INET") || line.contains("connect(")).collect();
        assert!(network.is_empty(), "{network:#?}");
    } else {
        skip("there is no strace");
    }
}

#[test]
fn the_same_image_and_database_give_the_same_bytes() {
    let Some(old) = image("debian@12-old") else { return };
    for format in ["json", "csv", "sarif", "openvex"] {
        let once = || output(&["vulns", &old, "--format", format]).map(|output| output.stdout);
        assert_eq!(once(), once(), "{format}");
    }
}

#[test]
fn formats_of_other_programs_follow_their_published_schemas() {
    if raw_feeds().is_none() {
        return;
    }
    let schemas = shared().expect("it is there").join("data/schemas");
    let mut registry = jsonschema::Registry::new();
    // The companions that the CycloneDX schema refers to, under the addresses that it uses.
    for name in ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"] {
        let companion = raw::json(&schemas.join(name));
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), companion).expect("a schema");
    }
    let registry = registry.prepare().expect("schemas");
    let kinds = [
        ("sarif", "sarif-schema-2.1.0.json"),
        ("cyclonedx-vex", "bom-1.6.schema.json"),
        ("openvex", "openvex_json_schema.json"),
    ];
    for (format, schema) in kinds {
        let schema = raw::json(&schemas.join(schema));
        let validator = jsonschema::options()
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(&schema)
            .expect("a schema");
        for name in
            ["debian@12-old", "debian@12", "nginx@1.22-old", "python-app@1-old", "go-app@1", "mariner@2.0"]
        {
            let Some(image) = image(name) else { continue };
            let document = output(&["vulns", &image, "--format", format]).expect("the same").stdout;
            // OpenVEX has no form for "nothing to say": without a finding there is no document.
            if format == "openvex" && document.is_empty() {
                let json = Answer::of(&image).expect("the same");
                assert!(json.findings().is_empty(), "{name}");
                continue;
            }
            let document: Value = serde_json::from_slice(&document).expect("JSON");
            let errors: Vec<String> = validator
                .iter_errors(&document)
                .take(5)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, [""; 0], "{name} as {format}");
        }
    }
}

#[test]
fn a_bill_of_materials_of_ours_gives_the_same_findings_as_the_image() {
    for name in
        ["debian@12-old", "python-app@1-old", "python-app@1", "node-app@2", "alpine@3.11", "ol7-app@1"]
    {
        let Some(image) = image(name) else { continue };
        let Some(expected) = Answer::of(&image) else { return };
        let told = |answer: &Answer| -> Vec<String> {
            let tell = |finding: &Value| {
                let package = &finding["package"];
                [&finding["id"], &package["type"], &package["name"], &finding["version"], &finding["state"]]
                    .map(text)
                    .join(" ")
            };
            answer.findings().iter().map(tell).collect()
        };
        for format in ["cyclonedx", "spdx"] {
            let file = place(&format!("{name}.{format}.json"));
            let bill = output(&["packages", &image, "--format", format]).expect("the same").stdout;
            std::fs::write(&file, bill).expect("a file");
            let found = Answer::of(&format!("sbom:{}", file.display())).expect("the same");
            assert_eq!(told(&found), told(&expected), "{name} as {format}");
            assert_eq!(found.json["coverage"], expected.json["coverage"], "{name} as {format}");
            assert_eq!(found.code, expected.code, "{name} as {format}");
        }
    }
}
