//! The packages of an image: `plimsoll packages`.

pub(crate) mod bill;
mod csv;
pub(crate) mod cyclonedx;
mod json;
mod licence;
mod spdx;
mod table;

use plimsoll_model::{Analysis, Layer, Package, Purl};

use crate::format::{Document, Format};

/// Packages of one image, chosen and in order.
#[derive(Debug, Clone)]
pub struct PackageList<'a> {
    /// The image.
    pub analysis: &'a Analysis,
    /// Which of its packages (indices into [`Analysis::packages`]), in the order to show.
    pub selected: Vec<usize>,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

impl<'a> PackageList<'a> {
    /// Every package that is installed; those that a lock file merely names are left out.
    #[must_use]
    pub fn installed(analysis: &'a Analysis) -> Self {
        let installed = |(position, package): (usize, &Package)| (!package.declared).then_some(position);
        let selected = analysis.packages.iter().enumerate().filter_map(installed).collect();
        Self { analysis, selected, width: None }
    }

    /// The chosen packages.
    pub fn packages(&self) -> impl Iterator<Item = &'a Package> {
        self.selected.iter().filter_map(|position| self.analysis.packages.get(*position))
    }

    fn layer(&self, package: &Package) -> Option<&'a Layer> {
        self.analysis.layers.get(package.layer? as usize)
    }
}

/// The document of `plimsoll packages`.
#[derive(Debug, Clone, Copy)]
pub struct Packages;

impl Document for Packages {
    type View<'a> = PackageList<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of the list of packages.
pub const ALL: &[Format<Packages>] = &[
    Format { id: "table", summary: "columns for people", write: table::write },
    Format { id: "json", summary: "everything known about each package", write: json::write },
    Format { id: "csv", summary: "RFC 4180, one row per package", write: csv::write },
    Format { id: "cyclonedx", summary: "CycloneDX 1.6 bill of materials, JSON", write: cyclonedx::write },
    Format { id: "spdx", summary: "SPDX 2.3 bill of materials, JSON", write: spdx::write },
];

/// The package URL of a package, made of its own words where its ecosystem gave none.
pub(crate) fn purl(package: &Package) -> Option<Purl> {
    package.purl.clone().or_else(|| {
        let plain = Purl::new(package.kind.as_str(), None, &package.name, Some(&package.version));
        Some(plain.ok()?.with_qualifier("arch", package.arch.as_deref().unwrap_or_default()))
    })
}

#[cfg(test)]
pub(crate) mod tests;
