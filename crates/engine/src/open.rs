//! From the name of an image to the place where it is.

use std::path::PathBuf;
use std::sync::Arc;

use plimsoll_image::source::daemon::{Daemon, DaemonKind, sockets};
use plimsoll_image::source::docker_archive::DockerArchive;
use plimsoll_image::source::oci::OciLayout;
use plimsoll_image::source::place::Place;
use plimsoll_image::source::registry::{Access, Registry};
use plimsoll_image::source::{DocumentMemory, Source, SourceError};
use plimsoll_model::{Digest, Platform, Reference};
use plimsoll_store::LayerCache;

use crate::credentials::{Environment, StoredCredentials};
use crate::error::EngineError;
use crate::transport::{HttpTransport, SystemTiming, TransportOptions};

/// What the caller decides for the engine.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Directory of cached facts; `None` for no cache.
    pub cache: Option<PathBuf>,
    /// Bytes that the cache may take.
    pub cache_capacity: u64,
    /// Directory for files without a name, where what is too large for memory is kept while it is
    /// read. The cache's is taken first.
    pub scratch: Option<PathBuf>,
    /// Threads that read at once; at least one.
    pub threads: usize,
    /// The platform to choose where there are several.
    pub platform: Option<Platform>,
    /// How registries are spoken to.
    pub transport: TransportOptions,
    /// Where logins to registries are.
    pub environment: Environment,
    /// Hosts that the user vouches for: token servers that may see a login, and hosts of a
    /// private network that a registry may redirect to.
    pub trusted_hosts: Vec<String>,
    /// The environment's `DOCKER_HOST`.
    pub docker_host: Option<String>,
}

/// An image's place, opened.
#[derive(Debug)]
pub(crate) enum Opened {
    Registry(Box<Registry>),
    Other(Box<dyn Source>),
}

impl Opened {
    pub(crate) fn source(&self) -> &dyn Source {
        match self {
            Self::Registry(registry) => &**registry,
            Self::Other(source) => &**source,
        }
    }

    /// What the user should know although it is no error.
    pub(crate) fn notices(&self) -> Vec<String> {
        match self {
            Self::Registry(registry) => registry.notices(),
            Self::Other(_) => Vec::new(),
        }
    }
}

/// The cache as a memory for a registry's documents.
#[derive(Debug)]
struct CachedDocuments(Arc<LayerCache>);

impl DocumentMemory for CachedDocuments {
    fn recall(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.0.document(digest)
    }

    fn keep(&self, digest: &Digest, bytes: &[u8]) {
        // A cache that cannot be written is told of when the layers are stored.
        let _ = self.0.store_document(digest, bytes);
    }
}

/// Opens the source at a place that holds layers.
pub(crate) fn open(
    name: &str,
    place: &Place,
    settings: &Settings,
    memory: Option<&Arc<LayerCache>>,
) -> Result<Opened, EngineError> {
    let fail = |source| EngineError::of_source(name, source);
    let source: Box<dyn Source> = match place {
        Place::OciDirectory(directory, reference) => {
            Box::new(OciLayout::directory(name, directory, reference.as_deref()))
        }
        Place::OciArchive(path, reference) => {
            Box::new(OciLayout::archive(name, path, reference.as_deref()).map_err(fail)?)
        }
        Place::DockerArchive(path, reference) => {
            Box::new(DockerArchive::open(name, path, reference.as_deref()).map_err(fail)?)
        }
        Place::DockerDaemon(image) => daemon(DaemonKind::Docker, name, image, settings).map_err(fail)?,
        Place::PodmanDaemon(image) => daemon(DaemonKind::Podman, name, image, settings).map_err(fail)?,
        Place::Registry(text) => {
            let reference: Reference =
                text.parse().map_err(|error| EngineError::Name(format!("{name}: {error}")))?;
            let access = Access {
                transport: Arc::new(HttpTransport::new(settings.transport.clone())),
                credentials: Arc::new(StoredCredentials::new(settings.environment.clone())),
                timing: Arc::new(SystemTiming::new()),
                plain_http: settings.transport.plain_http,
                trusted_hosts: settings.trusted_hosts.clone(),
            };
            let registry = Registry::new(name, reference, access);
            return Ok(Opened::Registry(Box::new(match memory {
                Some(cache) => registry.remembering(Arc::new(CachedDocuments(Arc::clone(cache)))),
                None => registry,
            })));
        }
        Place::Directory(_) | Place::Sbom(_) => {
            return Err(fail(SourceError::Missing { what: format!("an image with layers at {name}") }));
        }
    };
    Ok(Opened::Other(source))
}

fn daemon(
    kind: DaemonKind,
    name: &str,
    image: &str,
    settings: &Settings,
) -> Result<Box<dyn Source>, SourceError> {
    let runtime = settings.environment.runtime_directory.as_deref();
    let sockets = sockets(kind, settings.docker_host.as_deref(), runtime)?;
    let transport = Arc::new(HttpTransport::new(settings.transport.clone()));
    Ok(Box::new(Daemon::new(kind, name, image, sockets, transport)?))
}
