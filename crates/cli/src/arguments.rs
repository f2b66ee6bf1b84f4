//! The command line as a whole: what all commands share, and the list of commands.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Command};
use plimsoll_engine::attached::key::VerifyingKey;
use plimsoll_model::Platform;

use crate::command;
use crate::exit;

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Platform to choose where an image comes for several, such as linux/arm64
    #[arg(long, global = true, value_name = "OS/ARCH[/VARIANT]", help_heading = "Options for all commands")]
    pub(crate) platform: Option<Platform>,

    /// Directory of the cache of layer facts
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PLIMSOLL_CACHE_DIR",
        hide_env_values = true,
        help_heading = "Options for all commands"
    )]
    pub(crate) cache_dir: Option<PathBuf>,

    /// Directory of the advisory database
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PLIMSOLL_ADVISORIES",
        hide_env_values = true,
        help_heading = "Options for all commands"
    )]
    pub(crate) advisories: Option<PathBuf>,

    /// Neither read nor write the cache
    #[arg(long, global = true, help_heading = "Options for all commands")]
    pub(crate) no_cache: bool,

    /// Layers read at once [default: one per core]
    #[arg(long, global = true, value_name = "N", help_heading = "Options for all commands")]
    pub(crate) threads: Option<std::num::NonZeroUsize>,

    /// End with exit code 3 where damage was met, after showing what could be read
    #[arg(long, global = true, help_heading = "Options for all commands")]
    pub(crate) strict: bool,

    /// Speak plain HTTP to the registry (loopback registries need no asking)
    #[arg(long, global = true, help_heading = "Options for all commands")]
    pub(crate) plain_http: bool,

    /// File of certificates (PEM) to trust besides the system's
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PLIMSOLL_CA_FILE",
        hide_env_values = true,
        help_heading = "Options for all commands"
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// Host to trust with logins and redirects although it is not the registry's own
    #[arg(long, global = true, value_name = "HOST", help_heading = "Options for all commands")]
    pub(crate) trust_host: Vec<String>,

    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"], help_heading = "Options for all commands")]
    pub(crate) color: String,

    /// Show no progress
    #[arg(long, short, global = true, help_heading = "Options for all commands")]
    pub(crate) quiet: bool,
}

// What commands take that tell base from own. No doc comment: it would become their help.
#[derive(Debug, Args)]
pub(crate) struct BaseOption {
    /// The image that it was built on; it is checked, and need not have been looked at before
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base: Option<String>,
}

// What commands take that look at what is attached to an image. No doc comment, as above.
#[derive(Debug, Args)]
pub(crate) struct KeyOption {
    /// Public key (PEM, ECDSA over P-256) to verify attached signatures with
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

impl KeyOption {
    /// The key, read.
    pub(crate) fn read(&self) -> Result<Option<VerifyingKey>> {
        let Some(path) = &self.key else { return Ok(None) };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(VerifyingKey::from_pem(&text).with_context(|| path.display().to_string())?))
    }
}

// What commands take that judge vulnerabilities. No doc comment, as above.
#[derive(Debug, Args)]
pub(crate) struct AttachedVexOption {
    /// Do not look for VEX documents attached to the image
    #[arg(long)]
    no_attached_vex: bool,
    /// Let every attached VEX document lift findings, whoever attached it, not only those that --key
    /// verifies
    #[arg(long, conflicts_with_all = ["no_attached_vex", "key"])]
    trust_attached_vex: bool,
    #[command(flatten)]
    key: KeyOption,
}

impl AttachedVexOption {
    /// Whether to look for what is attached.
    pub(crate) const fn looks(&self) -> bool {
        !self.no_attached_vex
    }

    /// Whether what is attached counts without anybody having verified it.
    pub(crate) const fn trusts(&self) -> bool {
        self.trust_attached_vex
    }

    /// The key, read.
    pub(crate) fn key(&self) -> Result<Option<VerifyingKey>> {
        self.key.read()
    }
}

const ABOUT: &str = "Shows what is inside a container image, and what differs between two";

const PLACES: &str = "\
IMAGE is one of:
  debian:12, ghcr.io/o/r@sha256:…   in a registry (Docker Hub names need no host)
  oci:DIR[:REF]                      an OCI image layout
  oci-archive:TAR[:REF]              the same in a tar archive, plain or compressed
  docker-archive:TAR[:NAME]          what `docker save` and `podman save` write
  docker:NAME, podman:NAME           in the store of a local daemon
  dir:ROOTFS                         a root directory, such as / itself
  sbom:FILE                          CycloneDX or SPDX JSON (packages only)
A path that exists may stand alone: what it holds tells which of these it is.";

const EXAMPLES: &str = "\
Examples:
  plimsoll inspect debian:12
  plimsoll diff oraclelinux:7 oraclelinux:7-slim
  plimsoll packages dir:/ --format cyclonedx > machine.cdx.json";

/// The whole command line.
pub(crate) fn command_line() -> Command {
    let mut line = Common::augment_args(Command::new("plimsoll"))
        .about(ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .after_help(format!("{EXAMPLES}\n\n{PLACES}\n\n{}", exit::TABLE));
    for entry in command::ALL {
        let declared = (entry.declare)(Command::new(entry.name).about(entry.summary));
        let examples = format!("Examples:\n{}", entry.examples);
        let full = format!("{examples}\n\n{PLACES}\n\n{}", exit::TABLE);
        line = line.subcommand(declared.after_help(examples).after_long_help(full));
    }
    line
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command_line().debug_assert();
    }
}
