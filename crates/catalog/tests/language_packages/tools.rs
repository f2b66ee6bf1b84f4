//! What package managers and languages that are installed here really leave, read back: each test
//! runs the real tool in a folder and looks at what it made.

use std::path::PathBuf;
use std::process::Command;

use plimsoll_model::Package;

use crate::image::{Answer, look_at};

/// A folder that is removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A Nix store is read-only.
        let _ = Command::new("chmod").args(["-R", "u+w"]).arg(&self.0).status();
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where the folder `root` that a script makes is put in the image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// Where the script had it: what was installed names paths by where they were.
    ItsPlace,
    /// It is the root of the image.
    Root,
}

/// What is found in the folder `root`, which a script makes, and where that is in the image. `None`
/// where a tool is missing.
pub(crate) fn made_by(tools: &[&str], at: At, script: &str) -> Option<(Answer, String)> {
    for tool in tools {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        if !found.is_ok_and(|found| found.status.success()) {
            eprintln!("skipped: {tool} is not installed");
            return None;
        }
    }
    let folder = Folder(std::env::temp_dir().join(format!("plimsoll-{}-{}", tools[0], std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let answer = Command::new("bash")
        .args(["-euc", script])
        .current_dir(&folder.0)
        .env("HOME", &folder.0)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    let root = folder.0.join("root");
    let within = match at {
        At::ItsPlace => root.strip_prefix("/").unwrap().to_str().unwrap().to_owned(),
        At::Root => String::new(),
    };
    archive.append_dir_all(if within.is_empty() { "." } else { &*within }, &root).unwrap();
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    assert_eq!(found.read_problems, []);
    assert_eq!(found.joined.problems, []);
    Some((found, format!("/{within}")))
}

pub(crate) fn only<'a>(answer: &'a Answer, kind: &str, name: &str) -> &'a Package {
    let mut packages =
        answer.joined.packages.iter().filter(|package| package.kind.as_str() == kind && package.name == name);
    let found = packages.next().unwrap_or_else(|| panic!("{name} is missing: {:?}", answer.joined.packages));
    assert!(packages.next().is_none(), "{name} is there twice");
    found
}

/// Whether a package lists a path.
pub(crate) fn owns(answer: &Answer, package: &Package, path: &str) -> bool {
    let index = answer.joined.packages.iter().position(|each| each == package);
    answer
        .joined
        .owned
        .iter()
        .any(|(file, owner)| Some(*owner as usize) == index && answer.table.path(*file).to_string() == path)
}

pub(crate) fn url(package: &Package) -> String {
    package.purl.as_ref().map(ToString::to_string).unwrap_or_default()
}

const PERL: &str = r#"
mkdir -p dist/Foo-Bar-1.23/lib/Foo mirror/authors/id/A/AU/AUTHOR mirror/modules
cd dist/Foo-Bar-1.23
cat >Makefile.PL <<'END'
use ExtUtils::MakeMaker;
WriteMakefile(NAME => 'Foo::Bar', VERSION_FROM => 'lib/Foo/Bar.pm', LICENSE => 'perl_5',
    ABSTRACT => 'Says ahoy', AUTHOR => 'A <a@example.org>', PREREQ_PM => { 'List::Util' => 0 });
END
printf 'package Foo::Bar;\nour $VERSION = "1.23";\n1;\n' >lib/Foo/Bar.pm
printf 'MANIFEST\nMakefile.PL\nlib/Foo/Bar.pm\n' >MANIFEST
cd ..
tar czf ../mirror/authors/id/A/AU/AUTHOR/Foo-Bar-1.23.tar.gz Foo-Bar-1.23
cd ..
printf 'File: 02packages.details.txt\nLine-Count: 1\n\nFoo::Bar 1.23 A/AU/AUTHOR/Foo-Bar-1.23.tar.gz\n' |
    gzip >mirror/modules/02packages.details.txt.gz
mirror="file://$PWD/mirror"
PERL_CPANM_HOME=$PWD/home cpanm -q --notest --mirror "$mirror" --mirror-only -l "$PWD/root/cpanm" Foo::Bar
cd dist/Foo-Bar-1.23
perl Makefile.PL INSTALL_BASE=../../root/make
make install INSTALL_BASE="$(cd ../../root && pwd)/make"
"#;

#[test]
fn a_distribution_that_cpanm_installed_is_told_with_its_author() {
    let Some((answer, root)) = made_by(&["cpanm", "make"], At::ItsPlace, PERL) else { return };
    let packages: Vec<&Package> =
        answer.joined.packages.iter().filter(|package| package.kind.as_str() == "cpan").collect();
    let rows: Vec<String> =
        packages.iter().map(|each| format!("{} {} {}", each.name, each.version, url(each))).collect();
    assert_eq!(rows, ["Foo-Bar 1.23 pkg:cpan/AUTHOR/Foo-Bar@1.23", "Foo-Bar 1.23 "]);
    assert_eq!(packages[0].licenses, ["Artistic-1.0-Perl OR GPL-1.0-or-later"]);
    assert_eq!(packages[0].summary.as_deref(), Some("Says ahoy"));
    assert!(owns(&answer, packages[0], &format!("{root}/cpanm/lib/perl5/Foo/Bar.pm")));
    assert!(owns(&answer, packages[1], &format!("{root}/make/lib/perl5/Foo/Bar.pm")));
}

const R: &str = r#"
mkdir -p ahoy/R root/library
cat >ahoy/DESCRIPTION <<'END'
Package: ahoy
Version: 0.2-1
Title: Say Ahoy
Author: A
Maintainer: A <a@example.org>
Description: Says
    ahoy.
License: MIT + file LICENSE
Depends: R (>= 3.5), stats
Imports: utils
URL: https://example.org/ahoy
END
echo 'YEAR: 2024' >ahoy/LICENSE
echo 'ahoy <- function() "ahoy"' >ahoy/R/ahoy.R
echo 'export(ahoy)' >ahoy/NAMESPACE
R CMD INSTALL --no-docs -l root/library ahoy
"#;

#[test]
fn a_package_that_r_installed_is_told_with_everything_that_it_states() {
    let Some((answer, root)) = made_by(&["R"], At::ItsPlace, R) else { return };
    let package = only(&answer, "cran", "ahoy");
    assert_eq!(url(package), "pkg:cran/ahoy@0.2-1");
    assert_eq!(package.licenses, ["MIT + file LICENSE"]);
    assert_eq!(package.requires, ["R (>= 3.5)", "stats", "utils"]);
    assert!(owns(&answer, package, &format!("{root}/library/ahoy/R/ahoy.rdb")));
}

const ELIXIR: &str = r#"
export MIX_ENV=prod
mix new work --app ahoy
cd work
sed -i 's/version: "0.1.0"/version: "0.3.0"/' mix.exs
mix release
mkdir ../root
cp -r _build/prod/rel/ahoy ../root/
"#;

#[test]
fn the_applications_of_a_release_that_mix_made_are_those_that_it_lists() {
    let Some((answer, root)) = made_by(&["mix", "erl"], At::ItsPlace, ELIXIR) else { return };
    let package = only(&answer, "otp", "ahoy");
    assert_eq!(url(package), "pkg:otp/ahoy@0.3.0");
    assert_eq!(package.requires, ["kernel", "stdlib", "elixir", "logger"]);
    assert!(owns(&answer, package, &format!("{root}/ahoy/lib/ahoy-0.3.0/ebin/Elixir.Ahoy.beam")));
    // Every application lies in a directory called by its name and version.
    let applications: Vec<&Package> =
        answer.joined.packages.iter().filter(|package| package.kind.as_str() == "otp").collect();
    assert!(applications.len() > 5);
    for each in applications {
        assert_eq!(
            each.place.as_ref().unwrap().to_string(),
            format!("{root}/ahoy/lib/{}-{}", each.name, each.version)
        );
    }
}

const LUA: &str = r#"
mkdir src
cd src
cat >ahoy-1.2.0-1.rockspec <<'END'
package = "ahoy"
version = "1.2.0-1"
source = { url = "git+https://example.org/ahoy.git", tag = "v1.2.0" }
description = {
   summary = "Says \"ahoy\"",
   detailed = [[
A long text, package = "other".
]],
   homepage = "https://example.org/ahoy",
   license = "MIT"
}
dependencies = { "lua >= 5.1, < 5.5" }
build = {
   type = "builtin",
   modules = { ["ahoy.deep"] = "ahoy.lua" },
   install = { bin = { "ahoy" } }
}
END
echo 'return {}' >ahoy.lua
echo '#!/usr/bin/lua' >ahoy
luarocks make --tree ../root ahoy-1.2.0-1.rockspec
ls ../root/share/lua >../root/lua
"#;

#[test]
fn a_rock_that_luarocks_made_is_told_with_everything_that_it_states() {
    let Some((answer, root)) = made_by(&["luarocks"], At::ItsPlace, LUA) else { return };
    let package = only(&answer, "luarocks", "ahoy");
    assert_eq!(url(package), "pkg:luarocks/ahoy@1.2.0-1");
    assert_eq!(package.licenses, ["MIT"]);
    assert_eq!(package.summary.as_deref(), Some("Says \"ahoy\""));
    assert_eq!(package.requires, ["lua >= 5.1, < 5.5"]);
    assert!(owns(&answer, package, &format!("{root}/bin/ahoy")));
    let modules = answer.table.ids().map(|id| answer.table.path(id).to_string());
    let module = modules.into_iter().find(|path| path.ends_with("/ahoy/deep.lua")).unwrap();
    assert!(owns(&answer, package, &module));
}

const PACMAN: &str = r#"
cat >PKGBUILD <<'END'
pkgname=ahoy
pkgver=1.2.3
pkgrel=2
epoch=1
pkgdesc="Says ahoy"
arch=(x86_64)
url="https://example.org/ahoy"
license=(MIT)
depends=(sh)
package() { mkdir -p "$pkgdir/usr/bin"; echo '#!/bin/sh' >"$pkgdir/usr/bin/ahoy"; }
END
export PACKAGER='A <a@example.org>' CARCH=x86_64
if [ "$(id -u)" = 0 ]; then
    chown -R nobody . && chmod a+rx .
    setpriv --reuid=nobody --clear-groups env HOME="$PWD" makepkg -d --nosign --skipinteg
else
    makepkg -d --nosign --skipinteg
fi
mkdir -p root/var/lib/pacman
pacman -U --noconfirm --root "$PWD/root" --dbpath "$PWD/root/var/lib/pacman" --logfile "$PWD/log" -dd ahoy-*.pkg.tar*
"#;

#[test]
fn a_package_that_pacman_installed_is_told_with_everything_that_it_wrote_down() {
    if !Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n") {
        eprintln!("skipped: pacman installs as root only");
        return;
    }
    let tools = ["pacman", "makepkg", "fakeroot", "bsdtar", "setpriv"];
    let Some((answer, _)) = made_by(&tools, At::Root, PACMAN) else { return };
    let package = only(&answer, "alpm", "ahoy");
    assert_eq!((&*package.version, package.arch.as_deref()), ("1:1.2.3-2", Some("x86_64")));
    assert_eq!((&*package.licenses, &*package.requires), (&["MIT".to_owned()][..], &["sh".to_owned()][..]));
    assert_eq!(package.size, Some(10));
    assert!(owns(&answer, package, "/usr/bin/ahoy"));
}

const NIX: &str = r#"
mkdir -p ahoy-1.2.3/bin
echo ahoy >ahoy-1.2.3/bin/ahoy
echo text >words-2.0.tar.gz
options="--store $PWD/root --option build-users-group ''"
eval nix-store $options --add ahoy-1.2.3
eval nix-store $options --add words-2.0.tar.gz
rm -f root/nix/var/nix/db/reserved
"#;

#[test]
fn what_nix_put_into_a_store_is_told_by_name_and_version() {
    let Some((answer, _)) = made_by(&["nix-store"], At::Root, NIX) else { return };
    let package = only(&answer, "nix", "ahoy");
    assert_eq!(package.version, "1.2.3");
    let place = package.place.as_ref().unwrap().to_string();
    assert!(place.starts_with("/nix/store/") && place.ends_with("-ahoy-1.2.3"), "{place}");
    assert!(owns(&answer, package, &format!("{place}/bin/ahoy")));
    assert_eq!(answer.joined.packages.len(), 1);
}

/// Packages as the compiler that is installed here lists them.
#[test]
fn the_packages_of_a_haskell_compiler_are_those_that_it_lists() {
    let script = "cp -rL /usr/lib/ghc/package.conf.d database; mkdir -p root/usr/lib/ghc; mv database root/usr/lib/ghc/package.conf.d";
    let Some((answer, _)) = made_by(&["ghc-pkg"], At::Root, script) else { return };
    let list = Command::new("ghc-pkg").args(["list", "--global", "--simple-output"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let mut expect: Vec<&str> = list.split_whitespace().collect();
    let mut rows: Vec<String> =
        answer.joined.packages.iter().map(|each| format!("{}-{}", each.name, each.version)).collect();
    rows.sort();
    expect.sort_unstable();
    assert_eq!(rows, expect);
}
