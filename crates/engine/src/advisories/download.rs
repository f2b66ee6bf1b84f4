//! One file of a feed, from its server to the disk: asked for under conditions, resumed where a
//! transfer breaks, held against what its publisher says of it, and put in place when it is whole.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use plimsoll_advisory::feed::sound;
use plimsoll_advisory::{Digest, FeedRequest, Outcome};
use plimsoll_image::HashingReader;
use plimsoll_image::transport::{Headers, Method, Origin, Request, Response, Transport, TransportError};
use plimsoll_model::Algorithm;
use url::Url;

use super::kept::{Came, KeptFiles};
use crate::progress::Progress;

/// Redirects that one request may be sent through.
const MAX_REDIRECTS: usize = 5;

/// How often a broken transfer is taken up again without a byte of progress.
const MAX_ATTEMPTS: u32 = 4;

/// How often at all: a server that breaks each connection after some bytes must end somewhere.
const MAX_TRANSFERS: u32 = 200;

/// The pause before the first new attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// A server may ask for a longer pause, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Slower than this for a minute (or the time that nothing may come) is no transfer: a byte now
/// and then keeps a connection open for ever.
const SLOWEST: u64 = 1024;

/// Bytes that are read at once.
const PIECE: usize = 128 << 10;

/// Whom to ask, and how.
pub(super) struct Downloader<'a> {
    pub(super) transport: &'a dyn Transport,
    /// Whether the addresses are those of a mirror, which is the user's own choice and may lie in
    /// the user's own network.
    pub(super) is_mirror: bool,
    /// How long a transfer may be slower than any real one.
    pub(super) patience: Duration,
    pub(super) progress: &'a dyn Progress,
}

/// Why a file could not be had.
#[derive(Debug)]
pub(super) struct NotFetched {
    why: String,
    /// Whether trying again may help, and how long the server asks to wait.
    again: Option<Duration>,
}

impl fmt::Display for NotFetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

fn for_good(why: impl Into<String>) -> NotFetched {
    NotFetched { why: why.into(), again: None }
}

fn for_now(why: impl Into<String>) -> NotFetched {
    NotFetched { why: why.into(), again: Some(Duration::ZERO) }
}

fn disk(error: &io::Error) -> NotFetched {
    for_good(format!("it cannot be written to the disk ({error})"))
}

/// What one exchange with a server came to.
enum Exchange {
    Whole(Came),
    Unchanged,
    Absent,
}

impl Downloader<'_> {
    /// Fetches one file from `url` into its place, unless it is the present one already.
    pub(super) fn fetch(
        &self,
        request: &FeedRequest,
        url: &str,
        kept: &KeptFiles,
    ) -> Result<Outcome, NotFetched> {
        let (Some(place), Some(part)) = (kept.place(&request.path), kept.partial(&request.path)) else {
            return Err(for_good("its path leads out of its folder"));
        };
        let url = Url::parse(url).map_err(|error| for_good(error.to_string()))?;
        let known = kept.came(&request.path).filter(|known| known.from == url.as_str());
        let known = known.filter(|_| place.exists());
        let (mut idle, mut transfers) = (0, 0);
        loop {
            let before = length(&part);
            match self.exchange(request, &url, known.as_ref(), &part) {
                Ok(Exchange::Unchanged) => {
                    kept.confirm(&request.path, request.stamp.as_ref());
                    return Ok(Outcome::Unchanged);
                }
                Ok(Exchange::Absent) => {
                    return if request.is_optional {
                        Ok(Outcome::Absent)
                    } else {
                        Err(for_good("the server does not have it (404)"))
                    };
                }
                Ok(Exchange::Whole(came)) => {
                    verify(request, &part).inspect_err(|_| forget(&part))?;
                    kept.put(&request.path, &part, came).map_err(|error| disk(&error))?;
                    forget(&part);
                    return Ok(Outcome::Fetched);
                }
                Err(error) => {
                    let Some(wait) = error.again else { return Err(error) };
                    idle = if length(&part) > before { 0 } else { idle + 1 };
                    transfers += 1;
                    if idle >= MAX_ATTEMPTS || transfers >= MAX_TRANSFERS {
                        return Err(error);
                    }
                    thread::sleep(wait.max(FIRST_PAUSE * 2_u32.pow(idle)).min(LONGEST_PAUSE));
                }
            }
        }
    }

    fn exchange(
        &self,
        request: &FeedRequest,
        url: &Url,
        known: Option<&Came>,
        part: &Path,
    ) -> Result<Exchange, NotFetched> {
        let begun = Begun::read(part, url.as_str());
        let mut headers = Headers::default();
        if let Some(begun) = &begun {
            headers.add("Range", format!("bytes={}-", begun.length));
            headers.add("If-Range", begun.validator.clone());
        } else if let Some(known) = known {
            if let Some(etag) = &known.etag {
                headers.add("If-None-Match", etag.clone());
            }
            if let Some(time) = &known.last_modified {
                headers.add("If-Modified-Since", time.clone());
            }
        }
        let response = self.send(url, &headers)?;
        match response.status {
            200 => self.receive(request, url, response, part, 0),
            206 => {
                let from = begun.as_ref().map_or(0, |begun| begun.length);
                let range = response.headers.get("content-range").and_then(content_range);
                match range {
                    Some((start, total)) if start == from && begun.is_some() && total <= request.limit => {
                        let came = self.receive(request, url, response, part, from)?;
                        if length(part) == total {
                            Ok(came)
                        } else {
                            Err(for_now("the rest of it was cut short"))
                        }
                    }
                    _ => {
                        forget(part);
                        Err(for_now("the server answers with another part of it than was asked for"))
                    }
                }
            }
            304 if begun.is_none() && known.is_some() => Ok(Exchange::Unchanged),
            404 | 410 => Ok(Exchange::Absent),
            416 => {
                forget(part);
                Err(for_now("the server has no more of it (416)"))
            }
            status @ (429 | 500 | 502 | 503 | 504) => {
                let asked = response.headers.get("retry-after").and_then(|text| text.trim().parse().ok());
                let why = format!("the server answers {status}");
                Err(NotFetched { why, again: Some(Duration::from_secs(asked.unwrap_or(0))) })
            }
            status => Err(for_good(format!("the server answers {status}"))),
        }
    }

    /// Sends a request through whatever redirects there are.
    fn send(&self, url: &Url, headers: &Headers) -> Result<Response, NotFetched> {
        let mut url = url.clone();
        let mut origin = if self.is_mirror { Origin::UserNamed } else { Origin::RemoteChosen };
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::new(Method::Get, url.clone(), origin);
            request.headers = headers.clone();
            let response = self.transport.send(&request).map_err(|error| match error {
                TransportError::Broken { .. } => for_now(error.to_string()),
                _ => for_good(error.to_string()),
            })?;
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let place = response.headers.get("location").unwrap_or_default();
            let next =
                url.join(place).map_err(|error| for_good(format!("it redirects to no address: {error}")))?;
            // Another port of the same machine is another server.
            if next.origin() != url.origin() {
                origin = Origin::RemoteChosen;
            }
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err(for_good("it redirects from https to an address without it"));
            }
            url = next;
        }
        Err(for_good("it redirects without end"))
    }

    /// Writes a body behind what is there of it.
    fn receive(
        &self,
        request: &FeedRequest,
        url: &Url,
        response: Response,
        part: &Path,
        from: u64,
    ) -> Result<Exchange, NotFetched> {
        let text = |name| response.headers.get(name).map(str::to_owned);
        let (etag, last_modified) = (text("etag"), text("last-modified"));
        let promised = response.headers.content_length().map(|length| length.saturating_add(from));
        for size in promised.into_iter().chain(request.size) {
            if size > request.limit {
                forget(part);
                return Err(for_good(too_large(request)));
            }
        }
        let mut file = Begun::start(part, url.as_str(), etag.as_deref(), last_modified.as_deref(), from)
            .map_err(|error| disk(&error))?;
        let written = self.copy(response.body, &mut file, request, from).inspect_err(|error| {
            if error.again.is_none() {
                forget(part);
            }
        })?;
        if promised.is_some_and(|promised| promised != written) {
            return Err(for_now("it was cut short"));
        }
        file.sync_all().map_err(|error| disk(&error))?;
        let from = url.as_str().to_owned();
        Ok(Exchange::Whole(Came { from, etag, last_modified, stamp: request.stamp.clone(), size: written }))
    }

    fn copy(
        &self,
        mut body: impl Read,
        file: &mut File,
        request: &FeedRequest,
        from: u64,
    ) -> Result<u64, NotFetched> {
        let mut piece = vec![0; PIECE];
        let (mut written, begun) = (from, Instant::now());
        loop {
            let read = match body.read(&mut piece) {
                Ok(0) => return Ok(written),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(for_now(format!("its transfer broke ({error})"))),
            };
            self.progress.advance(read as u64);
            file.write_all(piece.get(..read).unwrap_or_default()).map_err(|error| disk(&error))?;
            written += read as u64;
            if written > request.limit || request.size.is_some_and(|size| written > size) {
                return Err(for_good(too_large(request)));
            }
            let elapsed = begun.elapsed();
            if elapsed > self.patience && (written - from) < SLOWEST * elapsed.as_secs().max(1) {
                return Err(for_good(format!(
                    "the server sends less than {SLOWEST} bytes a second, which would never end"
                )));
            }
        }
    }
}

fn too_large(request: &FeedRequest) -> String {
    match request.size {
        Some(size) => format!("it is larger than the {size} bytes that its publisher states"),
        None => format!("it is larger than any real one ({} bytes)", request.limit),
    }
}

/// `bytes 100-199/200`: where it starts, and the size of the whole.
fn content_range(text: &str) -> Option<(u64, u64)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, total.trim().parse().ok()?))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Removes what is there of a file. What stays is written over the next time.
fn forget(part: &Path) {
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(validator_of(part));
}

fn validator_of(part: &Path) -> std::path::PathBuf {
    let mut name = part.as_os_str().to_owned();
    name.push(".begun");
    name.into()
}

/// The beginning of a file whose transfer broke, and the tag that it can be taken up again by.
struct Begun {
    length: u64,
    validator: String,
}

impl Begun {
    fn read(part: &Path, url: &str) -> Option<Self> {
        let length = length(part);
        let noted = fs::read_to_string(validator_of(part)).ok()?;
        let (from, validator) = noted.split_once('\n')?;
        (length > 0 && from == url && !validator.is_empty())
            .then(|| Self { length, validator: validator.to_owned() })
    }

    /// Opens the file behind `from` bytes. Weak tags say that two states are alike, not that
    /// their bytes are the same (RFC 9110, 13.1.5), so nothing can be taken up by them.
    fn start(
        part: &Path,
        url: &str,
        etag: Option<&str>,
        last_modified: Option<&str>,
        from: u64,
    ) -> io::Result<File> {
        if let Some(parent) = part.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::options().create(true).truncate(false).write(true).open(part)?;
        file.set_len(from)?;
        file.seek(SeekFrom::End(0))?;
        let validator = etag.filter(|etag| !etag.starts_with("W/")).or(last_modified).unwrap_or_default();
        fs::write(validator_of(part), format!("{url}\n{validator}"))?;
        Ok(file)
    }
}

/// Holds a whole file against what its publisher states, and against what it should be.
fn verify(request: &FeedRequest, part: &Path) -> Result<(), NotFetched> {
    let mut file = File::open(part).map_err(|error| disk(&error))?;
    if let Some(size) = request.size
        && length(part) != size
    {
        return Err(for_good(format!("it has {} bytes, its publisher states {size}", length(part))));
    }
    let digest = |error: io::Error| disk(&error);
    let fits = match &request.digest {
        Some(Digest::Sha256(expected)) => hash(&mut file, Algorithm::Sha256).map_err(digest)? == *expected,
        Some(Digest::Sha512(expected)) => hash(&mut file, Algorithm::Sha512).map_err(digest)? == *expected,
        None => true,
    };
    if !fits {
        return Err(for_good("its digest is not the one that its publisher states"));
    }
    sound::check(&request.path, &mut file).map_err(for_good)
}

fn hash(file: &mut File, algorithm: Algorithm) -> io::Result<String> {
    let mut reader = HashingReader::new(file, algorithm);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.finish().0.hex().to_owned())
}
