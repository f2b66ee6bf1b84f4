//! From the name of an image to the place where it is.

use std::path::PathBuf;

use plimsoll_image::source::docker_archive::DockerArchive;
use plimsoll_image::source::oci::OciLayout;
use plimsoll_image::source::place::Place;
use plimsoll_image::source::{Source, SourceError};
use plimsoll_model::Platform;

use crate::error::EngineError;

/// What the caller decides for the engine.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Directory of cached facts; `None` for no cache.
    pub cache: Option<PathBuf>,
    /// Bytes that the cache may take.
    pub cache_capacity: u64,
    /// Threads that read at once; at least one.
    pub threads: usize,
    /// The platform to choose where there are several.
    pub platform: Option<Platform>,
}

/// Opens the source at a place that holds layers.
pub(crate) fn open(name: &str, place: &Place, _settings: &Settings) -> Result<Box<dyn Source>, EngineError> {
    let fail = |source| EngineError::Source { image: name.to_owned(), source };
    match place {
        Place::OciDirectory(directory, reference) => {
            Ok(Box::new(OciLayout::directory(name, directory, reference.as_deref())))
        }
        Place::OciArchive(path, reference) => {
            Ok(Box::new(OciLayout::archive(name, path, reference.as_deref()).map_err(fail)?))
        }
        Place::DockerArchive(path, reference) => {
            Ok(Box::new(DockerArchive::open(name, path, reference.as_deref()).map_err(fail)?))
        }
        _ => Err(fail(SourceError::Missing { what: name.to_owned() })),
    }
}
