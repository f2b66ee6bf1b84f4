//! One severity from what several publishers say.

use plimsoll_model::{CvssScore, Severity, SeverityLevel};

use crate::cvss;

/// The level to show and the highest CVSS base score.
///
/// The distribution's own word comes first: it knows how it builds the package. For registries
/// of languages the score comes first, since their words are made from it. Where one is missing
/// the other counts; among several the worst.
pub(super) fn fold<'a>(
    severities: impl Iterator<Item = &'a Severity>,
    of_distribution: bool,
) -> (SeverityLevel, Option<CvssScore>) {
    let mut word = None;
    let mut score = None;
    for severity in severities {
        match severity {
            Severity::Word(text) => word = word.max(SeverityLevel::from_word(text)),
            Severity::Cvss(vector) => {
                score = score.max(cvss::base_score(vector).map(|score| CvssScore(score.tenths())));
            }
        }
    }
    let scored = score.map(SeverityLevel::from_score);
    let level = if of_distribution { word.or(scored) } else { scored.or(word) };
    (level.unwrap_or_default(), score)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &[&str], of_distribution: bool, level: SeverityLevel, score: Option<u8>) {
        let said: Vec<Severity> = said
            .iter()
            .map(|text| match text.contains('/') {
                true => Severity::Cvss((*text).to_owned()),
                false => Severity::Word((*text).to_owned()),
            })
            .collect();
        assert_eq!(fold(said.iter(), of_distribution), (level, score.map(CvssScore)), "{said:?}");
    }

    #[test]
    fn the_distribution_s_word_comes_before_the_score_and_the_registry_s_after() {
        const VECTOR: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        check(&[VECTOR, "low"], true, SeverityLevel::Low, Some(98));
        check(&[VECTOR, "low"], false, SeverityLevel::Critical, Some(98));
        check(&[VECTOR, "not yet assigned"], true, SeverityLevel::Critical, Some(98));
        check(&["moderate", "low"], false, SeverityLevel::Medium, None);
        check(&["CVSS:3.1/broken"], false, SeverityLevel::Unknown, None);
        check(&[], true, SeverityLevel::Unknown, None);
    }
}
