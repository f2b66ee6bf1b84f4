//! From the files of all layers to distributions.

use std::collections::{HashMap, HashSet};

use plimsoll_model::{FileId, InstallReason, Package, Problem, TreePath, path};

use super::{Note, package_url, split};
use crate::reader::{Joined, LayeredImage, ShownFragment};

/// One file that still shows, and what it says.
struct Shown<'a> {
    fragment: ShownFragment<'a>,
    note: Note,
}

/// Where a distribution lies.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// The directory that modules are imported from.
    site: &'a [u8],
    /// The directory of the metadata; `None` where that is a single file.
    information: Option<&'a [u8]>,
}

impl<'a> Place<'a> {
    fn of(metadata: &'a [u8]) -> Self {
        let (directory, name) = split(metadata);
        if name.ends_with(b".egg-info") {
            return Self { site: directory, information: None };
        }
        let (mut site, information) = split(directory);
        if information == b"EGG-INFO" {
            // The modules are in the egg; eggs lie side by side in one directory.
            site = split(site).0;
        }
        Self { site, information: Some(directory) }
    }
}

pub(super) fn join(image: &LayeredImage<'_>, joined: &mut Joined) {
    let mut files: Vec<Shown<'_>> = Vec::new();
    for fragment in image.shown() {
        match postcard::from_bytes(fragment.payload) {
            Ok(note) => files.push(Shown { fragment, note }),
            Err(_) => joined.problems.push(Problem::new(
                "python-metadata-damaged",
                format!("/{}", path::escape(fragment.path)),
                "what was kept of this file cannot be read back, so its facts are missing",
            )),
        }
    }
    let notes: HashMap<&[u8], &Note> = files.iter().map(|file| (file.fragment.path, &file.note)).collect();
    let installers = installers_that_tell(image, &files, &notes);
    let mut seen = HashSet::new();
    // In path order, `dist-info` comes before `egg-info`, which a newer installer leaves behind.
    for file in &files {
        let Note::Metadata(metadata) = &file.note else { continue };
        let place = Place::of(file.fragment.path);
        let mut package = metadata.describe();
        package.purl = package_url(&package);
        if !seen.insert((place.site, package.purl.clone())) {
            continue;
        }
        package.layer = Some(file.fragment.layer);
        package.evidence = TreePath::parse(file.fragment.path).ok();
        package.place = TreePath::parse(place.site).ok();
        let index = joined.packages.len() as u32;
        if let Some(directory) = place.information {
            complete(&mut package, directory, &notes);
            package.reason = reason(image, file, place, &notes, &installers);
            own_files(image, directory, place.site, &notes, index, &mut joined.owned);
        }
        joined.packages.push(package);
    }
}

fn beside<'a>(directory: &[u8], name: &str, notes: &HashMap<&[u8], &'a Note>) -> Option<&'a Note> {
    notes.get([directory, b"/", name.as_bytes()].concat().as_slice()).copied()
}

fn installer<'a>(directory: &[u8], notes: &HashMap<&[u8], &'a Note>) -> Option<&'a str> {
    match beside(directory, "INSTALLER", notes)? {
        Note::Installer(name) => Some(name),
        _ => None,
    }
}

fn is_requested(image: &LayeredImage<'_>, file: &Shown<'_>) -> bool {
    let directory = image.files.table().parent(file.fragment.file);
    image.files.child(directory, b"REQUESTED").is_some()
}

/// In which directory which installer wrote down what was asked for: only there is a
/// distribution without the mark a dependency. Older pips do not write it.
fn installers_that_tell<'a>(
    image: &LayeredImage<'_>,
    files: &'a [Shown<'_>],
    notes: &HashMap<&[u8], &'a Note>,
) -> HashSet<(&'a [u8], &'a str)> {
    let metadata = files.iter().filter(|file| matches!(file.note, Note::Metadata(_)));
    let requested = metadata.filter(|file| is_requested(image, file));
    requested
        .filter_map(|file| {
            let place = Place::of(file.fragment.path);
            Some((place.site, installer(place.information?, notes)?))
        })
        .collect()
}

fn reason(
    image: &LayeredImage<'_>,
    file: &Shown<'_>,
    place: Place<'_>,
    notes: &HashMap<&[u8], &Note>,
    installers: &HashSet<(&[u8], &str)>,
) -> InstallReason {
    let tells = place
        .information
        .and_then(|directory| installer(directory, notes))
        .is_some_and(|name| installers.contains(&(place.site, name)));
    match (is_requested(image, file), tells) {
        (true, _) => InstallReason::Explicit,
        (false, true) => InstallReason::Dependency,
        (false, false) => InstallReason::Unknown,
    }
}

fn complete(package: &mut Package, directory: &[u8], notes: &HashMap<&[u8], &Note>) {
    if let Some(Note::DirectUrl(url)) = beside(directory, "direct_url.json", notes) {
        package.origin = Some(url.clone());
    }
    if let Some(Note::Files { size, .. }) = beside(directory, "RECORD", notes) {
        package.size = *size;
    }
}

/// The files of RECORD are named from the directory of the modules, those of
/// installed-files.txt from that of the metadata.
fn own_files(
    image: &LayeredImage<'_>,
    directory: &[u8],
    site: &[u8],
    notes: &HashMap<&[u8], &Note>,
    index: u32,
    owned: &mut Vec<(FileId, u32)>,
) {
    for (list, base) in [("RECORD", site), ("installed-files.txt", directory)] {
        let Some(Note::Files { paths, .. }) = beside(directory, list, notes) else { continue };
        for path in paths {
            let path = path.as_bytes();
            let full = if path.starts_with(b"/") { path.to_vec() } else { [base, b"/", path].concat() };
            owned.extend(image.files.resolve(&full).map(|id| (id, index)));
        }
    }
}
