//! Applications that are bundled into a single file: the host that starts them, and behind it
//! their files with a manifest. After the manifest that .NET's own host and SDK write and read.

use std::collections::HashSet;

use memchr::memmem;
use plimsoll_model::path::split;
use plimsoll_model::{InstallReason, Package, Problem, TreePath, path};
use serde::{Deserialize, Serialize};

use super::assembly::{self, Note};
use super::list::{self, Kind, Listed};
use super::{BUNDLE_DOC, LIST, MAX_LIST, TYPE, declare, package_url};
use crate::claim::{Claim, Pattern};
use crate::executable::binary::{ELF, Kept, MACH_64, PORTABLE, little};
use crate::executable::{BUNDLE_MARK, MAX_WHOLE, metadata};
use crate::reader::{Doc, Joined, LayeredImage, Reader, ShownFragment};

/// The largest applications, with all of .NET and translations of it, have some thousand.
const MAX_FILES: usize = 50_000;
/// The longest name of a file that is taken.
const MAX_NAME: usize = 1_024;

/// The first version of the manifest that says where the list lies.
const WITH_LIST: u64 = 2;
/// The first version whose files may be compressed.
const WITH_COMPRESSION: u64 = 3;

/// What is kept of one bundle.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bundle {
    /// What the application is called: the name of its list.
    application: Option<String>,
    /// What its list has.
    listed: Vec<Listed>,
    /// The files inside, as the manifest names them.
    files: Vec<String>,
    /// The assemblies inside that the list does not have.
    assemblies: Vec<Note>,
    /// How many packages and projects of the list state no name or no version.
    #[serde(skip)]
    incomplete: usize,
}

/// One file inside.
struct File {
    offset: u64,
    size: u64,
    is_compressed: bool,
    name: String,
}

/// What can be said of an executable.
enum Found {
    Nothing,
    Bundle(Box<Bundle>),
    Unreadable(&'static str),
}

/// Finds the manifest: its place stands before the mark, and is zero in a host that has nothing
/// bundled with it.
fn find(kept: &Kept<'_>) -> Found {
    let mut headers = Vec::new();
    for (_, part) in kept.parts() {
        let places =
            memmem::find_iter(part, &BUNDLE_MARK).filter_map(|at| little(part, at.checked_sub(8)?, 8));
        headers.extend(places.filter(|place| *place != 0).take(MAX_MARKS));
    }
    if headers.is_empty() {
        return Found::Nothing;
    }
    // What makes bundles has the mark, too: it is for .NET itself, which no host is.
    if metadata::find(kept) != metadata::Found::Nothing {
        return Found::Nothing;
    }
    let Some(manifest) = headers.iter().find_map(|place| Manifest::parse(kept, *place)) else {
        return Found::Unreadable("the manifest of what is bundled with it could not be read");
    };
    manifest.read(kept)
}

/// A host has one mark; a file that is full of them is none.
const MAX_MARKS: usize = 8;

struct Manifest {
    /// Where the list lies; `None` where the manifest does not say.
    list: Option<(u64, u64)>,
    files: Vec<File>,
}

impl Manifest {
    fn parse(kept: &Kept<'_>, place: u64) -> Option<Self> {
        let mut bytes = Bytes { rest: kept.from(place)? };
        let version = bytes.number(4)?;
        bytes.number(4)?;
        let count = usize::try_from(bytes.number(4)?).ok()?;
        if !(1..=6).contains(&version) || count > MAX_FILES {
            return None;
        }
        bytes.text()?;
        let mut list = None;
        if version >= WITH_LIST {
            list = Some((bytes.number(8)?, bytes.number(8)?)).filter(|(_, size)| *size > 0);
            // The runtime's configuration, and flags.
            for _ in 0..3 {
                bytes.number(8)?;
            }
        }
        let mut files = Vec::new();
        for _ in 0..count {
            let (offset, size) = (bytes.number(8)?, bytes.number(8)?);
            let is_compressed = version >= WITH_COMPRESSION && bytes.number(8)? > 0;
            bytes.number(1)?;
            files.push(File { offset, size, is_compressed, name: bytes.text()? });
        }
        Some(Self { list, files })
    }

    fn read(self, kept: &Kept<'_>) -> Found {
        let is_list = |file: &&File| {
            self.list.map_or_else(
                || file.name.ends_with(LIST) && !file.name.contains('/'),
                |list| list == (file.offset, file.size),
            )
        };
        let mut application = None;
        let (mut listed, mut incomplete) = (Vec::new(), 0);
        if let Some(file) = self.files.iter().find(is_list) {
            let content = Some(file).filter(|file| file.size <= MAX_LIST && !file.is_compressed);
            let content = content.and_then(|file| kept.at(file.offset, file.size));
            let Some(content) = content else {
                return Found::Unreadable("its list of packages was not kept, for the file is too large");
            };
            let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
            let Some(parsed) = list::parse(content) else {
                return Found::Unreadable("its list of packages is damaged");
            };
            application = file.name.strip_suffix(LIST).map(str::to_owned);
            listed = parsed.entries;
            incomplete = parsed.incomplete;
        }
        let known: HashSet<&str> =
            listed.iter().flat_map(|each| each.files.iter().flatten()).map(String::as_str).collect();
        let mut assemblies = Vec::new();
        let others =
            self.files.iter().filter(|file| !known.contains(file.name.as_str()) && !file.is_compressed);
        // Files do not overlap, so all of them are no more than what is kept of a file.
        let mut left = MAX_WHOLE;
        for file in others {
            let content = kept.at(file.offset, file.size).filter(|all| all.starts_with(PORTABLE));
            let (Some(content), Some(rest)) = (content, left.checked_sub(file.size)) else { continue };
            left = rest;
            if let metadata::Found::Assembly(assembly) = metadata::find(&Kept::of(content)) {
                assemblies.extend(assembly::note(assembly));
            }
        }
        if application.is_none() && assemblies.is_empty() {
            return Found::Unreadable("it has no list of packages, and its assemblies could not be read");
        }
        let files = self.files.into_iter().map(|file| file.name).collect();
        Found::Bundle(Box::new(Bundle { application, listed, files, assemblies, incomplete }))
    }
}

/// Bytes that are read one after the other.
struct Bytes<'a> {
    rest: &'a [u8],
}

impl Bytes<'_> {
    fn number(&mut self, size: usize) -> Option<u64> {
        let number = little(self.rest, 0, size)?;
        self.rest = self.rest.get(size..)?;
        Some(number)
    }

    /// A text behind its length, which has seven bits in each byte.
    fn text(&mut self) -> Option<String> {
        let mut length = 0;
        for shift in [0, 7] {
            let byte = self.number(1)? as usize;
            length |= (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let (text, rest) = self.rest.split_at_checked(length).filter(|_| length <= MAX_NAME)?;
                self.rest = rest;
                return String::from_utf8(text.to_vec()).ok();
            }
        }
        None
    }
}

/// Reads bundles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bundles;

impl Reader for Bundles {
    fn doc(&self) -> &'static Doc {
        &BUNDLE_DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const fn beginning(bytes: &'static [u8]) -> Claim {
            Claim { pattern: Pattern::Magic(bytes), limit: u64::MAX }
        }
        const CLAIMS: &[Claim] = &[beginning(ELF), beginning(PORTABLE), beginning(MACH_64)];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        match find(&Kept::of(content)) {
            Found::Nothing => None,
            Found::Bundle(bundle) => {
                if bundle.incomplete > 0 {
                    problems.push(Problem::new(
                        "dotnet-list-incomplete",
                        format!("/{}", path::escape(path)),
                        format!(
                            "{} entries of the list inside state no name or no version, and are missing from the report",
                            bundle.incomplete
                        ),
                    ));
                }
                postcard::to_allocvec(&bundle).ok()
            }
            Found::Unreadable(why) => {
                problems.push(Problem::new(
                    "dotnet-bundle-unreadable",
                    format!("/{}", path::escape(path)),
                    format!("it is a .NET application in a single file, but {why}; its packages are missing from the report"),
                ));
                None
            }
        }
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut absent = Vec::new();
        for fragment in image.shown() {
            match postcard::from_bytes::<Bundle>(fragment.payload) {
                Ok(bundle) => bundle.join(image, &fragment, joined, &mut absent),
                Err(_) => joined.problems.push(Problem::new(
                    "dotnet-bundle-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of what is bundled in it cannot be read back",
                )),
            }
        }
        declare(absent, joined);
    }
}

impl Bundle {
    fn join(
        self,
        image: &LayeredImage<'_>,
        fragment: &ShownFragment<'_>,
        joined: &mut Joined,
        absent: &mut Vec<Package>,
    ) {
        let directory = split(fragment.path).0;
        let inside: HashSet<&str> = self.files.iter().map(String::as_str).collect();
        // What is not for .NET may lie beside the bundle.
        let beside = |name: &String| image.files.resolve(&[directory, b"/", name.as_bytes()].concat());
        let place = TreePath::parse(fragment.path).ok();
        let whole = |mut package: Package| {
            package.purl = package_url(&package);
            package.layer = Some(fragment.layer);
            package.evidence.clone_from(&place);
            package.place.clone_from(&place);
            package
        };
        for listed in self.listed {
            let is_application = listed.kind == Kind::Project
                && self.application.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&listed.name));
            let is_inside = listed.files.iter().flatten().any(|name| inside.contains(name.as_str()));
            let files = listed.files.iter().filter_map(|names| names.iter().find_map(beside));
            let files: Vec<_> = files.collect();
            let mut package = Package::new(TYPE, listed.name, listed.version);
            package.requires = listed.requires;
            package.reason = if is_application { InstallReason::Explicit } else { InstallReason::Dependency };
            let mut package = whole(package);
            if !is_application && !is_inside && files.is_empty() {
                (package.declared, package.place) = (true, None);
                absent.push(package);
                continue;
            }
            let index = joined.packages.len() as u32;
            if is_application {
                joined.owned.push((fragment.file, index));
            }
            joined.owned.extend(files.into_iter().map(|file| (file, index)));
            joined.packages.push(package);
        }
        for package in self.assemblies.into_iter().filter_map(Note::package) {
            joined.packages.push(whole(package));
        }
    }
}
