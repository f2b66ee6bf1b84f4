//! Haskell packages: what GHC's package databases register.

use std::cmp::Ordering;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};

use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own_trees};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Haskell packages.
#[derive(Debug, Clone, Copy)]
pub struct Hackage;

/// The purl type of Haskell packages.
pub const TYPE: PackageType = PackageType::new("hackage");

/// The longest describes itself in 100 KB.
const MAX_REGISTRATION: u64 = 4 << 20;

const DOC: Doc = Doc {
    id: "hackage",
    title: "Haskell packages",
    summary: "Libraries that a Haskell compiler has registered.",
    explanation: "Reads *.conf in every directory called package.conf.d or package.db: what ghc-pkg and Cabal \
register, in the form of GHC's InstalledPackageInfo. The packages that come with GHC are among \
them. A package owns the directories that its field import-dirs names.\n\n\
What was linked into a program leaves nothing that is read: a program built by GHC does not tell what it \
is made of.",
};

impl Ecosystem for Hackage {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Registrations]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// As `Data.Version` has it: numbers with dots between them; of two that begin alike, the
    /// longer one is newer.
    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        let numbers =
            |text: &str| text.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<u64>>>();
        Some(numbers(left)?.cmp(&numbers(right)?))
    }
}

fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("hackage", None, &package.name, Some(&package.version)).ok()
}

/// Reads registrations.
#[derive(Debug, Clone, Copy)]
struct Registrations;

impl Reader for Registrations {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Inside("package.conf.d", ".conf"), limit: MAX_REGISTRATION },
            Claim { pattern: Pattern::Inside("package.db", ".conf"), limit: MAX_REGISTRATION },
        ];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let described = describe(&String::from_utf8_lossy(content));
        if described.is_none() {
            problems.push(Problem::new(
                "haskell-registration-incomplete",
                format!("/{}", path::escape(path)),
                "it does not state both a name and a version, so this package is missing from the report",
            ));
        }
        postcard::to_allocvec(&described?).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for (fragment, described) in
            decode::<Described>(image, "haskell-registration-unreadable", &mut joined.problems)
        {
            let database = split(fragment.path).0;
            let mut package = described.package(TYPE);
            package.purl = package_url(&package);
            let index = add(package, &fragment, database, joined);
            // A compiler that may be moved names directories from where its database lies.
            let full = |directory: &String| match directory.strip_prefix("${pkgroot}") {
                Some(rest) => [split(database).0, rest.as_bytes()].concat(),
                None => directory.as_bytes().to_vec(),
            };
            own_trees(image, described.files.iter().map(full), index, joined);
        }
    }
}

fn describe(text: &str) -> Option<Described> {
    let value = |wanted: &str| {
        let mut lines = text.lines();
        let first = lines.find_map(|line| line.strip_prefix(wanted)?.strip_prefix(':'))?;
        let more = lines.take_while(|line| line.starts_with(' ') || line.is_empty());
        let joined =
            std::iter::once(first).chain(more).flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        Some(joined).filter(|joined| !joined.is_empty())
    };
    let words = |wanted: &str| -> Vec<String> {
        value(wanted)
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    Some(Described {
        // A library of a package beside its main one has a name of its own, and the package's.
        name: value("package-name").or_else(|| value("name"))?,
        version: value("version")?,
        licenses: value("license").into_iter().collect(),
        requires: words("depends"),
        url: value("homepage").or_else(|| value("package-url")),
        summary: value("synopsis"),
        vendor: value("maintainer"),
        files: words("import-dirs").into_iter().map(|word| word.trim_matches('"').to_owned()).collect(),
        ..Described::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn a_registration_is_a_package() {
        let text = "name:                 text\nversion:              1.2.5.0\nid:                   text-1.2.5.0\n\
            license:              BSD-2-Clause\nmaintainer:\n    Haskell Text Team <a@example.org>, Core\n\nhomepage:             https://example.org\n\
            synopsis:             An efficient packed text type.\nimport-dirs:          ${pkgroot}/text-1.2.5.0\n\
            depends:\n    array-0.5.4.0 base-4.15.1.0\n";
        let read = read(
            &[&Registrations],
            &[&[
                Sample::File("usr/lib/ghc/package.conf.d/text-1.2.5.0.conf", text),
                Sample::File("usr/lib/ghc/package.conf.d/half.conf", "name: half\n"),
                Sample::File("usr/lib/ghc/text-1.2.5.0/Data/Text.hi", ""),
                Sample::File("etc/text-1.2.5.0.conf", text),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:hackage/text@1.2.5.0");
        assert_eq!(package.licenses, ["BSD-2-Clause"]);
        assert_eq!(package.requires, ["array-0.5.4.0", "base-4.15.1.0"]);
        assert_eq!(package.vendor.as_deref(), Some("Haskell Text Team <a@example.org>, Core"));
        assert!(read.paths_of("text").contains(&"/usr/lib/ghc/text-1.2.5.0/Data/Text.hi".to_owned()));
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "haskell-registration-incomplete");
    }

    #[test]
    fn a_registration_owns_no_more_than_there_is_however_often_it_says_so() {
        let often = "/usr/lib/ghc/a /usr/lib/ghc/a/b ${pkgroot}/a ".repeat(20_000);
        let text = format!("name: a\nversion: 1\nimport-dirs: / /usr /usr/lib/x86_64-linux-gnu {often}\n");
        let read = read(
            &[&Registrations],
            &[&[
                Sample::File("usr/lib/ghc/package.conf.d/a.conf", &text),
                Sample::File("usr/lib/ghc/a/b/c.hi", ""),
                Sample::File("usr/lib/x86_64-linux-gnu/libc.so.6", ""),
            ]],
        );
        let own = ["/usr/lib/ghc/a", "/usr/lib/ghc/a/b", "/usr/lib/ghc/a/b/c.hi"];
        assert_eq!(read.paths_of("a"), [&own[..], &["/usr/lib/ghc/package.conf.d/a.conf"]].concat());
        let told: Vec<String> = read
            .joined
            .problems
            .iter()
            .map(|problem| format!("{} {}", problem.code.as_str(), problem.subject))
            .collect();
        assert_eq!(
            told,
            ["/", "/usr", "/usr/lib/x86_64-linux-gnu"].map(|path| format!("package-place-unlikely {path}"))
        );
    }
}
