//! What to fetch and what to drop: Red Hat keeps one archive of all documents, a list of when each
//! document was changed since, and a list of those that were withdrawn.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Read};

use plimsoll_model::Problem;

use super::{BASE, MAX_DOCUMENT_BYTES, read_document};
use crate::feed::{FeedRequest, Sink};

/// Longest name of a document; real ones have about thirty bytes.
const MAX_PATH_BYTES: usize = 200;
/// How many lines of a list that are not understood are named one by one.
const MAX_NAMED_PROBLEMS: usize = 20;
/// The largest real archive has about ten gigabytes unpacked.
const MAX_ARCHIVE_BYTES: u64 = 64 << 30;

/// What to do to bring the kept documents up to date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Documents to fetch, in the order of their paths.
    pub fetch: Vec<FeedRequest>,
    /// Paths of kept documents that were withdrawn.
    pub drop: Vec<String>,
    /// The latest time in either list (RFC 3339, UTC).
    pub newest: Option<String>,
    /// Lines that are not understood.
    pub problems: Vec<Problem>,
}

/// The archive of all documents that `archive_latest.txt` names, and the day that it was made on
/// (`csaf_vex_2023-10-31.tar.zst`): what the archive holds is as old as that day.
///
/// `None` when the text is not the name of an archive.
#[must_use]
pub fn archive(archive_latest: &str) -> Option<(FeedRequest, String)> {
    let name = archive_latest.trim();
    let date = name.strip_prefix("csaf_vex_")?.strip_suffix(".tar.zst")?;
    let date: jiff::civil::Date = date.parse().ok()?;
    let request = FeedRequest::new(format!("{BASE}{name}"), name.to_owned());
    Some((request, crate::statement::utc(&date.to_string())?))
}

/// Compares `changes.csv` and `deletions.csv` with what is kept.
///
/// `kept` gives the time (RFC 3339) at which the kept copy of a document was current, and `None`
/// for documents that are not kept. Of a document in both lists the later word counts.
pub fn plan<'a>(changes: &str, deletions: &str, kept: impl Fn(&str) -> Option<&'a str>) -> Plan {
    let mut plan = Plan::default();
    let mut newest: Option<jiff::Timestamp> = None;
    let mut read = |text: &str, list: &str, problems: &mut Vec<Problem>| {
        let mut entries = std::collections::BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match entry(line) {
                Some((path, time)) => {
                    newest = newest.max(Some(time));
                    let known = entries.entry(path.to_owned()).or_insert(time);
                    *known = time.max(*known);
                }
                None if problems.len() < MAX_NAMED_PROBLEMS => problems.push(Problem::new(
                    "change-list-line",
                    list,
                    format!("Line {} is not a document and a time, and is left out.", number + 1),
                )),
                None => {}
            }
        }
        entries
    };
    let changed = read(changes, "changes.csv", &mut plan.problems);
    let deleted = read(deletions, "deletions.csv", &mut plan.problems);
    let mut dropped = BTreeSet::new();
    for (path, time) in &deleted {
        if changed.get(path).is_none_or(|change| change <= time) {
            dropped.insert(path);
            if kept(path).is_some() {
                plan.drop.push(path.clone());
            }
        }
    }
    for (path, time) in &changed {
        let current = kept(path).and_then(|kept| kept.parse::<jiff::Timestamp>().ok());
        if !dropped.contains(path) && current.is_none_or(|current| current < *time) {
            let request = FeedRequest::new(format!("{BASE}{path}"), path.clone());
            plan.fetch.push(request.stamped(time.to_string()));
        }
    }
    plan.newest = newest.map(|time| time.to_string());
    plan
}

/// `"2023/cve-2023-0044.json","2023-12-12T00:00:00+00:00"`. A path from a list becomes part of an
/// address and of a file's name, so only a year and a plain name pass.
fn entry(line: &str) -> Option<(&str, jiff::Timestamp)> {
    let (path, time) = line.trim().split_once(',')?;
    let (path, time) = (path.trim().trim_matches('"'), time.trim().trim_matches('"'));
    let (year, name) = path.split_once('/')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let safe = year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && path.len() <= MAX_PATH_BYTES
        && name.ends_with(".json")
        && !name.starts_with('.')
        && name.bytes().all(plain);
    safe.then_some(())?;
    Some((path, time.parse().ok()?))
}

/// Reads every document of an unpacked archive (ustar, whose members are documents and folders).
/// `replaced` names those that are left out.
pub(super) fn read_archive(
    path: &str,
    source: &mut dyn BufRead,
    replaced: &BTreeSet<String>,
    sink: &mut dyn Sink,
) {
    let mut source = source.take(MAX_ARCHIVE_BYTES);
    let mut documents = 0_u64;
    loop {
        match member(&mut source) {
            Ok(Some(Member { name, size, is_file })) => {
                if replaced.contains(&name) {
                    documents += 1;
                    if let Err(error) = skip(&mut source, size) {
                        return sink.problem(cut(path, documents, &error));
                    }
                } else if is_file && name.ends_with(".json") && size <= MAX_DOCUMENT_BYTES {
                    let mut content = (&mut source).take(size);
                    read_document(&name, &mut content, sink);
                    documents += 1;
                    // Whatever was not read of it, so that the next header is where it should be.
                    if let Err(error) = skip(&mut content, size) {
                        return sink.problem(cut(path, documents, &error));
                    }
                } else {
                    if is_file && name.ends_with(".json") {
                        sink.problem(Problem::new(
                            "feed-too-large",
                            name,
                            format!("The document is larger than {MAX_DOCUMENT_BYTES} bytes."),
                        ));
                    }
                    if let Err(error) = skip(&mut source, size) {
                        return sink.problem(cut(path, documents, &error));
                    }
                }
                if let Err(error) = skip(&mut source, size.next_multiple_of(512) - size) {
                    return sink.problem(cut(path, documents, &error));
                }
            }
            Ok(None) if documents > 0 => return,
            Ok(None) => {
                return sink.problem(Problem::new("feed-empty", path, "The archive holds no document."));
            }
            Err(error) => return sink.problem(cut(path, documents, &error)),
        }
    }
}

fn cut(path: &str, documents: u64, error: &io::Error) -> Problem {
    Problem::new(
        "feed-truncated",
        path,
        format!("The archive cannot be read after {documents} documents: {error}. The others are missing."),
    )
}

struct Member {
    name: String,
    size: u64,
    is_file: bool,
}

/// The next header; `None` at the end mark.
fn member(source: &mut impl Read) -> io::Result<Option<Member>> {
    let mut header = [0_u8; 512];
    source.read_exact(&mut header)?;
    if header.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let field = |from: usize, length: usize| {
        let bytes = header.get(from..from + length).unwrap_or_default();
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
    };
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let size = u64::from_str_radix(field(124, 12).trim(), 8).map_err(|_| wrong("a header without a size"))?;
    let unsigned: u64 = header
        .iter()
        .enumerate()
        .map(|(place, byte)| if (148..156).contains(&place) { u64::from(b' ') } else { u64::from(*byte) })
        .sum();
    if u64::from_str_radix(field(148, 8).trim(), 8) != Ok(unsigned) {
        return Err(wrong("a header whose checksum is wrong"));
    }
    let kind = header.get(156).copied().unwrap_or_default();
    let name = field(0, 100);
    let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
    Ok(Some(Member { name, size, is_file: matches!(kind, b'0' | 0) }))
}

/// Passes over what is left of `count` bytes, of which some may have been read already.
fn skip(source: &mut impl Read, count: u64) -> io::Result<()> {
    io::copy(&mut source.take(count), &mut io::sink()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGES: &str = "\
\"2023/cve-2023-0030.json\",\"2023-12-10T00:00:00+00:00\"
\"2023/cve-2023-0044.json\",\"2023-12-12T00:00:00+00:00\"
\"2023/cve-2023-0118.json\",\"2023-12-12T00:00:00+00:00\"
";
    const DELETIONS: &str = "\
\"2023/cve-2024-0001.json\",\"2023-12-10T00:00:00+00:00\"
\"2023/cve-2023-0118.json\",\"2023-12-13T00:00:00+00:00\"
";

    fn check(kept: &[(&str, &str)], expect_fetch: &[&str], expect_drop: &[&str]) {
        let plan = plan(CHANGES, DELETIONS, |path| {
            kept.iter().find(|(kept, _)| *kept == path).map(|(_, time)| *time)
        });
        let fetch: Vec<&str> = plan.fetch.iter().map(|request| request.path.as_str()).collect();
        assert_eq!(fetch, expect_fetch);
        assert_eq!(plan.drop, expect_drop);
        assert_eq!(plan.newest.as_deref(), Some("2023-12-13T00:00:00Z"));
        assert_eq!(plan.problems, []);
    }

    #[test]
    fn what_is_not_kept_is_fetched_unless_it_was_withdrawn() {
        check(&[], &["2023/cve-2023-0030.json", "2023/cve-2023-0044.json"], &[]);
    }

    #[test]
    fn what_changed_since_is_fetched_again() {
        check(
            &[
                ("2023/cve-2023-0030.json", "2023-12-11T00:00:00Z"),
                ("2023/cve-2023-0044.json", "2023-12-11T00:00:00Z"),
            ],
            &["2023/cve-2023-0044.json"],
            &[],
        );
    }

    #[test]
    fn what_was_withdrawn_is_dropped() {
        check(
            &[
                ("2023/cve-2023-0030.json", "2023-12-11T00:00:00Z"),
                ("2023/cve-2023-0044.json", "2024-01-01T00:00:00Z"),
                ("2023/cve-2024-0001.json", "2023-12-01T00:00:00Z"),
            ],
            &[],
            &["2023/cve-2024-0001.json"],
        );
    }

    #[test]
    fn a_hostile_list_reaches_no_other_path() {
        for line in [
            "\"../../etc/passwd.json\",\"2023-12-10T00:00:00Z\"",
            "\"2023/../x.json\",\"2023-12-10T00:00:00Z\"",
            "\"2023/a/b.json\",\"2023-12-10T00:00:00Z\"",
            "\"2023/.json\",\"2023-12-10T00:00:00Z\"",
            "\"2023/cve.json?x\",\"2023-12-10T00:00:00Z\"",
            "\"2023/cve.json\",\"soon\"",
            "nothing",
        ] {
            let plan = plan(line, "", |_| None);
            assert_eq!(plan.fetch, [], "{line}");
            assert_eq!(plan.problems.len(), 1, "{line}");
        }
    }

    #[test]
    fn the_archive_tells_its_day() {
        let (request, day) = archive("csaf_vex_2023-10-31.tar.zst\n").unwrap();
        assert_eq!(request.path, "csaf_vex_2023-10-31.tar.zst");
        assert_eq!(day, "2023-10-31T00:00:00Z");
        for text in ["", "csaf_vex_latest.tar.zst", "../x", "csaf_vex_2023-10-31.tar.zst/../y"] {
            assert_eq!(archive(text), None, "{text}");
        }
    }
}
