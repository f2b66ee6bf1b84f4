//! Executables that the Go which is installed here builds, compared with what `go version -m`
//! says of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::image::look_at;

/// A folder that is removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const MODULE: &str = "module example.org/App\n\ngo 1.13\n\nrequire example.org/dep v1.2.3\n\n\
replace example.org/dep => ./dep\n";

const NAMES: [&str; 10] = [
    "plain",
    "stripped",
    "movable",
    "narrow",
    "big-endian",
    "windows.exe",
    "windows-narrow.exe",
    "flagged",
    "mac",
    "mac-arm",
];

fn write_module() -> Folder {
    let folder = Folder(std::env::temp_dir().join(format!("plimsoll-go-{}", std::process::id())));
    std::fs::create_dir_all(folder.0.join("dep")).unwrap();
    let files = [
        ("go.mod", MODULE),
        ("main.go", "package main\n\nimport \"example.org/dep\"\n\nfunc main() { println(dep.Word) }\n"),
        ("dep/go.mod", "module example.org/dep\n\ngo 1.13\n"),
        ("dep/dep.go", "package dep\n\nvar Word = \"ahoy\"\n"),
    ];
    for (name, content) in files {
        std::fs::write(folder.0.join(name), content).unwrap();
    }
    folder
}

fn build(folder: &Path, output: &str, platform: &str, arguments: &[&str]) -> bool {
    let (system, architecture) = platform.split_once('/').unwrap();
    let mut command = Command::new("go");
    command.current_dir(folder).args(["build", "-o", output]).args(arguments).arg(".");
    command.env("GOOS", system).env("GOARCH", architecture).env("CGO_ENABLED", "0");
    command.env("GOFLAGS", "-mod=mod -buildvcs=false").env("GOTOOLCHAIN", "local").env("GOPROXY", "off");
    command.output().is_ok_and(|answer| answer.status.success())
}

/// The rows `FILE MODULE VERSION` of `go version -m`; Go itself as `stdlib`.
fn ask(folder: &Path) -> BTreeSet<String> {
    let answer = Command::new("go").args(["version", "-m", "."]).current_dir(folder).output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    let (mut rows, mut file) = (BTreeSet::new(), String::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            [head] => {
                let (name, version) = head.rsplit_once(": go").unwrap();
                file = name.to_owned();
                rows.insert(format!("/{name} stdlib {version}"));
            }
            // Replaced by a directory: what it holds has no version.
            ["", "mod" | "dep", module, ..] => {
                rows.insert(format!("/{file} {module} (devel)"));
            }
            _ => {}
        }
    }
    rows
}

#[test]
fn the_modules_of_executables_are_those_that_go_lists() {
    let folder = write_module();
    if !build(&folder.0, "plain", "linux/amd64", &[]) {
        eprintln!("skipped: Go is not installed");
        return;
    }
    assert!(build(&folder.0, "stripped", "linux/amd64", &["-trimpath", "-ldflags=-s -w -buildid="]));
    assert!(build(&folder.0, "movable", "linux/amd64", &["-buildmode=pie"]));
    assert!(build(&folder.0, "narrow", "linux/386", &[]));
    assert!(build(&folder.0, "big-endian", "linux/s390x", &[]));
    let small = ["-trimpath", "-ldflags=-s -w -X main.version=1.2.3"];
    assert!(build(&folder.0, "windows.exe", "windows/amd64", &[]));
    assert!(build(&folder.0, "windows-narrow.exe", "windows/386", &small));
    assert!(build(&folder.0, "flagged", "linux/amd64", &["-ldflags=-s -X main.version=v1.4.0"]));
    assert!(build(&folder.0, "mac", "darwin/amd64", &[]));
    assert!(build(&folder.0, "mac-arm", "darwin/arm64", &small));
    let mut expect = ask(&folder.0);
    // What `go version -m` shows among the settings.
    assert!(expect.remove("/flagged example.org/App (devel)"));
    expect.insert("/flagged example.org/App v1.4.0".to_owned());
    assert_eq!(expect.len(), NAMES.len() * 3, "{expect:?}");
    let mut archive = tar::Builder::new(Vec::new());
    for name in NAMES {
        archive.append_path_with_name(folder.0.join(name), name).unwrap();
    }
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    let packages = found.joined.packages.iter();
    let rows: Vec<String> = packages
        .map(|each| format!("{} {} {}", each.place.as_ref().unwrap(), each.name, each.version))
        .collect();
    assert_eq!(rows.len(), expect.len());
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), expect);
    assert_eq!(found.read_problems, []);
}
