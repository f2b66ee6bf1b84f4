//! Products that statements are about, and whether they mean a package of an image.

use plimsoll_model::{Digest, Purl};

use super::range::VersionRange;

/// One way of calling a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductIdentifier {
    /// A package URL.
    Purl(Purl),
    /// A package URL without a version, and the versions of it that are meant.
    Versions(Purl, VersionRange),
    /// Digest of an image, its manifest or its index.
    ImageDigest(Digest),
    /// Anything else that only equal text matches: a bom-ref, a CPE, an address.
    Reference(String),
}

/// A product, or components in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VexProduct {
    /// What it is called; each of them means it.
    pub identifiers: Vec<ProductIdentifier>,
    /// The components in it that the statement is limited to, each by all its names; empty where
    /// it holds for the product as such.
    pub subcomponents: Vec<Vec<ProductIdentifier>>,
}

/// A package in an image that a statement may be about.
#[derive(Debug, Clone, Copy, Default)]
pub struct VexSubject<'a> {
    /// The package.
    pub package: Option<&'a Purl>,
    /// Digests of the image: of its manifest, of the index that names it, of its configuration.
    pub image_digests: &'a [Digest],
    /// Package URLs of the image (`pkg:oci/…`).
    pub image_purls: &'a [Purl],
    /// Other names of the package or the image: bom-refs, the CPE of the distribution.
    pub references: &'a [&'a str],
}

/// Whether a package URL in a statement means a package: the same type, namespace and name; the
/// same version, if the statement names one; and every qualifier that the statement names, with
/// the same value. A package may have qualifiers that the statement does not name.
///
/// These are the rules of OpenVEX, as its reference implementation (go-vex, `PurlMatches`) has
/// them.
#[must_use]
pub fn purl_matches(stated: &Purl, package: &Purl) -> bool {
    stated.kind == package.kind
        && stated.namespace == package.namespace
        && stated.name == package.name
        && stated.version.as_ref().is_none_or(|version| package.version.as_ref() == Some(version))
        && stated.qualifiers.iter().all(|(key, value)| package.qualifiers.get(key) == Some(value))
        && stated.subpath.as_ref().is_none_or(|subpath| package.subpath.as_ref() == Some(subpath))
}

impl ProductIdentifier {
    /// Every way in which one text calls a product.
    pub(super) fn of(text: &str) -> Vec<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Vec::new();
        }
        let Ok(purl) = text.parse::<Purl>() else {
            return vec![text.parse().map_or_else(|_| Self::Reference(text.to_owned()), Self::ImageDigest)];
        };
        let digest = purl.version.as_deref().and_then(|version| version.parse::<Digest>().ok());
        match digest {
            // The digest is the image, whatever the registry that it was pulled from is called.
            Some(digest) if matches!(purl.kind.as_str(), "oci" | "docker") => vec![Self::ImageDigest(digest)],
            _ => vec![Self::Purl(purl), Self::Reference(text.to_owned())],
        }
    }

    fn means_image(&self, subject: &VexSubject<'_>) -> bool {
        match self {
            Self::Purl(purl) => subject.image_purls.iter().any(|image| purl_matches(purl, image)),
            Self::Versions(..) => false,
            Self::ImageDigest(digest) => subject.image_digests.contains(digest),
            Self::Reference(text) => subject.references.contains(&text.as_str()),
        }
    }

    fn means_package(&self, subject: &VexSubject<'_>) -> bool {
        match self {
            Self::Purl(purl) => subject.package.is_some_and(|package| purl_matches(purl, package)),
            Self::Versions(purl, range) => subject
                .package
                .is_some_and(|package| purl_matches(purl, package) && range.contains(package) == Some(true)),
            Self::ImageDigest(_) => false,
            Self::Reference(text) => subject.references.contains(&text.as_str()),
        }
    }
}

impl VexProduct {
    /// A product without components, by one text.
    pub(super) fn of(text: &str) -> Self {
        Self { identifiers: ProductIdentifier::of(text), subcomponents: Vec::new() }
    }

    /// Whether it means a package of an image: the package itself is the product; or the image is,
    /// and the statement holds for all of it or names the package as a component.
    #[must_use]
    pub fn matches(&self, subject: &VexSubject<'_>) -> bool {
        let is_image = self.identifiers.iter().any(|identifier| identifier.means_image(subject));
        if self.subcomponents.is_empty() {
            return is_image || self.identifiers.iter().any(|identifier| identifier.means_package(subject));
        }
        is_image
            && self
                .subcomponents
                .iter()
                .any(|component| component.iter().any(|name| name.means_package(subject)))
    }
}
