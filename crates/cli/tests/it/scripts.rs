//! The scripts at the front door: that they can be read and run, and say what they want.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::workspace::{root, text};

const SCRIPTS: &[&str] =
    &["demo", "test", ".ci/run", "docs/benchmark", "tests/images/make-debian.sh", "tests/validate-sbom.sh"];

#[test]
fn every_script_can_be_read_by_its_shell_and_run() {
    for script in SCRIPTS {
        let path = root().join(script);
        let shell = if text(script).starts_with("#!/bin/sh") { "sh" } else { "bash" };
        let output = Command::new(shell).arg("-n").arg(&path).output().expect("a shell");
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        let mode = path.metadata().expect(script).permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} has no run bit");
    }
}

#[test]
fn wrong_use_ends_with_2_and_says_how_to_use_it() {
    for (script, arguments) in [
        ("test", &["--quack"][..]),
        ("demo", &["--quack"]),
        ("docs/benchmark", &["--quack"]),
        ("tests/images/make-debian.sh", &[]),
        ("tests/validate-sbom.sh", &[]),
    ] {
        let output = Command::new(root().join(script)).args(arguments).output().expect(script);
        assert_eq!(output.status.code(), Some(2), "{script} {arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("usage: "), "{script} {arguments:?} says: {said}");
    }
}

#[test]
fn the_readme_gives_the_two_commands_and_the_gate_runs_the_second() {
    let readme = text("README.md");
    assert!(readme.contains("\n./demo\n") || readme.contains("./demo  "), "README.md does not say ./demo");
    assert!(readme.contains("./test"), "README.md does not say ./test");
    assert!(text(".ci/run").lines().any(|line| line.trim_start_matches("exec ") == "./test"));
}
