//! `docker:NAME` and `podman:NAME`: images in the store of a daemon, over its Unix socket.
//!
//! Both speak Docker's Engine API. A daemon keeps no blobs as a registry would serve them (it
//! unpacked them), so a layer is named by the digest of its uncompressed archive, its diff id,
//! and its bytes come uncompressed out of one stream that holds the whole image.

mod inspect;
mod stream;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_model::Platform;
use thiserror::Error;
use url::Url;

use self::inspect::Inspected;
use super::registry::Said;
use super::{DeliverLayer, Image, ImageLayer, Source, SourceError};
use crate::limits::MAX_DOCUMENT;
use crate::transport::{Method, Origin, Request, Response, Transport, TransportError};

/// Which daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaemonKind {
    /// Docker's.
    Docker,
    /// Podman's, which has to be started for it: `podman system service`.
    Podman,
}

impl DaemonKind {
    /// As people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "podman",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Docker => "is Docker running? DOCKER_HOST=unix:///path names another socket",
            Self::Podman => {
                "podman listens only when told to: systemctl --user start podman.socket, or podman system service"
            }
        }
    }
}

/// Why a daemon cannot be asked.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// A name that no image can have.
    #[error("`{0}` cannot be the name of an image in a daemon's store")]
    Name(String),
    /// A daemon on another machine.
    #[error(
        "DOCKER_HOST is {0}, and daemons are asked over Unix sockets only: save the image there (docker save) and use docker-archive:, or push it to a registry"
    )]
    Remote(String),
    /// No socket answers.
    #[error("the {kind} daemon cannot be reached: {tried}; {advice}")]
    NotRunning {
        /// Which daemon.
        kind: &'static str,
        /// Each socket and what happened there.
        tried: String,
        /// What the user can do.
        advice: &'static str,
    },
    /// The connection broke.
    #[error("the {kind} daemon was not heard to the end: {source}")]
    Transport {
        /// Which daemon.
        kind: &'static str,
        /// What happened.
        #[source]
        source: TransportError,
    },
    /// It says no.
    #[error("the {kind} daemon answers {status}{said}")]
    Status {
        /// Which daemon.
        kind: &'static str,
        /// The status.
        status: u16,
        /// Its own words.
        said: Said,
    },
}

impl From<DaemonError> for SourceError {
    fn from(error: DaemonError) -> Self {
        Self::Remote(Box::new(error))
    }
}

/// Sockets that a daemon may listen on, the likeliest first. `docker_host` is the environment's
/// `DOCKER_HOST`, `runtime_directory` its `XDG_RUNTIME_DIR`.
///
/// # Errors
/// [`DaemonError::Remote`] where `DOCKER_HOST` names no Unix socket.
pub fn sockets(
    kind: DaemonKind,
    docker_host: Option<&str>,
    runtime_directory: Option<&Path>,
) -> Result<Vec<PathBuf>, DaemonError> {
    let mut sockets: Vec<PathBuf> = Vec::new();
    match kind {
        DaemonKind::Docker => match docker_host.filter(|host| !host.is_empty()) {
            Some(host) => match host.strip_prefix("unix://") {
                Some(path) => sockets.push(path.into()),
                None => return Err(DaemonError::Remote(host.to_owned())),
            },
            None => {
                sockets.push("/var/run/docker.sock".into());
                // A daemon without root.
                sockets.extend(runtime_directory.map(|directory| directory.join("docker.sock")));
            }
        },
        DaemonKind::Podman => {
            sockets.extend(runtime_directory.map(|directory| directory.join("podman/podman.sock")));
            sockets.push("/run/podman/podman.sock".into());
        }
    }
    Ok(sockets)
}

/// One image of a daemon.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    kind: DaemonKind,
    image: String,
    sockets: Vec<PathBuf>,
    transport: Arc<dyn Transport>,
    /// The socket that answered.
    socket: Mutex<Option<PathBuf>>,
    /// The image's id, once it is known: the name may move between two requests, the id cannot.
    id: Mutex<Option<String>>,
}

impl Daemon {
    /// The image that a daemon calls `image`. Nothing is asked yet. `name` is how the user wrote
    /// it; `sockets` are tried in turn.
    ///
    /// # Errors
    /// [`DaemonError::Name`] where no image can have that name.
    pub fn new(
        kind: DaemonKind,
        name: &str,
        image: &str,
        sockets: Vec<PathBuf>,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, DaemonError> {
        // It becomes part of an address: nothing that could lead to another one.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
        let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
        if !image.bytes().all(allowed) || !image.split('/').all(is_part) {
            return Err(DaemonError::Name(image.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            kind,
            image: image.to_owned(),
            sockets,
            transport,
            socket: Mutex::default(),
            id: Mutex::default(),
        })
    }

    /// Asks for a document about the image, or for the image.
    fn ask(&self, image: &str, what: &str) -> Result<Response, SourceError> {
        let kind = self.kind.name();
        // The host is for show: the connection is the socket's.
        let url = Url::parse(&format!("http://localhost/images/{image}/{what}"))
            .map_err(|_| DaemonError::Name(image.to_owned()))?;
        let known = lock(&self.socket).clone();
        let candidates = known.map_or_else(|| self.sockets.clone(), |socket| vec![socket]);
        let mut tried = Vec::new();
        for socket in candidates {
            let mut request = Request::new(Method::Get, url.clone(), Origin::UserNamed);
            request.socket = Some(socket.clone());
            match self.transport.send(&request) {
                Ok(response) => {
                    *lock(&self.socket) = Some(socket);
                    return self.judge(response);
                }
                Err(source @ TransportError::Broken { .. }) => {
                    return Err(DaemonError::Transport { kind, source }.into());
                }
                Err(error) => tried.push(error.to_string()),
            }
        }
        let tried = if tried.is_empty() { "no socket is known".to_owned() } else { tried.join("; ") };
        Err(DaemonError::NotRunning { kind, tried, advice: self.kind.advice() }.into())
    }

    fn judge(&self, response: Response) -> Result<Response, SourceError> {
        match response.status {
            200..=299 => Ok(response),
            404 => Err(SourceError::Missing {
                what: format!("{} in the store of the {} daemon", self.image, self.kind.name()),
            }),
            status => {
                let mut body = Vec::new();
                // What can be had of an explanation is enough.
                let _ = response.body.take(MAX_DOCUMENT).read_to_end(&mut body);
                Err(DaemonError::Status { kind: self.kind.name(), status, said: Said::read(&body) }.into())
            }
        }
    }

    fn document(&self, image: &str, what: &str) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let response = self.ask(image, what)?;
        let fail = |source| SourceError::Read {
            what: format!("what the {} daemon says about {}", self.kind.name(), self.name),
            source,
        };
        response.body.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() as u64 > MAX_DOCUMENT {
            let why = "the daemon says more about it than about any real image".to_owned();
            return Err(SourceError::Damaged { what: self.name.clone(), why });
        }
        Ok(bytes)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Source for Daemon {
    /// What the daemon says when asked to inspect the image, which costs it nothing. The
    /// configuration's own document is only inside the export; its history is taken from the
    /// daemon's list instead, where that can be told apart by layers.
    fn image(&self, wanted: Option<&Platform>) -> Result<Image, SourceError> {
        let inspected = Inspected::parse(&self.name, &self.document(&self.image, "json")?)?;
        let id = inspected.id().unwrap_or(&self.image).to_owned();
        // Without a history the image is the same.
        let history = self.document(&id, "history").unwrap_or_default();
        *lock(&self.id) = Some(id);
        let image = inspected.image(&self.name, &self.image, &history)?;
        if let (Some(wanted), Some(own)) = (wanted, &image.identity.platform)
            && !own.satisfies(wanted)
        {
            return Err(SourceError::Platform {
                name: self.name.clone(),
                wanted: wanted.clone(),
                offered: own.to_string(),
            });
        }
        Ok(image)
    }

    fn open_layer(&self, layer: &ImageLayer) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        // Only for callers that do not look at `is_stream`: a layer alone has to be held.
        let mut bytes = Vec::new();
        let mut failed = None;
        self.stream_layers(&[layer], &mut |_, mut reader| failed = reader.read_to_end(&mut bytes).err())?;
        match failed {
            Some(source) => Err(SourceError::Read { what: layer.digest.to_string(), source }),
            None => Ok(Box::new(std::io::Cursor::new(bytes))),
        }
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn stream_layers(
        &self,
        wanted: &[&ImageLayer],
        deliver: &mut DeliverLayer<'_>,
    ) -> Result<(), SourceError> {
        let id = lock(&self.id).clone().unwrap_or_else(|| self.image.clone());
        stream::deliver_layers(&self.name, &|| Ok(self.ask(&id, "get")?.body), wanted, deliver)
    }
}

#[cfg(test)]
mod tests;
