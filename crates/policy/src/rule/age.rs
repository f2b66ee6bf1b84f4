//! How old the image is, and whether anybody still looks after its distribution.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use plimsoll_model::{About, LintRule, SeverityLevel};

use super::{Answer, Rule};
use crate::DEFAULT_MAX_AGE;
use crate::facts::{Facts, NO_CONFIG, graded};

/// The image was built long ago.
#[derive(Debug, Clone, Copy)]
pub struct OldImage;

/// The distribution's support has ended.
#[derive(Debug, Clone, Copy)]
pub struct EndOfLife;

const OLD: LintRule = LintRule {
    id: "image-old",
    title: "Image built long ago",
    severity: SeverityLevel::Low,
    why: "Whatever was fixed in its packages since is not in it.",
    remedy: "Build it anew, on the present version of its base, and do so regularly.",
};

const END: LintRule = LintRule {
    id: "distribution-end-of-life",
    title: "Distribution that is no longer supported",
    severity: SeverityLevel::High,
    why: "Nobody publishes fixes for it, and nobody says any more which flaws it has: that no vulnerability is known then means nothing.",
    remedy: "Move to a release that is supported.",
};

/// Before this year nobody built images: such dates are those of reproducible builds.
const FIRST_YEAR: i16 = 2013;

fn day(text: &str) -> Option<Date> {
    let moment = text.parse::<Timestamp>().map(|moment| Offset::UTC.to_datetime(moment).date());
    moment.ok().or_else(|| text.parse::<Date>().ok())
}

fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

fn now(facts: &Facts<'_>) -> Result<Date, &'static str> {
    facts.inputs.now.as_deref().and_then(day).ok_or("the time was not handed in")
}

impl Rule for OldImage {
    fn doc(&self) -> &'static LintRule {
        &OLD
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let outcome = now(facts).and_then(|now| {
            let created = facts.config().map_err(|_| NO_CONFIG)?.created.as_deref().and_then(day);
            let created = created
                .filter(|day| day.year() >= FIRST_YEAR)
                .ok_or("the image does not say when it was built")?;
            let limit = i64::from(facts.inputs.max_age_days.unwrap_or(DEFAULT_MAX_AGE));
            let age = days(created, now);
            if age <= limit {
                return Ok(Vec::new());
            }
            let severity = if age > 2 * limit { SeverityLevel::Medium } else { OLD.severity };
            let detail = format!("it was built on {created}, {age} days ago");
            Ok(vec![graded(Facts::observe(&OLD, About::Setting("created".to_owned()), detail), severity)])
        });
        Answer::of(outcome)
    }
}

impl Rule for EndOfLife {
    fn doc(&self) -> &'static LintRule {
        &END
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        let outcome = now(facts).and_then(|now| {
            let distribution = facts
                .analysis
                .distribution
                .as_ref()
                .ok_or("nothing in the image says which distribution it is")?;
            let handed = facts.inputs.support_end.as_ref().map(|end| (end.day.as_str(), end.source.as_str()));
            let own = distribution.support_end.as_deref().map(|day| (day, "its os-release"));
            let (end, source) =
                handed.or(own).ok_or("no source says when the support of this release ends")?;
            let end = day(end).ok_or("the date on which its support ends cannot be read")?;
            if end >= now {
                return Ok(Vec::new());
            }
            let name = distribution.pretty_name.as_deref().unwrap_or(&distribution.id);
            let detail = format!("the support of {name} ended on {end}, as {source} says");
            Ok(vec![Facts::observe(&END, About::Image, detail)])
        });
        Answer::of(outcome)
    }
}
