//! Tools that an attacker is glad to find, and that the image hardly needs to run.

use std::collections::BTreeMap;

use plimsoll_model::{FileId, FileKind, LintRule, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::Facts;

/// Declares a family of tools.
macro_rules! tools {
    ($(#[$doc:meta])* $name:ident, $constant:ident, $id:literal, $title:literal, $severity:ident, $why:literal, $remedy:literal, [$($tool:literal),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        const $constant: LintRule = LintRule {
            id: $id,
            title: $title,
            severity: SeverityLevel::$severity,
            why: $why,
            remedy: $remedy,
        };

        impl Rule for $name {
            fn doc(&self) -> &'static LintRule {
                &$constant
            }

            fn check(&self, facts: &Facts<'_>) -> Answer {
                find(facts, &$constant, &[$($tool),*])
            }
        }
    };
}

tools!(
    /// Shells.
    Shells, SHELL, "shell-present", "Shell", Negligible,
    "Most attacks that run a command run it through a shell; without one they need a flaw that does more.",
    "Where nothing in the image needs one, build on an image without a shell.",
    ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "pwsh"]
);

tools!(
    /// Package managers.
    PackageManagers, PACKAGE_MANAGER, "package-manager-present", "Package manager", Negligible,
    "It fetches and installs whatever an attacker lacks, and changes what the image was tested with.",
    "Remove it in the last stage of the build, or build on an image without one.",
    ["apt", "apt-get", "dpkg", "apk", "yum", "dnf", "microdnf", "tdnf", "rpm", "zypper", "pacman", "pip", "pip3", "npm", "yarn", "pnpm", "gem", "composer", "conda", "opkg"]
);

tools!(
    /// Compilers and what builds programs.
    Compilers, COMPILER, "compiler-present", "Compiler or build tool", Low,
    "It turns an attacker's source into a program that fits the container, and takes much room.",
    "Compile in a stage of the build of its own and copy the result into the last one.",
    ["gcc", "cc", "g++", "c++", "clang", "clang++", "tcc", "make", "cmake", "ninja", "ld", "as", "go", "rustc", "cargo", "javac", "mvn", "gradle", "ghc", "gfortran", "dotnet-sdk", "kotlinc", "swiftc"]
);

tools!(
    /// Debuggers and tracers.
    Debuggers, DEBUGGER, "debugger-present", "Debugger or tracer", Low,
    "It reads the memory of running programs, secrets in it included.",
    "Leave it out; attach a container with tools to the running one when needed (kubectl debug, docker debug).",
    ["gdb", "gdbserver", "lldb", "strace", "ltrace", "perf", "bpftrace", "valgrind", "dlv", "jdb"]
);

tools!(
    /// Network tools.
    NetworkTools, NETWORK_TOOL, "network-tool-present", "Network tool", Low,
    "It fetches further tools, looks around in the network, and carries data out.",
    "Leave it out of the last stage; where a health check needs one, let the program check itself.",
    ["curl", "wget", "nc", "ncat", "netcat", "socat", "nmap", "tcpdump", "telnet", "ftp", "tftp", "ssh", "scp", "rsync", "dig", "nslookup", "hping3", "masscan", "tshark", "iptables", "nft"]
);

/// Directories that programs are looked for in.
const DIRECTORIES: [&str; 9] = [
    "usr/local/sbin",
    "usr/local/bin",
    "usr/sbin",
    "usr/bin",
    "sbin",
    "bin",
    "opt/bin",
    "usr/local/go/bin",
    "root/.cargo/bin",
];

/// Debian has versions and triplets in the names of real programs: `gcc-12`, `gdb.real`. Only the
/// names that somebody types are looked for, and a link to nothing is no program.
fn find(facts: &Facts<'_>, rule: &'static LintRule, names: &[&str]) -> Answer {
    Answer::of(facts.files().map(|_| {
        let table = &facts.analysis.files;
        let mut found: BTreeMap<&str, (FileId, FileId)> = BTreeMap::new();
        for directory in DIRECTORIES {
            let Some(directory) = facts.index.follow(directory.as_bytes()) else { continue };
            for name in names {
                let Some(file) = facts.index.child(directory, name.as_bytes()) else { continue };
                let mut path = Vec::new();
                table.write_path(file, &mut path);
                let Some(real) = facts.index.follow(&path) else { continue };
                let record = table.record(real);
                if record.kind == FileKind::File && record.mode & 0o111 != 0 {
                    found.entry(name).or_insert((file, real));
                }
            }
        }
        found
            .into_iter()
            .map(|(name, (file, real))| {
                let detail = if file == real {
                    format!("{name} is there")
                } else {
                    format!("{name} is there: {}", table.path(real))
                };
                let observation = facts.observe_file(rule, file, detail);
                let package = observation
                    .package
                    .clone()
                    .or_else(|| facts.distribution_owner(real).map(|package| package.name.clone()));
                plimsoll_model::Observation { package, ..observation }
            })
            .collect()
    }))
}
