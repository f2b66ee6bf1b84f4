//! Asks the rules for images, with the time that they need.

use plimsoll_model::{Analysis, Lint, LintRule};

pub use plimsoll_policy::{DEFAULT_MAX_AGE, Inputs, SupportEnd};

/// What the rules chosen by their ids say about an image. The analysis is one made for
/// [`Purpose::Evidence`](crate::Purpose::Evidence); of any other, rules about what files say have no
/// data.
#[must_use]
pub fn check(analysis: &Analysis, inputs: &Inputs, wanted: &dyn Fn(&str) -> bool) -> Lint {
    plimsoll_policy::check(analysis, inputs, wanted)
}

/// Every rule there is.
pub fn rules() -> impl Iterator<Item = &'static LintRule> {
    plimsoll_policy::rule::ALL.iter().map(|rule| rule.doc())
}
