//! The vulnerabilities of both images as text, shared by the formats: the answer in a line, what
//! could not be judged, and the rows.

use std::borrow::Cow;

use plimsoll_model::compare::{
    Change, Standing, VulnerabilityChange, VulnerabilityComparison, VulnerabilityCoverage, VulnerabilityRow,
    VulnerabilitySide,
};

use super::{DifferenceView, NOT_INSTALLED};
use crate::units::{count, counted};
use crate::vulnerabilities::facts::{attached, database_line, judged};

/// The comparison of vulnerabilities, where somebody asked for it.
pub(super) fn asked<'a>(view: &DifferenceView<'a>) -> Option<&'a VulnerabilityComparison> {
    view.comparison.vulnerabilities.as_ref()
}

/// The rows to show. What is new counts as added, what is fixed as removed, and everything else
/// as changed.
pub(super) fn rows<'a>(
    view: &DifferenceView<'a>,
    comparison: &'a VulnerabilityComparison,
) -> impl Iterator<Item = &'a VulnerabilityRow> {
    let view = *view;
    comparison.rows.iter().filter(move |row| {
        view.takes(match row.change {
            VulnerabilityChange::New => Change::Added,
            VulnerabilityChange::Fixed => Change::Removed,
            VulnerabilityChange::Undetermined | VulnerabilityChange::Remaining => Change::Changed,
        })
    })
}

/// What people call a change.
pub(super) const fn word(change: VulnerabilityChange) -> &'static str {
    match change {
        VulnerabilityChange::New => "new",
        VulnerabilityChange::Fixed => "fixed",
        VulnerabilityChange::Undetermined => "undetermined",
        VulnerabilityChange::Remaining => "still there",
    }
}

/// The totals in one line: `3 new, 12 fixed, 5 still there`.
pub(super) fn totals(comparison: &VulnerabilityComparison) -> String {
    let order = [
        VulnerabilityChange::New,
        VulnerabilityChange::Fixed,
        VulnerabilityChange::Remaining,
        VulnerabilityChange::Undetermined,
    ];
    let mut parts: Vec<String> = order
        .into_iter()
        .map(|change| (change, comparison.count(change)))
        .filter(|(change, rows)| *change != VulnerabilityChange::Undetermined || *rows > 0)
        .map(|(change, rows)| format!("{} {}", count(rows), word(change)))
        .collect();
    let severities = comparison.severity_changes();
    if severities > 0 {
        parts.push(format!("{} of another severity", count(severities)));
    }
    format!("Vulnerabilities: {}", parts.join(", "))
}

/// What has to be said in words: what nobody could judge, and what it was judged with.
pub(super) fn remarks(view: &DifferenceView<'_>, comparison: &VulnerabilityComparison) -> Vec<String> {
    let unjudged = |coverage: &VulnerabilityCoverage, name: &str| {
        (coverage.unjudged > 0).then(|| {
            format!(
                "{} of {} of {name} could not be judged: they may have vulnerabilities that are not listed.",
                count(coverage.unjudged),
                counted(coverage.packages, "package")
            )
        })
    };
    let mut remarks: Vec<String> = [
        unjudged(&comparison.before, &view.before.identity.name),
        unjudged(&comparison.after, &view.after.identity.name),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (side, image) in [(&comparison.before, view.before), (&comparison.after, view.after)] {
        let name = &image.identity.name;
        remarks.extend(attached(&side.attached_vex).into_iter().map(|line| format!("{name}: {line}")));
    }
    if !comparison.same_database {
        remarks.push("The two images were judged with different databases.".to_owned());
    }
    let [before, after] = [&comparison.before, &comparison.after].map(|side| judged(&side.by_kind, None));
    if before == after {
        remarks.extend(after.into_iter().map(|line| format!("Judged: {line}.")));
    } else {
        for (lines, image) in [(before, view.before), (after, view.after)] {
            let name = &image.identity.name;
            remarks.extend(lines.into_iter().map(|line| format!("Judged of {name}: {line}.")));
        }
    }
    let sides = [&comparison.before, &comparison.after];
    let coverage: Vec<_> = sides.into_iter().flat_map(|side| side.by_kind.iter().cloned()).collect();
    remarks.push(database_line(&comparison.database, &coverage, None));
    remarks
}

/// One side of a row: the installed version, and how it stands where that is not plain.
pub(super) fn side_text(side: Option<&VulnerabilitySide>) -> Cow<'_, str> {
    match side {
        None => Cow::Borrowed(NOT_INSTALLED),
        Some(side) if side.standing == Standing::Unknown => Cow::Owned(format!("{} (unknown)", side.version)),
        Some(side) => Cow::Borrowed(&side.version),
    }
}

/// The severity, both of them where the two images' publishers do not agree.
pub(super) fn severity_text(row: &VulnerabilityRow) -> String {
    row.severity_change()
        .map_or_else(|| row.severity().to_string(), |(before, after)| format!("{before} → {after}"))
}

/// The same, and whether it is exploited already.
pub(super) fn severity_and_use(row: &VulnerabilityRow) -> String {
    let exploited = if row.known_exploited { ", exploited" } else { "" };
    format!("{}{exploited}", severity_text(row))
}

/// The version to go to, where the image after has the vulnerability and one is out.
pub(super) fn fixed_text(row: &VulnerabilityRow) -> &str {
    let open = row.after.as_ref().filter(|side| side.standing != Standing::NotAffected);
    open.and_then(|side| side.fixed_version.as_deref()).unwrap_or_default()
}
