//! Files that changed since their package was installed, against `dpkg --verify` and `rpm -Va` over
//! roots that the test alters, and of apk, which has no such command without the packages at hand,
//! against its own database read by Python. What is not installed here is skipped, saying so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it cannot go on, and tells what it skips"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_engine::{Engine, NoProgress, Settings};

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).env("LC_ALL", "C").output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

/// Path and changes of every modified file of a root.
fn ours(root: &Path) -> BTreeMap<String, Vec<&'static str>> {
    let engine = Engine::new(Settings { threads: 1, ..Settings::default() });
    let (_, files) = engine.modified(&format!("dir:{}", root.display()), None, &NoProgress).unwrap();
    files
        .iter()
        .map(|file| {
            let changes = file.changes.iter().map(|change| change.word()).collect();
            (file.recorded.path.to_string(), changes)
        })
        .collect()
}

/// What `dpkg --verify` and `rpm -Va` print: attributes or `missing`, maybe a letter, a path.
fn theirs(output: &str) -> BTreeMap<String, Vec<&'static str>> {
    let mut files = BTreeMap::new();
    for line in output.lines() {
        let Some((head, path)) = line.find('/').map(|at| line.split_at(at)) else { continue };
        let attributes = head.split_whitespace().next().unwrap_or_default();
        let mut changes = Vec::new();
        if attributes == "missing" {
            changes.push("missing");
        } else {
            let known = [
                ('5', "content"),
                ('S', "size"),
                ('L', "link"),
                ('M', "mode"),
                ('U', "owner"),
                ('G', "owner"),
                ('P', "capabilities"),
            ];
            changes.extend(
                known.iter().filter(|(letter, _)| attributes.contains(*letter)).map(|(_, word)| *word),
            );
            changes.dedup();
        }
        if !changes.is_empty() {
            files.insert(path.split(" (").next().unwrap_or_default().to_owned(), changes);
        }
    }
    files
}

/// A root with one package that dpkg itself installed.
fn install_with_dpkg(directory: &Path) -> Option<PathBuf> {
    let (tree, root) = (directory.join("tree"), directory.join("root"));
    for (path, content) in [
        (
            "DEBIAN/control",
            "Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: a sample\n",
        ),
        ("DEBIAN/conffiles", "/etc/sample.conf\n/etc/other.conf\n"),
        (
            "DEBIAN/md5sums",
            "c4ca4238a0b923820dcc509a6f75849b  usr/share/sample/one\nc81e728d9d4c2f636f067f89cc14862c  usr/share/sample/two\neccbc87e4b5ce2fe28308fd9f2a7baf3  usr/share/sample/three\n",
        ),
        ("etc/sample.conf", "a = 1\n"),
        ("etc/other.conf", "b = 1\n"),
        ("usr/share/sample/one", "1"),
        ("usr/share/sample/two", "2"),
        ("usr/share/sample/three", "3"),
    ] {
        let place = tree.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }
    fs::set_permissions(tree.join("DEBIAN"), fs::Permissions::from_mode(0o755)).unwrap();
    let package = directory.join("sample.deb");
    run("dpkg-deb", &["--root-owner-group", "--build", tree.to_str()?, package.to_str()?])?;
    fs::create_dir_all(root.join("var/lib/dpkg/info")).unwrap();
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    let root_option = format!("--root={}", root.display());
    run(
        "dpkg",
        &[
            &root_option,
            "--force-not-root",
            "--force-script-chrootless",
            "--log=/dev/null",
            "-i",
            package.to_str()?,
        ],
    )?;
    root.join("usr/share/sample/one").exists().then_some(root)
}

#[test]
fn files_of_debian_packages_are_modified_where_dpkg_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let Some(root) = install_with_dpkg(directory.path()) else {
        eprintln!("skipped: dpkg did not install the sample");
        return;
    };
    let verify = || theirs(&run("dpkg", &[&format!("--root={}", root.display()), "--verify"]).unwrap());
    assert_eq!(ours(&root), BTreeMap::new());
    assert_eq!(verify(), BTreeMap::new());
    fs::write(root.join("usr/share/sample/one"), "x").unwrap();
    fs::remove_file(root.join("usr/share/sample/two")).unwrap();
    fs::write(root.join("etc/sample.conf"), "a = 2\n").unwrap();
    let expect = [
        ("/etc/sample.conf", vec!["content"]),
        ("/usr/share/sample/one", vec!["content"]),
        ("/usr/share/sample/two", vec!["missing"]),
    ];
    assert_eq!(ours(&root), expect.into_iter().map(|(path, changes)| (path.to_owned(), changes)).collect());
    assert_eq!(ours(&root), verify());
}

#[test]
fn a_whole_debian_is_modified_where_dpkg_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    if unpack("debian@12-slim", root).is_none() {
        eprintln!("skipped: debian@12-slim is not among the test data or cannot be unpacked");
        return;
    }
    fs::write(root.join("usr/bin/ls"), "changed").unwrap();
    fs::remove_file(root.join("usr/bin/cat")).unwrap();
    fs::write(root.join("etc/pam.conf"), "changed").unwrap();
    let Some(output) = run("dpkg", &[&format!("--root={}", root.display()), "--verify"]) else { return };
    let (ours, theirs) = (ours(root), theirs(&output));
    assert_eq!(ours["/bin/ls"], ["content"]);
    let only = |left: &BTreeMap<String, Vec<&'static str>>, right: &BTreeMap<String, Vec<&'static str>>| {
        left.iter()
            .filter(|(path, changes)| right.get(*path) != Some(*changes))
            .map(|(path, changes)| format!("{path} {changes:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!((only(&ours, &theirs), only(&theirs, &ours)), (Vec::new(), Vec::new()));
}

/// The root directory of an image among the test data.
fn unpack(image: &str, into: &Path) -> Option<()> {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plimsoll-data")))?;
    let layout = data.join("out").join(image).join("oci");
    let json =
        |path: PathBuf| -> Option<serde_json::Value> { serde_json::from_slice(&fs::read(path).ok()?).ok() };
    let blob =
        |digest: &serde_json::Value| Some(layout.join("blobs").join(digest.as_str()?.replace(':', "/")));
    let index = json(layout.join("index.json"))?;
    let manifest = json(blob(&index["manifests"][0]["digest"])?)?;
    for layer in manifest["layers"].as_array()? {
        let archive = blob(&layer["digest"])?;
        let status = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(into).status().ok()?;
        status.success().then_some(())?;
    }
    Some(())
}

#[test]
fn files_of_rpm_packages_are_modified_where_rpm_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    if unpack("oraclelinux@7-slim-sqlite", root).is_none() {
        eprintln!("skipped: oraclelinux@7-slim-sqlite is not among the test data or cannot be unpacked");
        return;
    }
    let verify = || {
        let database =
            ["var/lib/rpm", "usr/lib/sysimage/rpm"].into_iter().find(|place| root.join(place).is_dir())?;
        let (root, database) = (format!("--root={}", root.display()), format!("--dbpath=/{database}"));
        run("rpm", &[&root, &database, "-Va", "--nodeps", "--noscripts", "--nomtime", "--nordev"])
    };
    let Some(before) = verify() else { return };
    assert_eq!(ours(root), theirs(&before));
    fs::write(root.join("etc/zlib.conf"), "changed").unwrap();
    fs::remove_file(root.join("usr/share/doc/zlib-1.2.7/README")).unwrap();
    fs::set_permissions(root.join("usr/bin/zlib"), fs::Permissions::from_mode(0o700)).unwrap();
    let library = root.join("usr/lib64/libzlib.so.1.2.7");
    let mut content = fs::read(&library).unwrap();
    content[0] ^= 1;
    fs::write(&library, content).unwrap();
    // A root directory is unpacked with its owners by root alone, and only root may change them.
    let link = root.join("usr/lib64/libzlib.so.1");
    let mut altered = 4;
    if fs::symlink_metadata(&link).is_ok_and(|link| link.is_symlink()) {
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("elsewhere", &link).unwrap();
        altered += 1;
    }
    if std::os::unix::fs::chown(root.join("usr/share/doc/zlib-1.2.7/COPYING"), Some(1), Some(2)).is_ok() {
        altered += 1;
    } else {
        eprintln!("skipped: owners, which only root may change");
    }
    let program = root.join("usr/bin/zlib");
    let _ = run("setcap", &["cap_net_raw=ep", program.to_str().unwrap()]);
    let after = verify().unwrap();
    assert_ne!(before, after);
    assert_eq!(ours(root), theirs(&after));
    assert_eq!(theirs(&after).len(), altered, "{after}");
}

/// Reads apk's database by itself and compares every file with it: `path<TAB>changes`.
const APK_BY_PYTHON: &str = r#"
import base64, hashlib, os, stat, sys
root = sys.argv[1]
rows = {}
def look(path, access, digest):
    top = path.split("/")[0]
    if top in ("dev", "proc", "sys"):
        return
    changes = []
    try:
        state = os.lstat(os.path.join(root, path))
    except FileNotFoundError:
        rows["/" + path] = ["missing"]
        return
    if digest:
        place = os.path.join(root, path)
        if stat.S_ISLNK(state.st_mode):
            content = os.readlink(place).encode()
        else:
            content = open(place, "rb").read()
        if hashlib.sha1(content).digest() != digest:
            changes.append("content")
    uid, gid, mode = access
    if not stat.S_ISLNK(state.st_mode) and stat.S_IMODE(state.st_mode) != mode:
        changes.append("mode")
    if (state.st_uid, state.st_gid) != (uid, gid):
        changes.append("owner")
    if changes:
        rows["/" + path] = changes
def access(text):
    parts = text.split(":")
    return int(parts[0]), int(parts[1]), int(parts[2], 8)
directory, pending = "", None
def flush():
    global pending
    if pending:
        look(*pending)
    pending = None
for line in open(os.path.join(root, "lib/apk/db/installed"), encoding="utf-8"):
    line = line.rstrip("\n")
    kind, text = line[:2], line[2:]
    if kind == "F:":
        flush()
        directory = text
        if text:
            pending = [text, (0, 0, 0o755), None]
    elif kind == "R:":
        flush()
        pending = [directory + "/" + text if directory else text, (0, 0, 0o644), None]
    elif kind in ("M:", "a:") and pending:
        pending[1] = access(text)
    elif kind == "Z:" and pending and text.startswith("Q1"):
        pending[2] = base64.b64decode(text[2:])
    elif not line:
        flush()
flush()
for path, changes in sorted(rows.items()):
    print(path + "\t" + " ".join(changes))
"#;

#[test]
fn files_of_alpine_packages_are_modified_where_apks_own_digests_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    if unpack("alpine@3.20", root).is_none() {
        eprintln!("skipped: alpine@3.20 is not among the test data or cannot be unpacked");
        return;
    }
    let by_python = || -> Option<BTreeMap<String, Vec<String>>> {
        let output = run("python3", &["-c", APK_BY_PYTHON, root.to_str()?])?;
        let row = |line: &str| {
            let (path, changes) = line.split_once('\t')?;
            Some((path.to_owned(), changes.split(' ').map(str::to_owned).collect()))
        };
        output.lines().map(row).collect()
    };
    let own = || -> BTreeMap<String, Vec<String>> {
        let owned = |changes: Vec<&str>| changes.into_iter().map(str::to_owned).collect();
        ours(root).into_iter().map(|(path, changes)| (path, owned(changes))).collect()
    };
    let Some(before) = by_python() else { return };
    assert_eq!(own(), before);
    let library = root.join("lib/apk/db/installed");
    assert!(fs::metadata(&library).unwrap().len() > 1000, "there is a database to compare with");
    fs::write(root.join("etc/motd"), "changed").unwrap();
    fs::remove_file(root.join("etc/fstab")).unwrap();
    fs::set_permissions(root.join("bin/busybox"), fs::Permissions::from_mode(0o700)).unwrap();
    let after = by_python().unwrap();
    assert_eq!(own(), after);
    assert_eq!(after.len(), before.len() + 3, "{after:?}");
}
