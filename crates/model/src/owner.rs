//! Which packages the proof of another package belongs to.
//!
//! A package of a language that the distribution's own package brought is proved by a file that
//! this package lists (`METADATA`, `package.json`, the executable). What follows from it for
//! advisories, for instance, is for others to decide; who it is, is one question for all.

use crate::analysis::Analysis;
use crate::file::PathIndex;

/// Finds, for the packages of one image, those that list the file that proves them.
#[derive(Debug)]
pub struct ProofOwners<'a> {
    analysis: &'a Analysis,
    index: Option<PathIndex<'a>>,
}

impl<'a> ProofOwners<'a> {
    /// Owners in an image; the index of its paths is made only where there is something to find.
    #[must_use]
    pub fn new(analysis: &'a Analysis) -> Self {
        Self { analysis, index: (!analysis.ownership.is_empty()).then(|| analysis.files.index()) }
    }

    /// Positions of the packages that list the file by which a package (a position too) is known
    /// to be installed, sorted; where nobody lists that, the place where it lies, which may be a
    /// directory that many share. Packages of its own kind are left out:
    /// rpm lists its own database, and so the proof of every other. Where there are no files, it
    /// is those that a bill of materials names.
    #[must_use]
    pub fn of(&self, position: u32) -> Vec<u32> {
        let Some(package) = self.analysis.packages.get(position as usize) else { return Vec::new() };
        let mut owners: Vec<u32> = Vec::new();
        if let Some(index) = &self.index {
            for path in [package.evidence.as_ref(), package.place.as_ref()].into_iter().flatten() {
                let Some(file) = index.resolve(path.as_bytes()).filter(|_| owners.is_empty()) else {
                    continue;
                };
                let listings = &self.analysis.ownership;
                let start = listings.partition_point(|(id, _)| *id < file);
                let listings = listings.iter().skip(start).take_while(|(id, _)| *id == file);
                owners.extend(listings.map(|(_, owner)| *owner));
            }
        } else {
            let stated = &self.analysis.part_of;
            let start = stated.partition_point(|(part, _)| *part < position);
            let stated = stated.iter().skip(start).take_while(|(part, _)| *part == position);
            owners.extend(stated.map(|(_, owner)| *owner));
        }
        owners.retain(|owner| {
            self.analysis.packages.get(*owner as usize).is_some_and(|owner| owner.kind != package.kind)
        });
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{FileId, FileKind, FileTableBuilder, NewFile, NodeId};
    use crate::package::{Package, PackageType};
    use crate::path::TreePath;

    fn image() -> Analysis {
        let package = |kind, name: &str| Package::new(PackageType::new(kind), name, "1");
        let mut part = package("pypi", "flask");
        part.evidence = Some(TreePath::from_normal(b"METADATA".to_vec()));
        Analysis { packages: vec![package("deb", "python3-flask"), part], ..Analysis::default() }
    }

    #[test]
    fn who_lists_the_file_that_proves_a_package_owns_it() {
        let mut builder = FileTableBuilder::new();
        let file = NewFile { implicit: false, kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(NodeId::ROOT, b"METADATA", &file);
        let mut image = image();
        image.files = builder.finish().0;
        image.ownership = vec![(FileId(1), 0)];
        let owners = ProofOwners::new(&image);
        assert_eq!((owners.of(1), owners.of(0), owners.of(9)), (vec![0], vec![], vec![]));
    }

    #[test]
    fn who_merely_lists_the_directory_that_it_lies_in_does_not() {
        let mut builder = FileTableBuilder::new();
        let file = NewFile { implicit: false, kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(NodeId::ROOT, b"METADATA", &file);
        let place = NewFile { implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(NodeId::ROOT, b"site", &place);
        let mut image = image();
        image.files = builder.finish().0;
        image.packages[1].place = Some(TreePath::from_normal(b"site".to_vec()));
        image.packages.push(Package::new(PackageType::new("deb"), "python3-six", "1"));
        let index = image.files.index();
        let [proof, place] = ["METADATA", "site"].map(|path| index.resolve(path.as_bytes()).unwrap());
        let mut listed = vec![(proof, 0), (place, 0), (place, 2)];
        listed.sort_unstable();
        image.ownership = listed.clone();
        assert_eq!(ProofOwners::new(&image).of(1), vec![0]);
        listed.retain(|(file, _)| *file == place);
        image.ownership = listed;
        assert_eq!(ProofOwners::new(&image).of(1), vec![0, 2], "nobody lists the proof");
    }

    #[test]
    fn without_files_it_is_as_the_bill_of_materials_says() {
        let image = Analysis { part_of: vec![(1, 0), (1, 1)], ..image() };
        let owners = ProofOwners::new(&image);
        assert_eq!((owners.of(1), owners.of(0)), (vec![0], vec![]));
    }
}
