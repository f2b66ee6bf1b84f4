//! Artifacts of Java in real images, compared with what the archives hold, and in archives that
//! the real tools make.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_model::Package;

use crate::image::{Answer, folder, look, look_at};

/// What an archive says, by the table: its title and version in the manifest, and its poms.
#[derive(Debug, Default)]
struct Row {
    title: String,
    version: String,
    /// `group:artifact version`.
    poms: BTreeSet<String>,
}

fn table(image: &Path) -> BTreeMap<String, Row> {
    let text = std::fs::read_to_string(image.join("truth/jar.tsv")).unwrap();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let row = rows.entry(fields[0].to_owned()).or_default();
        match fields[4] {
            "manifest" => (row.title, row.version) = (fields[2].to_owned(), fields[3].to_owned()),
            "pom.properties" => {
                let pom = format!("{}:{} {}", fields[1], fields[2], fields[3]);
                assert!(row.poms.insert(pom), "the table lists {line} twice");
            }
            other => panic!("{other}"),
        }
    }
    rows
}

fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', ':']).next().unwrap();
    file.rsplit_once('.').unwrap().0
}

fn folded(name: &str) -> String {
    name.to_lowercase().replace(['.', '_'], "-")
}

/// The numbers that a version begins with, zeros at the end apart: OSGi writes 31.1.0.jre.
fn numbers(version: &str) -> Vec<u64> {
    let parts = version.split(['.', '-']);
    let mut numbers: Vec<u64> = parts.map_while(|part| part.parse().ok()).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// Whether a link in a repository of Maven has a file under this group and artifact.
fn is_linked(answer: &Answer, path: &str, name: &str) -> bool {
    let Some((group, artifact)) = name.split_once(':') else { return false };
    let (table, index) = (&answer.table, answer.table.index());
    let directory = format!("usr/share/maven-repo/{}/{artifact}", group.replace('.', "/"));
    let target = index.resolve(path.trim_start_matches('/').as_bytes());
    table.ids().any(|id| {
        let link = table.path(id).to_string();
        let inside =
            link.trim_start_matches('/').strip_prefix(&directory).is_some_and(|rest| rest.starts_with('/'));
        let version = link.rsplit('/').nth(1).unwrap_or_default();
        inside
            // Perhaps with a classifier.
            && link.contains(&format!("/{version}/{artifact}-{version}"))
            && index.follow(link.trim_start_matches('/').as_bytes()) == target
    })
}

/// The packages that no pom of the table states: each must be what its archive's name or manifest
/// says, and its group what a repository says.
fn check_evidence(answer: &Answer, path: &str, row: &Row, package: &Package) {
    let (version, stem) = (package.version.as_str(), stem(path));
    let artifact = package.name.rsplit(':').next().unwrap();
    let by_name =
        [artifact, version].join("-") == stem || stem.starts_with(&format!("{artifact}-{version}-"));
    let by_manifest = !row.version.is_empty()
        && version == row.version
        && (artifact == row.title || stem == artifact || stem.starts_with(&format!("{artifact}-")));
    let in_repository =
        path.starts_with("/usr/share/maven-repo/") && path.contains(&format!("/{artifact}/{version}/"));
    let linked = is_linked(answer, path, &package.name);
    // A repository may know an archive under another name than its file has.
    let renamed = linked && stem.ends_with(&format!("-{version}"));
    assert!(by_name || by_manifest || in_repository || renamed, "{path}: {package:?} {row:?}");
    let group = package.name.contains(':');
    assert!(!group || linked || in_repository, "{path}: nothing says the group of {}", package.name);
}

/// What becomes of a manifest's version: it is the archive's own, or there is a rule why not.
fn check_manifest(path: &str, row: &Row, packages: &[&Package]) -> &'static str {
    if row.version.is_empty() {
        return "none is stated";
    }
    if row.title == "Java Runtime Environment" {
        assert!(packages.is_empty(), "{path}: a part of a runtime is no artifact");
        return "a part of a runtime";
    }
    if packages.iter().any(|package| numbers(&package.version) == numbers(&row.version)) {
        return "the artifact's";
    }
    let stem = stem(path);
    let is_named = |package: &&&Package| folded(package.name.rsplit(':').next().unwrap()) == folded(stem);
    if packages.iter().any(|package| is_named(&package)) {
        return "another than that of the pom that the file is named after";
    }
    let by_name = |package: &&Package| stem.ends_with(&format!("-{}", package.version));
    assert!(packages.iter().any(by_name), "{path}: {row:?} {packages:?}");
    "another than that of the file name: the manifest of something packed into it"
}

fn check(image: &str) {
    let Some(folder) = folder(image) else { return };
    let rows = table(&folder);
    let answer = look(&folder.join("oci"));
    let mut found: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in answer.joined.packages.iter().filter(|package| package.kind.as_str() == "maven") {
        found.entry(package.place.as_ref().unwrap().to_string()).or_default().push(package);
    }
    for path in found.keys() {
        assert!(rows.contains_key(path), "{image}: {path} is no archive of the table");
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut poms, mut others) = (0, 0);
    for (path, row) in &rows {
        let packages = found.get(path).map(Vec::as_slice).unwrap_or_default();
        let listed: Vec<String> =
            packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
        let unique: BTreeSet<&String> = listed.iter().collect();
        assert_eq!(unique.len(), listed.len(), "{image}: {path} has something twice: {listed:?}");
        for pom in &row.poms {
            assert!(unique.contains(pom), "{image}: {path} lacks {pom}: {listed:?}");
        }
        poms += row.poms.len();
        let extra: Vec<&Package> = packages
            .iter()
            .copied()
            .filter(|package| !row.poms.contains(&format!("{} {}", package.name, package.version)))
            .collect();
        assert!(extra.len() <= 1, "{image}: {path} is itself one artifact at most: {extra:?}");
        for package in &extra {
            check_evidence(&answer, path, row, package);
        }
        others += extra.len();
        *reasons.entry(check_manifest(path, row, packages)).or_default() += 1;
    }
    let problems = answer.read_problems.iter().chain(&answer.joined.problems);
    let ours: Vec<_> = problems.filter(|problem| problem.code.as_str().starts_with("java-")).collect();
    // The archives that say nothing of themselves, in one problem.
    assert!(ours.iter().all(|problem| problem.code.as_str() == "java-archive-unidentified"), "{ours:#?}");
    assert!(ours.len() <= 1, "{ours:#?}");
    eprintln!("{image}: {poms} artifacts with a pom, {others} without; versions of manifests: {reasons:?}");
}

#[test]
fn the_artifacts_of_an_application_are_those_that_its_archives_hold() {
    check("java-app@1");
    check("java-app@1-old");
}

#[test]
fn the_artifacts_that_come_with_a_distribution_are_listed_too() {
    check("debian@12");
    check("nginx@1.22");
    check("fat@1");
}

/// A folder that is removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn write(&self, path: &str, content: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn run(&self, program: &str, arguments: &str) -> bool {
        let answer = Command::new(program).args(arguments.split(' ')).current_dir(&self.0).output();
        answer.is_ok_and(|answer| answer.status.success())
    }
}

#[test]
fn archives_of_the_real_tools_are_read_however_they_lie_in_each_other() {
    let folder = Folder(std::env::temp_dir().join(format!("plimsoll-java-{}", std::process::id())));
    for (group, artifact, version) in [("org.example", "hull", "1.2"), ("org.example", "shop", "3.0")] {
        let path = format!("{artifact}/META-INF/maven/{group}/{artifact}/pom.properties");
        folder.write(&path, &format!("groupId={group}\nartifactId={artifact}\nversion={version}\n"));
    }
    folder.write("keel.txt", "Implementation-Title: keel\nImplementation-Version: 2.0.1-a-version-of-many-words-that-does-not-fit-in-one-line-of-a-manifest\n");
    folder.write("Main.java", "public class Main { public static void main(String[] words) {} }\n");
    // A library, one without a pom, Spring Boot's layout with a script in front, and a library in
    // a web application in an enterprise application.
    let made = folder.run("javac", "-d classes Main.java")
        && folder.run("jar", "--create --file hull-1.2.jar -C hull . -C classes .")
        && folder.run("jar", "--create --file keel.jar --manifest keel.txt -C classes .")
        && folder.run("mkdir", "-p boot/BOOT-INF/lib boot/META-INF war/WEB-INF/lib")
        && folder.run("cp", "hull-1.2.jar keel.jar boot/BOOT-INF/lib")
        && folder.run("cp", "-r shop/META-INF/maven boot/META-INF")
        && folder.run("cp", "hull-1.2.jar war/WEB-INF/lib")
        && folder.run("jar", "--create --no-compress --file shop.jar -C boot .")
        && folder.run("jar", "--create --file shop.war -C war .")
        && folder.run("jar", "--create --file shop.ear shop.war hull-1.2.jar")
        // An archive that was written without knowing sizes beforehand, and one that was signed.
        && folder.run("keytool", "-genkeypair -keystore keys -storepass secret -alias key -dname CN=x -keyalg EC")
        && folder.run("cp", "hull-1.2.jar signed.jar")
        && folder.run("jarsigner", "-keystore keys -storepass secret signed.jar key");
    if !made {
        eprintln!("skipped: the tools of a JDK cannot be run here");
        return;
    }
    let mut script = b"#!/bin/sh\nexit 0\n".to_vec();
    script.extend(std::fs::read(folder.0.join("shop.jar")).unwrap());
    std::fs::write(folder.0.join("run.jar"), script).unwrap();
    let mut archive = tar::Builder::new(Vec::new());
    for name in ["hull-1.2.jar", "keel.jar", "run.jar", "signed.jar", "shop.ear"] {
        archive.append_path_with_name(folder.0.join(name), name).unwrap();
    }
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    let keel = "keel 2.0.1-a-version-of-many-words-that-does-not-fit-in-one-line-of-a-manifest";
    let rows: Vec<String> = found
        .joined
        .packages
        .iter()
        .map(|package| format!("{} {} {}", package.name, package.version, package.place.as_ref().unwrap()))
        .collect();
    assert_eq!(
        rows,
        [
            format!("{keel} /keel.jar"),
            format!("{keel} /run.jar:BOOT-INF/lib/keel.jar"),
            "org.example:hull 1.2 /hull-1.2.jar".to_owned(),
            "org.example:hull 1.2 /run.jar:BOOT-INF/lib/hull-1.2.jar".to_owned(),
            "org.example:hull 1.2 /shop.ear:hull-1.2.jar".to_owned(),
            "org.example:hull 1.2 /shop.ear:shop.war:WEB-INF/lib/hull-1.2.jar".to_owned(),
            "org.example:hull 1.2 /signed.jar".to_owned(),
            "org.example:shop 3.0 /run.jar".to_owned(),
        ]
    );
    assert_eq!(found.read_problems, []);
}
