//! How likely it is that a vulnerability gets exploited within a month (FIRST's EPSS).

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use plimsoll_catalog::Doc;
use plimsoll_model::{ExploitProbability, Problem};

use super::intake::clip;
use super::{Feed, FeedFile, FeedRequest, Sink};

const ADDRESS: &str = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz";

/// The most rows that are read. There are 300,000 CVEs, and 50,000 more each year.
const MAXIMUM_ROWS: usize = 5_000_000;

/// The most bytes that are read once unpacked. The real file has 10 MB.
const MAXIMUM_BYTES: u64 = 1 << 30;

/// How many broken lines are said one by one.
const MAXIMUM_PROBLEMS: usize = 20;

/// The longest line that is read. Real ones have some thirty characters.
const MAXIMUM_LINE: u64 = 4_096;

static DOC: Doc = Doc {
    id: "epss",
    title: "Exploit Prediction Scoring System",
    summary: "How likely each flaw is to be exploited within 30 days.",
    explanation: "Reads the day's scores as CSV, gzipped or not. They say nothing about packages: they are shown \
        beside the flaws that other feeds find.",
};

/// The feed.
#[derive(Debug, Clone, Copy)]
pub struct ExploitPrediction;

impl Feed for ExploitPrediction {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn takes(&self, path: &str) -> bool {
        path.strip_suffix(".gz").unwrap_or(path).ends_with(".csv")
    }

    /// One file, whatever the parts.
    fn requests(&self, _parts: &[String]) -> Vec<FeedRequest> {
        vec![FeedRequest::new(ADDRESS, "data.csv.gz").at_most(MAXIMUM_BYTES)]
    }

    fn parse(&self, file: FeedFile<'_>, sink: &mut dyn Sink) {
        let (table, problems) = Epss::parse(file.bytes);
        let named = problems.iter().filter(|problem| problem.code.as_str() == DAMAGED).count() as u64;
        problems.into_iter().for_each(|problem| sink.problem(problem));
        sink.left_out(table.unreadable.saturating_sub(named));
        for (cve, likelihood) in table.iter() {
            let probability = ExploitProbability {
                score: hundred_thousandths(likelihood.score),
                percentile: hundred_thousandths(likelihood.percentile),
            };
            sink.exploit_probability(&cve, probability, table.date.as_deref());
        }
    }
}

/// The publisher gives five decimals.
fn hundred_thousandths(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100_000.0).round() as u32
}

/// The scores of one day, by CVE.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Epss {
    /// The day of the scores, such as `2024-10-25`, as far as the file says.
    pub date: Option<String>,
    /// The model that they were made by, such as `v2023.03.01`, as far as the file says.
    pub model: Option<String>,
    /// How many lines cannot be read.
    pub unreadable: u64,
    // Sorted by key: half the memory of a map of names, and there are hundreds of thousands.
    rows: Vec<(u64, Likelihood)>,
}

/// How likely it is that one vulnerability gets exploited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likelihood {
    /// The probability that it is exploited within 30 days: 0 to 1.
    pub score: f64,
    /// The part of all vulnerabilities that are at most as likely: 0 to 1.
    pub percentile: f64,
}

impl Epss {
    /// Reads the published CSV, gzipped or not. Broken lines are problems, and the rest is kept.
    pub fn parse(bytes: &mut dyn Read) -> (Self, Vec<Problem>) {
        let mut reader = BufReader::new(bytes);
        let zipped = reader.fill_buf().is_ok_and(|start| start.starts_with(&[0x1f, 0x8b]));
        if zipped {
            Self::parse_lines(BufReader::new(MultiGzDecoder::new(reader).take(MAXIMUM_BYTES)))
        } else {
            Self::parse_lines(reader.take(MAXIMUM_BYTES))
        }
    }

    fn parse_lines(mut reader: impl BufRead) -> (Self, Vec<Problem>) {
        let mut epss = Self::default();
        let mut problems = Vec::new();
        let mut broken = 0_usize;
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            match reader.by_ref().take(MAXIMUM_LINE).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    let detail =
                        format!("reading it failed in line {number} ({error}), so the rest is missing");
                    problems.push(Problem::new("epss-unreadable", SUBJECT, detail));
                    break;
                }
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if let Some(comment) = text.strip_prefix('#') {
                epss.read_comment(comment);
            } else if let Some(row) = parse_row(text) {
                if epss.rows.len() >= MAXIMUM_ROWS {
                    let detail = format!("it has more than {MAXIMUM_ROWS} rows, so the rest was not read");
                    problems.push(Problem::new("epss-too-large", SUBJECT, detail));
                    break;
                }
                epss.rows.push(row);
            } else if !text.is_empty() && !text.starts_with("cve,") {
                broken += 1;
                if broken <= MAXIMUM_PROBLEMS {
                    let detail =
                        format!("line {number} is no CVE with a score and a percentile ({})", clip(text));
                    problems.push(Problem::new(DAMAGED, SUBJECT, detail));
                }
            }
        }
        if broken > MAXIMUM_PROBLEMS {
            let detail = format!("{} more lines are no CVE with a score", broken - MAXIMUM_PROBLEMS);
            problems.push(Problem::new(DAMAGED, SUBJECT, detail));
        }
        epss.unreadable = broken as u64;
        // The last of two rows for one CVE stands, as if each overwrote the one before.
        epss.rows.sort_by_key(|(key, _)| *key);
        epss.rows.reverse();
        epss.rows.dedup_by_key(|(key, _)| *key);
        epss.rows.reverse();
        (epss, problems)
    }

    /// `model_version:v2023.03.01,score_date:2024-10-25T00:00:00+0000`
    fn read_comment(&mut self, comment: &str) {
        for (key, value) in comment.split(',').filter_map(|pair| pair.split_once(':')) {
            match key.trim() {
                "model_version" => self.model = Some(clip(value.trim()).to_owned()),
                "score_date" => {
                    let day = value.split_once('T').map_or(value, |(day, _time)| day);
                    self.date = Some(clip(day.trim()).to_owned());
                }
                _ => {}
            }
        }
    }

    /// The likelihood for a CVE.
    #[must_use]
    pub fn get(&self, cve: &str) -> Option<Likelihood> {
        let key = parse_cve(cve)?;
        let index = self.rows.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        self.rows.get(index).map(|(_, likelihood)| *likelihood)
    }

    /// How many CVEs have a score.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All of it, by year and number of the CVE.
    pub fn iter(&self) -> impl Iterator<Item = (String, Likelihood)> {
        self.rows.iter().map(|(key, likelihood)| {
            (format!("CVE-{:04}-{:04}", key / NUMBERS_OF_A_YEAR, key % NUMBERS_OF_A_YEAR), *likelihood)
        })
    }
}

const DAMAGED: &str = "epss-line-damaged";
const SUBJECT: &str = "epss.csv";

/// More than the numbers of one year: the largest real ones have seven digits.
const NUMBERS_OF_A_YEAR: u64 = 1_000_000_000_000;

fn parse_row(text: &str) -> Option<(u64, Likelihood)> {
    let mut fields = text.split(',');
    let key = parse_cve(fields.next()?.trim())?;
    let (score, percentile) = (parse_part(fields.next()?)?, parse_part(fields.next()?)?);
    fields.next().is_none().then_some((key, Likelihood { score, percentile }))
}

fn parse_part(text: &str) -> Option<f64> {
    let part: f64 = text.trim().parse().ok()?;
    (0.0..=1.0).contains(&part).then_some(part)
}

/// Year and number of a CVE as one number.
fn parse_cve(cve: &str) -> Option<u64> {
    let (year, number) = cve.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !(4..=12).contains(&number.len()) || !digits(year) || !digits(number) {
        return None;
    }
    Some(year.parse::<u64>().ok()? * NUMBERS_OF_A_YEAR + number.parse::<u64>().ok()?)
}
