//! Three or more images side by side: the packages that differ anywhere, `plimsoll diff A B C`.

mod csv;
mod html;
mod json;
mod markdown;
mod table;

use std::borrow::Cow;

use plimsoll_model::compare::Matrix;
use plimsoll_model::{Analysis, Package};

use super::rows::{Extra, extras};
use crate::format::{Document, Format};

/// A matrix and the images that it is about.
#[derive(Debug, Clone, Copy)]
pub struct MatrixView<'a> {
    /// The images, in the order of the columns.
    pub images: &'a [&'a Analysis],
    /// The packages that differ.
    pub matrix: &'a Matrix,
    /// Columns of the terminal; `None` cuts nothing.
    pub width: Option<usize>,
}

/// One package in all images.
struct Row<'a> {
    /// It, as the first image that has it does.
    package: &'a Package,
    /// It in each image.
    packages: Vec<Option<&'a Package>>,
    /// Its versions as people read them.
    versions: Vec<Option<Cow<'a, str>>>,
}

impl<'a> MatrixView<'a> {
    fn rows(&self) -> Vec<Row<'a>> {
        self.matrix
            .rows
            .iter()
            .filter_map(|row| {
                let packages: Vec<_> = row.packages(self.images).collect();
                let versions = packages.iter().map(|cell| cell.map(|package| row.version(package))).collect();
                let package = packages.iter().flatten().next().copied()?;
                Some(Row { package, packages, versions })
            })
            .collect()
    }

    /// What the images are called, told apart by their digests where names are the same.
    fn names(&self) -> Vec<Cow<'a, str>> {
        let name = |image: &&'a Analysis| image.identity.name.as_str();
        self.images
            .iter()
            .map(|image| {
                let shared = self.images.iter().filter(|other| name(other) == name(image)).count() > 1;
                match super::facts::digest(image) {
                    Some(digest) if shared => Cow::Owned(format!("{} ({digest})", name(image))),
                    _ => Cow::Borrowed(name(image)),
                }
            })
            .collect()
    }

    /// One line that sums it up.
    fn summary(&self) -> String {
        use crate::units::{count, counted};
        format!(
            "{} in {}, {} the same in all",
            match self.matrix.rows.len() {
                1 => "1 package differs".to_owned(),
                rows => format!("{} packages differ", count(rows as u64)),
            },
            counted(self.images.len() as u64, "image"),
            count(self.matrix.same)
        )
    }
}

/// The columns that are needed to tell rows apart.
fn needed(rows: &[Row<'_>]) -> Vec<Extra> {
    extras(rows.iter().map(|row| row.package))
}

/// The document of `plimsoll diff A B C…`.
#[derive(Debug, Clone, Copy)]
pub struct PackageMatrix;

impl Document for PackageMatrix {
    type View<'a> = MatrixView<'a>;

    const FORMATS: &'static [Format<Self>] = ALL;
}

/// Every format of a matrix.
pub const ALL: &[Format<PackageMatrix>] = &[
    Format { id: "table", summary: "one column per image, for people", write: table::write },
    Format { id: "json", summary: "every package that differs anywhere", write: json::write },
    Format { id: "csv", summary: "RFC 4180: type, name, one column per image", write: csv::write },
    Format { id: "markdown", summary: "for a comment on a pull request", write: markdown::write },
    Format { id: "html", summary: "one page that needs nothing else", write: html::write },
];
