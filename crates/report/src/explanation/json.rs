//! The chain as JSON, schema `plimsoll/explanation/1`. A fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{NameKind, TreePath};
use serde::Serialize;

use super::packages::Chain;
use super::{AppliedStatement, Explanation};
use crate::buffer::Buffer;
use crate::json::{head, member, rows};
use crate::vulnerabilities::Remedy;
use crate::vulnerabilities::entries::{
    DatabaseEntry, LayerEntry, PackageEntry, Reason, ScopeEntry, SeverityEntry, fix_state,
};
use crate::vulnerabilities::words::state;

#[derive(Serialize)]
struct ChainEntry<'a> {
    package: PackageEntry<'a>,
    id: Option<&'a str>,
    severity: Option<&'static str>,
    /// `null` where no statement applies.
    state: Option<&'static str>,
    reason: Option<Reason>,
    disagreement: Option<&'a str>,
    lifted_by: Option<&'a str>,
    fix: Option<&'static str>,
    fixed_version: Option<&'a str>,
    evidence: Option<&'a TreePath>,
    layer: Option<LayerEntry<'a>>,
    change: Option<String>,
    part_of: Option<OwnerEntry<'a>>,
    statements: Vec<StatementEntry<'a>>,
}

/// The distribution's package that brought another one and is judged in its place.
#[derive(Serialize)]
struct OwnerEntry<'a> {
    package: PackageEntry<'a>,
    feeds: &'a [String],
    /// `null` where no statement of these feeds is about the flaw in it.
    state: Option<&'static str>,
    reason: Option<Reason>,
}

#[derive(Serialize)]
struct StatementEntry<'a> {
    feed: &'a str,
    advisory: &'a str,
    aliases: &'a [String],
    related: &'a [String],
    summary: Option<&'a str>,
    severities: Vec<SeverityEntry<'a>>,
    published: Option<&'a str>,
    modified: Option<&'a str>,
    withdrawn: Option<&'a str>,
    references: &'a [String],
    scope: ScopeEntry<'a>,
    name: &'a str,
    name_kind: &'static str,
    version: &'a str,
    fix_state: &'static str,
    affected: &'a str,
    range: Option<&'a str>,
    comparisons: Vec<ComparisonEntry<'a>>,
    state: Option<&'static str>,
    reason: Option<Reason>,
    inapplicable: Option<&'a str>,
}

#[derive(Serialize)]
struct ComparisonEntry<'a> {
    installed: &'a str,
    /// `<`, `=` or `>`; `null` where the two cannot be compared.
    order: Option<&'static str>,
    bound: &'a str,
}

pub(super) fn write(view: &Explanation<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    head(&mut out, "plimsoll/explanation/1", view.analysis);
    member(&mut out, "distribution", &view.analysis.distribution);
    member(&mut out, "asked", view.id);
    member(&mut out, "database", &DatabaseEntry::of(&view.answer.database));
    member(&mut out, "feeds_used", &view.answer.feeds_used());
    let unknown = |each: &&plimsoll_model::Coverage| matches!(each, plimsoll_model::Coverage::Unknown(_));
    member(&mut out, "unjudged", &view.answer.packages.iter().filter(unknown).count());
    out.text(",\n\"packages\": [");
    rows(&mut out, view.chains().iter().map(entry))?;
    out.text("\n}\n");
    out.finish()
}

fn entry<'a>(chain: &Chain<'a>) -> ChainEntry<'a> {
    // A package that another one brought has no verdict of its own.
    let verdict = chain.verdict().filter(|_| chain.owner.is_none());
    let finding = chain.finding;
    ChainEntry {
        package: PackageEntry::of(chain.package),
        id: finding.map(|finding| finding.id.as_str()),
        severity: finding.map(|finding| finding.severity.word()),
        state: verdict.map(state),
        reason: verdict.and_then(Reason::of),
        disagreement: finding.and_then(|finding| finding.disagreement.as_deref()),
        lifted_by: finding.and_then(|finding| finding.lifted_by.as_deref()),
        fix: finding.and_then(Remedy::of).map(Remedy::word),
        fixed_version: finding.and_then(|finding| finding.fixed_version.as_deref()),
        evidence: finding.and_then(|finding| finding.evidence.as_ref()).or(chain.package.evidence.as_ref()),
        layer: chain.layer.map(|(position, layer)| LayerEntry {
            position,
            digest: &layer.digest,
            instruction: layer.instruction.as_deref(),
            base: chain.descent.map(|descent| descent.is_base),
        }),
        change: chain.change(),
        part_of: chain.owner.as_ref().map(|owner| OwnerEntry {
            package: PackageEntry::of(owner.package),
            feeds: owner.feeds,
            state: owner.verdict.map(state),
            reason: owner.verdict.and_then(Reason::of),
        }),
        statements: chain.statements.iter().map(|applied| statement(applied)).collect(),
    }
}

fn statement(applied: &AppliedStatement) -> StatementEntry<'_> {
    let advisory = &applied.advisory;
    StatementEntry {
        feed: &applied.feed,
        advisory: &advisory.id,
        aliases: &advisory.aliases,
        related: &advisory.related,
        summary: advisory.summary.as_deref(),
        severities: advisory.severities.iter().map(SeverityEntry::of).collect(),
        published: advisory.published.as_deref(),
        modified: advisory.modified.as_deref(),
        withdrawn: advisory.withdrawn.as_deref(),
        references: &advisory.references,
        scope: ScopeEntry::of(&applied.scope),
        name: &applied.name,
        name_kind: match applied.name_kind {
            NameKind::Source => "source",
            NameKind::Binary => "binary",
        },
        version: &applied.version,
        fix_state: fix_state(applied.state),
        affected: &applied.affected,
        range: applied.range.as_deref(),
        comparisons: applied
            .comparisons
            .iter()
            .map(|comparison| ComparisonEntry {
                installed: &comparison.installed,
                order: comparison.sign(),
                bound: &comparison.bound,
            })
            .collect(),
        state: applied.verdict.map(state),
        reason: applied.verdict.and_then(Reason::of),
        inapplicable: applied.inapplicable.as_deref(),
    }
}
