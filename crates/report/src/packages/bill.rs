//! What both bills of materials say: which image, made by what, and an identity that follows
//! from their content.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Digest, Distribution, Package, ProofOwners, Purl};
use sha2::{Digest as _, Sha256};

use super::PackageList;
use super::licence::Licence;
use crate::units::utc_seconds;

/// The name that stands for this program in a bill of materials.
pub(crate) const TOOL: &str = "plimsoll";

/// Its version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl PackageList<'_> {
    /// The digest that says which image this is: the manifest's, or the next best.
    pub(crate) fn image_digest(&self) -> Option<&Digest> {
        let identity = &self.analysis.identity;
        identity
            .manifest_digest
            .as_ref()
            .or(identity.index_digest.as_ref())
            .or(identity.config_digest.as_ref())
    }

    /// The image as a package URL, where there is a digest of a manifest to name it by.
    pub(crate) fn image_purl(&self) -> Option<Purl> {
        self.analysis.identity.purl()
    }

    /// When the image says that it was made, in whole seconds UTC. A bill of materials has no
    /// other time: the same image gives the same bytes.
    pub(crate) fn image_created(&self) -> Option<String> {
        utc_seconds(self.analysis.config.as_ref()?.created.as_deref()?)
    }

    /// What neither format has a field for, by name. [`crate::sbom::read`] takes it back.
    pub(super) fn facts(&self, package: &Package) -> Vec<(&'static str, String)> {
        let source = package.source.as_ref();
        let facts = [
            ("type", Some(package.kind.to_string())),
            ("arch", package.arch.clone()),
            ("source", source.map(|source| source.name.clone())),
            ("source-version", source.and_then(|source| source.version.clone())),
            ("layer", self.layer(package).map(|layer| layer.digest.to_string())),
            ("evidence", package.evidence.as_ref().map(ToString::to_string)),
            ("place", package.place.as_ref().map(ToString::to_string)),
            ("size", package.size.map(|bytes| bytes.to_string())),
            ("vendor", package.vendor.clone().filter(|vendor| one_line(vendor) != *vendor)),
            ("url", package.url.clone().filter(|url| web_address(url).is_none())),
            ("signing-key", package.signing_key.clone()),
            ("origin", package.origin.clone()),
            ("declared", package.declared.then(|| "true".to_owned())),
        ];
        let stated = rewritten(package).map(|stated| ("license", stated.to_owned()));
        let known = |(name, value): (&'static str, Option<String>)| Some((name, value?));
        facts.into_iter().filter_map(known).chain(stated).collect()
    }

    /// For each package of the list, the places in the list of those that list the file which
    /// proves it: a distribution's package that brought one of a language.
    pub(super) fn owners(&self) -> Vec<Vec<usize>> {
        let places: BTreeMap<usize, usize> =
            self.selected.iter().enumerate().map(|(place, position)| (*position, place)).collect();
        let owners = ProofOwners::new(self.analysis);
        let of = |position: &usize| {
            let found = owners.of(*position as u32).into_iter();
            found.filter_map(|owner| places.get(&(owner as usize)).copied()).collect()
        };
        self.selected.iter().map(of).collect()
    }

    /// A UUID that follows from the image's digest, the packages shown and the version of this
    /// program.
    pub(super) fn uuid(&self, format: &str) -> String {
        let mut content = Vec::new();
        // Writing to memory does not fail.
        let _ = super::json::write(self, &mut content);
        uuid(format, self.image_digest(), &content)
    }
}

/// What neither format has a field for of a distribution, by name.
pub(super) fn system_facts(distribution: &Distribution) -> Vec<(&'static str, String)> {
    let filled = |text: &String| !text.is_empty();
    [
        ("codename", distribution.codename.clone()),
        ("point-release", distribution.point_release.clone()),
        ("id-like", Some(distribution.id_like.join(" ")).filter(filled)),
        ("cpe", distribution.cpe_name.clone()),
        ("evidence", Some(distribution.evidence.clone()).filter(filled)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// A UUID (version 8: of the maker's own making) that follows from the kind of document, the
/// image's digest, what the document says and the version of this program.
pub(crate) fn uuid(format: &str, image: Option<&Digest>, content: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for part in [format, TOOL, VERSION, &image.map(ToString::to_string).unwrap_or_default()] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.update(content);
    let hash: [u8; 32] = hasher.finalize().into();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = plimsoll_model::digest::hex(&bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// Licences as stated, all of them, where what a bill says of any is not letter by letter what
/// the package says.
fn rewritten(package: &Package) -> impl Iterator<Item = &str> {
    let same = |stated: &String| match Licence::read(stated) {
        Some(Licence::Id(text) | Licence::Expression(text) | Licence::Name(text)) => text == *stated,
        None => false,
    };
    let all_same = package.licenses.iter().all(same);
    package.licenses.iter().filter(move |_| !all_same).map(String::as_str)
}

/// Hands out names that are unique in one document.
#[derive(Debug, Default)]
pub(crate) struct Names {
    used: BTreeSet<String>,
    counts: BTreeMap<String, u32>,
}

impl Names {
    /// The name itself, or with the next free number behind it.
    pub(crate) fn claim(&mut self, name: &str, separator: &str) -> String {
        let count = self.counts.entry(name.to_owned()).or_insert(0);
        loop {
            *count += 1;
            let claimed = if *count == 1 { name.to_owned() } else { format!("{name}{separator}{count}") };
            if self.used.insert(claimed.clone()) {
                return claimed;
            }
        }
    }
}

/// A web address that a bill of materials may carry: both formats ask for a valid URI.
pub(crate) fn web_address(url: &str) -> Option<&str> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let scheme = url.starts_with("https://") || url.starts_with("http://");
    let host = url.split_once("://").is_some_and(|(_, rest)| {
        rest.starts_with(|first: char| first.is_ascii_alphanumeric()) && !rest.contains(['[', ']'])
    });
    let escapes = url.split('%').skip(1).all(|after| {
        let mut digits = after.bytes();
        let mut next = || digits.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        next() && next()
    });
    let fragments = url.matches('#').count() <= 1;
    (scheme && host && escapes && fragments && url.bytes().all(valid)).then_some(url)
}

/// A web address that the validators of SPDX 2 take, which want a host of small letters under a
/// top-level domain of two to five.
pub(super) fn plain_web_address(url: &str) -> Option<&str> {
    let (_, rest) = web_address(url)?.split_once("://")?;
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let (name, domain) = host.rsplit_once('.')?;
    let small = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let labels = name.split(['.', '-']).all(|label| !label.is_empty() && small(label));
    let domain = (2..=5).contains(&domain.len()) && domain.bytes().all(|byte| byte.is_ascii_lowercase());
    let port = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    (labels && domain && port).then_some(url)
}

/// Text in one line, without control characters: what names in these formats may hold.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_control() || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_handed_out_twice() {
        let mut names = Names::default();
        assert_eq!(
            ["a", "a-2", "a", "a", "b"].map(|name| names.claim(name, "-")),
            ["a", "a-2", "a-3", "a-4", "b"]
        );
    }

    #[test]
    fn only_an_address_that_is_one_is_passed_on() {
        assert_eq!(web_address("https://example.org/a?b#c"), Some("https://example.org/a?b#c"));
        for url in [
            "",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://a b",
            "http://a/%zz",
            "http://a#b#c",
            "http://é/",
        ] {
            assert_eq!(web_address(url), None, "{url}");
        }
        assert!(plain_web_address("https://www.gnu.org:443/software/bash/?a#b").is_some());
        for url in [
            "https://localhost/",
            "https://Example.org",
            "https://a.software/",
            "https://a--b.org",
            "https://a.org?b",
        ] {
            assert!(web_address(url).is_some() && plain_web_address(url).is_none(), "{url}");
        }
    }
}
