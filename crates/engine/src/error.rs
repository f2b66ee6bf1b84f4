//! Why the engine could not answer.

use plimsoll_image::LayerError;
use plimsoll_image::source::SourceError;
use plimsoll_model::Digest;
use thiserror::Error;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The image cannot be had.
    #[error("{image}: {source}")]
    Source {
        /// The image as the user named it.
        image: String,
        /// Why.
        #[source]
        source: Box<SourceError>,
    },
    /// One of its layers cannot be read.
    #[error("{image}: layer {digest}: {source}")]
    Layer {
        /// The image as the user named it.
        image: String,
        /// The layer.
        digest: Digest,
        /// Why.
        #[source]
        source: Box<LayerError>,
    },
    /// The image that the user named as its base is not.
    #[error("{0}")]
    Base(String),
    /// The name of the image is none.
    #[error("{0}")]
    Name(String),
    /// A document that was to be read as an SBOM is none.
    #[error("{image}: {reason}")]
    Sbom {
        /// The document.
        image: String,
        /// Why.
        reason: String,
    },
}

impl EngineError {
    /// What reading a layer gave.
    pub(crate) fn of_layer(image: &str, digest: &Digest, source: LayerError) -> Self {
        Self::Layer { image: image.to_owned(), digest: digest.clone(), source: Box::new(source) }
    }

    /// What a source gave, about the image that the user named.
    pub(crate) fn of_source(image: &str, source: SourceError) -> Self {
        Self::Source { image: image.to_owned(), source: Box::new(source) }
    }
}
