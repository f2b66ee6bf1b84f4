//! What an id stands for: a rule, a rule for secrets, a reader, a kind of package, a feed, the code
//! of a problem.

use plimsoll_catalog::Doc;
use plimsoll_catalog::ecosystem::{self, Ecosystem};
use plimsoll_catalog::evidence::secrets::{self, SecretKind};
use plimsoll_model::{PackageType, problem};
use plimsoll_policy::rule;

/// What there is to say about an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The id.
    pub id: &'static str,
    /// What kind of thing it is, in words.
    pub kind: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What there is to say, each under its heading.
    pub parts: Vec<(&'static str, String)>,
}

/// Everything that can be explained, kind by kind, in the order of their lists.
#[must_use]
pub fn all() -> Vec<Explained> {
    let rules = rule::ALL.iter().map(|rule| {
        let doc = rule.doc();
        Explained {
            id: doc.id,
            kind: "rule of `plimsoll lint`",
            title: doc.title,
            parts: vec![
                ("Severity", format!("Usually {}.", doc.severity)),
                ("Why it matters", doc.why.to_owned()),
                ("What to do", doc.remedy.to_owned()),
            ],
        }
    });
    let secrets = secrets::rules().map(|rule| Explained {
        id: rule.id,
        kind: "rule for secrets",
        title: rule.title,
        parts: vec![
            ("What it opens", format!("Whoever has it {}.", rule.opens)),
            ("How it is known", known_by(rule.kind).to_owned()),
            (
                "What to do",
                "Take it back where it is valid: the image may be anywhere. Then build without it \
(RUN --mount=type=secret) and hand it in at run time."
                    .to_owned(),
            ),
        ],
    });
    let evidence =
        plimsoll_catalog::evidence::ALL.iter().map(|reader| of_doc("reader of evidence", reader.doc()));
    let ecosystems = ecosystem::ALL.iter().map(|each| of_ecosystem(*each));
    let feeds = plimsoll_advisory::feed::ALL.iter().map(|feed| of_doc("feed of advisories", feed.doc()));
    let problems = problem::known().map(of_problem);
    rules.chain(secrets).chain(evidence).chain(ecosystems).chain(feeds).chain(problems).collect()
}

const fn known_by(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::Key | SecretKind::ProtectedKey => {
            "By the form in which such keys are kept. It counts as verified where what is inside is a key too."
        }
        SecretKind::Token => {
            "By a form that only this service uses, and by its checksum where it has one, which then counts as verified. \
What documentation uses as an example is left out."
        }
        SecretKind::Password => {
            "By the name of the file or setting that it stands in. Words that stand for a password in \
documentation and fields of templates are left out."
        }
    }
}

fn of_problem(doc: problem::ProblemDoc) -> Explained {
    let hides = if doc.group.hides_packages {
        "Packages may be missing from the answer. Who must not miss any adds --strict: the command then ends with exit code 3."
    } else {
        "No package is missing because of it. With --strict the command ends with exit code 3 all the same."
    };
    Explained {
        id: doc.code,
        kind: "code of a problem",
        title: doc.group.title,
        parts: vec![
            ("What it means", doc.meaning.to_owned()),
            ("What it hides", hides.to_owned()),
            ("What to do", doc.group.remedy.to_owned()),
        ],
    }
}

fn of_doc(kind: &'static str, doc: &'static Doc) -> Explained {
    Explained {
        id: doc.id,
        kind,
        title: doc.title,
        parts: vec![("What it is", doc.summary.to_owned()), ("More", doc.explanation.to_owned())],
    }
}

fn of_ecosystem(ecosystem: &dyn Ecosystem) -> Explained {
    let mut explained = of_doc("kind of package", ecosystem.doc());
    let types: Vec<&str> = ecosystem.package_types().iter().map(PackageType::as_str).collect();
    explained.parts.push(("Types of its packages", format!("{}.", types.join(", "))));
    explained
}

/// Everything that an id stands for; more than one where kinds share an id. The type of a package
/// (`deb`) stands for its kind (`dpkg`).
#[must_use]
pub fn find(id: &str) -> Vec<Explained> {
    let is_type = |each: &&&dyn Ecosystem| {
        each.doc().id != id && each.package_types().iter().any(|one| one.as_str() == id)
    };
    let of_type = ecosystem::ALL.iter().filter(is_type).map(|each| of_ecosystem(*each));
    all().into_iter().filter(|each| each.id == id).chain(of_type).collect()
}

/// Ids that are near to one that stands for nothing, the nearest first.
#[must_use]
pub fn near(id: &str) -> Vec<&'static str> {
    const SHOWN: usize = 5;
    let id = id.to_ascii_lowercase();
    let mut near: Vec<(usize, &'static str)> = all()
        .iter()
        .filter_map(|each| {
            let distance = distance(&id, each.id);
            let within = each.id.contains(&id) || id.contains(each.id);
            let words = id.split('-').filter(|word| word.len() > 3 && each.id.contains(word)).count();
            (within || words > 0 || distance <= 3.max(id.len() / 4))
                .then(|| (distance.saturating_sub(4 * words + 4 * usize::from(within)), each.id))
        })
        .collect();
    near.sort_unstable();
    near.dedup_by_key(|(_, id)| *id);
    near.into_iter().take(SHOWN).map(|(_, id)| id).collect()
}

/// How many letters are to be put in, taken out or changed to come from one word to the other.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.bytes().enumerate() {
        let mut before = at;
        let mut last = at + 1;
        if let Some(first) = row.first_mut() {
            *first = last;
        }
        for (slot, other) in row.iter_mut().skip(1).zip(right.bytes()) {
            let changed = before + usize::from(letter != other);
            before = *slot;
            last = changed.min(before + 1).min(last + 1);
            *slot = last;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_explained_and_near_ones_are_named() {
        let found = find("runs-as-root");
        assert_eq!(found.len(), 1);
        assert!(found[0].parts.iter().all(|(_, text)| text.ends_with('.')));
        assert_eq!(find("github-token")[0].kind, "rule for secrets");
        assert_eq!(find("no-such-thing"), []);
        assert_eq!(find("deb")[0].id, "dpkg");
        for ecosystem in ecosystem::ALL {
            for one in ecosystem.package_types() {
                assert!(!find(one.as_str()).is_empty(), "{one:?}");
            }
        }
        assert_eq!(find("java-archive-encrypted")[0].kind, "code of a problem");
        assert!(near("file-unread").contains(&"file-not-read"));
        assert_eq!(near("run-as-root").first(), Some(&"runs-as-root"));
        assert_eq!(near("setuid").first(), Some(&"setuid-file"));
        assert!(near("github").contains(&"github-token"));
        assert_eq!(near("zzzzzzzzzz"), [""; 0]);
    }

    #[test]
    fn distances_count_letters() {
        let check = |left, right, expect| assert_eq!(distance(left, right), expect, "{left} {right}");
        check("", "", 0);
        check("abc", "abc", 0);
        check("abc", "abd", 1);
        check("abc", "", 3);
        check("kitten", "sitting", 3);
    }
}
