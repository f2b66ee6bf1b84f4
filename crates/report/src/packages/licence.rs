//! What a licence as a package states it is in the words of SPDX.
//!
//! Other spellings of the same expression are understood (`MIT/Apache-2.0`, `GPL-2.0+`), guesses
//! are not made: `BSD` is not `BSD-2-Clause` and `GPL` is no version of it.

use spdx::{Expression, LicenseItem, ParseMode};

/// The longest statement that is tried as an expression. Real ones stay under 300 bytes.
const LONGEST: usize = 1_000;

const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

/// Identifiers that SPDX added after CycloneDX 1.6 took its copy of the list.
const AFTER_CYCLONEDX_1_6: [&str; 19] = [
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "atc-game",
];

/// A licence in the words of SPDX, as far as it has any for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Licence {
    /// One identifier of the SPDX list.
    Id(String),
    /// A valid expression of several.
    Expression(String),
    /// Anything else, as the package states it.
    Name(String),
}

impl Licence {
    /// Reads one statement; `None` where it states nothing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || matches!(text, "NOASSERTION" | "NONE") {
            return None;
        }
        let name = || Self::Name(text.to_owned());
        let Some(canonical) = canonical(text) else { return Some(name()) };
        let single = spdx::license_id(&canonical).is_some_and(|id| id.name == canonical);
        Some(if single { Self::Id(canonical) } else { Self::Expression(canonical) })
    }

    /// Whether CycloneDX 1.6 lets this stand as an identifier.
    pub(crate) fn is_cyclonedx_id(id: &str) -> bool {
        !AFTER_CYCLONEDX_1_6.contains(&id)
    }
}

/// The expression as SPDX spells it today; `None` where it is none, or names licences by a
/// reference that means nothing outside the document that it came from.
fn canonical(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let expression = Expression::parse_mode(text, MODE).ok()?;
    let listed = |item: &LicenseItem| matches!(item, LicenseItem::Spdx { .. });
    if !expression.requirements().all(|each| listed(&each.req.license)) {
        return None;
    }
    let is_strict = |text: &str| Expression::parse(text).is_ok();
    if is_strict(text) {
        return Some(upper_operators(text));
    }
    match Expression::canonicalize(text).ok()? {
        Some(rewritten) => is_strict(&rewritten).then_some(rewritten),
        // Nothing to rewrite, so all that is not strict is a retired identifier.
        None => Some(text.to_owned()),
    }
}

/// SPDX 2 has its operators in capitals; parsers of today take any case.
fn upper_operators(text: &str) -> String {
    let word = |word: &str| match word.to_ascii_uppercase().as_str() {
        operator @ ("AND" | "OR" | "WITH") => operator.to_owned(),
        _ => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: impl Into<Option<Licence>>) {
        assert_eq!(Licence::read(text), expect.into(), "{text}");
    }

    fn id(text: &str) -> Option<Licence> {
        Some(Licence::Id(text.to_owned()))
    }

    fn expression(text: &str) -> Option<Licence> {
        Some(Licence::Expression(text.to_owned()))
    }

    #[test]
    fn an_identifier_an_expression_and_a_name_are_told_apart() {
        check("MIT", id("MIT"));
        check("MIT OR Apache-2.0", expression("MIT OR Apache-2.0"));
        check(
            "GPL-2.0-only WITH Classpath-exception-2.0",
            expression("GPL-2.0-only WITH Classpath-exception-2.0"),
        );
        check("as is", Some(Licence::Name("as is".to_owned())));
        check(" ", None);
        check("NOASSERTION", None);
    }

    #[test]
    fn other_spellings_come_out_as_spdx_has_them() {
        check("MIT/Apache-2.0", expression("MIT OR Apache-2.0"));
        check("GPL-2.0+", id("GPL-2.0-or-later"));
        check("MIT and BSD-3-Clause", expression("MIT AND BSD-3-Clause"));
    }

    #[test]
    fn a_vague_name_is_not_made_precise() {
        for name in ["BSD", "GPL", "GPLv2+", "LicenseRef-mine", "Public Domain", "((((MIT"] {
            check(name, Some(Licence::Name(name.to_owned())));
        }
    }
}
