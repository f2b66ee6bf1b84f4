//! Cases that other tools are known to get wrong, on whole images: what is packed into something
//! else, what two package managers know, and what changed from one look to the next.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::languages::{ask, image, installed};
use crate::places::{plimsoll, skip};

/// A library of OpenSSL that lies on this machine, and its version as it says it.
fn openssl() -> Option<(PathBuf, String)> {
    // `OpenSSL 3.0.17 1 Jul 2025 (Library: …)`
    let said = ask(Command::new("openssl").arg("version"))?;
    let version = said.split(' ').nth(1)?.to_owned();
    let linked = ask(Command::new("sh").args(["-c", "ldd \"$(command -v openssl)\""]))?;
    let line = linked.lines().find(|line| line.contains("libcrypto"))?;
    Some((PathBuf::from(line.split_whitespace().nth(2)?), version))
}

/// The root of an image with one package of rpm in it, which has the files of a directory.
fn rpm(folder: &Path, name: &str, version: &str, content: &Path) -> Option<PathBuf> {
    let root = folder.join(format!("root-{name}"));
    let specification = format!(
        "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: a package\nLicense: MIT\nAutoReqProv: no\n\
         %global __os_install_post %{{nil}}\n%global debug_package %{{nil}}\n%description\nA package.\n\
         %install\ncp -r {}/. %{{buildroot}}\n%files\n/*\n",
        content.display()
    );
    fs::write(folder.join("package.spec"), specification).expect("a file");
    let top = format!("_topdir {}", folder.join(name).display());
    ask(Command::new("rpmbuild")
        .args(["-bb", "--quiet", "--define", &top])
        .arg(folder.join("package.spec")))?;
    let install =
        r#"rpm --define "_dbpath /var/lib/rpm" --root "$1" --nodeps --noscripts -i "$2"/RPMS/*/*.rpm"#;
    fs::create_dir_all(root.join("etc")).expect("a directory");
    fs::write(root.join("etc/os-release"), "ID=ol\nVERSION_ID=9.4\n").expect("a file");
    ask(Command::new("bash").args(["-euc", install, "install"]).arg(&root).arg(folder.join(name)))?;
    Some(root)
}

fn rows(root: &Path) -> Vec<String> {
    let mut rows: Vec<String> = installed(&[(root, &[".".to_owned()])])
        .iter()
        .map(|row| row.join(" ").trim_end().to_owned())
        .collect();
    rows.sort();
    rows
}

/// Whoever takes every file of a package for the package loses it, and its flaws.
#[test]
fn an_openssl_inside_of_an_rpm_of_another_name_keeps_a_package_of_its_own() {
    let Some((library, version)) = openssl() else { return skip("openssl is not installed") };
    let folder = tempfile::tempdir().expect("a directory");
    let content = folder.path().join("content");
    let place = content.join("opt/agent/lib/libcrypto.so.3");
    fs::create_dir_all(place.parent().expect("a directory")).expect("a directory");
    fs::copy(library, &place).expect("a copy");
    let own = format!("generic openssl {version} /opt/agent/lib/libcrypto.so.3");
    // Of another version, and of the very same; and the real one, which is there once.
    for (name, stated, is_openssl) in
        [("agent", "7.1", false), ("vendor-agent", &*version, false), ("openssl-libs", &*version, true)]
    {
        let Some(root) = rpm(folder.path(), name, stated, &content) else {
            return skip("rpm and rpmbuild are not installed");
        };
        let package = format!("rpm {name} {stated}-1");
        let expect = if is_openssl { vec![package] } else { vec![own.clone(), package] };
        assert_eq!(rows(&root), expect);
    }
}

/// Both are told once: that the distribution fixed it is for whoever judges it, who sees the owner.
#[test]
fn a_python_distribution_that_an_rpm_brought_is_there_once_and_owned_by_it() {
    let folder = tempfile::tempdir().expect("a directory");
    let content = folder.path().join("content");
    let site = "usr/lib/python3.9/site-packages";
    let information = content.join(site).join("requests-2.25.1.dist-info");
    fs::create_dir_all(&information).expect("a directory");
    fs::write(information.join("METADATA"), "Metadata-Version: 2.1\nName: requests\nVersion: 2.25.1\n\n")
        .expect("a file");
    let Some(root) = rpm(folder.path(), "python3-requests", "2.25.1", &content) else {
        return skip("rpm and rpmbuild are not installed");
    };
    let expect = [format!("pypi requests 2.25.1 /{site}"), "rpm python3-requests 2.25.1-1".to_owned()];
    assert_eq!(rows(&root), expect);
    let (place, name) = image(&[(&root, &[".".to_owned()])]);
    let metadata = format!("/{site}/requests-2.25.1.dist-info/METADATA");
    let mut command = plimsoll(&place.path().join("cache"));
    let found = command.args(["files", &name, "--owner", "python3-requests"]).output().expect("it starts");
    let told = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(told.contains(&metadata), "{told}\n{}", String::from_utf8_lossy(&found.stderr));
}

/// A tree of pnpm, whose packages are links to others; assemblies; and archives of the same names
/// in each other, as they are in a JRuby or a Jenkins.
const MANY: &str = r#"
for name in a b c d e f; do
    store=srv/node_modules/.pnpm
    for version in 1.0.0 2.0.0; do
        place=$store/$name@$version/node_modules/$name
        mkdir -p "$place"
        printf '{"name": "%s", "version": "%s"}' "$name" "$version" >"$place/package.json"
    done
    ln -s ".pnpm/$name@1.0.0/node_modules/$name" "srv/node_modules/$name"
    ln -s "../../$name@2.0.0/node_modules/$name" "$store/a@1.0.0/node_modules/other-$name"
done
printf 'lockfileVersion: 9.0\npackages:\n\n  z@1.0.0:\n    resolution: {}\n\n  y@1.0.0:\n    resolution: {}\n' >srv/pnpm-lock.yaml
mkdir -p opt
cat >many.py <<'END'
import io, json, os, zipfile
def archive(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()
def pom(artifact, version, root=""):
    text = f"groupId=com.example\nartifactId={artifact}\nversion={version}\n"
    return (f"{root}META-INF/maven/com.example/{artifact}/pom.properties", text)
def library(version):
    return archive(pom("databind", version), pom("annotations", version), pom("core", "1.0"))
war = archive(*[(f"WEB-INF/lib/{at}/databind.jar", library(version)) for at, version in enumerate(["2.12.3", "2.13.4"] * 5)])
open("opt/app.war", "wb").write(war)
for at in range(10):
    open(f"opt/databind-{at}.jar", "wb").write(library("2.12.3"))
os.mkdir("app")
for version in ["1.0", "2.0", "3.0", "4.0", "5.0"]:
    names = ["Zeta", "Alpha", "Mid"]
    target = {f"{name}/{version}": {"runtime": {f"lib/{name}.dll": {}}} for name in names}
    libraries = {f"{name}/{version}": {"type": "package"} for name in names}
    content = {"runtimeTarget": {"name": "x"}, "targets": {"x": target}, "libraries": libraries}
    json.dump(content, open(f"app/{version}.deps.json", "w"))
END
python3 many.py
touch app/Zeta.dll app/Alpha.dll
"#;

#[test]
fn twenty_looks_at_an_image_full_of_the_same_names_give_one_answer() {
    let folder = tempfile::tempdir().expect("a directory");
    let made =
        Command::new("bash").args(["-euc", MANY]).current_dir(folder.path()).output().expect("bash starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (place, name) = image(&[(folder.path(), &["srv".to_owned(), "opt".to_owned(), "app".to_owned()])]);
    for format in ["csv", "json", "cyclonedx", "spdx"] {
        let look = || {
            let mut command = plimsoll(&place.path().join("cache"));
            let answer = command.args(["--no-cache", "packages", &name, "--format", format]).output();
            let answer = answer.expect("it starts");
            assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
            answer.stdout
        };
        let answers: BTreeSet<Vec<u8>> = (0..20).map(|_| look()).collect();
        assert_eq!(answers.len(), 1, "{format} differs from one look to the next");
    }
    let found = installed(&[(folder.path(), &["srv".to_owned(), "opt".to_owned(), "app".to_owned()])]);
    let count = |kind: &str| found.iter().filter(|row| row[0] == kind).count();
    // Three artifacts in each of ten archives in the war and ten beside it, and none twice.
    assert_eq!((count("npm"), count("maven"), count("nuget")), (12, 60, 10));
}
