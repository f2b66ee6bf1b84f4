//! R packages: what `R CMD INSTALL` and `install.packages` leave in a library.

use std::cmp::Ordering;
use std::collections::HashMap;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl};

use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// R packages.
#[derive(Debug, Clone, Copy)]
pub struct Cran;

/// The purl type of R packages.
pub const TYPE: PackageType = PackageType::new("cran");

/// The longest DESCRIPTION names some hundred authors in 100 KB.
const MAX_DESCRIPTION: u64 = 4 << 20;

const DOC: Doc = Doc {
    id: "cran",
    title: "R packages",
    summary: "Packages of R that are installed in any library.",
    explanation: "Reads every file DESCRIPTION that has the field Built, which R writes when it \
installs a package; one without it is the source of a package. The packages that come with R \
are listed too: they have R's own version.\n\n\
The licence is the field License as it stands. A package owns the directory of its DESCRIPTION.",
};

impl Ecosystem for Cran {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Descriptions]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// As R's `compareVersion`: numbers between `.` and `-`; of two that begin alike, the longer
    /// one is newer.
    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(numbers(left)?.cmp(&numbers(right)?))
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split(['.', '-']).map(|number| number.parse().ok()).collect()
}

fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("cran", None, &package.name, Some(&package.version)).ok()
}

/// Reads DESCRIPTION.
#[derive(Debug, Clone, Copy)]
struct Descriptions;

impl Reader for Descriptions {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Name("DESCRIPTION"), limit: MAX_DESCRIPTION }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(content);
        let fields = fields(&text);
        // R 4.2.2; x86_64-pc-linux-gnu; 2023-01-20 18:24:19 UTC; unix
        let built = fields.get("Built")?;
        let value = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
        let (Some(name), Some(version)) = (value("Package"), value("Version")) else {
            problems.push(Problem::new(
                "r-description-incomplete",
                format!("/{}", plimsoll_model::path::escape(path)),
                "it does not state both a name and a version, so this package is missing from the report",
            ));
            return None;
        };
        let list = |name: &str| {
            let items = value(name).unwrap_or_default();
            items.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
        };
        let requires: [Vec<String>; 3] = ["Depends", "Imports", "LinkingTo"].map(list);
        let described = Described {
            name,
            version,
            arch: built.split(';').nth(1).map(|arch| arch.trim().to_owned()).filter(|arch| !arch.is_empty()),
            licenses: value("License").into_iter().collect(),
            requires: requires.concat(),
            url: value("URL").and_then(|urls| urls.split([',', ' ', '\n']).next().map(str::to_owned)),
            summary: value("Title"),
            vendor: value("Maintainer"),
            origin: value("Repository"),
            ..Described::default()
        };
        postcard::to_allocvec(&described).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for (fragment, described) in
            decode::<Described>(image, "r-description-unreadable", &mut joined.problems)
        {
            let place = split(fragment.path).0;
            let mut package = described.package(TYPE);
            package.purl = package_url(&package);
            let index = add(package, &fragment, place, joined);
            own_tree(image, place, index, joined);
        }
    }
}

/// The fields of Debian's control format, as R writes it: a line that begins with a space goes on
/// with the field above it. Lines are joined by spaces.
fn fields(text: &str) -> HashMap<&str, String> {
    let mut fields: HashMap<&str, String> = HashMap::new();
    let mut last = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = last.and_then(|name| fields.get_mut(name)) {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.insert(name, value.trim().to_owned());
            last = Some(name);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn only_what_r_installed_counts() {
        let installed = "Package: ahoy\nVersion: 0.2-1\nTitle: Say\n    Ahoy\nLicense: MIT + file LICENSE\n\
            Depends: R (>= 3.5), stats\nImports: utils\nBuilt: R 4.2.2; ; 2024-11-24 12:32:47 UTC; unix\n";
        let read = read(
            &[&Descriptions],
            &[&[
                Sample::File("usr/lib/R/library/ahoy/DESCRIPTION", installed),
                Sample::File("usr/lib/R/library/ahoy/R/ahoy", ""),
                Sample::File("src/ahoy/DESCRIPTION", "Package: ahoy\nVersion: 0.2-1\n"),
                Sample::File(
                    "usr/lib/R/library/half/DESCRIPTION",
                    "Package: half\nBuilt: R 4.2.2; ; ; unix\n",
                ),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:cran/ahoy@0.2-1");
        assert_eq!(package.licenses, ["MIT + file LICENSE"]);
        assert_eq!(package.requires, ["R (>= 3.5)", "stats", "utils"]);
        assert_eq!(package.summary.as_deref(), Some("Say Ahoy"));
        assert_eq!(package.arch, None);
        assert_eq!(
            read.paths_of("ahoy"),
            [
                "/usr/lib/R/library/ahoy",
                "/usr/lib/R/library/ahoy/DESCRIPTION",
                "/usr/lib/R/library/ahoy/R",
                "/usr/lib/R/library/ahoy/R/ahoy"
            ]
        );
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "r-description-incomplete");
    }
}
