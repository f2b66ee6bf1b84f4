//! `distro-info-data`: Debian's and Ubuntu's releases and their dates, as CSV. Debian and Ubuntu
//! both maintain it, and ship it as a package.

use plimsoll_catalog::Doc;
use plimsoll_model::{EndOfLife, FurtherSupport};

use super::intake::{Reporter, clip, read_bounded};
use super::{Feed, FeedFile, FeedRequest, Sink};

/// Where the files are served as they are kept in git.
const BASE: &str = "https://debian.pages.debian.net/distro-info-data/";

/// The largest file that is read. The real ones have 4 KB.
const MAXIMUM_FILE: u64 = 1 << 20;

/// The distributions; the file's name is their `ID` in os-release.
const DISTRIBUTIONS: [&str; 2] = ["debian", "ubuntu"];

/// Columns of support beyond the ordinary one, and what its publisher calls it.
const FURTHER: [(&str, &str); 4] =
    [("eol-lts", "LTS"), ("eol-elts", "ELTS"), ("eol-esm", "ESM"), ("eol-legacy", "Legacy")];

static DOC: Doc = Doc {
    id: "distro-info",
    title: "Releases of Debian and Ubuntu",
    summary: "Until when each release of Debian and Ubuntu gets security fixes.",
    explanation: "Reads `debian.csv` and `ubuntu.csv` of the package distro-info-data. Ordinary support ends on the \
        day of `eol`, or of `eol-server` where that is later; further support (LTS and ELTS of Debian, ESM and \
        Legacy of Ubuntu) is kept beside it. Releases are found by number and by codename.",
};

/// The feed.
#[derive(Debug, Clone, Copy)]
pub struct DistroInfo;

impl Feed for DistroInfo {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        DISTRIBUTIONS.iter().any(|name| path.rsplit('/').next() == Some(&format!("{name}.csv")))
    }

    /// Parts are distributions.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        DISTRIBUTIONS
            .iter()
            .filter(|name| parts.is_empty() || parts.iter().any(|part| part == *name))
            .map(|name| FeedRequest::new(format!("{BASE}{name}.csv"), format!("{name}.csv")))
            .map(|request| request.at_most(MAXIMUM_FILE))
            .collect()
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let mut reporter = Reporter::new(file.path, sink);
        let bytes = read_bounded(file.bytes, MAXIMUM_FILE);
        match &bytes.cut {
            Some(cut) => cut.raise(&mut reporter),
            None => read(file.path, &String::from_utf8_lossy(&bytes.content), &mut reporter),
        }
        reporter.finish();
    }
}

fn read(path: &str, text: &str, reporter: &mut Reporter<'_>) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let distribution = name.split_once('.').map_or(name, |(stem, _)| stem);
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> =
        lines.next().map(|(_, line)| line.split(',').map(str::trim).collect()).unwrap_or_default();
    let column = |name: &str| header.iter().position(|column| *column == name);
    if ["version", "series", "eol"].iter().any(|name| column(name).is_none()) {
        let detail =
            "its first line does not name the columns version, series and eol, so nothing of it was read";
        return reporter.file_problem("distro-info-unreadable", detail);
    }
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let field = |name: &str| {
            column(name).and_then(|at| fields.get(at)).copied().filter(|field| !field.is_empty())
        };
        let day = |name: &str| match field(name) {
            None => Ok(None),
            Some(text) if is_day(text) => Ok(Some(text.to_owned())),
            Some(text) => Err(format!("its {name} is no day ({})", clip(text))),
        };
        let dates = || -> Result<EndOfLife, String> {
            let further = FURTHER.iter().map(|(column, name)| Ok((*name, day(column)?)));
            let further: Vec<(&str, Option<String>)> = further.collect::<Result<_, String>>()?;
            Ok(EndOfLife {
                released: day("release")?,
                supported_until: day("eol")?.max(day("eol-server")?),
                is_over: None,
                further: further
                    .into_iter()
                    .filter_map(|(name, until)| Some(FurtherSupport { name: name.to_owned(), until: until? }))
                    .collect(),
            })
        };
        match dates() {
            Ok(dates) => {
                // Testing and unstable have no number and no end.
                if dates.supported_until.is_some() {
                    // Ubuntu's numbers may be followed by a word (`22.04 LTS`).
                    let number = field("version").and_then(|version| version.split_whitespace().next());
                    for release in [number, field("series")].into_iter().flatten() {
                        reporter.end_of_life(distribution, release, dates.clone());
                    }
                }
            }
            Err(why) => {
                let detail = format!("line {}: {why}, so it was left out", number + 1);
                reporter.entry_problem("distro-info-line-damaged", &format!("line {}", number + 1), detail);
            }
        }
    }
}

/// `2026-06-10`
pub(super) fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}
