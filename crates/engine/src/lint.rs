//! Asks the rules for images, with the time that they need.

use plimsoll_advisory::matching::end_of_life;
use plimsoll_model::{Analysis, EndOfLife, Lint, LintRule};

pub use plimsoll_policy::{DEFAULT_MAX_AGE, Inputs, SupportEnd};

use crate::advisories::{AdvisoryError, AdvisoryStore};

/// What the rules chosen by their ids say about an image. The analysis is one made for
/// [`Purpose::Evidence`](crate::Purpose::Evidence); of any other, rules about what files say have no
/// data.
#[must_use]
pub fn check(analysis: &Analysis, inputs: &Inputs, wanted: &dyn Fn(&str) -> bool) -> Lint {
    plimsoll_policy::check(analysis, inputs, wanted)
}

/// When the support of an image's distribution ends, as the advisories of this machine say; `None`
/// where they hold no such date, or where there are none.
///
/// # Errors
/// [`AdvisoryError`] where the database cannot be read.
pub fn support_end(store: &AdvisoryStore, analysis: &Analysis) -> Result<Option<SupportEnd>, AdvisoryError> {
    let database = match store.open() {
        Ok(database) => database,
        Err(AdvisoryError::NoDatabase) => return Ok(None),
        Err(error) => return Err(error),
    };
    let dates = end_of_life(&database, analysis)
        .map_err(|source| AdvisoryError::Database { path: "in use".to_owned(), source })?;
    let last = dates.as_ref().and_then(EndOfLife::last_day);
    Ok(last.map(|(day, support)| SupportEnd {
        day: day.to_owned(),
        source: support.map_or_else(
            || "the advisory database".to_owned(),
            |support| format!("the advisory database, {support} included,"),
        ),
    }))
}

/// Every rule there is.
pub fn rules() -> impl Iterator<Item = &'static LintRule> {
    plimsoll_policy::rule::ALL.iter().map(|rule| rule.doc())
}
