//! One definition, put together from the elements of its document.

use std::collections::HashSet;

use super::criteria::{Criteria, Criterion};
use crate::xml::Tag;

/// Longest text that is kept of an element; descriptions are changelogs, and none is shown.
const MAX_TEXT_BYTES: usize = 4096;
/// Most tests of one definition; the largest real ones (kernels) have some thousands.
const MAX_CRITERIA: usize = 20_000;
/// Most that is kept of one definition; the largest real ones have some hundred kilobytes.
const MAX_BYTES: usize = 16 << 20;
/// Most flaws and references of one definition; the largest real ones name some hundreds.
const MAX_NAMED: usize = 10_000;

/// What a publisher says under one id.
#[derive(Debug, Default)]
pub(super) struct Definition {
    /// `oval:PUBLISHER:def:NUMBER`.
    pub(super) id: String,
    /// One line.
    pub(super) title: String,
    /// Id and address of each reference, with its source (`CVE`, `elsa`).
    pub(super) references: Vec<Reference>,
    /// The flaws that the advisory lists.
    pub(super) flaws: Vec<Flaw>,
    /// The publisher's word.
    pub(super) severity: String,
    /// Date of issue.
    pub(super) issued: String,
    /// Date of the last change.
    pub(super) updated: String,
    /// Azure: `true`, `false` or `Not Applicable`.
    pub(super) patchable: String,
    /// The tree of tests.
    pub(super) criteria: Option<Criteria>,
    /// Whether it has more tests or references than any real one; the rest is left out.
    pub(super) overflow: bool,
    /// What keeping it costs, in bytes of the document.
    pub(super) bytes: usize,
    building: Vec<Group>,
    tests: usize,
    text: Option<Target>,
}

/// A reference to more about it.
#[derive(Debug, Default)]
pub(super) struct Reference {
    /// Whose id it is.
    pub(super) source: String,
    /// The id.
    pub(super) id: String,
    /// The address.
    pub(super) url: String,
}

/// A flaw that an advisory lists.
#[derive(Debug, Default)]
pub(super) struct Flaw {
    /// Its id, such as `CVE-2007-0493`.
    pub(super) id: String,
    /// `SCORE/VECTOR` of CVSS 2, where the publisher gives it.
    pub(super) cvss2: Option<String>,
    /// `SCORE/CVSS:3.x/VECTOR`, where the publisher gives it.
    pub(super) cvss3: Option<String>,
}

#[derive(Debug)]
struct Group {
    any: bool,
    negated: bool,
    children: Vec<Criteria>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Title,
    Severity,
    Flaw,
    Patchable,
    Updated,
}

impl Definition {
    /// The start of a definition.
    pub(super) fn new(tag: &Tag<'_>) -> Self {
        Self { id: tag.attribute("id").unwrap_or_default(), ..Self::default() }
    }

    /// An element inside it opens.
    pub(super) fn open(&mut self, tag: &Tag<'_>) {
        let text = |name| tag.attribute(name).unwrap_or_default();
        self.text = None;
        self.bytes += tag.length();
        if self.bytes > MAX_BYTES {
            self.overflow = true;
            return;
        }
        match tag.name().as_str() {
            "title" => self.text = Some(Target::Title),
            "severity" => self.text = Some(Target::Severity),
            "patchable" => self.text = Some(Target::Patchable),
            "advisory_date" => self.text = Some(Target::Updated),
            "issued" => self.issued = text("date"),
            "updated" => self.updated = text("date"),
            "reference" if self.references.len() < MAX_NAMED => self.references.push(Reference {
                source: text("source"),
                id: text("ref_id"),
                url: text("ref_url"),
            }),
            "cve" if self.flaws.len() < MAX_NAMED => {
                self.flaws.push(Flaw {
                    id: String::new(),
                    cvss2: tag.attribute("cvss2"),
                    cvss3: tag.attribute("cvss3"),
                });
                self.text = Some(Target::Flaw);
            }
            "reference" | "cve" => self.overflow = true,
            "criteria" => self.building.push(Group {
                any: tag.attribute("operator").is_some_and(|operator| operator.eq_ignore_ascii_case("or")),
                negated: is_true(tag.attribute("negate")) || is_other_operator(tag),
                children: Vec::new(),
            }),
            "criterion" => {
                let criterion = Criterion { test: text("test_ref"), comment: text("comment") };
                let negated = is_true(tag.attribute("negate"));
                self.add(if negated {
                    Criteria::Foreign(format!("not: {}", criterion.comment))
                } else {
                    Criteria::Criterion(criterion)
                });
            }
            "extend_definition" => {
                self.add(Criteria::Foreign(format!("definition {}", text("definition_ref"))));
            }
            _ => {}
        }
    }

    fn add(&mut self, child: Criteria) {
        self.tests += 1;
        if self.tests > MAX_CRITERIA {
            self.overflow = true;
        } else if let Some(group) = self.building.last_mut() {
            group.children.push(child);
        }
    }

    /// A piece of text inside it.
    pub(super) fn text(&mut self, text: &str) {
        let into = match self.text {
            Some(Target::Title) => &mut self.title,
            Some(Target::Severity) => &mut self.severity,
            Some(Target::Patchable) => &mut self.patchable,
            Some(Target::Updated) => &mut self.updated,
            Some(Target::Flaw) => match self.flaws.last_mut() {
                Some(flaw) => &mut flaw.id,
                None => return,
            },
            None => return,
        };
        if into.len() + text.len() <= MAX_TEXT_BYTES {
            into.push_str(text);
            self.bytes += text.len();
        }
    }

    /// An element inside it closes.
    pub(super) fn close(&mut self, name: &str) {
        self.text = None;
        if name != "criteria" {
            return;
        }
        let Some(Group { any, negated, children }) = self.building.pop() else { return };
        let criteria = if negated {
            Criteria::Foreign("a negated or exclusive group of tests".to_owned())
        } else if any {
            Criteria::Any(children)
        } else {
            Criteria::All(children)
        };
        match self.building.last_mut() {
            Some(outer) => outer.children.push(criteria),
            None => self.criteria = Some(criteria),
        }
    }

    /// The ids of the flaws, as the advisory and its references name them, each once.
    pub(super) fn flaw_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        let listed = self.flaws.iter().map(|flaw| flaw.id.trim());
        let referred = self
            .references
            .iter()
            .filter(|reference| reference.source.eq_ignore_ascii_case("CVE"))
            // Photon writes `CVE:00001:CVE-2019-16168`.
            .map(|reference| reference.id.rsplit(':').next().unwrap_or_default());
        for id in listed.chain(referred) {
            if !id.is_empty() && seen.insert(id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }
}

fn is_true(value: Option<String>) -> bool {
    value.is_some_and(|value| value == "true" || value == "1")
}

/// OVAL also knows `ONE` and `XOR`.
fn is_other_operator(tag: &Tag<'_>) -> bool {
    tag.attribute("operator")
        .is_some_and(|operator| !operator.eq_ignore_ascii_case("and") && !operator.eq_ignore_ascii_case("or"))
}
