//! `plimsoll files IMAGE [PATH-GLOB…]`

use std::cmp::Reverse;

use anyhow::{Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use plimsoll_engine::Purpose;
use plimsoll_model::evidence::Text;
use plimsoll_model::evidence::linkage::ElfKind;
use plimsoll_model::{Analysis, FileId, FileKind};
use plimsoll_report::evidence::{EvidenceList, FileEvidence};
use plimsoll_report::files::{FileList, Files};
use plimsoll_report::modified::{Modified, ModifiedList};

use super::{Entry, format, globs};
use crate::arguments::BaseOption;
use crate::environment::Context;
use crate::exit::Exit;
use crate::output::{format_option, write};

pub(super) const ENTRY: Entry = Entry {
    name: "files",
    summary: "List the files of an image",
    examples: "  plimsoll files debian:12 '/etc/**'\n  plimsoll files nginx --setuid\n  plimsoll files nginx --unowned --larger 1MB\n  plimsoll files nginx --layer 3 --owner nginx-common\n  plimsoll files nginx --modified\n  plimsoll files nginx --evidence /usr/sbin/nginx",
    declare,
    run,
};

#[derive(Debug, Args)]
struct Arguments {
    /// The image
    image: String,
    /// Only these paths; * stays within a directory, ** does not, a bare name is looked for everywhere
    paths: Vec<String>,
    /// Only files that run with their owner's or group's rights, or with capabilities
    #[arg(long)]
    setuid: bool,
    /// Only files that no package lists: executables first, then libraries, scripts and the rest,
    /// the largest of each first
    #[arg(long)]
    unowned: bool,
    /// Only files larger than this, such as 500kB, 10MB or 1MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    larger: Option<u64>,
    /// Only what this layer brought: its position from 1, or the start of its digest
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Only files of this package, or of this numeric user or user:group
    #[arg(long, value_name = "PACKAGE|UID[:GID]")]
    owner: Option<String>,
    /// Only files that changed since their package was installed, and what changed
    #[arg(long, conflicts_with_all = ["setuid", "unowned", "larger", "evidence"])]
    modified: bool,
    /// What the files say: how they are linked, what they name, whether their text is kept
    #[arg(long)]
    evidence: bool,
    #[command(flatten)]
    base: BaseOption,
}

fn declare(command: Command) -> Command {
    Arguments::augment_args(command).arg(format_option::<Files>())
}

fn run(matches: &ArgMatches, context: &Context) -> Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let wanted = globs(&arguments.paths, true)?;
    if arguments.evidence && format(matches) == "csv" {
        bail!("evidence is not written as CSV; use --format json");
    }
    if arguments.modified {
        return modified(&arguments, wanted.as_ref(), format(matches), context);
    }
    let purpose = if arguments.evidence || arguments.unowned { Purpose::Evidence } else { Purpose::Digests };
    let analysis = context.analyse_on(&arguments.image, arguments.base.base.as_deref(), purpose)?;
    if !analysis.has_files {
        bail!("{} lists packages only; it holds no files", arguments.image);
    }
    let layer = arguments.layer.as_deref().map(|layer| find_layer(&analysis, layer)).transpose()?;
    let owner = arguments.owner.as_deref().map(Owner::parse);
    let mut path = Vec::new();
    let mut selected = Vec::new();
    for id in analysis.files.ids().skip(1) {
        let record = analysis.files.record(id);
        let chosen = (!arguments.setuid || record.is_setid() || analysis.files.capability(id).is_some())
            && layer.is_none_or(|layer| usize::from(record.layer) == layer)
            && arguments.larger.is_none_or(|bytes| record.kind == FileKind::File && record.size() > bytes)
            && (!arguments.unowned || analysis.owners(id).next().is_none())
            && owner.as_ref().is_none_or(|owner| owner.has(&analysis, id));
        if !chosen {
            continue;
        }
        if let Some(globs) = &wanted {
            analysis.files.write_path(id, &mut path);
            path.insert(0, b'/');
            if !globs.is_match(bytes_path(&path)) {
                continue;
            }
        }
        selected.push(id);
    }
    if arguments.unowned {
        rank(&analysis, &mut selected);
    }
    if selected.is_empty() {
        context.tell_note(&format!("no file of {} is as asked", arguments.image));
    }
    if arguments.evidence {
        if !selected.is_empty() && !selected.iter().any(|id| has_evidence(&analysis, *id)) {
            let what =
                if selected.len() == 1 { "the file asked for says" } else { "the files asked for say" };
            context.tell_note(&format!(
                "{what} nothing that is kept as evidence: no program, library, script or configuration of a known kind"
            ));
        }
        write::<FileEvidence>(format(matches), &EvidenceList { analysis: &analysis, selected })?;
        context.judge(&[&analysis])?;
        return Ok(Exit::Done);
    }
    write::<Files>(format(matches), &FileList { analysis: &analysis, selected, width: context.width })?;
    context.judge(&[&analysis])?;
    Ok(Exit::Done)
}

fn modified(
    arguments: &Arguments,
    wanted: Option<&globset::GlobSet>,
    format: &str,
    context: &Context,
) -> Result<Exit> {
    let (analysis, files) = context.modified(&arguments.image, arguments.base.base.as_deref())?;
    if !analysis.has_files {
        bail!("{} lists packages only; it holds no files", arguments.image);
    }
    let layer = arguments.layer.as_deref().map(|layer| find_layer(&analysis, layer)).transpose()?;
    let owner = arguments.owner.as_deref().map(Owner::parse);
    let chosen = |file: &&plimsoll_model::evidence::ModifiedFile| {
        let record = file.recorded.file.map(|id| analysis.files.record(id));
        let package = analysis.packages.get(file.recorded.package as usize);
        let path = [b"/", file.recorded.path.as_bytes()].concat();
        layer.is_none_or(|layer| record.is_some_and(|record| usize::from(record.layer) == layer))
            && wanted.is_none_or(|globs| globs.is_match(bytes_path(&path)))
            && owner.as_ref().is_none_or(|owner| match owner {
                Owner::Package(name) => package.is_some_and(|package| package.name == *name),
                Owner::User(..) => file.recorded.file.is_some_and(|id| owner.has(&analysis, id)),
            })
    };
    let files: Vec<_> = files.iter().filter(chosen).collect();
    if files.is_empty() {
        context.tell_note(&format!("no file of {} is as asked", arguments.image));
    }
    write::<Modified>(format, &ModifiedList { analysis: &analysis, files, width: context.width })?;
    context.judge(&[&analysis])?;
    Ok(Exit::Done)
}

/// Whether the document of evidence has a paragraph for a file.
fn has_evidence(analysis: &Analysis, id: FileId) -> bool {
    analysis.evidence.as_ref().is_some_and(|evidence| FileEvidence::has(evidence, id))
}

/// What a file is, for the order of those that no package lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Executable,
    Library,
    Script,
    Other,
}

/// Tells by what the file itself says; what says nothing is judged by its rights and name.
fn kind(analysis: &Analysis, id: FileId) -> Kind {
    let record = analysis.files.record(id);
    if !matches!(record.kind, FileKind::File | FileKind::HardLink) {
        return Kind::Other;
    }
    let name = analysis.files.name(id);
    let ends = |endings: &[&str]| endings.iter().any(|end| name.ends_with(end.as_bytes()));
    let is_run = record.mode & 0o111 != 0;
    let evidence = analysis.evidence.as_ref();
    if let Some(linkage) = evidence.and_then(|evidence| evidence.linkage.get(&id)) {
        let is_program = linkage.kind == ElfKind::Executable || linkage.interpreter.is_some();
        return match linkage.kind {
            _ if is_program => Kind::Executable,
            ElfKind::Shared if linkage.soname.is_some() || !is_run || ends(&[".so"]) => Kind::Library,
            ElfKind::Shared => Kind::Executable,
            _ => Kind::Other,
        };
    }
    let begins = match evidence.and_then(|evidence| evidence.texts.get(&id)) {
        Some(Text::Kept(text)) => text.starts_with(b"#!"),
        _ => false,
    };
    if begins || ends(&[".sh", ".py", ".rb", ".pl", ".pm", ".php", ".js", ".mjs", ".cjs", ".lua"]) {
        Kind::Script
    } else if ends(&[".jar", ".dll", ".node", ".a"]) {
        Kind::Library
    } else if is_run {
        Kind::Executable
    } else {
        Kind::Other
    }
}

/// Puts the files that matter most first: by kind, then by size.
fn rank(analysis: &Analysis, files: &mut [FileId]) {
    files.sort_by_cached_key(|id| (kind(analysis, *id), Reverse(analysis.files.record(*id).size()), *id));
}

fn bytes_path(bytes: &[u8]) -> &std::path::Path {
    std::path::Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

fn find_layer(analysis: &Analysis, wanted: &str) -> Result<usize> {
    let count = analysis.layers.len();
    if let Ok(position) = wanted.parse::<usize>()
        && (1..=count).contains(&position)
    {
        return Ok(position - 1);
    }
    let prefix = wanted.strip_prefix("sha256:").unwrap_or(wanted);
    let matching = |digest: &plimsoll_model::Digest| digest.hex().starts_with(prefix);
    analysis
        .layers
        .iter()
        .position(|layer| prefix.len() >= 4 && (matching(&layer.digest) || layer.diff_id.as_ref().is_some_and(matching)))
        .ok_or_else(|| {
            anyhow::anyhow!("there is no layer {wanted}: give a position from 1 to {count}, or at least four digits of its digest (`plimsoll layers` lists them)")
        })
}

#[derive(Debug)]
enum Owner<'a> {
    Package(&'a str),
    User(u32, Option<u32>),
}

impl<'a> Owner<'a> {
    fn parse(text: &'a str) -> Self {
        let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
        match (user.parse(), group.map(str::parse)) {
            (Ok(user), None) => Self::User(user, None),
            (Ok(user), Some(Ok(group))) => Self::User(user, Some(group)),
            _ => Self::Package(text),
        }
    }

    fn has(&self, analysis: &Analysis, id: FileId) -> bool {
        let record = analysis.files.record(id);
        match self {
            Self::Package(name) => analysis.owners(id).any(|package| package.name == *name),
            Self::User(uid, gid) => record.uid == *uid && gid.is_none_or(|gid| record.gid == gid),
        }
    }
}

/// Bytes of a size with a decimal (kB, MB, GB) or binary (KiB, MiB, GiB) unit, or none.
fn parse_size(text: &str) -> Result<u64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: u32 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(format!("`{unit}` is no unit; use kB, MB, GB, KiB, MiB or GiB")),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is no size; write it as 10MB"))?;
    Ok((number * f64::from(factor)) as u64)
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes_are_decimal_or_binary() {
        for (text, bytes) in
            [("7", 7), ("1kB", 1_000), ("1.5MB", 1_500_000), ("2KiB", 2_048), ("1G", 1_000_000_000)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        assert!(parse_size("MB").is_err());
        assert!(parse_size("3 parsecs").is_err());
    }
}
