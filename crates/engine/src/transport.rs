//! The one outbound HTTP client: every byte that Plimsoll fetches comes through here, under one
//! set of rules on addresses, encryption, time and redirects.
//!
//! It follows no redirects and retries nothing: who asks decides that, under the rules of its
//! own protocol. Nothing is set up before the first request, so that commands that need no
//! network do not pay for it.

mod guard;
mod resolver;
mod timing;
mod tls;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plimsoll_image::transport::{Headers, Method, Origin, Request, Response, Transport, TransportError};
use reqwest::blocking::Client;
use reqwest::{NoProxy, Proxy};

use self::guard::Forbidden;
use self::resolver::GuardedResolver;

pub use self::timing::SystemTiming;

/// How long a connection may take to come about, names and certificates included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long nothing may come before a connection counts as broken. Registries that fetch from
/// another one first take tens of seconds before the first byte.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The same for a daemon on this machine, which writes the whole image to its disk before the
/// first byte comes.
const SOCKET_IDLE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Proxies, as the environment names them (`HTTP_PROXY` and its kin). They are handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For plain HTTP.
    pub http: Option<String>,
    /// For HTTPS.
    pub https: Option<String>,
    /// For both, where there is no special one.
    pub all: Option<String>,
    /// Hosts that are asked without a proxy, separated by commas.
    pub none_for: Option<String>,
}

/// What the caller decides for the client.
#[derive(Debug, Clone, Default)]
pub struct TransportOptions {
    /// A file of further certificate authorities to believe, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// Whether plain HTTP may be spoken with more than this machine.
    pub plain_http: bool,
    /// Proxies.
    pub proxies: Proxies,
    /// In place of the usual 60 seconds, how long nothing may come.
    pub idle_timeout: Option<Duration>,
}

/// The client.
///
/// The address guard judges the address that is connected to, after the name was resolved, so
/// that a name cannot change its mind in between. Behind a proxy it is the proxy that resolves;
/// then only literal addresses are judged.
#[derive(Debug)]
pub struct HttpTransport {
    options: TransportOptions,
    /// One client per kind of request: a connection that was allowed for a host of the user's
    /// is never used for one that a registry chose.
    clients: Mutex<BTreeMap<Way, Client>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Named,
    Chosen,
    Socket(PathBuf),
}

impl HttpTransport {
    /// A client with these options. Nothing is opened or read yet.
    #[must_use]
    pub fn new(options: TransportOptions) -> Self {
        Self { options, clients: Mutex::default() }
    }

    fn client(&self, way: &Way) -> Result<Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(way) {
            return Ok(client.clone());
        }
        let client = self.build(way)?;
        clients.insert(way.clone(), client.clone());
        Ok(client)
    }

    fn build(&self, way: &Way) -> Result<Client, String> {
        let idle = self.options.idle_timeout.unwrap_or(IDLE_TIMEOUT);
        let builder = Client::builder()
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT);
        let builder = match way {
            // The plain roots: nothing is encrypted on a socket of this machine.
            Way::Socket(path) => builder
                .tls_backend_preconfigured(tls::without_roots()?)
                .timeout(SOCKET_IDLE_TIMEOUT)
                .unix_socket(path.clone()),
            Way::Named | Way::Chosen => {
                // On a blocking client this is the time for the head of a response, and then
                // for each read of its body; not for all of it.
                let mut builder = builder
                    .tls_backend_preconfigured(tls::configure(self.options.ca_file.as_deref())?)
                    .timeout(idle)
                    .dns_resolver(Arc::new(GuardedResolver::new(origin(way), self.proxy_hosts())));
                for proxy in self.proxies()? {
                    builder = builder.proxy(proxy);
                }
                builder
            }
        };
        builder.build().map_err(|error| deepest(&error))
    }

    fn proxies(&self) -> Result<Vec<Proxy>, String> {
        let Proxies { http, https, all, none_for } = &self.options.proxies;
        let none_for = none_for.as_deref().and_then(NoProxy::from_string);
        let mut proxies = Vec::new();
        for (address, kind) in [(http, "http"), (https, "https"), (all, "all")] {
            let Some(address) = address.as_deref().filter(|address| !address.is_empty()) else { continue };
            let made = match kind {
                "http" => Proxy::http(address),
                "https" => Proxy::https(address),
                _ => Proxy::all(address),
            };
            let proxy =
                made.map_err(|error| format!("the proxy for {kind} cannot be used: {}", deepest(&error)))?;
            proxies.push(proxy.no_proxy(none_for.clone()));
        }
        Ok(proxies)
    }

    /// Hosts of proxies. They are the user's own choice and mostly in a private network.
    fn proxy_hosts(&self) -> BTreeSet<String> {
        let Proxies { http, https, all, none_for: _ } = &self.options.proxies;
        [http, https, all]
            .into_iter()
            .flatten()
            .filter_map(|address| {
                url::Url::parse(address).or_else(|_| url::Url::parse(&format!("http://{address}"))).ok()
            })
            .filter_map(|address| address.host_str().map(str::to_ascii_lowercase))
            .collect()
    }
}

const fn origin(way: &Way) -> Origin {
    match way {
        Way::Named | Way::Socket(_) => Origin::UserNamed,
        Way::Chosen => Origin::RemoteChosen,
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let host = request.socket.as_ref().map_or_else(
            || request.url.host_str().unwrap_or_default().to_owned(),
            |socket| socket.display().to_string(),
        );
        let refused = |why| TransportError::Refused { host: host.clone(), why };
        let way = match (&request.socket, request.origin) {
            (Some(path), _) => Way::Socket(path.clone()),
            (None, Origin::UserNamed) => Way::Named,
            (None, Origin::RemoteChosen) => Way::Chosen,
        };
        if request.socket.is_none() {
            guard::check(request, self.options.plain_http, &self.proxy_hosts()).map_err(refused)?;
        }
        let client = self.client(&way).map_err(refused)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
        };
        let mut builder = client.request(method, request.url.clone());
        for (name, value) in request.headers.iter() {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().map_err(|error| failure(&host, &error, request.socket.as_deref()))?;
        let mut headers = Headers::default();
        for (name, value) in response.headers() {
            headers.add(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        }
        Ok(Response { status: response.status().as_u16(), headers, body: Box::new(Body(response)) })
    }
}

/// A body whose errors say what happened rather than where in the client.
struct Body(reqwest::blocking::Response);

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
            match inner {
                Some(inner) if inner.is_timeout() => {
                    io::Error::new(io::ErrorKind::TimedOut, "nothing came any more")
                }
                Some(inner) => io::Error::new(error.kind(), deepest(inner)),
                None => error,
            }
        })
    }
}

/// Sorts an error by what it means for whoever asked.
fn failure(host: &str, error: &reqwest::Error, socket: Option<&Path>) -> TransportError {
    let host = host.to_owned();
    let mut cause = error.source();
    let mut kind = None;
    while let Some(at) = cause {
        if let Some(Forbidden(why)) = at.downcast_ref() {
            return TransportError::Refused { host, why: why.clone() };
        }
        if let Some(at) = at.downcast_ref::<io::Error>() {
            kind = Some(at.kind());
            // What the guard says comes wrapped once more where the connector wraps it.
            if let Some(Forbidden(why)) = at.get_ref().and_then(|inner| inner.downcast_ref()) {
                return TransportError::Refused { host, why: why.clone() };
            }
        }
        cause = at.source();
    }
    let text = deepest(error);
    let broke_off = matches!(
        kind,
        Some(
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    );
    if error.is_connect() && !broke_off {
        let why = match (kind, socket) {
            (Some(io::ErrorKind::PermissionDenied), Some(_)) => {
                format!("{text}; your user may not use this socket: join its group, or run as its owner")
            }
            (Some(io::ErrorKind::NotFound), Some(_)) => format!("{text}; is the daemon running?"),
            _ if error.is_timeout() => format!("no connection came about within {} s", CONNECT_TIMEOUT.as_secs()),
            _ if error.is_dns() => format!("{text}; check the spelling of its name, or your name server"),
            _ if text.contains("UnknownIssuer") => {
                "its certificate was not issued by any authority that this machine believes; name a private authority with --ca-file, or install ca-certificates if there are none".to_owned()
            }
            _ if text.contains("certificate") => format!("its certificate is not valid: {text}"),
            _ => text,
        };
        return TransportError::Unreachable { host, why };
    }
    let why = if error.is_timeout() { "no answer came in time".to_owned() } else { text };
    TransportError::Broken { host, why }
}

/// The innermost cause of an error: the outer ones say where in the client it passed.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(inner) = at.source() {
        at = inner;
    }
    at.to_string()
}
