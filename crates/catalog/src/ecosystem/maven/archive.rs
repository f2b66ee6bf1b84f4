//! From an archive to what is in it, archives inside included, within limits.

use std::io::{Cursor, Read};

use plimsoll_model::{Problem, path};

use super::identity::{Statements, is_id};
use super::limits::{Limits, MAX_NAME, MAX_STATEMENT};
use super::manifest::Manifest;
use super::zip::{Archive, End, Entry, Part};
use super::{Found, Note, repository};
use crate::content::{Content, Scratch};

/// Extensions of archives that are Java's alone.
const OWN: [&str; 6] = ["jar", "war", "ear", "hpi", "jpi", "lpkg"];

/// Extensions that others use as well: an archive of such a name is looked at only where it is a
/// zip, and says something only where it has a manifest.
const SHARED: [&str; 6] = ["par", "sar", "nar", "kar", "far", "rar"];

/// How zip archives begin, and empty ones; others have something in front, such as a script.
const BEGINNINGS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Directories at whose root a class path begins: an archive's own, a web application's, and
/// Spring Boot's.
const ROOTS: [&str; 3] = ["", "WEB-INF/classes/", "BOOT-INF/classes/"];

/// A file name without its extension, and the extension in lower case, where it is one of Java's.
pub(super) fn split_extension(name: &[u8]) -> Option<(&[u8], String)> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let extension = String::from_utf8_lossy(name.get(dot + 1..)?).to_ascii_lowercase();
    let known = OWN.contains(&extension.as_str()) || SHARED.contains(&extension.as_str());
    known.then(|| (name.get(..dot).unwrap_or_default(), extension))
}

/// Which file about the archive an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    Manifest,
    /// Group and artifact of the directories, and whether it is the `pom.xml`.
    Pom(String, String, bool),
}

/// Tells by its path below the root of a class path.
pub(super) fn statement(name: &str) -> Option<Statement> {
    let rest =
        name.get(9..).filter(|_| name.get(..9).is_some_and(|it| it.eq_ignore_ascii_case("META-INF/")))?;
    if rest.eq_ignore_ascii_case("MANIFEST.MF") {
        return Some(Statement::Manifest);
    }
    let parts: Vec<&str> = rest.strip_prefix("maven/")?.split('/').collect();
    let [group, artifact, file] = parts.as_slice() else { return None };
    let is_project = match *file {
        "pom.xml" => true,
        "pom.properties" => false,
        _ => return None,
    };
    (is_id(group) && is_id(artifact))
        .then(|| Statement::Pom((*group).to_owned(), (*artifact).to_owned(), is_project))
}

/// Reads one archive with everything in it.
pub(super) fn read(
    path: &[u8],
    content: &dyn Content,
    scratch: &dyn Scratch,
    limits: &Limits,
    problems: &mut Vec<Problem>,
) -> Note {
    let expansion = content.size().saturating_mul(limits.expansion);
    let mut walk = Walk {
        path,
        scratch,
        limits: *limits,
        entries: limits.entries,
        archives: limits.archives,
        inflated: limits.inflated.saturating_add(expansion),
        held: limits.held,
        note: Note::default(),
        problems,
    };
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    walk.archive(Part::whole(content), b"", name, 0);
    walk.note
}

struct Walk<'a> {
    path: &'a [u8],
    scratch: &'a dyn Scratch,
    limits: Limits,
    /// What is left of the limits.
    entries: u64,
    archives: u64,
    inflated: u64,
    held: u64,
    note: Note,
    problems: &'a mut Vec<Problem>,
}

/// What of an archive's directory is of interest.
#[derive(Default)]
struct Listing {
    statements: Vec<(Statement, Entry)>,
    archives: Vec<Entry>,
    packed: u64,
}

impl Walk<'_> {
    fn problem(&mut self, code: &'static str, inner: &[u8], detail: impl Into<String>) {
        let subject = path::escape(&join(self.path, inner));
        self.problems.push(Problem::new(code, format!("/{subject}"), detail));
    }

    /// Reads the archive at a part. `inner` is its path inside the outermost one.
    fn archive(&mut self, part: Part<'_>, inner: &[u8], name: &[u8], depth: usize) {
        let Some((stem, extension)) = split_extension(name) else { return };
        let is_shared = SHARED.contains(&extension.as_str());
        let Some(archive) = Archive::open(part) else {
            let is_zip = BEGINNINGS.iter().any(|beginning| part.starts_with(beginning));
            if is_zip {
                self.problem(
                    "java-archive-damaged",
                    inner,
                    "it ends before the directory of its contents, so what it holds is missing from the report",
                );
            } else if !is_shared && part.size() > 0 {
                self.problem(
                    "java-archive-damaged",
                    inner,
                    "it is no zip archive, so what it may hold is missing from the report",
                );
            }
            return;
        };
        let listing = self.list(&archive, part.size(), inner);
        let stem = String::from_utf8_lossy(stem);
        let mut statements = Statements { name: &stem, extension: &extension, ..Statements::default() };
        if inner.is_empty() {
            statements.place = repository::coordinates(self.path);
        }
        for (statement, entry) in listing.statements {
            let Some(content) = self.statement(&archive, &entry, inner) else { continue };
            match statement {
                Statement::Manifest => {
                    // Java takes the last of several entries of one name.
                    statements.manifest = Some(Manifest::parse(&content));
                }
                Statement::Pom(group, artifact, is_project) => {
                    statements.poms.entry((group, artifact)).or_default().add(&content, is_project);
                }
            }
        }
        if !is_shared || statements.manifest.is_some() || !statements.poms.is_empty() {
            self.identify(&statements, inner);
        }
        for entry in listing.archives {
            self.nested(&archive, &entry, inner, depth);
        }
    }

    /// Looks through the directory.
    fn list(&mut self, archive: &Archive<'_>, size: u64, inner: &[u8]) -> Listing {
        let mut listing = Listing::default();
        let mut left = self.entries;
        let (mut most_archives, mut is_crowded, mut too_long) = (self.archives, false, 0_u64);
        let mut most_statements = (self.limits.packages as u64).saturating_mul(2);
        let end = archive.entries(|name, packed, entry| {
            if left == 0 {
                return false;
            }
            left -= 1;
            listing.packed = listing.packed.saturating_add(packed);
            if name.len() > MAX_NAME {
                too_long += 1;
                return true;
            }
            let text = String::from_utf8_lossy(name);
            let below = |root: &str| text.strip_prefix(root).and_then(statement);
            let found = ROOTS.iter().find_map(|root| below(root).map(|found| (*root, found)));
            match found {
                // The manifest of a class path inside is about its classes, if about anything.
                Some((root, Statement::Manifest)) if !root.is_empty() => {}
                Some((_, found)) => match take_one(&mut most_statements) {
                    true => listing.statements.push((found, entry())),
                    false => is_crowded = true,
                },
                None if split_extension(name).is_some() => match take_one(&mut most_archives) {
                    true => listing.archives.push(entry()),
                    false => is_crowded = true,
                },
                None => {}
            }
            true
        });
        self.entries = left;
        if too_long > 0 {
            let detail = format!(
                "the names of {too_long} of its entries are longer than {MAX_NAME} bytes; what they hold is missing from the report"
            );
            self.problem("java-archive-limit", inner, detail);
        }
        if is_crowded {
            let detail = format!(
                "more than {} archives or {} artifacts lie in it; the rest is missing from the report",
                self.limits.archives, self.limits.packages
            );
            self.problem("java-archive-limit", inner, detail);
        }
        match end {
            End::Whole => {}
            End::Damaged(why) => {
                let detail = format!(
                    "the directory of its contents cannot be read to its end ({why}), so some of what it holds is missing from the report"
                );
                self.problem("java-archive-damaged", inner, detail);
            }
            End::Stopped => {
                let detail = format!(
                    "it and the archives in it have more than {} entries; the rest is missing from the report",
                    self.limits.entries
                );
                self.problem("java-archive-limit", inner, detail);
            }
        }
        if listing.packed > size {
            self.problem(
                "java-archive-overlapping",
                inner,
                "its entries lie on top of each other, which no tool writes; it was read as its directory has it",
            );
        }
        listing
    }

    /// The content of a file about the archive.
    fn statement(&mut self, archive: &Archive<'_>, entry: &Entry, inner: &[u8]) -> Option<Vec<u8>> {
        if !self.is_readable(entry, inner, "what it states") {
            return None;
        }
        let (content, fault) = archive.read(entry, MAX_STATEMENT.min(self.inflated));
        self.charge(content.len(), entry);
        if let Some(fault) = fault {
            let name = path::escape(&entry.name);
            let detail = format!("{name} in it {fault}; what could be read of it is in the report");
            self.problem("java-archive-damaged", inner, detail);
        }
        (!content.is_empty()).then_some(content)
    }

    /// Counts what reading an entry cost: a stream can take megabytes and unpack to nothing, and
    /// thousands of entries can point at the same one.
    fn charge(&mut self, unpacked: usize, entry: &Entry) {
        self.inflated = self.inflated.saturating_sub(entry.packed.max(unpacked as u64));
    }

    /// Whether an entry can be read at all; if not, that is said.
    fn is_readable(&mut self, entry: &Entry, inner: &[u8], what: &str) -> bool {
        let (code, why) = if entry.is_encrypted {
            ("java-archive-encrypted", "is encrypted")
        } else if !entry.is_known() {
            ("java-archive-damaged", "is compressed in a way that Java does not know")
        } else if self.inflated == 0 {
            let detail = format!(
                "it and the archives in it unpack to far more than archives do; {} and what comes after it is missing from the report",
                path::escape(&entry.name)
            );
            self.problem("java-archive-limit", inner, detail);
            return false;
        } else {
            return true;
        };
        let detail =
            format!("{} in it {why}, so {what} is missing from the report", path::escape(&entry.name));
        self.problem(code, inner, detail);
        false
    }

    fn identify(&mut self, statements: &Statements<'_>, inner: &[u8]) {
        let identity = statements.identify();
        for name in identity.without_version {
            self.problem(
                "java-version-unknown",
                inner,
                format!(
                    "{name} in it states no version, so it is missing from the report and nobody judged it"
                ),
            );
        }
        if identity.is_unknown {
            self.note.unknown.push(inner.to_vec());
        }
        for artifact in identity.artifacts {
            if self.note.found.len() >= self.limits.packages {
                let detail = format!(
                    "it holds more than {} artifacts; the rest is missing from the report",
                    self.limits.packages
                );
                self.problem("java-archive-limit", b"", detail);
                return;
            }
            self.note.found.push(Found { inner: inner.to_vec(), artifact });
        }
    }

    /// Reads an archive that lies in this one.
    fn nested(&mut self, archive: &Archive<'_>, entry: &Entry, inner: &[u8], depth: usize) {
        let mut place = inner.to_vec();
        if !place.is_empty() {
            place.push(b':');
        }
        place.extend_from_slice(&entry.name);
        let name = entry.name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if !self.is_readable(entry, inner, "what that archive holds") {
            return;
        }
        if depth + 1 > self.limits.depth || self.archives == 0 {
            let detail = match self.archives {
                0 => format!("more than {} archives lie in it", self.limits.archives),
                _ => format!("it lies more than {} archives deep", self.limits.depth),
            };
            self.problem(
                "java-archive-limit",
                &place,
                format!("{detail}, so what it holds is missing from the report"),
            );
            return;
        }
        self.archives -= 1;
        if entry.is_stored() {
            match archive.part(entry) {
                Some(part) => self.archive(part, &place, name, depth + 1),
                None => self.problem(
                    "java-archive-damaged",
                    &place,
                    "the archive that it lies in breaks off before its end, so what it holds is missing from the report",
                ),
            }
            return;
        }
        self.inflate(archive, entry, &place, name, depth);
    }

    /// Inflates an archive and reads it: in memory, or elsewhere where it is too large for that.
    fn inflate(&mut self, archive: &Archive<'_>, entry: &Entry, place: &[u8], name: &[u8], depth: usize) {
        let damaged = "it cannot be unpacked, so what it holds is missing from the report";
        let Ok(reader) = archive.reader(entry) else {
            return self.problem("java-archive-damaged", place, damaged);
        };
        // One byte more than allowed, so that it shows.
        let mut reader = reader.take(self.inflated.saturating_add(1));
        let mut first = Vec::new();
        if reader.by_ref().take(self.held.saturating_add(1)).read_to_end(&mut first).is_err() {
            self.charge(first.len(), entry);
            return self.problem("java-archive-damaged", place, damaged);
        }
        let is_held = first.len() as u64 <= self.held;
        let kept: Box<dyn Content> = if is_held {
            Box::new(first)
        } else {
            match self.scratch.keep(&mut Cursor::new(first).chain(reader)) {
                Ok(content) => content,
                Err(error) => {
                    self.inflated = self.inflated.saturating_sub(self.held);
                    let detail = format!(
                        "it could not be unpacked ({error}), so what it holds is missing from the report"
                    );
                    return self.problem("java-archive-not-unpacked", place, detail);
                }
            }
        };
        let size = kept.size();
        if size > self.inflated {
            self.inflated = 0;
            return self.problem(
                "java-archive-limit",
                place,
                "it unpacks to far more than archives do, so what it holds is missing from the report",
            );
        }
        self.inflated -= size;
        let taken = if is_held { size } else { 0 };
        self.held -= taken;
        self.archive(Part::whole(&*kept), place, name, depth + 1);
        self.held += taken;
    }
}

/// Takes one of what is left, if anything is.
fn take_one(left: &mut u64) -> bool {
    let taken = *left > 0;
    *left = left.saturating_sub(1);
    taken
}

/// The path of an archive in an archive: `opt/app.war:WEB-INF/lib/a.jar`.
pub(super) fn join(path: &[u8], inner: &[u8]) -> Vec<u8> {
    if inner.is_empty() { path.to_vec() } else { [path, b":", inner].concat() }
}
