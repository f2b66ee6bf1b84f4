//! Gentoo, opam, snaps, Swift and .NET in a single file: what emerge, opam, `snap pack`, `swift
//! package` and `dotnet publish` really leave, from fixtures that they made or made here and now.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_model::InstallReason;
use plimsoll_model::evidence::RecordedDigest;

use crate::image::{Answer, look_at};
use crate::tools::{At, made_by, only, owns, url};

/// What is found in an image with these files.
fn look(put: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Answer {
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    put(&mut archive);
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let answer = look_at(std::iter::once(Box::new(archive) as Box<dyn Read>));
    assert_eq!(answer.read_problems, []);
    assert_eq!(answer.joined.problems, []);
    answer
}

fn put(archive: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, path, content).unwrap();
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Name, version and place of the packages of a kind.
fn rows(answer: &Answer, kind: &str) -> Vec<String> {
    let packages = answer.joined.packages.iter().filter(|each| each.kind.as_str() == kind);
    packages
        .map(|each| {
            let place = each.place.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let place = if each.declared { "declared".to_owned() } else { place };
            format!("{} {} {place}", each.name, each.version)
        })
        .collect()
}

#[test]
fn what_emerge_installed_is_told_with_everything_that_it_wrote_down() {
    let answer = look(|archive| {
        archive.append_dir_all("var", fixture("portage/root/var")).unwrap();
        archive.append_dir_all("usr", fixture("portage/root/usr")).unwrap();
        archive.append_dir_all("etc", fixture("portage/root/etc")).unwrap();
        put(archive, "etc/os-release", b"ID=gentoo\nVERSION_ID=2.15\n");
    });
    assert_eq!(rows(&answer, "ebuild"), ["app-misc/ahoy 1.2.3-r1 -", "dev-libs/hull 2.0_rc1 -"]);
    let ahoy = only(&answer, "ebuild", "app-misc/ahoy");
    assert_eq!(url(ahoy), "pkg:ebuild/app-misc/ahoy@1.2.3-r1?distro=gentoo-2.15&repository=harbour&slot=0");
    assert_eq!(ahoy.licenses, ["GPL-2.0-or-later AND (MIT OR Apache-2.0) AND BSD-3-Clause"]);
    assert_eq!(ahoy.requires, ["dev-libs/hull:2/2.1="]);
    assert_eq!(ahoy.url.as_deref(), Some("https://example.org/ahoy"));
    assert_eq!((ahoy.size, ahoy.reason), (Some(34), InstallReason::Explicit));
    for path in ["/usr/bin/ahoy", "/usr/bin/hello", "/etc/ahoy there.conf", "/var/lib/ahoy"] {
        assert!(owns(&answer, ahoy, path), "{path}");
    }
    let hull = only(&answer, "ebuild", "dev-libs/hull");
    assert_eq!(hull.licenses, ["BSD-3-Clause", "public-domain"]);
    assert_eq!(hull.reason, InstallReason::Unknown);
    assert!(url(hull).ends_with("&slot=2"), "{}", url(hull));
    // All that is listed is there, and every file has its digest.
    let recorded = &answer.joined.evidence.recorded;
    assert!(recorded.iter().all(|each| each.file.is_some()));
    let digests = recorded.iter().filter(|each| matches!(each.digest, Some(RecordedDigest::Md5(_))));
    assert_eq!(digests.count(), 4);
}

const OPAM: &str = r#"
export OPAMROOT="$PWD/root/opam" OPAMROOTISOK=1 OPAMYES=1
mkdir -p repo/packages/hull/hull.1.2.0~beta1 repo/packages/keel/keel.v0.9
echo 'opam-version: "2.0"' >repo/repo
cat >repo/packages/hull/hull.1.2.0~beta1/opam <<'END'
opam-version: "2.0"
synopsis: "A hull"
description: """
Of "oak".
"""
maintainer: "A <a@example.org>"
authors: ["A <a@example.org>" "B"]
license: ["MIT" "LGPL-2.1-only WITH OCaml-LGPL-linking-exception"]
homepage: "https://example.org/hull"
depends: [ "keel" {>= "v0.8" & < "v1"} ("keel" | "mast") ]
install: ["sh" "-c" "mkdir -p %{lib}%/hull %{bin}% && echo 'version = \"7\"' >%{lib}%/hull/META && echo ahoy >%{bin}%/hull"]
END
cat >repo/packages/keel/keel.v0.9/opam <<'END'
opam-version: "2.0"
maintainer: "A <a@example.org>"
license: "Apache-2.0"
install: ["sh" "-c" "mkdir -p %{lib}%/keel && touch %{lib}%/keel/keel.cma"]
END
opam init --bare --disable-sandboxing --no-setup local repo
opam switch create sea --empty
opam install hull
mkdir -p root/src
cd root/src
cat >app.opam <<'END'
opam-version: "2.0"
name: "app"
version: "1"
synopsis: "App"
maintainer: "A"
authors: "A"
homepage: "x"
bug-reports: "x"
depends: ["hull" "keel"]
END
opam lock ./app.opam
# As if another version had been there when it was written.
sed -i 's/"v0.9"/"v1.0"/' app.opam.locked
rm -rf ../opam/repo ../opam/log
"#;

#[test]
fn what_opam_installed_is_told_with_everything_that_it_states() {
    let Some((answer, root)) = made_by(&["opam"], At::ItsPlace, OPAM) else { return };
    let switch = format!("{root}/opam/sea");
    let expect = [
        format!("hull 1.2.0~beta1 {switch}"),
        format!("keel v0.9 {switch}"),
        "keel v1.0 declared".to_owned(),
    ];
    assert_eq!(rows(&answer, "opam"), expect);
    let hull = only(&answer, "opam", "hull");
    assert_eq!(url(hull), "pkg:opam/hull@1.2.0~beta1");
    assert_eq!(hull.licenses, ["MIT", "LGPL-2.1-only WITH OCaml-LGPL-linking-exception"]);
    assert_eq!(hull.requires, ["\"keel\" {>= \"v0.8\" & < \"v1\"}", "(\"keel\" | \"mast\")"]);
    assert_eq!(hull.reason, InstallReason::Explicit);
    for path in ["bin/hull", "lib/hull", "lib/hull/META"] {
        assert!(owns(&answer, hull, &format!("{switch}/{path}")), "{path}");
    }
    let keel = answer.joined.packages.iter().find(|each| each.name == "keel" && !each.declared).unwrap();
    assert_eq!((&*keel.licenses, keel.reason), (&["Apache-2.0".to_owned()][..], InstallReason::Dependency));
    assert!(owns(&answer, keel, &format!("{switch}/lib/keel/keel.cma")));
}

const SNAP: &str = r#"
mkdir -p ahoy/meta ahoy/bin root/snap/ahoy
cat >ahoy/meta/snap.yaml <<'END'
name: ahoy
version: '1.10'
summary: "Says \"ahoy\""
description: |
  name: other
license: GPL-2.0+ OR MIT
architectures: [amd64]
base: core22
confinement: strict
grade: stable
apps:
  ahoy:
    command: bin/ahoy
END
printf '#!/bin/sh\necho ahoy\n' >ahoy/bin/ahoy
chmod -R u=rwX,go=rX ahoy
chmod 755 ahoy/bin/ahoy
snap pack ahoy
unsquashfs -dest root/snap/ahoy/1 ahoy_1.10_amd64.snap
ln -s 1 root/snap/ahoy/current
"#;

#[test]
fn a_snap_that_was_packed_and_unpacked_is_told() {
    let Some((answer, _)) = made_by(&["snap", "unsquashfs"], At::Root, SNAP) else { return };
    assert_eq!(rows(&answer, "snap"), ["ahoy 1.10 /snap/ahoy/1"]);
    let package = only(&answer, "snap", "ahoy");
    assert_eq!(url(package), "pkg:generic/snap/ahoy@1.10?arch=amd64&base=core22");
    assert_eq!(package.summary.as_deref(), Some("Says \"ahoy\""));
    assert_eq!(package.licenses, ["GPL-2.0+ OR MIT"]);
    assert!(owns(&answer, package, "/snap/ahoy/1/bin/ahoy"));
}

#[test]
fn the_lock_files_of_swift_name_the_same_in_all_their_formats() {
    for format in ["1", "2", "3"] {
        let file = fixture("swift").join(format).join("Package.resolved");
        let answer = look(|archive| archive.append_path_with_name(&file, "src/Package.resolved").unwrap());
        let urls: Vec<String> = answer.joined.packages.iter().map(url).collect();
        let [keel, hull, mast] = urls.as_slice() else { panic!("{urls:?}") };
        assert_eq!(keel, "pkg:swift/git.example.org/example/Keel@2.0.1");
        assert_eq!(hull, "pkg:swift/git.example.org/example/hull@1.2.0");
        let commit = mast.strip_prefix("pkg:swift/git.example.org/example/mast@").unwrap();
        assert_eq!(commit.len(), 40, "{commit}");
        let mast = only(&answer, "swift", "git.example.org/example/mast");
        assert_eq!(mast.origin.as_deref(), Some("branch main"));
        assert!(answer.joined.packages.iter().all(|package| package.declared));
    }
}

fn unpacked(name: &str) -> Vec<u8> {
    zstd::decode_all(std::fs::File::open(fixture("dotnet").join(name)).unwrap()).unwrap()
}

fn look_at_program(content: &[u8]) -> Answer {
    look(|archive| put(archive, "app/ahoy", content))
}

#[test]
fn an_application_in_a_single_file_has_the_packages_of_its_list() {
    let answer = look_at_program(&unpacked("bundle.zst"));
    assert_eq!(rows(&answer, "nuget"), ["Example.Hull 1.2.3-beta.1 /app/ahoy", "ahoy 0.1.0 /app/ahoy"]);
    let ahoy = only(&answer, "nuget", "ahoy");
    assert_eq!(ahoy.reason, InstallReason::Explicit);
    assert_eq!(ahoy.requires, ["Example.Hull 1.2.3-beta.1"]);
    assert!(owns(&answer, ahoy, "/app/ahoy"));
    assert_eq!(url(only(&answer, "nuget", "Example.Hull")), "pkg:nuget/Example.Hull@1.2.3-beta.1");
}

#[test]
fn without_a_list_its_assemblies_speak_for_themselves() {
    let answer = look_at_program(&unpacked("bundle-without-list.zst"));
    assert_eq!(rows(&answer, "nuget"), ["Hull 1.2.3-beta.1 /app/ahoy", "ahoy 0.1.0 /app/ahoy"]);
}

/// A program of 17 MB, built for .NET 9 with all that it needs of .NET inside, of which only parts
/// are kept.
#[test]
fn a_program_that_brings_its_runtime_tells_which() {
    const PACKAGE: &str = "@vscode/vsce-sign-linux-x64@2.0.6";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vsce-sign-2.0.6");
    let program = folder.join("package/bin/vsce-sign");
    if !program.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let script = format!("file=$(npm pack --silent {PACKAGE}) && tar xzf \"$file\"");
        let got = Command::new("sh").args(["-ec", &script]).current_dir(&folder).status();
        if !got.is_ok_and(|got| got.success()) || !program.exists() {
            eprintln!("skipped: {PACKAGE} could not be had with npm");
            return;
        }
    }
    let answer = look_at_program(&std::fs::read(&program).unwrap());
    let (declared, installed): (Vec<String>, Vec<String>) =
        rows(&answer, "nuget").into_iter().partition(|row| row.ends_with(" declared"));
    assert_eq!(
        installed,
        [
            "Microsoft.NETCore.App.Runtime.linux-x64 9.0.9 /app/ahoy",
            "Microsoft.VisualStudio.Extensions.Signing 1.0.0 /app/ahoy",
            "System.Security.Cryptography.Pkcs 9.0.5 /app/ahoy",
            "vsce-sign 1.0.0 /app/ahoy",
        ]
    );
    assert!(declared.contains(&"System.Text.Json 9.0.5 declared".to_owned()), "{declared:?}");
}
