//! Ignore files: flaws that somebody has looked at and answers for, until a day.
//!
//! ```toml
//! [[ignore]]
//! id = "CVE-2024-1234"
//! package = "pkg:deb/debian/zlib1g"   # or just a name; optional
//! path = "/usr/lib/app/"              # a file, or a folder and all below it; optional
//! reason = "The function is never called: see PR 17."
//! owner = "web team"
//! until = 2026-12-31                  # the last day on which it holds
//! ```
//!
//! All that says who, why and until when is required, and a file with a fault is refused as a
//! whole: half of an ignore file is something that nobody has looked at.

use std::fmt;

use plimsoll_model::Purl;
use serde::Deserialize;
use thiserror::Error;
use toml::{Spanned, Value};

use super::purl_matches;

/// Far more than anybody writes by hand.
const MAX_BYTES: usize = 16 << 20;

/// What the file is called where it is looked for.
pub const FILE_NAME: &str = "plimsoll-ignore.toml";

/// The entries of one file, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IgnoreFile {
    /// Its entries.
    pub entries: Vec<IgnoreEntry>,
}

/// That a flaw is not to be reported, by whom, why and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreEntry {
    /// Id or alias of the flaw.
    pub id: String,
    /// The package that it is limited to.
    pub package: Option<IgnoredPackage>,
    /// The absolute path of a file, or of a folder ending in `/`, that it is limited to.
    pub path: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds (`2026-12-31`).
    pub until: String,
    /// Line of the file that the entry begins in, for messages; the first is 1.
    pub line: usize,
}

/// Which packages an entry is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoredPackage {
    /// All of this name.
    Name(String),
    /// Those that this package URL means, by the rules of [`purl_matches`].
    Purl(Purl),
}

/// Something wrong in an ignore file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line; the first is 1.
    pub line: usize,
    /// Column in characters; the first is 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

/// Why an ignore file is refused: everything that is wrong with it, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct IgnoreError {
    /// Never empty.
    pub faults: Vec<Fault>,
}

impl fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ignore file is refused, correct it:")?;
        for Fault { line, column, reason } in &self.faults {
            write!(f, "\n  {line}:{column}: {reason}")?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Option<Spanned<String>>,
    package: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    owner: Option<Spanned<String>>,
    until: Option<Spanned<Value>>,
}

/// Reads an ignore file.
///
/// # Errors
/// It is no TOML, has a key that is not known, or an entry lacks something: all faults at once.
pub fn parse(text: &str) -> Result<IgnoreFile, IgnoreError> {
    let at = |offset: usize, reason: String| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Fault { line, column, reason }
    };
    if text.len() > MAX_BYTES {
        let reason = format!("it is larger than {MAX_BYTES} bytes");
        return Err(IgnoreError { faults: vec![Fault { line: 1, column: 1, reason }] });
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        IgnoreError { faults: vec![at(offset, error.message().to_owned())] }
    })?;
    let mut faults = Vec::new();
    let mut entries = Vec::new();
    for entry in file.ignore {
        let begin = entry.span().start;
        let mut reader = EntryReader { begin, faults: Vec::new() };
        let entry = entry.into_inner();
        let id = reader.required("id", entry.id);
        let reason = reader.required("reason", entry.reason);
        let owner = reader.required("owner", entry.owner);
        let until = reader.until(entry.until);
        let package = reader.package(entry.package);
        let path = reader.path(entry.path);
        if reader.faults.is_empty() {
            entries.push(IgnoreEntry {
                id,
                package,
                path,
                reason,
                owner,
                until,
                line: at(begin, String::new()).line,
            });
        }
        faults.extend(reader.faults.into_iter().map(|(offset, reason)| at(offset, reason)));
    }
    if faults.is_empty() { Ok(IgnoreFile { entries }) } else { Err(IgnoreError { faults }) }
}

/// Takes the values of one entry, and notes what is wrong with them and where.
struct EntryReader {
    begin: usize,
    faults: Vec<(usize, String)>,
}

impl EntryReader {
    fn required(&mut self, key: &str, value: Option<Spanned<String>>) -> String {
        let Some(value) = value else {
            self.faults.push((self.begin, format!("this entry has no `{key}`")));
            return String::new();
        };
        let start = value.span().start;
        let text = value.into_inner().trim().to_owned();
        if text.is_empty() {
            self.faults.push((start, format!("`{key}` is empty")));
        }
        text
    }

    fn until(&mut self, value: Option<Spanned<Value>>) -> String {
        let Some(value) = value else {
            self.faults.push((self.begin, "this entry has no `until`".to_owned()));
            return String::new();
        };
        let start = value.span().start;
        let text = match value.into_inner() {
            Value::String(text) => text,
            Value::Datetime(datetime) => datetime.to_string(),
            _ => String::new(),
        };
        match text.trim().parse::<jiff::civil::Date>() {
            Ok(date) if text.trim().len() == 10 => date.to_string(),
            _ => {
                self.faults.push((start, "`until` must be a day such as 2026-12-31".to_owned()));
                String::new()
            }
        }
    }

    fn package(&mut self, value: Option<Spanned<String>>) -> Option<IgnoredPackage> {
        let value = value?;
        let start = value.span().start;
        let text = value.into_inner().trim().to_owned();
        if text.is_empty() {
            self.faults.push((start, "`package` is empty; leave it out for every package".to_owned()));
            return None;
        }
        if !text.starts_with("pkg:") {
            return Some(IgnoredPackage::Name(text));
        }
        match text.parse() {
            Ok(purl) => Some(IgnoredPackage::Purl(purl)),
            Err(error) => {
                self.faults.push((start, error.to_string()));
                None
            }
        }
    }

    fn path(&mut self, value: Option<Spanned<String>>) -> Option<String> {
        let value = value?;
        let start = value.span().start;
        let text = value.into_inner();
        if !text.starts_with('/') {
            self.faults.push((start, "`path` must begin with `/`, as paths in the image do".to_owned()));
        }
        Some(text)
    }
}

/// A finding that an entry may cover.
#[derive(Debug, Clone, Copy)]
pub struct IgnoreSubject<'a> {
    /// Id and aliases of the flaw.
    pub ids: &'a [&'a str],
    /// Name of the package.
    pub package: &'a str,
    /// Its package URL.
    pub purl: Option<&'a Purl>,
    /// Where it was found: absolute paths.
    pub paths: &'a [&'a str],
}

impl IgnoreEntry {
    /// Whether its last day is over. `today` is written like [`Self::until`].
    #[must_use]
    pub fn is_expired(&self, today: &str) -> bool {
        today > self.until.as_str()
    }

    /// Whether it is about a finding. One limited to a path covers a package only if every path
    /// that the package was found at is within it.
    #[must_use]
    pub fn covers(&self, subject: &IgnoreSubject<'_>) -> bool {
        let package = match &self.package {
            None => true,
            Some(IgnoredPackage::Name(name)) => name == subject.package,
            Some(IgnoredPackage::Purl(purl)) => {
                subject.purl.is_some_and(|package| purl_matches(purl, package))
            }
        };
        let path = self.path.as_ref().is_none_or(|limit| {
            let within =
                |path: &&str| *path == limit || (limit.ends_with('/') && path.starts_with(limit.as_str()));
            !subject.paths.is_empty() && subject.paths.iter().all(within)
        });
        package && path && subject.ids.iter().any(|id| id.eq_ignore_ascii_case(&self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "\
[[ignore]]
id = \"CVE-2024-1234\"
package = \"pkg:deb/debian/zlib1g\"
reason = \"The function is never called.\"
owner = \"web team\"
until = 2026-12-31

[[ignore]]
id = \"GHSA-aaaa-bbbb-cccc\"
path = \"/srv/app/\"
reason = \"r\"
owner = \"o\"
until = \"2026-01-01\"
";

    fn check(text: &str, expect: &[&str]) {
        let said: Vec<String> = match parse(text) {
            Ok(file) => file
                .entries
                .iter()
                .map(|entry| format!("{} until {} line {}", entry.id, entry.until, entry.line))
                .collect(),
            Err(error) => error
                .faults
                .iter()
                .map(|Fault { line, column, reason }| format!("{line}:{column} {reason}"))
                .collect(),
        };
        assert_eq!(said, expect);
    }

    #[test]
    fn entries_name_who_why_and_until_when() {
        check(
            WHOLE,
            &["CVE-2024-1234 until 2026-12-31 line 1", "GHSA-aaaa-bbbb-cccc until 2026-01-01 line 8"],
        );
        check("", &[]);
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        check(
            "[[ignore]]\nid = \"CVE-1\"\nreason = \"\"\n\n[[ignore]]\nid = \"CVE-2\"\nreason = \"r\"\nowner = \"o\"\nuntil = \"soon\"\npath = \"x\"\n",
            &[
                "3:10 `reason` is empty",
                "1:1 this entry has no `owner`",
                "1:1 this entry has no `until`",
                "9:9 `until` must be a day such as 2026-12-31",
                "10:8 `path` must begin with `/`, as paths in the image do",
            ],
        );
    }

    #[test]
    fn keys_that_are_not_known_and_broken_text_are_refused_where_they_stand() {
        let refused = |text: &str, line: usize, column: usize| {
            let fault = &parse(text).unwrap_err().faults[0];
            assert_eq!((fault.line, fault.column), (line, column), "{text}: {}", fault.reason);
        };
        refused("[[ignore]]\nid = \"CVE-1\"\nexpires = 2026-01-01\n", 3, 1);
        refused("[[ignore]]\nid = \"CVE-1\n", 2, 12);
        refused("[[ignored]]\n", 1, 3);
    }

    #[test]
    fn an_entry_covers_what_it_is_limited_to() {
        let file = parse(WHOLE).unwrap();
        let zlib: Purl = "pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64".parse().unwrap();
        let subject = |id: &'static [&'static str], paths: &'static [&'static str]| IgnoreSubject {
            ids: id,
            package: "zlib1g",
            purl: Some(&zlib),
            paths,
        };
        let [package, path] = file.entries.as_slice() else { panic!("two entries") };
        assert!(package.covers(&subject(&["DSA-1", "cve-2024-1234"], &[])));
        assert!(!package.covers(&subject(&["CVE-2024-12345"], &[])));
        assert!(path.covers(&subject(&["GHSA-aaaa-bbbb-cccc"], &["/srv/app/x"])));
        assert!(!path.covers(&subject(&["GHSA-aaaa-bbbb-cccc"], &["/srv/app/x", "/opt/x"])));
        assert!(!path.covers(&subject(&["GHSA-aaaa-bbbb-cccc"], &[])));
    }

    #[test]
    fn an_entry_holds_to_the_end_of_its_day() {
        let file = parse(WHOLE).unwrap();
        assert!(!file.entries[0].is_expired("2026-12-31"));
        assert!(file.entries[0].is_expired("2027-01-01"));
    }
}
