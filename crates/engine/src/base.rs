//! The image that another one was built on: by the user's word, by annotations, by images that
//! were looked at before, by its history; in this order.

use plimsoll_image::digest_of;
use plimsoll_image::source::{Image, StatedBase};
use plimsoll_model::{Algorithm, Base, BaseEvidence, Digest};
use plimsoll_store::{KnownImage, LayerCache};

/// What a layer is known by: its diff id, or its blob's digest where the image names no diff ids.
fn layer_ids(image: &Image) -> Vec<&Digest> {
    image.layers.iter().map(|layer| layer.diff_id.as_ref().unwrap_or(&layer.digest)).collect()
}

/// For each number of the lowest layers, from one, the id of their chain (image-spec 1.1,
/// "Layer ChainID").
fn chain_ids(image: &Image) -> Vec<Digest> {
    let mut chains: Vec<Digest> = Vec::new();
    for layer in layer_ids(image) {
        chains.push(match chains.last() {
            None => layer.clone(),
            Some(below) => digest_of(Algorithm::Sha256, format!("{below} {layer}").as_bytes()),
        });
    }
    chains
}

/// Keeps an image in mind, so that those built on it are recognised.
pub(crate) fn remember(cache: &LayerCache, image: &Image) {
    let Some(chain) = chain_ids(image).pop() else { return };
    let identity = &image.identity;
    let known = KnownImage {
        is_local: identity.reference.is_none(),
        name: identity.reference.clone().unwrap_or_else(|| identity.name.clone()),
        manifest: identity.manifest_digest.as_ref().map(ToString::to_string),
        index: identity.index_digest.as_ref().map(ToString::to_string),
    };
    // A cache that cannot be written is told of when the layers are stored.
    let _ = cache.remember_image(&chain, &known);
}

/// The base that the user named, checked.
///
/// # Errors
/// Why it cannot be the base, as a sentence.
pub(crate) fn named(image: &Image, base: &Image) -> Result<Base, String> {
    let (own, below) = (layer_ids(image), layer_ids(base));
    let name = &base.identity.name;
    if below.is_empty() {
        return Err(format!("{name} has no layers, so nothing can be built on it"));
    }
    let shared = own.iter().zip(&below).take_while(|(own, below)| own == below).count();
    if shared < below.len() {
        return Err(format!(
            "{} is not built on {name}: of its {} layers only the lowest {shared} are those of the image; \
             name the very base, by its digest where its tag has moved",
            image.identity.name,
            below.len()
        ));
    }
    Ok(Base {
        name: Some(base.identity.reference.clone().unwrap_or_else(|| name.clone())),
        digest: base.identity.manifest_digest.clone(),
        layers: u32::try_from(below.len()).ok(),
        evidence: BaseEvidence::Named,
        reason: "named by --base, and its layers are the lowest of the image".to_owned(),
    })
}

/// The base as far as it can be told without asking anybody; `None` where nothing tells.
pub(crate) fn recognise(cache: Option<&LayerCache>, image: &Image) -> Option<Base> {
    let stated = image.stated_base.as_ref();
    let known = cache.map(|cache| known(cache, image)).unwrap_or_default();
    annotated(&known, stated)
        .or_else(|| {
            let remembered = remembered(&known);
            let probable = probable(image, stated, remembered.as_ref());
            // Where the history tells of a longer base, the known one is but the base of the base.
            match (remembered, probable) {
                (Some(remembered), Some(probable)) if probable.layers <= remembered.layers => {
                    Some(remembered)
                }
                (remembered, None) => remembered,
                (_, probable) => probable,
            }
        })
        .or_else(|| only_stated(stated))
}

/// Known images whose layers are the image's lowest, but not all of them: the longest first.
fn known(cache: &LayerCache, image: &Image) -> Vec<(u32, Vec<KnownImage>)> {
    let chains = chain_ids(image);
    let own = chains.len().saturating_sub(1);
    let mut found: Vec<(u32, Vec<KnownImage>)> = chains
        .iter()
        .take(own)
        .enumerate()
        .filter_map(|(below, chain)| Some((u32::try_from(below + 1).ok()?, cache.images(chain))))
        .filter(|(_, images)| !images.is_empty())
        .collect();
    found.reverse();
    found
}

fn annotated(known: &[(u32, Vec<KnownImage>)], stated: Option<&StatedBase>) -> Option<Base> {
    let digest = stated?.digest.as_ref()?;
    let (layers, image) = known.iter().find_map(|(layers, images)| {
        Some((*layers, images.iter().find(|image| image.has_digest(digest))?))
    })?;
    Some(Base {
        name: Some(stated?.name.clone().unwrap_or_else(|| image.name.clone())),
        digest: Some(digest.clone()),
        layers: Some(layers),
        evidence: BaseEvidence::Annotated,
        reason: "named by the image's annotations, and its layers, seen before, are the lowest of the image"
            .to_owned(),
    })
}

fn remembered(known: &[(u32, Vec<KnownImage>)]) -> Option<Base> {
    let (layers, images) = known.first()?;
    let image = images.first()?;
    let others = match images.len() {
        1 => String::new(),
        many => format!(" ({} images seen have the same layers)", many),
    };
    Some(Base {
        name: Some(image.name.clone()),
        digest: image.manifest.as_ref().and_then(|text| text.parse().ok()),
        layers: Some(*layers),
        evidence: BaseEvidence::Remembered,
        reason: format!("looked at before on this machine; its layers are the lowest of the image{others}"),
    })
}

fn probable(image: &Image, stated: Option<&StatedBase>, below: Option<&Base>) -> Option<Base> {
    let boundary = image.boundary.as_ref()?;
    let mut reason = format!("probably, by the image's history: {}", boundary.reason);
    if stated.is_some() {
        reason.push_str("; the name is what the image's annotations say, and was not checked");
    }
    if let Some((name, layers)) = below.and_then(|below| Some((below.name.as_ref()?, below.layers?))) {
        reason.push_str(&format!("; its lowest layers ({layers}) are those of {name}, looked at before"));
    }
    Some(Base {
        name: stated.and_then(|stated| stated.name.clone()),
        digest: stated.and_then(|stated| stated.digest.clone()),
        layers: u32::try_from(boundary.layers).ok(),
        evidence: BaseEvidence::History,
        reason,
    })
}

fn only_stated(stated: Option<&StatedBase>) -> Option<Base> {
    let stated = stated?;
    Some(Base {
        name: stated.name.clone(),
        digest: stated.digest.clone(),
        layers: None,
        evidence: BaseEvidence::Stated,
        reason:
            "named by the image's annotations, not checked; look at that image first, or name it with --base"
                .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_image::history::Boundary;
    use plimsoll_image::source::ImageLayer;

    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::sha256([byte; 32])
    }

    fn image(name: &str, layers: &[u8]) -> Image {
        let mut image = Image::default();
        image.identity.name = name.to_owned();
        image.identity.manifest_digest = Some(digest(layers.iter().fold(100, |sum, layer| sum + layer)));
        image.layers = layers
            .iter()
            .enumerate()
            .map(|(index, byte)| ImageLayer {
                index,
                digest: digest(byte + 50),
                diff_id: Some(digest(*byte)),
                is_known_by_diff_id: false,
                media_type: String::new(),
                size: 0,
                instruction: None,
                created: None,
                location: String::new(),
            })
            .collect();
        image
    }

    fn boundary(layers: usize) -> Option<Boundary> {
        Some(Boundary { layers, reason: "r".to_owned() })
    }

    /// What is recognised after some images were looked at: name, layers, evidence.
    fn check(before: &[Image], of: &Image, expect: Option<(Option<&str>, Option<u32>, BaseEvidence)>) {
        let directory = tempfile::tempdir().unwrap();
        let cache = LayerCache::new(directory.path(), u64::MAX);
        for image in before {
            remember(&cache, image);
        }
        let found = recognise(Some(&cache), of);
        let found = found.as_ref().map(|base| (base.name.as_deref(), base.layers, base.evidence));
        assert_eq!(found, expect);
    }

    #[test]
    fn an_image_seen_before_with_the_lowest_layers_is_the_base() {
        let app = image("app", &[1, 2, 3, 4]);
        let (debian, python) = (image("debian", &[1, 2]), image("python", &[1, 2, 3]));
        check(std::slice::from_ref(&debian), &app, Some((Some("debian"), Some(2), BaseEvidence::Remembered)));
        check(&[python, debian], &app, Some((Some("python"), Some(3), BaseEvidence::Remembered)));
    }

    #[test]
    fn neither_the_image_itself_nor_one_that_shares_a_part_is_the_base() {
        let app = image("app", &[1, 2, 3]);
        check(&[app.clone(), image("other", &[1, 9]), image("larger", &[1, 2, 3, 4])], &app, None);
    }

    #[test]
    fn annotations_count_where_that_image_was_seen() {
        let (debian, python) = (image("debian", &[1, 2]), image("python", &[1, 2, 3]));
        let stated = StatedBase {
            name: Some("docker.io/library/debian:12".to_owned()),
            digest: debian.identity.manifest_digest.clone(),
        };
        let app = Image { stated_base: Some(stated), ..image("app", &[1, 2, 3, 4]) };
        let name = Some("docker.io/library/debian:12");
        check(&[debian, python.clone()], &app, Some((name, Some(2), BaseEvidence::Annotated)));
        check(&[], &app, Some((name, None, BaseEvidence::Stated)));
        check(&[python], &app, Some((Some("python"), Some(3), BaseEvidence::Remembered)));
    }

    #[test]
    fn the_history_is_asked_last_unless_it_tells_of_a_longer_base() {
        let app = Image { boundary: boundary(3), ..image("app", &[1, 2, 3, 4]) };
        check(&[], &app, Some((None, Some(3), BaseEvidence::History)));
        check(&[image("debian", &[1])], &app, Some((None, Some(3), BaseEvidence::History)));
        check(
            &[image("python", &[1, 2, 3])],
            &app,
            Some((Some("python"), Some(3), BaseEvidence::Remembered)),
        );
    }

    #[test]
    fn the_base_that_the_user_names_is_checked() {
        let app = image("app", &[1, 2, 3]);
        assert_eq!(named(&app, &image("debian", &[1, 2])).unwrap().layers, Some(2));
        let error = named(&app, &image("other", &[1, 9])).unwrap_err();
        assert!(error.starts_with("app is not built on other: of its 2 layers only the lowest 1"), "{error}");
        assert!(named(&app, &image("larger", &[1, 2, 3, 4])).is_err());
        assert!(named(&app, &image("empty", &[])).is_err());
    }

    #[test]
    fn chains_are_those_of_the_specification() {
        let chains = chain_ids(&image("a", &[1, 2]));
        let expect = digest_of(Algorithm::Sha256, format!("{} {}", digest(1), digest(2)).as_bytes());
        assert_eq!(chains, [digest(1), expect]);
    }
}
