//! Fetching feeds: conditional requests, whole files put in place by renaming.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use plimsoll_advisory::{FeedRequest, feed};
use plimsoll_image::transport::{Method, Origin, Request, Transport as _};
use plimsoll_model::Problem;
use url::Url;

use super::{AdvisoryError, UpdateOptions};
use crate::progress::{Counted, Progress};
use crate::transport::HttpTransport;

/// Bytes of one file of a feed. The largest real one, OSV's list of npm's malware, has some
/// hundreds of megabytes.
const MAX_FILE: u64 = 4 * 1024 * 1024 * 1024;

/// Redirects that one request may be sent through.
const MAX_REDIRECTS: usize = 5;

/// Feeds whose files are found by reading other files first; they come from a folder only.
const FROM_FOLDER_ONLY: [&str; 2] = ["redhat-vex", "amazon-updateinfo"];

const KEV: FeedTable = (
    "kev",
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    "known_exploited_vulnerabilities.json",
);
const EPSS: FeedTable =
    ("epss", "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz", "data.csv.gz");

type FeedTable = (&'static str, &'static str, &'static str);

/// Fetches what was asked for into the folder; gives the parts that failed and why.
pub(super) fn fetch(
    folder: &Path,
    options: &UpdateOptions,
    progress: &dyn Progress,
) -> Result<Vec<(String, Problem)>, AdvisoryError> {
    let transport = HttpTransport::new(options.transport.clone());
    let mut failed = Vec::new();
    for (id, request) in requests(&options.feeds)? {
        let part = request.path.split_once('/').map(|(part, _)| part);
        let whole = part.map_or_else(|| id.clone(), |part| format!("{id}/{part}"));
        let url = match &options.mirror {
            Some(mirror) => format!("{}/{id}/{}", mirror.trim_end_matches('/'), request.path),
            None => request.url.clone(),
        };
        let to = folder.join(&id).join(&request.path);
        progress.begin(&format!("{id} {}", request.path), 0);
        let outcome = one(&transport, &url, &to, options.mirror.is_some(), progress);
        progress.end();
        if let Err(why) = outcome {
            let detail =
                format!("it could not be fetched from {url}: {why}; what was there before stays in use");
            failed.push((whole.clone(), Problem::new("feed-not-fetched", whole, detail)));
        }
    }
    Ok(failed)
}

/// The requests of the feeds and parts that were named, with the feeds' ids.
fn requests(wanted: &[String]) -> Result<Vec<(String, FeedRequest)>, AdvisoryError> {
    let mut all = Vec::new();
    let named = |id: &str| -> Option<Vec<String>> {
        let mine: Vec<&str> =
            wanted.iter().filter(|each| each.split('/').next() == Some(id)).map(String::as_str).collect();
        if wanted.is_empty() || mine.contains(&id) {
            return Some(Vec::new());
        }
        let parts: Vec<String> =
            mine.iter().filter_map(|each| Some(each.split_once('/')?.1.to_owned())).collect();
        (!parts.is_empty()).then_some(parts)
    };
    for each in feed::ALL {
        let id = each.doc().id;
        if let Some(parts) = named(id) {
            if FROM_FOLDER_ONLY.contains(&id) {
                if !wanted.is_empty() {
                    return Err(AdvisoryError::NoFeed(format!(
                        "{id} is taken from a folder only: plimsoll advisories update --from DIR"
                    )));
                }
                continue;
            }
            all.extend(each.requests(&parts).into_iter().map(|request| (id.to_owned(), request)));
        }
    }
    for (id, url, path) in [KEV, EPSS] {
        if named(id).is_some() {
            all.push((id.to_owned(), FeedRequest { url: url.to_owned(), path: path.to_owned() }));
        }
    }
    if all.is_empty() {
        let known: Vec<&str> = feed::ALL.iter().map(|feed| feed.doc().id).chain([KEV.0, EPSS.0]).collect();
        return Err(AdvisoryError::NoFeed(format!(
            "there is no feed {}; there are {}",
            wanted.join(", "),
            known.join(", ")
        )));
    }
    Ok(all)
}

/// Fetches one file, unless the server says that it has not changed.
fn one(
    transport: &HttpTransport,
    url: &str,
    to: &Path,
    mirror: bool,
    progress: &dyn Progress,
) -> Result<(), String> {
    let tag = to.with_extension("etag");
    let mut url = Url::parse(url).map_err(|error| error.to_string())?;
    // A mirror is the user's own choice, and may lie in the user's own network.
    let mut origin = if mirror { Origin::UserNamed } else { Origin::RemoteChosen };
    for _ in 0..=MAX_REDIRECTS {
        let mut request = Request::new(Method::Get, url.clone(), origin);
        if to.exists()
            && let Ok(known) = fs::read_to_string(&tag)
        {
            request = request.with("If-None-Match", known);
        }
        let response = transport.send(&request).map_err(|error| error.to_string())?;
        match response.status {
            200 => {
                let etag = response.headers.get("etag").map(str::to_owned);
                let length = response.headers.content_length();
                let body = Counted { inner: response.body, progress };
                store(body, length, to).map_err(|error| error.to_string())?;
                // Without the tag the file is fetched whole next time; nothing else is lost.
                let _ = match etag {
                    Some(etag) => fs::write(&tag, etag),
                    None => fs::remove_file(&tag),
                };
                return Ok(());
            }
            304 => return Ok(()),
            301 | 302 | 303 | 307 | 308 => {
                let place = response.headers.get("location").unwrap_or_default();
                let next = url.join(place).map_err(|error| format!("it redirects to no address: {error}"))?;
                if next.host_str() != url.host_str() {
                    origin = Origin::RemoteChosen;
                }
                if url.scheme() == "https" && next.scheme() != "https" {
                    return Err("it redirects from https to an address without it".to_owned());
                }
                url = next;
            }
            status => return Err(format!("the server answers {status}")),
        }
    }
    Err("it redirects without end".to_owned())
}

fn store(body: impl Read, length: Option<u64>, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let new: PathBuf = to.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        let mut file = File::create(&new)?;
        let written = io::copy(&mut body.take(MAX_FILE + 1), &mut file)?;
        if written > MAX_FILE {
            return Err(io::Error::other("it is larger than any real feed"));
        }
        if length.is_some_and(|length| length != written) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was cut short"));
        }
        fs::rename(&new, to)
    };
    let outcome = write();
    if outcome.is_err() {
        // Whatever came of it is of no use.
        let _ = fs::remove_file(&new);
    }
    outcome
}
