//! The tree of a definition's tests, and what it says about which package.

/// A tree of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Criteria {
    /// Holds when all of them hold.
    All(Vec<Self>),
    /// Holds when one of them holds.
    Any(Vec<Self>),
    /// One test.
    Criterion(Criterion),
    /// Something whose meaning is not known here, such as a negated branch.
    Foreign(String),
}

/// A test as the tree names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Criterion {
    /// Id of the test in the section that follows the definitions.
    pub(super) test: String,
    /// The same in words.
    pub(super) comment: String,
}

/// What a test asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// Whether this release is installed.
    Release(String),
    /// Whether the machine has this architecture.
    Architecture(String),
    /// Whether this module stream (`name:stream`) is enabled.
    Module(String),
    /// Whether a package is installed in a version that is too old.
    Package {
        /// Its name.
        package: String,
        /// The versions that are too old.
        bound: Bound,
    },
    /// Something that is taken to hold of every image, such as a signature.
    Holds,
}

/// Which versions are too old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// All before this one.
    Before(String),
    /// All up to and including this one.
    UpTo(String),
}

/// What the machine must be for a branch to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Context {
    /// The release, where a test names it.
    pub(super) release: Option<String>,
    /// The architecture, where a test names it.
    pub(super) architecture: Option<String>,
    /// The module stream, where a test names it.
    pub(super) module: Option<String>,
}

/// That a package is affected where the context holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// Where it holds.
    pub(super) context: Context,
    /// The package.
    pub(super) package: String,
    /// The versions.
    pub(super) bound: Bound,
}

/// What a tree says.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    /// One per package and context.
    pub(super) claims: Vec<Claim>,
    /// Tests and branches that were not understood. A condition among them is taken to hold, so
    /// that what it guards may be claimed too widely, but is not lost.
    pub(super) foreign: Vec<String>,
    /// Whether there was more than a definition may claim.
    pub(super) overflow: bool,
}

/// The most alternatives of release × architecture × module in one tree; real ones have ten.
const MAX_CONTEXTS: usize = 64;
/// The most claims of one definition; the largest real errata (kernels, on each architecture)
/// make some hundreds.
const MAX_CLAIMS: usize = 50_000;

/// Evaluates a tree. `resolve` says what a criterion asks.
pub(super) fn evaluate(criteria: &Criteria, resolve: &dyn Fn(&Criterion) -> Option<Test>) -> Evaluation {
    let mut evaluation = Evaluation::default();
    let resolved = prepare(criteria, resolve, &mut evaluation.foreign);
    claims(&resolved, &[Context::default()], &mut evaluation);
    evaluation
}

/// A tree whose tests are understood, and which knows whether a package is below each node.
enum Node {
    All(Vec<Self>, bool),
    Any(Vec<Self>, bool),
    Test(Test),
}

impl Node {
    const fn names_packages(&self) -> bool {
        match self {
            Self::All(_, named) | Self::Any(_, named) => *named,
            Self::Test(test) => matches!(test, Test::Package { .. }),
        }
    }
}

fn prepare(
    criteria: &Criteria,
    resolve: &dyn Fn(&Criterion) -> Option<Test>,
    foreign: &mut Vec<String>,
) -> Node {
    let mut all = |children: &[Criteria]| {
        let nodes: Vec<Node> = children.iter().map(|child| prepare(child, resolve, foreign)).collect();
        let named = nodes.iter().any(Node::names_packages);
        (nodes, named)
    };
    match criteria {
        Criteria::All(children) => {
            let (nodes, named) = all(children);
            Node::All(nodes, named)
        }
        Criteria::Any(children) => {
            let (nodes, named) = all(children);
            Node::Any(nodes, named)
        }
        Criteria::Criterion(criterion) => match resolve(criterion) {
            Some(test) => Node::Test(test),
            None => {
                foreign.push(criterion.comment.clone());
                Node::Test(Test::Holds)
            }
        },
        Criteria::Foreign(what) => {
            foreign.push(what.clone());
            Node::Test(Test::Holds)
        }
    }
}

/// What the machine may be for a branch without packages to hold, within what is known already.
fn contexts(node: &Node, within: &[Context], overflow: &mut bool) -> Vec<Context> {
    match node {
        Node::Any(children, _) => {
            let mut either: Vec<Context> = Vec::new();
            for child in children {
                for context in contexts(child, within, overflow) {
                    if either.len() >= MAX_CONTEXTS {
                        *overflow = true;
                        return either;
                    }
                    if !either.contains(&context) {
                        either.push(context);
                    }
                }
            }
            either
        }
        Node::All(children, _) => {
            children.iter().fold(within.to_vec(), |narrowed, child| contexts(child, &narrowed, overflow))
        }
        Node::Test(test) => within.iter().filter_map(|context| context.with(test)).collect(),
    }
}

impl Context {
    /// This context where a test holds too; `None` where both cannot hold.
    fn with(&self, test: &Test) -> Option<Self> {
        let mut narrowed = self.clone();
        let (slot, value) = match test {
            Test::Release(release) => (&mut narrowed.release, release),
            Test::Architecture(architecture) => (&mut narrowed.architecture, architecture),
            Test::Module(module) => (&mut narrowed.module, module),
            Test::Package { .. } | Test::Holds => return Some(narrowed),
        };
        match slot {
            Some(known) if known != value => None,
            _ => {
                *slot = Some(value.clone());
                Some(narrowed)
            }
        }
    }
}

/// Several packages in one conjunction each make a claim of their own: that both must be old is
/// more than a statement can say, and to claim too much is better than to lose one.
fn claims(node: &Node, within: &[Context], into: &mut Evaluation) {
    match node {
        Node::All(children, _) => {
            let mut narrowed = within.to_vec();
            for condition in children.iter().filter(|child| !child.names_packages()) {
                narrowed = contexts(condition, &narrowed, &mut into.overflow);
            }
            for child in children.iter().filter(|child| child.names_packages()) {
                claims(child, &narrowed, into);
            }
        }
        // A branch without packages would make the whole hold on every machine: it claims nothing
        // that could be said of a package.
        Node::Any(children, _) => {
            for child in children.iter().filter(|child| child.names_packages()) {
                claims(child, within, into);
            }
        }
        Node::Test(Test::Package { package, bound }) => {
            for context in within {
                if into.claims.len() >= MAX_CLAIMS {
                    into.overflow = true;
                    return;
                }
                into.claims.push(Claim {
                    context: context.clone(),
                    package: package.clone(),
                    bound: bound.clone(),
                });
            }
        }
        Node::Test(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(comment: &str) -> Criteria {
        Criteria::Criterion(Criterion { test: String::new(), comment: comment.to_owned() })
    }

    fn resolve(criterion: &Criterion) -> Option<Test> {
        let (kind, value) = criterion.comment.split_once(' ')?;
        let value = value.to_owned();
        match kind {
            "os" => Some(Test::Release(value)),
            "arch" => Some(Test::Architecture(value)),
            "module" => Some(Test::Module(value)),
            "pkg" => Some(Test::Package { package: value, bound: Bound::Before("1".to_owned()) }),
            "signed" => Some(Test::Holds),
            _ => None,
        }
    }

    fn check(criteria: &Criteria, expect: &[&str]) {
        let evaluation = evaluate(criteria, &resolve);
        let said: Vec<String> = evaluation
            .claims
            .iter()
            .map(|Claim { context, package, .. }| {
                let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
                format!(
                    "{} {} {} {package}",
                    part(&context.release),
                    part(&context.architecture),
                    part(&context.module)
                )
            })
            .chain(evaluation.foreign.iter().map(|what| format!("? {what}")))
            .collect();
        assert_eq!(said, expect);
    }

    use Criteria::{All, Any};

    #[test]
    fn conditions_beside_packages_limit_them() {
        check(
            &All(vec![
                leaf("os 7"),
                Any(vec![
                    All(vec![leaf("pkg a"), leaf("signed a")]),
                    All(vec![leaf("pkg b"), leaf("signed b")]),
                ]),
            ]),
            &["7 * * a", "7 * * b"],
        );
    }

    #[test]
    fn each_branch_has_its_own_conditions() {
        check(
            &Any(vec![
                All(vec![leaf("os 8"), leaf("arch x86_64"), leaf("pkg a")]),
                All(vec![leaf("os 9"), leaf("module m:1"), leaf("pkg a")]),
            ]),
            &["8 x86_64 * a", "9 * m:1 a"],
        );
    }

    #[test]
    fn alternatives_of_conditions_multiply() {
        check(
            &All(vec![
                Any(vec![leaf("os 8"), leaf("os 9")]),
                Any(vec![leaf("arch x86_64"), leaf("arch aarch64")]),
                leaf("pkg a"),
            ]),
            &["8 x86_64 * a", "9 x86_64 * a", "8 aarch64 * a", "9 aarch64 * a"],
        );
    }

    #[test]
    fn conditions_that_exclude_each_other_claim_nothing() {
        check(&All(vec![leaf("os 8"), leaf("os 9"), leaf("pkg a")]), &[]);
    }

    #[test]
    fn what_is_not_understood_is_named_and_what_it_guards_is_kept() {
        check(&All(vec![leaf("os 8"), leaf("moon is full"), leaf("pkg a")]), &["8 * * a", "? moon is full"]);
    }

    #[test]
    fn a_tree_that_multiplies_without_end_is_cut() {
        let many = |kind: &str| Any((0..1000).map(|n| leaf(&format!("{kind} {n}"))).collect());
        let packages = Any((0..1000).map(|n| leaf(&format!("pkg p{n}"))).collect());
        let evaluation = evaluate(&All(vec![many("os"), many("arch"), many("module"), packages]), &resolve);
        assert!(evaluation.overflow);
        assert_eq!(evaluation.claims.len(), MAX_CLAIMS);
    }
}
