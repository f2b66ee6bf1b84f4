//! Oracle's OVAL, evaluated as it stands: a tree of tests, asked of one package at a time.

use std::collections::BTreeSet;
use std::path::Path;

use super::raw;

/// A node of the tree.
#[derive(Debug)]
pub(super) enum Node {
    All(Vec<Self>),
    Any(Vec<Self>),
    Test(String),
}

/// One erratum.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) id: String,
    pub(super) flaws: BTreeSet<String>,
    pub(super) tree: Node,
}

/// The definitions of the files that are whole.
pub(super) fn definitions(feeds: &Path) -> Vec<Definition> {
    let files = raw::files(&feeds.join("oval/oracle"));
    let whole = files.iter().filter(|file| !file.to_string_lossy().contains("broken"));
    whole.flat_map(|file| read(&raw::oval(file))).collect()
}

/// The definitions of a document.
pub(super) fn read(text: &str) -> Vec<Definition> {
    let between = |text: &str, start: &str, end: &str| {
        let rest = text.split_once(start)?.1;
        Some(rest.split_once(end)?.0.to_owned())
    };
    let one = |text: &str| {
        let title = between(text, "<title>", "</title>").expect("a title");
        let flaws = text
            .split("ref_id=\"CVE-")
            .skip(1)
            .map(|rest| format!("CVE-{}", rest.split('"').next().expect("an id")));
        let tests = text.split_once("<criteria").map(|(_, rest)| format!("<criteria{rest}")).expect("tests");
        Definition {
            id: title.trim().split(':').next().expect("an id").to_owned(),
            flaws: flaws.collect(),
            tree: tree(&tests),
        }
    };
    text.split("<definition ").skip(1).map(one).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!("{name}=\""))?.1;
    Some(rest.split_once('"')?.0.replace("&amp;", "&"))
}

fn tree(text: &str) -> Node {
    let mut open: Vec<(String, Vec<Node>)> = Vec::new();
    for tag in text.split('<').skip(1) {
        if tag.starts_with("criteria") {
            open.push((attribute(tag, "operator").expect("an operator"), Vec::new()));
        } else if tag.starts_with("criterion") {
            let comment = attribute(tag, "comment").expect("a comment");
            open.last_mut().expect("criteria").1.push(Node::Test(comment));
        } else if tag.starts_with("/criteria>") {
            let (operator, nodes) = open.pop().expect("criteria");
            let node = if operator == "AND" { Node::All(nodes) } else { Node::Any(nodes) };
            match open.last_mut() {
                Some(above) => above.1.push(node),
                None => return node,
            }
        }
    }
    panic!("the criteria have no end")
}

impl Node {
    /// Whether the tree holds, by what is said of each test.
    pub(super) fn holds(&self, test: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(test)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(test)),
            Self::Test(comment) => test(comment),
        }
    }

    /// The comments of all tests.
    pub(super) fn comments(&self) -> Vec<&str> {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().flat_map(Self::comments).collect(),
            Self::Test(comment) => vec![comment],
        }
    }
}
