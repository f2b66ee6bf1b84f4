//! Layers that two images share, and layers that only one of them has.

use crate::analysis::{Analysis, Layer};

/// Layers of two images set side by side: positions in the layers of both analyses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerComparison {
    /// Whether both sides have layers to compare at all; an SBOM and a root directory do not.
    pub known: bool,
    /// How many layers both start with: their common base.
    pub common: u32,
    /// Layers with equal content that lie elsewhere than in the common base, by position before.
    pub shared: Vec<(u32, u32)>,
    /// Layers that only the image before has.
    pub removed: Vec<u32>,
    /// Layers that only the image after has.
    pub added: Vec<u32>,
}

/// Whether two layers hold the same archive: by the digest of the uncompressed archive, which
/// another compression does not change, or else by that of the blob.
fn same(left: &Layer, right: &Layer) -> bool {
    match (&left.diff_id, &right.diff_id) {
        (Some(left), Some(right)) => left == right,
        _ => left.digest == right.digest,
    }
}

pub(super) fn compare(before: &Analysis, after: &Analysis) -> LayerComparison {
    let known = !before.layers.is_empty() && !after.layers.is_empty();
    let common =
        before.layers.iter().zip(&after.layers).take_while(|(left, right)| same(left, right)).count();
    // An image has at most a few hundred layers, so the plain search below stays cheap.
    let mut taken = vec![false; after.layers.len()];
    let (mut shared, mut removed) = (Vec::new(), Vec::new());
    for (position, layer) in before.layers.iter().enumerate().skip(common) {
        let partner = after
            .layers
            .iter()
            .enumerate()
            .skip(common)
            .find(|(other, candidate)| taken.get(*other) == Some(&false) && same(layer, candidate));
        match partner {
            Some((other, _)) => {
                if let Some(slot) = taken.get_mut(other) {
                    *slot = true;
                }
                shared.push((position as u32, other as u32));
            }
            None => removed.push(position as u32),
        }
    }
    let added = (0_u32..)
        .zip(&taken)
        .skip(common)
        .filter(|(_, taken)| !**taken)
        .map(|(position, _)| position)
        .collect();
    LayerComparison { known, common: common as u32, shared, removed, added }
}
