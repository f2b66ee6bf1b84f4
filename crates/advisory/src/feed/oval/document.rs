//! A whole document, definition by definition.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use plimsoll_model::Problem;

use super::Dialect;
use super::criteria::{Bound, Criterion, Test, evaluate};
use super::definition::Definition;
use crate::feed::Sink;
use crate::unpack::unpack;
use crate::xml::{Tag, Token, XmlReader};

/// How much of definitions, tests, objects and states is kept, in bytes of the document, where
/// tests follow the definitions. The largest real document of that kind has some tens of
/// megabytes in all.
const MAX_KEPT_BYTES: usize = 512 << 20;
/// How many things that are not understood are named one by one in one file.
const MAX_NAMED_PROBLEMS: usize = 20;

/// Reads one document into the sink.
pub(super) fn read<D: Dialect>(path: &str, bytes: &mut dyn Read, sink: &mut dyn Sink) {
    match unpack(bytes) {
        Ok(source) => Document::<D, _>::new(path, XmlReader::new(source), sink).read(),
        Err(error) => sink.problem(Problem::new(
            "feed-unreadable",
            path,
            format!("The file cannot be read: {error}. Nothing of it is used."),
        )),
    }
}

struct Document<'a, D, R: BufRead> {
    path: &'a str,
    xml: XmlReader<R>,
    report: Report<'a>,
    definitions: usize,
    kept: Vec<Definition>,
    kept_bytes: usize,
    tests: Tests,
    dialect: std::marker::PhantomData<D>,
}

/// What the sections after the definitions say.
#[derive(Debug, Default)]
struct Tests {
    /// Object and state of each test.
    tests: HashMap<String, (String, String)>,
    /// Package name of each object.
    objects: HashMap<String, String>,
    /// Bound of each state that compares versions.
    states: HashMap<String, Bound>,
}

impl Tests {
    fn resolve(&self, criterion: &Criterion) -> Option<Test> {
        let (object, state) = self.tests.get(&criterion.test)?;
        let package = self.objects.get(object)?.clone();
        let bound = self.states.get(state)?.clone();
        Some(Test::Package { package, bound })
    }
}

impl<'a, D: Dialect, R: BufRead> Document<'a, D, R> {
    fn new(path: &'a str, xml: XmlReader<R>, sink: &'a mut dyn Sink) -> Self {
        Self {
            path,
            xml,
            report: Report { path, sink, problems: 0 },
            definitions: 0,
            kept: Vec::new(),
            kept_bytes: 0,
            tests: Tests::default(),
            dialect: std::marker::PhantomData,
        }
    }

    fn read(mut self) {
        let mut definition: Option<Definition> = None;
        // The elements around a definition, itself included, to go on in after damage.
        let mut around: Vec<String> = Vec::new();
        let mut lost = false;
        let mut record = Record::default();
        loop {
            if self.kept_bytes > MAX_KEPT_BYTES {
                let detail = format!(
                    "Reading stops after {} definitions: more than {MAX_KEPT_BYTES} bytes would be kept. What \
                     follows is missing.",
                    self.definitions
                );
                self.report.problem("feed-too-large", detail);
                break;
            }
            let token = match self.xml.next() {
                Ok(token) => token,
                Err(error) => {
                    let unfinished = definition.map(|definition| definition.id).unwrap_or_default();
                    let detail = format!(
                        "Reading stops after {} definitions: {error}. {}",
                        self.definitions,
                        if unfinished.is_empty() {
                            "What follows is missing.".to_owned()
                        } else {
                            format!("`{unfinished}` and what follows are missing.")
                        }
                    );
                    self.report.problem(error.code(), detail);
                    break;
                }
            };
            match token {
                Token::Open(tag) => match tag.name().as_str() {
                    "definition" => {
                        let opened = Definition::new(&tag);
                        if let Some(damaged) = definition.replace(opened) {
                            self.report.damaged(&damaged.id, "another one begins before it ends");
                        }
                        if around.is_empty() {
                            around = self.xml.open_elements();
                        } else {
                            self.xml.resume_in(&around);
                        }
                        lost = false;
                    }
                    _ if lost => {}
                    _ => match &mut definition {
                        Some(definition) => definition.open(&tag),
                        None if D::TESTS_FOLLOW => {
                            self.kept_bytes += tag.length();
                            record.open(&tag);
                        }
                        None => {}
                    },
                },
                Token::Text(text) => match &mut definition {
                    Some(definition) if !lost => definition.text(&text),
                    None if D::TESTS_FOLLOW => {
                        self.kept_bytes += text.len();
                        record.text(&text);
                    }
                    _ => {}
                },
                Token::Close { name, opened } => {
                    let matches = opened.as_deref() == Some(name.as_str());
                    if lost {
                        if name == "definitions" {
                            lost = false;
                            let outside = around.len().saturating_sub(2);
                            self.xml.resume_in(around.get(..outside).unwrap_or_default());
                        }
                    } else if !matches {
                        let damaged = definition.take().map(|definition| definition.id).unwrap_or_default();
                        let opened = opened.unwrap_or_default();
                        self.report.damaged(&damaged, &format!("`</{name}>` closes `<{opened}>`"));
                        lost = true;
                    } else if name == "definition" {
                        if let Some(definition) = definition.take() {
                            self.definition(definition);
                        }
                    } else if let Some(definition) = &mut definition {
                        definition.close(&name);
                    } else if D::TESTS_FOLLOW {
                        record.close(&name, &mut self.tests);
                    }
                }
                Token::End => break,
            }
        }
        for definition in std::mem::take(&mut self.kept) {
            self.pass_on(definition);
        }
        if self.definitions == 0 {
            self.report.problem("feed-empty", "It holds no definition that could be read.".to_owned());
        }
        self.report.finish();
    }

    fn definition(&mut self, definition: Definition) {
        self.definitions += 1;
        if !D::TESTS_FOLLOW {
            self.pass_on(definition);
        } else {
            self.kept_bytes += definition.bytes;
            self.kept.push(definition);
        }
    }

    fn pass_on(&mut self, definition: Definition) {
        let tests = &self.tests;
        let evaluation = definition.criteria.as_ref().map(|criteria| {
            if D::TESTS_FOLLOW {
                evaluate(criteria, &|criterion| {
                    tests.resolve(criterion).or_else(|| D::test(&criterion.comment))
                })
            } else {
                evaluate(criteria, &|criterion| D::test(&criterion.comment))
            }
        });
        let id = definition.id.clone();
        let Some(evaluation) = evaluation else {
            let detail = format!("Definition `{id}` has no criteria and says nothing of a package.");
            return self.report.problem("oval-criteria-missing", detail);
        };
        if let Some(what) = evaluation.foreign.first() {
            let detail = format!(
                "Definition `{id}` has {} tests that are not understood, the first being \"{what}\"; what \
                 they guard is taken to be affected.",
                evaluation.foreign.len()
            );
            self.report.problem("oval-test-not-understood", detail);
        }
        if evaluation.overflow || definition.overflow {
            let detail = format!("Definition `{id}` is larger than any real one and was cut.");
            self.report.problem("oval-definition-too-large", detail);
        }
        match D::advisory(self.path, definition, evaluation.claims) {
            Ok(advisory) => self.report.sink.advisory(advisory),
            Err(reason) => {
                self.report
                    .problem("oval-definition-unusable", format!("Definition `{id}` is left out: {reason}."));
            }
        }
    }
}

/// Where problems go: the first ones by name, the others by their number.
struct Report<'a> {
    path: &'a str,
    sink: &'a mut dyn Sink,
    problems: usize,
}

impl Report<'_> {
    fn problem(&mut self, code: &'static str, detail: String) {
        self.problems += 1;
        if self.problems <= MAX_NAMED_PROBLEMS {
            self.sink.problem(Problem::new(code, self.path, detail));
        }
    }

    fn damaged(&mut self, id: &str, what: &str) {
        let who = if id.is_empty() { "An element".to_owned() } else { format!("Definition `{id}`") };
        self.problem(
            "oval-definition-damaged",
            format!("{who} is damaged: {what}. What stands up to the next whole definition is left out."),
        );
    }

    fn finish(self) {
        if self.problems > MAX_NAMED_PROBLEMS {
            let more = self.problems - MAX_NAMED_PROBLEMS;
            self.sink.left_out(more as u64);
            self.sink.problem(Problem::new(
                "oval-more-problems",
                self.path,
                format!("It has {more} more problems like these."),
            ));
        }
    }
}

/// A test, object or state that is being read.
#[derive(Debug, Default)]
struct Record {
    id: String,
    object: String,
    state: String,
    name: String,
    version: String,
    up_to: Option<bool>,
    text: Option<bool>,
}

impl Record {
    fn open(&mut self, tag: &Tag<'_>) {
        let name = tag.name();
        let is_record = ["_test", "_object", "_state"].iter().any(|ending| name.ends_with(ending));
        self.text = None;
        match name.as_str() {
            _ if is_record => *self = Self { id: tag.attribute("id").unwrap_or_default(), ..Self::default() },
            "object" => self.object = tag.attribute("object_ref").unwrap_or_default(),
            "state" => self.state = tag.attribute("state_ref").unwrap_or_default(),
            "name" => self.text = Some(true),
            "evr" => {
                self.text = Some(false);
                self.up_to = match tag.attribute("operation").as_deref() {
                    Some("less than") => Some(false),
                    Some("less than or equal") => Some(true),
                    _ => None,
                };
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.text {
            Some(true) => self.name.push_str(text.trim()),
            Some(false) => self.version.push_str(text.trim()),
            None => {}
        }
    }

    fn close(&mut self, name: &str, into: &mut Tests) {
        self.text = None;
        let record = std::mem::take(self);
        if name.ends_with("_test") {
            into.tests.insert(record.id, (record.object, record.state));
        } else if name.ends_with("_object") && !record.name.is_empty() {
            into.objects.insert(record.id, record.name);
        } else if name.ends_with("_state") && !record.version.is_empty() {
            match record.up_to {
                Some(true) => drop(into.states.insert(record.id, Bound::UpTo(record.version))),
                Some(false) => drop(into.states.insert(record.id, Bound::Before(record.version))),
                None => {}
            }
        } else {
            *self = record;
        }
    }
}
