//! The chain in words: a paragraph per package, a paragraph in it per statement.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use plimsoll_model::{Coverage, FixState, NameKind, Verdict};
use unicode_width::UnicodeWidthStr as _;

use super::packages::Chain;
use super::{AppliedStatement, Explanation};
use crate::buffer::Buffer;
use crate::table::{clean, spaces};
use crate::units::{counted, day};
use crate::vulnerabilities::facts::{database_line, judged};
use crate::vulnerabilities::words::{exploited, percent, reason};

/// How far the second column stands from the first.
const LABEL: usize = 11;

/// Up to how many addresses to read more at are named.
const MAX_REFERENCES: usize = 3;

pub(super) fn write(view: &Explanation<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    let chains = view.chains();
    head(view, &chains, &mut out);
    for chain in &chains {
        package(view, chain, &mut out);
        for applied in &chain.statements {
            statement(applied, view.width, &mut out);
        }
        out.end_row()?;
    }
    out.text("\n");
    for judged in judged(&view.answer.coverage, view.now) {
        sentence(&mut out, view.width, &format!("Judged: {judged}."));
    }
    let database = database_line(&view.answer.database, &view.answer.coverage, view.now);
    sentence(&mut out, view.width, &database);
    out.finish()
}

fn head(view: &Explanation<'_>, chains: &[Chain<'_>], out: &mut Buffer<'_>) {
    let width = view.width;
    let finding = chains.iter().find_map(|chain| chain.finding);
    let stated = || {
        chains.iter().flat_map(|chain| &chain.statements).find_map(|each| each.advisory.summary.as_deref())
    };
    let id = finding.map_or(view.id, |finding| finding.id.as_str());
    out.text(&clean(id).bold().to_string());
    if let Some(summary) = finding.and_then(|finding| finding.summary.as_deref()).or_else(stated) {
        out.text(": ");
        out.text(&clean(summary));
    }
    out.text("\n");
    if let Some(finding) = finding {
        if !finding.aliases.is_empty() {
            line(out, width, 0, "Also", &finding.aliases.join(", "));
        }
        let mut severity = finding.severity.to_string();
        if let Some(score) = finding.cvss {
            severity.push_str(&format!(", CVSS {score}"));
        }
        if let Some(probability) = finding.exploit_probability {
            severity.push_str(&format!(", EPSS {}", percent(probability)));
        }
        if let Some(entry) = &finding.known_exploited {
            severity.push_str(&format!(", known to be exploited ({})", exploited(entry)));
        }
        line(out, width, 0, "Severity", &severity);
    }
    let image = &view.analysis.identity.name;
    if chains.is_empty() {
        line(
            out,
            width,
            0,
            "Found",
            &format!("nothing that is loaded speaks of {} about a package of {image}", view.id),
        );
        let packages = &view.answer.packages;
        let installed = packages.iter().filter(|each| **each != Coverage::NotInstalled).count();
        let unknown = packages.iter().filter(|each| matches!(each, Coverage::Unknown(_))).count();
        if installed == 0 {
            line(out, width, 0, "But", "there is no installed package to judge");
        } else if unknown > 0 {
            let what = format!("{unknown} of {installed} packages could not be judged, so it may be there");
            line(out, width, 0, "But", &what);
        }
        return;
    }
    let affected = |chain: &&Chain<'_>| chain.verdict() == Some(Verdict::Affected);
    let count = chains.iter().filter(affected).count();
    let looked = chains.len();
    let words = format!("{} affected, of {looked} looked at in {image}", counted(count as u64, "package"));
    line(out, width, 0, "Found", &words);
}

/// A label and what stands behind it.
fn line(out: &mut Buffer<'_>, width: Option<usize>, indent: usize, label: &str, text: &str) {
    spaces(&mut out.bytes, indent);
    out.text(&label.dimmed().to_string());
    let gap = LABEL.saturating_sub(label.len()).max(1);
    spaces(&mut out.bytes, gap);
    let column = indent + label.len() + gap;
    for (position, part) in wrap(text, width, column).iter().enumerate() {
        if position > 0 {
            spaces(&mut out.bytes, column);
        }
        out.text(part);
        out.text("\n");
    }
}

/// A sentence of its own.
fn sentence(out: &mut Buffer<'_>, width: Option<usize>, text: &str) {
    for (position, part) in wrap(text, width, 2).iter().enumerate() {
        if position > 0 {
            spaces(&mut out.bytes, 2);
        }
        out.text(part);
        out.text("\n");
    }
}

/// Text, cleaned, in lines that end before the terminal does, where a width is known and leaves
/// room for words.
fn wrap(text: &str, width: Option<usize>, column: usize) -> Vec<String> {
    /// Below this many cells words would stand alone.
    const LEAST: usize = 24;
    let text = clean(text);
    let room = width.and_then(|width| width.checked_sub(column)).filter(|room| *room >= LEAST);
    let Some(room) = room else { return vec![text.trim_end().to_owned()] };
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.width() + 1 + word.width() <= room => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn package(view: &Explanation<'_>, chain: &Chain<'_>, out: &mut Buffer<'_>) {
    let width = view.width;
    let package = chain.package;
    out.text("\n");
    let title = format!("{} {} ({})", package.name, package.version, package.kind);
    out.text(&clean(&title).bold().to_string());
    out.text("\n");
    let verdict = match (chain.finding, chain.verdict()) {
        _ if chain.owner.is_some() => {
            "none of its own: the distribution's package that brought it decides".to_owned()
        }
        (Some(finding), Some(verdict)) => {
            let why = reason(finding).map(|why| format!(": {why}")).unwrap_or_default();
            format!("{}{why}", verdict.word())
        }
        (_, Some(verdict)) => verdict.to_string(),
        (_, None) => "no statement applies to it".to_owned(),
    };
    line(out, width, 2, "Verdict", &verdict);
    if let Some(owner) = &chain.owner {
        let package = owner.package;
        let name = format!("{} {} ({})", package.name, package.version, package.kind);
        line(out, width, 2, "Part of", &name);
        let feeds = owner.feeds.join(", ");
        let says = match owner.verdict {
            Some(verdict) => format!("{feeds} says of {}: {verdict}", package.name),
            None => format!("{feeds} does not speak of {} about {}", view.id, package.name),
        };
        line(out, width, 2, "Decided", &says);
    }
    if let Some(disagreement) = chain.finding.and_then(|finding| finding.disagreement.as_deref()) {
        line(out, width, 2, "But", disagreement);
    }
    if let Some(purl) = crate::packages::purl(package) {
        line(out, width, 2, "Package", &purl.to_string());
    }
    let evidence = chain.finding.and_then(|finding| finding.evidence.as_ref()).or(package.evidence.as_ref());
    if let Some(evidence) = evidence {
        line(out, width, 2, "Listed in", &evidence.to_string());
    }
    if let Some(place) = &package.place {
        line(out, width, 2, "Lies at", &place.to_string());
    }
    if let Some((position, layer)) = chain.layer {
        let whose = match chain.descent.map(plimsoll_model::Descent::word) {
            Some("base") => ", of the base image",
            Some("own") => ", of the image's own",
            Some("base?") => ", probably of the base image",
            Some("own?") => ", probably of the image's own",
            _ => "",
        };
        let all = view.analysis.layers.len();
        line(out, width, 2, "Layer", &format!("{position} of {all}{whose} ({})", layer.digest.short()));
        if let Some(base) = &view.analysis.base {
            line(out, width, 2, "Base", &crate::place::base(base, all));
        }
        line(out, width, 2, "Made by", layer.instruction.as_deref().unwrap_or("no instruction is recorded"));
    }
    if let Some(change) = chain.change() {
        line(out, width, 2, "To do", &change);
    }
}

fn statement(applied: &AppliedStatement, width: Option<usize>, out: &mut Buffer<'_>) {
    let advisory = &applied.advisory;
    out.text("\n");
    spaces(&mut out.bytes, 2);
    let title = format!("{} in the feed {}", advisory.id, applied.feed);
    out.text(&clean(&title).bold().to_string());
    if let Some(changed) = advisory.modified.as_deref().or(advisory.published.as_deref()) {
        out.text(&clean(&format!(", of {}", day(changed))));
    }
    out.text("\n");
    let named = match applied.name_kind {
        NameKind::Source => "source package",
        NameKind::Binary => "package",
    };
    line(out, width, 4, "About", &format!("{named} {} in {}", applied.name, scope(applied)));
    line(out, width, 4, "Affected", &applied.affected);
    let state = match applied.state {
        FixState::Ranges => None,
        FixState::WillNotFix => Some("affected, and will not be fixed"),
        FixState::NotYetFixed => Some("affected, and no fix is out yet"),
        FixState::UnderInvestigation => Some("not decided yet"),
        FixState::NotAffected => Some("not affected"),
    };
    if let Some(state) = state {
        line(out, width, 4, "State", state);
    }
    for (position, comparison) in applied.comparisons.iter().enumerate() {
        let sign = comparison.sign().unwrap_or("cannot be compared with");
        let order = if position == 0 {
            format!("  (order of {} versions)", applied.scope.kind)
        } else {
            String::new()
        };
        line(
            out,
            width,
            4,
            "Compared",
            &format!("{} {sign} {}{order}", comparison.installed, comparison.bound),
        );
    }
    if let Some(why) = &applied.inapplicable {
        line(out, width, 4, "Says", &format!("nothing, for it does not apply: {why}"));
    }
    if let Some(verdict) = applied.verdict {
        let range = applied.range.as_ref().map(|range| format!(", in the range {range}")).unwrap_or_default();
        line(out, width, 4, "Says", &format!("{verdict}{range}"));
    }
    for reference in advisory.references.iter().take(MAX_REFERENCES) {
        line(out, width, 4, "Read", reference);
    }
}

/// Where a statement holds, in words.
fn scope(applied: &AppliedStatement) -> String {
    let scope = &applied.scope;
    match (&scope.distribution, &scope.release) {
        (Some(distribution), Some(release)) => format!("{distribution} {release}"),
        (Some(distribution), None) => format!("every release of {distribution}"),
        (None, _) => scope.kind.clone(),
    }
}
