//! The overview for people: facts on the left by name, one screen for an ordinary image.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use plimsoll_model::{Analysis, ImageConfig, ImageIdentity};

use super::Overview;
use super::summary::{FileCounts, PackageCounts, SpecialFile, Summary};
use crate::table::{clean, fit};
use crate::units::{count, counted, size};

/// Wide enough for the longest name of a fact.
const NAMES: usize = 14;

/// How many lines a list of files, variables or labels gets before it is cut short.
const LINES: usize = 10;

/// How many of the largest files and packages are named.
const LARGEST: usize = 5;

/// Where a single fact is cut when no width is handed in: longer ones are certificates and
/// scripts in labels, which nobody reads here.
const LONGEST: usize = 500;

/// Gathers lines of `name  fact`; a name that repeats is written once.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn fact(&mut self, name: &str, fact: &str) {
        let room = self.width.saturating_sub(NAMES + 2).max(20);
        if !name.is_empty() {
            self.text.push_str(&name.bold().to_string());
        }
        self.text.push_str(&" ".repeat((NAMES + 2).saturating_sub(name.len())));
        self.text.push_str(&fit(&clean(fact), room));
        while self.text.ends_with(' ') {
            self.text.pop();
        }
        self.text.push('\n');
    }

    fn known(&mut self, name: &str, fact: Option<&str>) {
        if let Some(fact) = fact.filter(|fact| !fact.is_empty()) {
            self.fact(name, fact);
        }
    }

    /// One fact a line, the name before the first, and what is left out said.
    fn list(&mut self, name: &str, facts: impl ExactSizeIterator<Item = String>, most: usize) {
        let more = facts.len().saturating_sub(most);
        let cut = (more > 0).then(|| format!("and {} more", count(more as u64)));
        for (position, fact) in facts.take(most).chain(cut).enumerate() {
            self.fact(if position == 0 { name } else { "" }, &fact);
        }
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }
}

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = overview.analysis;
    let summary = Summary::of(analysis);
    let mut page = Page { text: String::new(), width: overview.width.unwrap_or(LONGEST) };
    identity(&mut page, &analysis.identity);
    origin(&mut page, analysis, &summary);
    if let Some(config) = &analysis.config {
        page.gap();
        run(&mut page, config);
    }
    page.gap();
    packages(&mut page, &summary.packages);
    if let Some(counts) = &summary.files {
        page.gap();
        files(&mut page, counts);
    }
    if let Some(attached) = &analysis.attachments {
        page.gap();
        for part in super::attached::lines(attached) {
            page.list(part.name, part.lines.into_iter(), LINES);
        }
    }
    let unread = analysis.attachments.iter().flat_map(|attached| &attached.problems);
    let all: Vec<String> = analysis
        .problems
        .iter()
        .chain(unread)
        // What `plimsoll explain` is asked for comes first: a narrow terminal cuts the end.
        .map(|problem| format!("{}: {}: {}", problem.code, problem.subject, problem.detail))
        .collect();
    if !all.is_empty() {
        page.gap();
        // Damage is never cut short: what an answer lacks must be seen.
        page.list("Problems", all.into_iter(), usize::MAX);
    }
    out.write_all(page.text.as_bytes())
}

fn identity(page: &mut Page, identity: &ImageIdentity) {
    page.known("Image", Some(&identity.name));
    page.known("Reference", identity.reference.as_deref().filter(|full| *full != identity.name));
    for (name, digest) in [
        ("Index", &identity.index_digest),
        ("Manifest", &identity.manifest_digest),
        ("Config", &identity.config_digest),
    ] {
        page.known(name, digest.as_ref().map(ToString::to_string).as_deref());
    }
    page.known("Platform", identity.platform.as_ref().map(ToString::to_string).as_deref());
    let offered: Vec<String> = identity.platforms.iter().map(ToString::to_string).collect();
    if offered.len() > 1 {
        page.fact("On offer", &offered.join(", "));
    }
}

fn origin(page: &mut Page, analysis: &Analysis, summary: &Summary<'_>) {
    let system = analysis.distribution.as_ref().map_or_else(
        || "unknown: nothing in the image says which".to_owned(),
        |distribution| {
            let release = distribution.point_release.as_deref();
            let release = release.filter(|release| Some(*release) != distribution.version_id.as_deref());
            let release = release.map(|release| format!(", release {release}"));
            format!("{}{}", distribution.title(), release.unwrap_or_default())
        },
    );
    page.fact("System", &system);
    if let Some(config) = &analysis.config {
        page.fact("Created", config.created.as_deref().unwrap_or("not stated"));
        page.known("Author", config.author.as_deref());
    }
    if summary.layers > 0 {
        let hidden = match summary.hidden_size {
            0 => String::new(),
            bytes => format!(", {} of content hidden by later layers", size(bytes)),
        };
        page.fact("Layers", &format!("{}{hidden}", count(summary.layers as u64)));
        page.fact(
            "Size",
            &format!(
                "{} compressed (layers as stored), {} unpacked (their archives)",
                size(summary.compressed_size),
                size(summary.unpacked_size),
            ),
        );
    }
    if summary.layers > 0 {
        let unknown = "unknown: no image looked at before has its lowest layers, and neither annotations nor history tell";
        let base = analysis.base.as_ref().map(|base| crate::place::base(base, summary.layers));
        page.fact("Base image", base.as_deref().unwrap_or(unknown));
    }
    if let Some(bytes) = summary.content_size {
        page.fact("Content", &format!("{} in files as they show, hard links once", size(bytes)));
    }
}

fn run(page: &mut Page, config: &ImageConfig) {
    page.known("Entrypoint", Some(&words(&config.entrypoint)));
    page.known("Command", Some(&words(&config.cmd)));
    page.fact("User", if config.user.is_empty() { "root (none stated)" } else { &config.user });
    page.known("Directory", Some(&config.working_dir));
    page.list("Environment", config.env.iter().cloned(), LINES);
    page.known("Ports", Some(&config.exposed_ports.join(", ")));
    page.known("Volumes", Some(&config.volumes.join(", ")));
    page.known("Health check", config.healthcheck.as_deref().map(words).as_deref());
    page.known("Stop signal", config.stop_signal.as_deref());
    page.known("Shell", Some(&words(&config.shell)));
    page.list("On build", config.on_build.iter().cloned(), LINES);
    let labels: Vec<String> = config.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    page.list("Labels", labels.into_iter(), LINES);
}

/// Words as a shell would need them quoted to be the same words.
fn words(words: &[String]) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:=@%+,".contains(letter);
    let quote = |word: &String| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn packages(page: &mut Page, counts: &PackageCounts<'_>) {
    let mut parts: Vec<String> =
        counts.installed.iter().map(|(kind, number)| format!("{} {kind}", count(*number))).collect();
    if parts.is_empty() {
        parts.push("none found".to_owned());
    }
    if counts.declared > 0 {
        parts.push(format!("and {} only named by lock files", count(counts.declared)));
    }
    page.fact("Packages", &parts.join(", "));
    let largest = counts.largest.iter().take(LARGEST);
    let line = |package: &super::summary::LargePackage<'_>| {
        format!("{:>9}  {} {} ({})", size(package.size), package.name, package.version, package.kind)
    };
    page.list("Largest", largest.map(line), LARGEST);
}

fn files(page: &mut Page, counts: &FileCounts) {
    let mut parts = vec![
        counted(counts.files, "file"),
        match counts.directories {
            1 => "1 directory".to_owned(),
            many => format!("{} directories", count(many)),
        },
        counted(counts.symlinks, "symlink"),
    ];
    if counts.others > 0 {
        parts.push(match counts.others {
            1 => "1 device or pipe".to_owned(),
            many => format!("{} devices and pipes", count(many)),
        });
    }
    page.fact("Files", &parts.join(", "));
    let setid = |file: &SpecialFile| format!("{} {}:{}  {}", file.mode, file.uid, file.gid, file.path);
    page.list("Setuid, setgid", counts.setid.iter().map(setid), LINES);
    let capability =
        |file: &SpecialFile| format!("{}  {}", file.path, file.capability.as_deref().unwrap_or_default());
    page.list("Capabilities", counts.capabilities.iter().map(capability), LINES);
    let unowned = &counts.unowned;
    page.fact("In no package", &format!("{}, {}", counted(unowned.files, "file"), size(unowned.size)));
    let line = |file: &super::summary::LargeFile| format!("{:>9}  {}", size(file.size), file.path);
    page.list("", unowned.largest.iter().take(LARGEST).map(line), LARGEST);
    let line = |weight: &super::weight::Weight| {
        format!("{:>9}  {} ({})", size(weight.size), weight.kind, counted(weight.files, "file"))
    };
    page.list("Weight", counts.weight.iter().map(line), LINES);
}
