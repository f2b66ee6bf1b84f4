//! Licences as ebuilds state them (Package Manager Specification, 7.3; GLEP 23), in the words of
//! SPDX where both name the same text.
//!
//! Words stand for licences that all hold; `|| ( a b )` is a choice, `( a b )` a group. Portage
//! has decided what depends on USE flags before it writes the record.

/// Deeper than any ebuild's: a record full of brackets must not take the stack.
const MAX_DEPTH: usize = 32;

/// Gentoo's name of a licence and SPDX's, where both mean the same text and the same versions.
/// What Gentoo has one name for and SPDX several (`public-domain`, `MIT-with-advertising`,
/// `BSD-with-attribution`, `Old-MIT`, `unicode`) is not here.
const KNOWN: &[(&str, &str)] = &[
    ("0BSD", "0BSD"),
    ("AFL-2.1", "AFL-2.1"),
    ("AFL-3.0", "AFL-3.0"),
    ("AGPL-3", "AGPL-3.0-only"),
    ("AGPL-3+", "AGPL-3.0-or-later"),
    ("Apache-1.1", "Apache-1.1"),
    ("Apache-2.0", "Apache-2.0"),
    ("Artistic-2", "Artistic-2.0"),
    ("BSD", "BSD-3-Clause"),
    ("BSD-1", "BSD-1-Clause"),
    ("BSD-2", "BSD-2-Clause"),
    ("BSD-4", "BSD-4-Clause"),
    ("Boost-1.0", "BSL-1.0"),
    ("CC-BY-3.0", "CC-BY-3.0"),
    ("CC-BY-4.0", "CC-BY-4.0"),
    ("CC-BY-SA-3.0", "CC-BY-SA-3.0"),
    ("CC-BY-SA-4.0", "CC-BY-SA-4.0"),
    ("CC0-1.0", "CC0-1.0"),
    ("CDDL", "CDDL-1.0"),
    ("CPL-1.0", "CPL-1.0"),
    ("EPL-1.0", "EPL-1.0"),
    ("EPL-2.0", "EPL-2.0"),
    ("FDL-1.1", "GFDL-1.1-only"),
    ("FDL-1.1+", "GFDL-1.1-or-later"),
    ("FDL-1.2", "GFDL-1.2-only"),
    ("FDL-1.2+", "GFDL-1.2-or-later"),
    ("FDL-1.3", "GFDL-1.3-only"),
    ("FDL-1.3+", "GFDL-1.3-or-later"),
    ("FTL", "FTL"),
    ("GPL-1", "GPL-1.0-only"),
    ("GPL-1+", "GPL-1.0-or-later"),
    ("GPL-2", "GPL-2.0-only"),
    ("GPL-2+", "GPL-2.0-or-later"),
    ("GPL-3", "GPL-3.0-only"),
    ("GPL-3+", "GPL-3.0-or-later"),
    ("IJG", "IJG"),
    ("ISC", "ISC"),
    ("LGPL-2", "LGPL-2.0-only"),
    ("LGPL-2+", "LGPL-2.0-or-later"),
    ("LGPL-2.1", "LGPL-2.1-only"),
    ("LGPL-2.1+", "LGPL-2.1-or-later"),
    ("LGPL-3", "LGPL-3.0-only"),
    ("LGPL-3+", "LGPL-3.0-or-later"),
    ("MIT", "MIT"),
    ("MIT-0", "MIT-0"),
    ("MPL-1.1", "MPL-1.1"),
    ("MPL-2.0", "MPL-2.0"),
    ("OFL-1.1", "OFL-1.1"),
    ("PHP-3.01", "PHP-3.01"),
    ("QPL-1.0", "QPL-1.0"),
    ("Ruby", "Ruby"),
    ("Sleepycat", "Sleepycat"),
    ("UPL-1.0", "UPL-1.0"),
    ("Unlicense", "Unlicense"),
    ("WTFPL-2", "WTFPL"),
    ("ZLIB", "Zlib"),
    ("ZPL", "ZPL-2.1"),
    ("curl", "curl"),
    ("vim", "Vim"),
];

/// What is stated, as a tree.
enum Term<'a> {
    Word(&'a str),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Term<'_> {
    /// The expression; `is_inner` where it stands in another one. `None` where a word is no
    /// licence of SPDX.
    fn expression(&self, is_inner: bool) -> Option<String> {
        let (terms, mark) = match self {
            Self::Word(word) => {
                return KNOWN.iter().find(|(name, _)| name == word).map(|(_, spdx)| (*spdx).to_owned());
            }
            Self::All(terms) => (terms, " AND "),
            Self::Any(terms) => (terms, " OR "),
        };
        if let [only] = terms.as_slice() {
            return only.expression(is_inner);
        }
        let parts: Option<Vec<String>> = terms.iter().map(|term| term.expression(true)).collect();
        let text = parts.filter(|parts| !parts.is_empty())?.join(mark);
        Some(if is_inner { format!("({text})") } else { text })
    }

    /// As Gentoo writes it.
    fn stated(&self) -> String {
        let join = |terms: &[Self]| terms.iter().map(Self::stated).collect::<Vec<_>>().join(" ");
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::All(terms) => format!("( {} )", join(terms)),
            Self::Any(terms) => format!("|| ( {} )", join(terms)),
        }
    }
}

/// The licences of a record, which all hold: one SPDX expression where that says it all, else one
/// entry for each, SPDX where it can be. A text that is not well-formed, or that a USE flag
/// decides, is one entry as it stands.
pub(super) fn read(text: &str) -> Vec<String> {
    let mut words = text.split_whitespace();
    let mut terms = match terms(&mut words, 0) {
        Some((terms, false)) => terms,
        _ => return vec![text.to_owned()],
    };
    terms.retain(|term| !matches!(term, Term::All(inner) | Term::Any(inner) if inner.is_empty()));
    if terms.is_empty() {
        return Vec::new();
    }
    let expressions: Option<Vec<String>> =
        terms.iter().map(|term| term.expression(terms.len() > 1)).collect();
    if let Some(expressions) = expressions {
        return vec![expressions.join(" AND ")];
    }
    terms.iter().map(|term| term.expression(false).unwrap_or_else(|| term.stated())).collect()
}

/// Terms up to a closing bracket, and whether one closed them.
fn terms<'a>(words: &mut impl Iterator<Item = &'a str>, depth: usize) -> Option<(Vec<Term<'a>>, bool)> {
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        match word {
            ")" => return Some((found, true)),
            "(" | "||" => {
                let is_choice = word == "||";
                if depth == MAX_DEPTH || is_choice && words.next() != Some("(") {
                    return None;
                }
                let (inner, true) = terms(words, depth + 1)? else { return None };
                found.push(if is_choice { Term::Any(inner) } else { Term::All(inner) });
            }
            word if word.ends_with('?') => return None,
            word => found.push(Term::Word(word)),
        }
    }
    Some((found, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(read(text), expect, "{text}");
    }

    #[test]
    fn words_become_an_expression_where_spdx_has_each() {
        check("GPL-2", &["GPL-2.0-only"]);
        check("GPL-2+ BSD", &["GPL-2.0-or-later AND BSD-3-Clause"]);
        check("|| ( MIT Apache-2.0 )", &["MIT OR Apache-2.0"]);
        check("MIT || ( GPL-3+ ( BSD-2 ZLIB ) )", &["MIT AND (GPL-3.0-or-later OR (BSD-2-Clause AND Zlib))"]);
        check("|| ( MIT )", &["MIT"]);
        check("", &[]);
        check("|| ( )", &[]);
    }

    #[test]
    fn what_spdx_does_not_have_stays_as_it_is() {
        check("public-domain", &["public-domain"]);
        check("BSD public-domain", &["BSD-3-Clause", "public-domain"]);
        check("|| ( Artistic GPL-1+ ) MIT", &["|| ( Artistic GPL-1+ )", "MIT"]);
        check("flag? ( MIT )", &["flag? ( MIT )"]);
        check("MIT ) (", &["MIT ) ("]);
        check("( MIT", &["( MIT"]);
        check("|| MIT", &["|| MIT"]);
    }

    #[test]
    fn brackets_in_brackets_end() {
        let deep = "( ".repeat(100_000);
        check(&deep, &[&deep]);
    }
}
