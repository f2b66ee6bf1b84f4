//! What a source asks the network for, as plain values. This crate opens no socket: whoever
//! implements [`Transport`] does, under the rules that a [`Request`] states.

pub mod address;

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use thiserror::Error;
use url::Url;

/// Sends one request and gives one response. It follows no redirect, retries nothing, unpacks
/// no content encoding, and adds no credentials: its callers do, each under rules of its own.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request.
    ///
    /// # Errors
    /// [`TransportError`] where there is no response. Any status is a response.
    fn send(&self, request: &Request) -> Result<Response, TransportError>;
}

/// The methods that reading takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Gives a document.
    Get,
    /// Gives only the headers.
    Head,
    /// Asks for a token with a form.
    Post,
}

impl Method {
    /// As it is written on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
        }
    }
}

/// Who chose the host that a request goes to: the most important thing a transport must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The user typed it. Machines of the user's own network are fine.
    UserNamed,
    /// Somebody's answer contained it (a redirect, the realm of a token server). Nothing but the
    /// public internet is fine, or any registry could have us knock on doors inside.
    RemoteChosen,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Header names and values.
    pub headers: Headers,
    /// The body of a [`Method::Post`].
    pub body: Option<Vec<u8>>,
    /// Who chose the host.
    pub origin: Origin,
    /// A Unix socket to send it through; the host of [`Self::url`] is then for show.
    pub socket: Option<PathBuf>,
}

impl Request {
    /// A request without headers.
    #[must_use]
    pub fn new(method: Method, url: Url, origin: Origin) -> Self {
        Self { method, url, headers: Headers::default(), body: None, origin, socket: None }
    }

    /// The request with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.add(name, value);
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Forms hold refresh tokens.
        let body = self.body.as_ref().map_or(0, Vec::len);
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("headers", &self.headers)
            .field("body_bytes", &body)
            .field("origin", &self.origin)
            .field("socket", &self.socket)
            .finish()
    }
}

/// One response.
pub struct Response {
    /// The status.
    pub status: u16,
    /// Header names and values, in the order in which they came.
    pub headers: Headers,
    /// The body, as it comes.
    pub body: Box<dyn Read + Send>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, headers, body: _ } = self;
        f.debug_struct("Response").field("status", status).field("headers", headers).finish_non_exhaustive()
    }
}

/// Headers, whose names are the same in any case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Adds one.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Takes all of a name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What `Content-Length` says, if anything that makes sense.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.get("content-length")?.trim().parse().ok()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" | "cookie" | "set-cookie" => (name, "(hidden)"),
            _ => (name, value),
        });
        f.debug_map().entries(shown).finish()
    }
}

/// Why there is no response.
#[derive(Debug, Error)]
pub enum TransportError {
    /// The address guard or the rule on plain HTTP forbids it. Trying again changes nothing.
    #[error("{host} was not contacted: {why}")]
    Refused {
        /// The host.
        host: String,
        /// Why not, and what the user may do.
        why: String,
    },
    /// Nobody answers there at all: the name is unknown, the connection refused, the
    /// certificate not believed.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened, and what the user may do.
        why: String,
    },
    /// The connection was there and broke, or stood still for too long. Trying again may help.
    #[error("the connection to {host} broke: {why}")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        why: String,
    },
}

impl TransportError {
    /// Whether trying again may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }
}
