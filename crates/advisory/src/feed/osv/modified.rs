//! Increments: which records of a dump have changed since it was fetched.

use std::collections::BTreeMap;

use plimsoll_model::Problem;

use crate::feed::intake::clip;

/// What differs between the stored records of an ecosystem and its `modified_id.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Increment {
    /// Ids to fetch again, in the order of the list (newest first): they are new, or the
    /// publisher's time for them is another than the stored one.
    pub fetch: Vec<String>,
    /// Ids that are stored and no longer listed, sorted.
    pub gone: Vec<String>,
    /// How many listed records have no time (year 1), so that a change of theirs cannot be seen.
    /// Where there are any, the whole dump has to be fetched now and then.
    pub undated: usize,
    /// How many records are listed.
    pub listed: usize,
    /// Lines that are not `time,id`.
    pub problems: Vec<Problem>,
}

/// Compares the stored records (id to `modified`, as the record has it; `None` where it has
/// none) with the content of `modified_id.csv`, whose lines are `time,id` or, in the list of all
/// ecosystems, `time,ecosystem/id`.
///
/// A time earlier than the stored one is a change as well: publishers roll records back.
#[must_use]
pub fn increment(stored: &BTreeMap<String, Option<String>>, listing: &str) -> Increment {
    const MAXIMUM_PROBLEMS: usize = 20;
    let mut increment = Increment::default();
    let mut listed: BTreeMap<&str, ()> = BTreeMap::new();
    for (number, line) in listing.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let parsed = line.split_once(',').and_then(|(time, path)| {
            let id = path.rsplit('/').next().unwrap_or(path).trim();
            (!id.is_empty()).then_some(()).and(parse_time(time.trim())).map(|time| (time, id))
        });
        let Some((time, id)) = parsed else {
            // The first line of some lists is a head.
            if number > 0 && increment.problems.len() < MAXIMUM_PROBLEMS {
                increment.problems.push(Problem::new(
                    "modified-list-damaged",
                    "modified_id.csv",
                    format!(
                        "line {} is not a time and an id ({}), so it was skipped",
                        number + 1,
                        clip(line)
                    ),
                ));
            }
            continue;
        };
        if listed.insert(id, ()).is_some() {
            continue;
        }
        increment.listed += 1;
        let unknown = time.starts_with("0001-");
        increment.undated += usize::from(unknown);
        let fresh = match stored.get(id) {
            None => true,
            Some(known) => {
                let known = known.as_deref().and_then(parse_time).filter(|known| !known.starts_with("0001-"));
                known.as_deref() != (!unknown).then_some(time.as_str())
            }
        };
        if fresh {
            increment.fetch.push(id.to_owned());
        }
    }
    increment.gone = stored.keys().filter(|id| !listed.contains_key(id.as_str())).cloned().collect();
    increment
}

/// A UTC time in one spelling: without zeros at the end of its fraction. `None` where it is no
/// such time.
fn parse_time(time: &str) -> Option<String> {
    let body = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00:00"))?;
    let (seconds, fraction) = body.split_once('.').unwrap_or((body, ""));
    let shape = seconds.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    if !shape.eq(*b"0000-00-00T00:00:00") || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match fraction.trim_end_matches('0') {
        "" => Some(seconds.to_owned()),
        fraction => Some(format!("{seconds}.{fraction}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stored: &[(&str, &str)], listing: &str, fetch: &[&str], gone: &[&str]) -> Increment {
        let stored = stored
            .iter()
            .map(|(id, time)| ((*id).to_owned(), (!time.is_empty()).then(|| (*time).to_owned())))
            .collect();
        let increment = increment(&stored, listing);
        assert_eq!(increment.fetch, fetch, "to fetch");
        assert_eq!(increment.gone, gone, "gone");
        increment
    }

    #[test]
    fn new_and_changed_records_are_fetched_and_others_are_not() {
        check(
            &[
                ("A-1", "2026-01-01T00:00:00Z"),
                ("A-2", "2026-01-02T00:00:00Z"),
                ("A-3", "2026-01-03T00:00:00Z"),
            ],
            "2026-02-02T00:00:00Z,A-4\n2026-02-01T00:00:00Z,A-2\n2026-01-01T00:00:00.000Z,A-1\n",
            &["A-4", "A-2"],
            &["A-3"],
        );
    }

    #[test]
    fn a_time_that_went_back_is_a_change_too() {
        check(&[("A-1", "2026-03-01T00:00:00Z")], "2026-01-01T00:00:00Z,A-1", &["A-1"], &[]);
    }

    #[test]
    fn records_without_a_time_are_counted_and_not_fetched_each_time() {
        let increment =
            check(&[("GO-1", "")], "0001-01-01T00:00:00Z,GO-1\n0001-01-01T00:00:00Z,GO-2", &["GO-2"], &[]);
        assert_eq!((increment.undated, increment.listed), (2, 2));
    }

    #[test]
    fn the_list_of_all_ecosystems_has_folders() {
        check(&[], "2026-01-01T00:00:00Z,PyPI/PYSEC-1", &["PYSEC-1"], &[]);
    }

    #[test]
    fn lines_that_are_no_time_and_id_are_said() {
        let increment = check(&[], "time,id\n2026-01-01T00:00:00Z,A-1\nnonsense\n2026-13,A-2", &["A-1"], &[]);
        assert_eq!(increment.problems.len(), 2);
    }
}
