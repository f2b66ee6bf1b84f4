//! endoflife.date: until when releases of distributions get fixes, gathered by volunteers from
//! what the distributions announce.

use plimsoll_catalog::Doc;
use plimsoll_model::{EndOfLife, FurtherSupport};
use serde::Deserialize;
use serde_json::Value;

use super::distro_info::is_day;
use super::intake::{Reporter, clip, read_bounded};
use super::{Feed, FeedFile, FeedRequest, Sink};

const BASE: &str = "https://endoflife.date/api/v1/products/";

/// The largest file that is read. The real ones have some 30 KB, the one of all products 3 MB.
const MAXIMUM_FILE: u64 = 32 << 20;

/// The publisher's name of a product, and the `ID` in os-release of what it is.
const PRODUCTS: &[(&str, &str)] = &[
    ("almalinux", "almalinux"),
    ("alpine-linux", "alpine"),
    ("amazon-linux", "amzn"),
    ("azure-linux", "azurelinux"),
    ("centos", "centos"),
    (STREAM, "centos"),
    ("debian", "debian"),
    ("fedora", "fedora"),
    ("opensuse", "opensuse-leap"),
    ("oracle-linux", "ol"),
    ("photon", "photon"),
    ("rhel", "rhel"),
    ("rocky-linux", "rocky"),
    ("sles", "sles"),
    ("ubuntu", "ubuntu"),
];

/// CentOS Stream, whose os-release has the id and number of CentOS Linux. Of 8 there were both, so
/// that nobody can tell; later ones are Stream.
const STREAM: &str = "centos-stream";
const AMBIGUOUS: &str = "8";

/// Names that files of the older interface have.
const OLDER_NAMES: &[(&str, &str)] = &[("alpine", "alpine"), ("redhat", "rhel"), ("amazonlinux", "amzn")];

static DOC: Doc = Doc {
    id: "endoflife",
    title: "endoflife.date",
    summary: "Until when releases of distributions get fixes.",
    explanation: "Reads one product's JSON in the present form (`/api/v1/products/NAME/`) and in the older one \
        (`/api/NAME.json`); the file's name says which product it is. Products that are no distribution of \
        container images are left out. Where Debian's own dates are here too, those are believed.",
};

/// The feed.
#[derive(Debug, Clone, Copy)]
pub struct EndOfLifeDate;

impl Feed for EndOfLifeDate {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        distributions(path).next().is_some()
    }

    /// Parts are products.
    fn requests(&self, parts: &[String]) -> Vec<FeedRequest> {
        PRODUCTS
            .iter()
            .filter(|(name, _)| parts.is_empty() || parts.iter().any(|part| part == name))
            .map(|(name, _)| FeedRequest::new(format!("{BASE}{name}/"), format!("{name}.json")))
            .map(|request| request.at_most(MAXIMUM_FILE))
            .collect()
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let mut reporter = Reporter::new(file.path, sink);
        let bytes = read_bounded(file.bytes, MAXIMUM_FILE);
        match &bytes.cut {
            Some(cut) => cut.raise(&mut reporter),
            None => match releases(&bytes.content) {
                Ok(releases) => {
                    for (index, release) in releases.into_iter().enumerate() {
                        take(file.path, index, release, &mut reporter);
                    }
                }
                Err(why) => {
                    let detail =
                        format!("it is no product with its releases, so nothing of it was read: {why}");
                    reporter.file_problem("endoflife-unreadable", detail);
                }
            },
        }
        reporter.finish();
    }
}

/// The publisher's name of the product that a file speaks of.
fn product(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.strip_suffix(".json")).unwrap_or_default()
}

/// The ids of the distributions that a file speaks of.
fn distributions(path: &str) -> impl Iterator<Item = &'static str> {
    let name = product(path);
    let found = PRODUCTS.iter().chain(OLDER_NAMES).find(|(product, _)| *product == name).map(|(_, id)| *id);
    // Azure Linux was called Mariner up to 2.0, and its images still are.
    found.into_iter().chain((name == "azure-linux").then_some("mariner"))
}

/// One release in either form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Release {
    #[serde(alias = "cycle")]
    name: Value,
    codename: Option<String>,
    #[serde(rename = "releaseDate")]
    released: Option<String>,
    /// The older form: a day, or whether it is over.
    eol: Option<Value>,
    #[serde(rename = "isEol")]
    is_eol: Option<bool>,
    #[serde(rename = "eolFrom")]
    eol_from: Option<String>,
    #[serde(rename = "extendedSupport")]
    extended: Option<Value>,
    #[serde(rename = "eoesFrom")]
    extended_until: Option<String>,
}

fn releases(content: &[u8]) -> Result<Vec<Value>, String> {
    #[derive(Deserialize)]
    struct Answer {
        result: Product,
    }
    #[derive(Deserialize)]
    struct Product {
        releases: Vec<Value>,
    }
    let is_list = content.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_list {
        return serde_json::from_slice(content).map_err(|error| error.to_string());
    }
    let answer: Result<Answer, _> = serde_json::from_slice(content);
    answer.map(|answer| answer.result.releases).map_err(|error| error.to_string())
}

fn take(path: &str, index: usize, value: Value, reporter: &mut Reporter<'_>) {
    let place = format!("releases[{index}]");
    let damaged = |reporter: &mut Reporter<'_>, why: &str| {
        reporter.entry_problem("endoflife-release-damaged", &place, format!("{why}, so it was left out"));
    };
    let release: Release = match serde_json::from_value(value) {
        Ok(release) => release,
        Err(error) => return damaged(reporter, &format!("it is no release ({})", clip(&error.to_string()))),
    };
    let name = match &release.name {
        Value::String(name) => name.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    if name.is_empty() {
        return damaged(reporter, "it has no name");
    }
    if name == AMBIGUOUS && product(path) == STREAM {
        return;
    }
    let day = |text: &Option<String>| text.clone().filter(|text| is_day(text));
    let older_day = |value: &Option<Value>| {
        value.as_ref().and_then(Value::as_str).filter(|text| is_day(text)).map(str::to_owned)
    };
    let supported_until = day(&release.eol_from).or_else(|| older_day(&release.eol));
    let is_over = release.is_eol.or_else(|| release.eol.as_ref().and_then(Value::as_bool));
    if supported_until.is_none() && is_over.is_none() {
        return damaged(reporter, "it says neither when its support ends nor whether it has ended");
    }
    let extended = day(&release.extended_until).or_else(|| older_day(&release.extended));
    let dates = EndOfLife {
        released: day(&release.released),
        // The day itself says more than what was true when the file was made.
        is_over: is_over.filter(|_| supported_until.is_none()),
        supported_until,
        further: extended
            .map(|until| FurtherSupport { name: "extended support".to_owned(), until })
            .into_iter()
            .collect(),
    };
    let codename = release.codename.map(|name| name.trim().to_ascii_lowercase());
    let codename = codename.filter(|name| !name.is_empty() && !name.contains(char::is_whitespace));
    for distribution in distributions(path) {
        for release in [Some(&name), codename.as_ref()].into_iter().flatten() {
            reporter.end_of_life(distribution, release, dates.clone());
        }
    }
}
