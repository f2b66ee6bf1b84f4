//! What the machine and the user's environment say: read here and nowhere else.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{ArgMatches, FromArgMatches as _};
use plimsoll_engine::advisories::AdvisoryStore;
use plimsoll_engine::{
    Answer, Engine, Environment, Progress, Proxies, Purpose, Question, Settings, TransportOptions,
};
use plimsoll_model::{Analysis, Problem};

use crate::arguments::Common;
use crate::exit::Strict;
use crate::message::{Kind, tell_line};
use crate::progress::Bars;

/// Bytes that the cache may take before the entries unused for longest go. The facts about a
/// large image of a hundred thousand files take about thirty megabytes.
const CACHE_CAPACITY: u64 = 4 * 1024 * 1024 * 1024;

/// What a command needs besides its own arguments.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) engine: Engine,
    strict: bool,
    progress: Box<dyn Progress>,
    advisories: Option<PathBuf>,
    /// How the outside is spoken to.
    pub(crate) transport: TransportOptions,
    /// Columns of the terminal on standard output, if it is one.
    pub(crate) width: Option<usize>,
}

impl Context {
    pub(crate) fn read(matches: &ArgMatches) -> Result<Self> {
        let common = Common::from_arg_matches(matches).context("cannot read the options")?;
        set_color(&common.color);
        let threads = common
            .threads
            .map(std::num::NonZero::get)
            .or_else(|| std::thread::available_parallelism().ok().map(std::num::NonZero::get));
        let cache = if common.no_cache { None } else { common.cache_dir.or_else(default_cache) };
        let transport = TransportOptions {
            ca_file: common.ca_file,
            plain_http: common.plain_http,
            proxies: proxies(),
            idle_timeout: None,
        };
        let engine = Engine::new(Settings {
            cache,
            cache_capacity: CACHE_CAPACITY,
            scratch: Some(std::env::temp_dir()),
            threads: threads.unwrap_or(1),
            platform: common.platform,
            transport: transport.clone(),
            environment: Environment {
                home: path("HOME"),
                docker_config: path("DOCKER_CONFIG"),
                registry_auth_file: path("REGISTRY_AUTH_FILE"),
                runtime_directory: path("XDG_RUNTIME_DIR"),
                config_directory: path("XDG_CONFIG_HOME"),
                search_path: std::env::var_os("PATH"),
            },
            trusted_hosts: common.trust_host,
            docker_host: text("DOCKER_HOST"),
        });
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let progress = Box::new(Bars::new(!terminal || common.quiet));
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        let advisories = common.advisories.or_else(default_advisories);
        Ok(Self { engine, strict: common.strict, progress, advisories, transport, width })
    }

    /// Analyses an image, showing how far it is.
    pub(crate) fn analyse(&self, image: &str, purpose: Purpose) -> Result<Analysis> {
        Ok(self.engine.analyse(image, purpose, &*self.progress)?)
    }

    /// Analyses an image, and answers what else is asked about it.
    pub(crate) fn ask(&self, image: &str, question: &Question<'_>) -> Result<Answer> {
        Ok(self.engine.ask(image, question, &*self.progress)?)
    }

    /// Analyses an image that was built on a base, where the user names that.
    pub(crate) fn analyse_on(&self, image: &str, base: Option<&str>, purpose: Purpose) -> Result<Analysis> {
        Ok(self.ask(image, &Question { base, ..purpose.into() })?.analysis)
    }

    /// Analyses an image and finds its files that changed since their package was installed.
    pub(crate) fn modified(
        &self,
        image: &str,
        base: Option<&str>,
    ) -> Result<(Analysis, Vec<plimsoll_model::evidence::ModifiedFile>)> {
        Ok(self.engine.modified(image, base, &*self.progress)?)
    }

    /// The advisories of this machine.
    pub(crate) fn advisories(&self) -> Result<AdvisoryStore> {
        let directory = self.advisories.as_ref().context(
            "there is no place for advisories: neither HOME nor XDG_DATA_HOME is set; name one with --advisories DIR",
        )?;
        Ok(AdvisoryStore::new(directory))
    }

    /// Says something on standard error that is no error.
    pub(crate) fn tell_note(&self, text: &str) {
        tell_line(Kind::Note, text);
    }

    /// Who is told of long reads.
    pub(crate) fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    /// The time (RFC 3339, UTC).
    pub(crate) fn now(&self) -> Option<String> {
        plimsoll_engine::vulnerabilities::now()
    }

    /// Tells of the problems met, on standard error, and makes of them what `--strict` asks for.
    /// To be asked once the answer has been written.
    pub(crate) fn judge(&self, analyses: &[&Analysis]) -> Result<()> {
        for analysis in analyses {
            tell(analysis);
        }
        self.judge_told(analyses)
    }

    /// The same where the answer itself has named the problems: what is left to say is that some
    /// may hide packages.
    pub(crate) fn judge_told(&self, analyses: &[&Analysis]) -> Result<()> {
        for analysis in analyses {
            tell_hidden(analysis);
        }
        self.judge_count(analyses.iter().map(|analysis| analysis.problems.len()).sum())
    }

    /// What `--strict` makes of so many problems.
    pub(crate) fn judge_count(&self, count: usize) -> Result<()> {
        if self.strict && count > 0 { Err(Strict(count).into()) } else { Ok(()) }
    }
}

/// Problems that are told one by one; `inspect` names them all.
const TOLD: usize = 5;

fn tell(analysis: &Analysis) {
    let name = &analysis.identity.name;
    // What may hide packages first: it is what an answer must not be silent about.
    let (hiding, others): (Vec<&Problem>, Vec<&Problem>) =
        analysis.problems.iter().partition(|problem| problem.hides_packages());
    let told = hiding.iter().chain(&others);
    for problem in told.take(TOLD) {
        tell_line(Kind::Warning, &format!("{name}: {problem}"));
    }
    if let Some(more) = analysis.problems.len().checked_sub(TOLD).filter(|more| *more > 0) {
        let noun = if more == 1 { "problem" } else { "problems" };
        let all = format!("{name}: {more} more {noun}; `plimsoll inspect {name}` names them all");
        tell_line(Kind::Warning, &all);
    }
}

/// The last word about an answer that may lack packages.
fn tell_hidden(analysis: &Analysis) {
    let name = &analysis.identity.name;
    let count = analysis.problems.iter().filter(|problem| problem.hides_packages()).count();
    if count > 0 {
        let noun = if count == 1 { "problem" } else { "problems" };
        let line = format!(
            "{name}: packages may be missing from the answer because of {count} {noun}; `plimsoll explain CODE` says what to do; with --strict the command ends with exit code 3"
        );
        tell_line(Kind::Warning, &line);
    }
}

/// `$XDG_DATA_HOME/plimsoll`, or `~/.local/share/plimsoll` (XDG Base Directory Specification).
fn default_advisories() -> Option<PathBuf> {
    let absolute = |name| path(name).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("plimsoll"))
}

fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The usual variables, in either spelling; the lower-case one wins, as in curl.
fn proxies() -> Proxies {
    let either = |lower: &str, upper: &str| text(lower).or_else(|| text(upper));
    Proxies {
        // The upper-case HTTP_PROXY can be set by a request where programs run under CGI.
        http: text("http_proxy"),
        https: either("https_proxy", "HTTPS_PROXY"),
        all: either("all_proxy", "ALL_PROXY"),
        none_for: either("no_proxy", "NO_PROXY"),
    }
}

fn set_color(when: &str) {
    let choice = match when {
        "always" => anstream::ColorChoice::Always,
        "never" => anstream::ColorChoice::Never,
        _ => return,
    };
    choice.write_global();
}

/// `$XDG_CACHE_HOME/plimsoll`, or `~/.cache/plimsoll` (XDG Base Directory Specification).
fn default_cache() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("plimsoll"))
}
