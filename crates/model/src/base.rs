//! Which image an image was built on, how that is known, and so what of it comes from there.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The image that another one was built on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its name, where anybody says one.
    pub name: Option<String>,
    /// Digest of its manifest, or of its index where it is known by that.
    pub digest: Option<Digest>,
    /// How many of the lowest layers are its; `None` where it is only known that there is one.
    pub layers: Option<u32>,
    /// How it is known.
    pub evidence: BaseEvidence,
    /// What was seen, in one sentence.
    pub reason: String,
}

/// How a base image is known, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseEvidence {
    /// The user named it, and its layers are the image's lowest.
    Named,
    /// The image's annotations name it, and its layers, known from an earlier look at it, are the
    /// image's lowest.
    Annotated,
    /// An image that was looked at before has exactly these lowest layers.
    Remembered,
    /// The image's history looks as if another build ended there.
    History,
    /// The image's annotations name one, and nobody could check it.
    Stated,
}

impl BaseEvidence {
    /// Whether its layers were compared; otherwise what is said of it is but probable.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        matches!(self, Self::Named | Self::Annotated | Self::Remembered)
    }
}

/// Where a layer, and with it a package, a file or a finding, comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Descent {
    /// Whether it is of the base image; otherwise it was added to it.
    pub is_base: bool,
    /// Whether the base's layers were compared.
    pub is_certain: bool,
}

impl Descent {
    /// The word for it in columns: `base` or `own`, with a question mark where it is but probable.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match (self.is_base, self.is_certain) {
            (true, true) => "base",
            (false, true) => "own",
            (true, false) => "base?",
            (false, false) => "own?",
        }
    }
}

impl Base {
    /// Where a layer comes from, by its position; `None` where nobody knows.
    #[must_use]
    pub fn descent(&self, layer: u32) -> Option<Descent> {
        let is_base = layer < self.layers?;
        Some(Descent { is_base, is_certain: self.evidence.is_certain() })
    }

    /// What it is called: its name, else its digest.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        match (&self.name, &self.digest) {
            (Some(name), Some(digest)) if !name.contains('@') => Some(format!("{name} ({})", digest.short())),
            (Some(name), _) => Some(name.clone()),
            (None, digest) => digest.as_ref().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(layers: Option<u32>, evidence: BaseEvidence, layer: u32, expect: Option<&str>) {
        let base = Base { name: None, digest: None, layers, evidence, reason: String::new() };
        assert_eq!(base.descent(layer).map(Descent::word), expect);
    }

    #[test]
    fn the_lowest_layers_are_the_base() {
        check(Some(2), BaseEvidence::Remembered, 1, Some("base"));
        check(Some(2), BaseEvidence::Remembered, 2, Some("own"));
    }

    #[test]
    fn what_is_but_probable_is_marked_and_what_is_unknown_is_nothing() {
        check(Some(2), BaseEvidence::History, 0, Some("base?"));
        check(Some(2), BaseEvidence::History, 5, Some("own?"));
        check(None, BaseEvidence::Stated, 0, None);
    }
}
