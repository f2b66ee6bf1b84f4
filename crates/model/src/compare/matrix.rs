//! Three or more images side by side: the packages that differ anywhere.

use std::borrow::Cow;

use super::packages::{by_name, installed, place_key, with_arch, without_epoch};
use crate::analysis::Analysis;
use crate::package::Package;

/// One package of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixRow {
    /// Where it is in the packages of each image; `None` where that image does not have it.
    pub cells: Vec<Option<u32>>,
    /// Whether the epochs of an rpm package are needed to see the difference.
    pub needs_epoch: bool,
    /// Whether the architectures are all that differs.
    pub needs_arch: bool,
}

impl MatrixRow {
    /// The package in each image.
    pub fn packages<'a>(&'a self, images: &'a [&'a Analysis]) -> impl Iterator<Item = Option<&'a Package>> {
        self.cells
            .iter()
            .zip(images)
            .map(|(cell, image)| cell.and_then(|position| image.packages.get(position as usize)))
    }

    /// The version of one of its packages as people read it, with the architecture where that
    /// is all that differs.
    #[must_use]
    pub fn version<'a>(&self, package: &'a Package) -> Cow<'a, str> {
        if self.needs_arch {
            return with_arch(package).into();
        }
        if self.needs_epoch { package.version.as_str().into() } else { without_epoch(package).into() }
    }
}

/// The packages that are not the same in all of several images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matrix {
    /// One row per package, by name, then type, architecture and place.
    pub rows: Vec<MatrixRow>,
    /// How many packages all images have in the same version.
    pub same: u64,
}

/// One installed package: which image, where in it, what.
type Cell<'a> = (usize, u32, &'a Package);

/// Compares the packages of any number of images. Packages of one type and name share a row; where
/// an image has several, those of one architecture and place do; and where it has several of
/// those, each version has a row.
#[must_use]
pub fn compare_many(images: &[&Analysis]) -> Matrix {
    let mut cells: Vec<Cell<'_>> = images
        .iter()
        .enumerate()
        .flat_map(|(image, analysis)| {
            installed(analysis).into_iter().map(move |(position, package)| (image, position, package))
        })
        .collect();
    cells.sort_by(|left, right| {
        by_name(left.2, right.2)
            .then_with(|| place_key(left.2).cmp(&place_key(right.2)))
            .then_with(|| left.2.version.cmp(&right.2.version))
            .then_with(|| (left.0, left.1).cmp(&(right.0, right.1)))
    });
    let mut matrix = Matrix::default();
    let mut rows: Vec<(MatrixRow, &Package)> = Vec::new();
    for named in cells.chunk_by(|left, right| by_name(left.2, right.2).is_eq()) {
        if one_each(named) {
            matrix.add(named, images.len(), &mut rows);
            continue;
        }
        for placed in named.chunk_by(|left, right| place_key(left.2) == place_key(right.2)) {
            if one_each(placed) {
                matrix.add(placed, images.len(), &mut rows);
                continue;
            }
            for versioned in placed.chunk_by(|left, right| left.2.version == right.2.version) {
                matrix.add(versioned, images.len(), &mut rows);
            }
        }
    }
    rows.sort_by(|(_, left), (_, right)| {
        left.name
            .cmp(&right.name)
            .then_with(|| left.kind.cmp(&right.kind))
            .then_with(|| place_key(left).cmp(&place_key(right)))
            .then_with(|| left.version.cmp(&right.version))
    });
    matrix.rows = rows.into_iter().map(|(row, _)| row).collect();
    matrix
}

/// Whether no image has two of these.
fn one_each(cells: &[Cell<'_>]) -> bool {
    let mut images: Vec<usize> = cells.iter().map(|cell| cell.0).collect();
    images.sort_unstable();
    images.windows(2).all(|pair| pair.first() != pair.last())
}

impl Matrix {
    /// Adds a row for cells that belong together, unless all images agree. Should an image hold
    /// the very same package twice, the first stands for both.
    fn add<'a>(&mut self, cells: &[Cell<'a>], width: usize, rows: &mut Vec<(MatrixRow, &'a Package)>) {
        let Some((_, _, first)) = cells.first() else { return };
        let mut row = MatrixRow { cells: vec![None; width], needs_epoch: false, needs_arch: false };
        for (image, position, _) in cells {
            if let Some(cell) = row.cells.get_mut(*image) {
                cell.get_or_insert(*position);
            }
        }
        let everywhere = row.cells.iter().all(Option::is_some);
        let differ = |key: fn(&Package) -> &str| cells.iter().any(|cell| key(cell.2) != key(first));
        let versions = differ(|package| &package.version);
        let arches = cells.iter().any(|cell| cell.2.arch != first.arch);
        if everywhere && !versions && !arches {
            self.same += 1;
            return;
        }
        row.needs_arch = !versions && arches;
        row.needs_epoch = versions && !differ(without_epoch);
        rows.push((row, first));
    }
}
