//! Which layer something came with, and whether that is one of the base image: the same words in
//! every document.

use plimsoll_model::{Analysis, Base, BaseEvidence};

use crate::units::counted;

/// A layer in a column: its place among all, whose it is, its digest. Empty where there is none.
pub(crate) fn layer(analysis: &Analysis, position: Option<u32>) -> String {
    let Some((at, layer)) = position.and_then(|at| Some((at, analysis.layers.get(at as usize)?))) else {
        return String::new();
    };
    let whose = whose(analysis, position);
    let gap = if whose.is_empty() { "" } else { " " };
    format!("{}/{} {whose}{gap}{}", at + 1, analysis.layers.len(), layer.digest.short())
}

/// Whose a layer is, in a column: `base`, `own`, either with a question mark where it is but
/// probable, empty where nobody knows.
pub(crate) fn whose(analysis: &Analysis, layer: Option<u32>) -> &'static str {
    analysis.descent(layer).map_or("", plimsoll_model::Descent::word)
}

/// Whether a layer is one of the base image, for programs; `None` where nobody knows.
pub(crate) fn is_base(analysis: &Analysis, layer: Option<u32>) -> Option<bool> {
    analysis.descent(layer).map(|descent| descent.is_base)
}

/// The base image in one line, with how it is known.
pub(crate) fn base(base: &Base, layers: usize) -> String {
    let name = base.title().unwrap_or_else(|| "an image of unknown name".to_owned());
    let below = base.layers.map_or_else(
        || ", layers unknown".to_owned(),
        |below| format!(", the lowest {below} of {}", counted(layers as u64, "layer")),
    );
    format!("{name}{below}: {}", base.reason)
}

/// The line that stands under columns which tell base from own: what they follow.
pub(crate) fn base_note(analysis: &Analysis) -> Option<String> {
    let known = analysis.base.as_ref()?;
    let marked = if known.layers.is_some() && known.evidence == BaseEvidence::History {
        " (marked with ? as it is but probable)"
    } else {
        ""
    };
    Some(format!("Base image: {}{marked}.", base(known, analysis.layers.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn check(evidence: BaseEvidence, layers: Option<u32>, cells: [&str; 2], note: &str) {
        let base = Base {
            name: Some("debian:12".to_owned()),
            digest: Some(sample::digest(0xdd)),
            layers,
            evidence,
            reason: "seen".to_owned(),
        };
        let analysis = Analysis { base: Some(base), ..sample::analysis() };
        assert_eq!([layer(&analysis, Some(0)), layer(&analysis, Some(1))], cells);
        assert_eq!(base_note(&analysis).as_deref(), Some(note));
    }

    #[test]
    fn what_is_known_of_the_base_is_told_with_its_reason() {
        check(
            BaseEvidence::Remembered,
            Some(1),
            ["1/2 base 101010101010", "2/2 own 202020202020"],
            "Base image: debian:12 (dddddddddddd), the lowest 1 of 2 layers: seen.",
        );
        check(
            BaseEvidence::History,
            Some(1),
            ["1/2 base? 101010101010", "2/2 own? 202020202020"],
            "Base image: debian:12 (dddddddddddd), the lowest 1 of 2 layers: seen (marked with ? as it is but probable).",
        );
        check(
            BaseEvidence::Stated,
            None,
            ["1/2 101010101010", "2/2 202020202020"],
            "Base image: debian:12 (dddddddddddd), layers unknown: seen.",
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let analysis = sample::analysis();
        assert_eq!(layer(&analysis, Some(1)), "2/2 202020202020");
        assert_eq!(layer(&analysis, None), "");
        assert_eq!(base_note(&analysis), None);
    }
}
