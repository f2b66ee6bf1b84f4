//! The bytes of one blob, however often the connection breaks on the way.

use std::fmt;
use std::io::{self, Read};

use url::Url;

use super::failure::RegistryError;
use super::session::{Question, Session, Tries};
use crate::transport::{Headers, Method, Response};

/// Bytes after which a connection counts as working: earlier breaks are forgotten. It bounds the
/// breaks of a blob by its size, so that a slow line does not fail a large blob, while a server
/// that gives one byte at a time does not keep us for ever.
const PROGRESS: u64 = 4 * 1024 * 1024;

/// A blob being read. It picks up where a connection broke, and refuses bytes beyond the length
/// that the manifest promises. The digest is its reader's to verify.
pub(super) struct BlobReader<'a> {
    session: &'a Session,
    url: Url,
    asked: String,
    /// Bytes in all, where that is known.
    length: Option<u64>,
    position: u64,
    body: Option<Box<dyn Read + Send>>,
    /// Bytes of the present body that were handed out before.
    skip: u64,
    breaks: u32,
    progress: u64,
    failed: bool,
}

impl fmt::Debug for BlobReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader")
            .field("asked", &self.asked)
            .field("length", &self.length)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<'a> BlobReader<'a> {
    /// Opens a blob of `length` bytes.
    pub(super) fn open(
        session: &'a Session,
        url: Url,
        asked: String,
        length: Option<u64>,
    ) -> Result<Self, RegistryError> {
        let mut reader = Self {
            session,
            url,
            asked,
            length,
            position: 0,
            body: None,
            skip: 0,
            breaks: 0,
            progress: 0,
            failed: false,
        };
        reader.connect()?;
        Ok(reader)
    }

    fn wrong_length(&self, why: String) -> RegistryError {
        RegistryError::Length { asked: self.asked.clone(), why }
    }

    /// Asks for the rest of the blob.
    fn connect(&mut self) -> Result<(), RegistryError> {
        let mut headers = Headers::default();
        headers.add("Accept", "*/*");
        // Ranges of something that was compressed on the way would be ranges of something else.
        headers.add("Accept-Encoding", "identity");
        if self.position > 0 {
            headers.add("Range", format!("bytes={}-", self.position));
        }
        let question =
            Question { method: Method::Get, url: self.url.clone(), headers, asked: self.asked.clone() };
        let response = match self.session.open(&question, &mut Tries::default()) {
            Err(RegistryError::Status { status: 416, .. }) => {
                let why = format!("it ends after {} bytes{}", self.position, self.promised());
                return Err(self.wrong_length(why));
            }
            other => other?,
        };
        self.skip = match response.status {
            206 if self.position > 0 => {
                self.check_range(&response)?;
                0
            }
            // The server does not do ranges: the bytes that are known come once more.
            200 => {
                self.check_length(response.headers.content_length())?;
                self.position
            }
            status => {
                return Err(RegistryError::Status {
                    asked: self.asked.clone(),
                    status,
                    said: super::failure::Said::default(),
                    tries: 1,
                });
            }
        };
        self.body = Some(response.body);
        Ok(())
    }

    fn promised(&self) -> String {
        self.length.map(|length| format!(", and {length} are promised")).unwrap_or_default()
    }

    fn check_length(&mut self, claimed: Option<u64>) -> Result<(), RegistryError> {
        match (self.length, claimed) {
            (Some(length), Some(claimed)) if claimed > length => {
                Err(self.wrong_length(format!("the registry announces {claimed} bytes{}", self.promised())))
            }
            (None, claimed) => {
                self.length = claimed;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Checks that what comes is what was asked for: `Content-Range: bytes START-END/TOTAL`.
    fn check_range(&self, response: &Response) -> Result<(), RegistryError> {
        let value = response.headers.get("content-range").unwrap_or_default();
        let parts = value.trim().strip_prefix("bytes ").and_then(|rest| {
            let (range, total) = rest.split_once('/')?;
            let (start, _) = range.split_once('-')?;
            Some((start.trim().parse::<u64>().ok()?, total.trim().parse::<u64>().ok()))
        });
        match parts {
            Some((start, total)) if start == self.position => match (total, self.length) {
                (Some(total), Some(length)) if total != length => {
                    Err(self
                        .wrong_length(format!("the registry now speaks of {total} bytes{}", self.promised())))
                }
                _ => Ok(()),
            },
            _ => {
                let why = format!("asked to go on at byte {}, the registry goes on elsewhere", self.position);
                Err(self.wrong_length(why))
            }
        }
    }

    /// Counts a break, waits, and connects again.
    fn resume(&mut self, why: &str) -> Result<(), RegistryError> {
        self.body = None;
        if self.position - self.progress >= PROGRESS {
            (self.breaks, self.progress) = (0, self.position);
        }
        self.breaks += 1;
        let mut tries = Tries::default();
        tries.count(self.breaks);
        if !self.session.again(&tries, None) {
            return Err(RegistryError::BrokenOff {
                asked: self.asked.clone(),
                at: self.position,
                times: self.breaks,
                why: why.to_owned(),
            });
        }
        self.connect()
    }

    /// Reads on; an empty result is the end.
    fn read_on(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        loop {
            let Some(body) = &mut self.body else { return Ok(0) };
            let outcome = if self.skip > 0 {
                let most = buffer.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
                body.read(&mut buffer[..most])
            } else {
                body.read(buffer)
            };
            let is_complete = self.length.is_some_and(|length| self.position >= length);
            match outcome {
                Ok(0) if is_complete || (self.length.is_none() && self.skip == 0) => return Ok(0),
                Ok(0) => {
                    let why = format!("it ended early{}", self.promised());
                    self.resume(&why)?;
                }
                Ok(read) if self.skip > 0 => self.skip -= read as u64,
                Ok(read) => {
                    self.position += read as u64;
                    if self.length.is_some_and(|length| self.position > length) {
                        return Err(
                            self.wrong_length(format!("more bytes come than announced{}", self.promised()))
                        );
                    }
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // All bytes are there; how the connection ends is of no interest.
                Err(_) if is_complete => return Ok(0),
                Err(error) => self.resume(&error.to_string())?,
            }
        }
    }
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.failed {
            return Err(io::Error::other("reading the blob has failed before"));
        }
        self.read_on(buffer).map_err(|error| {
            self.failed = true;
            self.body = None;
            io::Error::other(error)
        })
    }
}
