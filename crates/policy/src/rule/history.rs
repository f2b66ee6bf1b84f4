//! What the instructions of the history did that they should not have.

use plimsoll_catalog::address::without_login;
use plimsoll_model::{LintRule, Observation, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::Facts;
use crate::instruction::{Command, Instruction, Verb, commands};

/// Declares a rule over the commands of `RUN` instructions.
macro_rules! over_commands {
    ($(#[$doc:meta])* $name:ident, $constant:ident, $id:literal, $title:literal, $severity:ident, $why:literal, $remedy:literal, $find:expr) => {
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
                find(facts, &$constant, $find)
            }
        }
    };
}

/// One observation for each `RUN` in which `look` finds something.
fn find(facts: &Facts<'_>, rule: &'static LintRule, look: fn(&[Command]) -> Option<String>) -> Answer {
    Answer::of(facts.instructions().map(|steps| {
        let runs = steps.iter().filter(|step| step.verb == Verb::Run);
        runs.filter_map(|step| Some(tell(facts, rule, step, look(&commands(step.text))?))).collect()
    }))
}

fn tell(facts: &Facts<'_>, rule: &'static LintRule, step: &Instruction<'_>, detail: String) -> Observation {
    facts.observe_instruction(rule, step, detail)
}

/// Files fetched by `ADD`.
#[derive(Debug, Clone, Copy)]
pub struct AddFromAddress;

const ADD: LintRule = LintRule {
    id: "add-from-address",
    title: "ADD of an address",
    severity: SeverityLevel::Low,
    why: "Whatever the server sends goes into the image: nothing is checked unless a checksum is given, and the archive stays as a layer.",
    remedy: "Give ADD --checksum, or fetch, check and unpack in one RUN.",
};

impl Rule for AddFromAddress {
    fn doc(&self) -> &'static LintRule {
        &ADD
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.instructions().map(|steps| {
            let adds =
                steps.iter().filter(|step| step.verb == Verb::Add && !step.text.contains("--checksum"));
            adds.filter_map(|step| {
                let address = step.text.split_whitespace().find(|word| {
                    ["http://", "https://", "ftp://", "git@"].iter().any(|scheme| word.starts_with(scheme))
                })?;
                Some(tell(facts, &ADD, step, format!("it adds {}", without_login(address))))
            })
            .collect()
        }))
    }
}

const FETCHERS: [&str; 3] = ["curl", "wget", "fetch"];
const INTERPRETERS: [&str; 12] =
    ["sh", "bash", "dash", "ash", "zsh", "python", "python3", "perl", "ruby", "node", "php", "source"];

over_commands!(
    /// Scripts that are fetched and run unseen.
    PipeToShell, PIPE, "pipe-to-shell", "Script fetched and run unseen", Medium,
    "Whoever controls the server, or the way there, runs what he likes in the build; and tomorrow's build is another one.",
    "Fetch a fixed version into a file, check its digest, then run it; or install a package.",
    |commands| {
        let fetches = |command: &Command| FETCHERS.contains(&command.program());
        let piped = commands.iter().enumerate().find_map(|(at, command)| {
            if !fetches(command) || !command.is_piped {
                return None;
            }
            // Through filters in between, as long as they are piped on.
            commands.get(at + 1..)?.iter().scan(true, |on, next| {
                let was = *on;
                *on = next.is_piped;
                was.then_some(next)
            }).find(|next| INTERPRETERS.contains(&next.program())).map(|next| (command.program().to_owned(), next.program().to_owned()))
        });
        let substituted = || commands.iter().find_map(|command| {
            let inner = command.arguments().iter().find(|word| {
                FETCHERS.iter().any(|tool| word.contains(&format!("$({tool} ")) || word.contains(&format!("`{tool} ")))
            })?;
            let tool = FETCHERS.iter().find(|tool| inner.contains(**tool))?;
            let runs = INTERPRETERS.contains(&command.program()) && command.has("-c") || command.program() == "eval";
            runs.then(|| ((*tool).to_owned(), command.program().to_owned()))
        });
        let redirected = || commands.iter().find_map(|command| {
            let from = command.arguments().iter().position(|word| FETCHERS.iter().any(|tool| *word == format!("<({tool}")))?;
            let tool = command.arguments().get(from)?.trim_start_matches("<(").to_owned();
            INTERPRETERS.contains(&command.program()).then(|| (tool, command.program().to_owned()))
        });
        piped.or_else(substituted).or_else(redirected).map(|(tool, shell)| format!("what {tool} fetches is run by {shell}"))
    }
);

over_commands!(
    /// Packages whose signature is not checked.
    Unauthenticated, UNAUTHENTICATED, "packages-unauthenticated", "Packages installed without checking their signature", High,
    "Whoever controls the mirror, or the way there, installs what he likes.",
    "Add the repository's key and leave the check on.",
    |commands| {
        const OPTIONS: [&str; 11] = [
            "--allow-unauthenticated", "--force-yes", "--allow-untrusted", "--nogpgcheck", "--no-gpgchecks", "--no-gpg-checks",
            "--no-gpg-check", "--nosignature", "--allow-insecure-repositories", "--nodigest", "--allow-unsigned-rpm",
        ];
        commands.iter().find_map(|command| {
            let manager = ["apt-get", "apt", "aptitude", "apk", "yum", "dnf", "microdnf", "tdnf", "rpm", "zypper"].contains(&command.program());
            let option = command.arguments().iter().find(|word| {
                OPTIONS.contains(&word.as_str()) || word.contains("AllowUnauthenticated=") && !word.ends_with("false") || word.contains("gpgcheck=0")
            });
            manager.then(|| option.map(|option| format!("{} is given {option}", command.program()))).flatten()
        })
    }
);

over_commands!(
    /// Python packages from hosts whose certificate is not checked.
    TrustedHost, TRUSTED_HOST, "pip-trusted-host", "Python packages from a host that is not checked", Medium,
    "Python packages carry no signature: the certificate of the host is all that says where they are from.",
    "Leave --trusted-host out and give the authority's certificate (--cert), and use https for the index.",
    |commands| {
        commands.iter().find_map(|command| {
            let is_pip = ["pip", "pip3", "pip2"].contains(&command.program()) || command.has("pip") && command.program().starts_with("python");
            let arguments = command.arguments();
            let bad = arguments.iter().find(|word| word.starts_with("--trusted-host")).cloned().or_else(|| {
                arguments.iter().any(|word| word.contains("index-url=http://") || word.starts_with("http://")).then(|| "an index without TLS".to_owned())
            });
            is_pip.then(|| bad.map(|bad| format!("pip is given {bad}"))).flatten()
        })
    }
);

over_commands!(
    /// Downloads whose certificate is not checked.
    CertificatesUnchecked, UNCHECKED, "certificate-unchecked", "Download without checking the certificate", Medium,
    "Whoever is on the way to the server may send what he likes.",
    "Leave the check on; give the authority's certificate where it is a private one.",
    |commands| {
        commands.iter().find_map(|command| {
            let has = |word: &str| command.arguments().iter().any(|each| each == word);
            let short_k = || command.arguments().iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.len() <= 6 && word.contains('k'));
            let option = match command.program() {
                "curl" if has("--insecure") || has("-k") || short_k() => "--insecure",
                "wget" if has("--no-check-certificate") => "--no-check-certificate",
                "git" if command.arguments().iter().any(|word| word.eq_ignore_ascii_case("http.sslverify=false")) => "http.sslVerify=false",
                "git" if has("http.sslVerify") && has("false") => "http.sslVerify false",
                "npm" | "yarn" if has("strict-ssl") && has("false") => "strict-ssl false",
                _ => return assigned(command),
            };
            Some(format!("{} is given {option}", command.program()))
        })
    }
);

/// Variables that switch the check off.
fn assigned(command: &Command) -> Option<String> {
    const OFF: [&str; 4] = [
        "GIT_SSL_NO_VERIFY=1",
        "GIT_SSL_NO_VERIFY=true",
        "NODE_TLS_REJECT_UNAUTHORIZED=0",
        "PYTHONHTTPSVERIFY=0",
    ];
    let word = command.words.iter().find(|word| OFF.contains(&word.as_str()))?;
    Some(format!("{word} is set"))
}

over_commands!(
    /// Files made writable for everybody.
    ChangedToWritable, WRITABLE, "chmod-777", "Files made writable for everybody", Low,
    "Any user of the container may change them, and whoever runs or believes them next does what that user wrote.",
    "Give them to the user that needs them (chown, COPY --chown), not to all.",
    |commands| {
        commands.iter().filter(|command| command.program() == "chmod").find_map(|command| {
            let mode = command.arguments().iter().find(|word| !word.starts_with('-'))?;
            let octal = mode.bytes().all(|byte| matches!(byte, b'0'..=b'7')) && (3..=4).contains(&mode.len());
            let everybody = octal && matches!(mode.as_bytes().last(), Some(b'2' | b'3' | b'6' | b'7'))
                // With the sticky bit, as /tmp has it, it is as it should be.
                && !(mode.len() == 4 && matches!(mode.as_bytes().first(), Some(b'1' | b'3' | b'5' | b'7')));
            let symbolic = mode.split(',').any(|part| {
                let who = part.split(['+', '=']).next().unwrap_or_default();
                let what = part.split(['+', '=']).nth(1).unwrap_or_default();
                (who.contains('o') || who.contains('a')) && what.contains('w') && !what.contains('t')
            });
            (everybody || symbolic).then(|| format!("chmod is given {mode}"))
        })
    }
);

over_commands!(
    /// The use of sudo.
    Sudo, SUDO, "sudo-in-history", "sudo used in the build", Low,
    "An instruction runs as root or as the user of USER; sudo in it means that it is installed, and that the user may become root, in the image too.",
    "Run the instruction as root and switch to the user afterwards; leave sudo out.",
    |commands| commands.iter().any(|command| command.has("sudo") && command.position_of("sudo") < 3).then(|| "a command is run by sudo".to_owned())
);

over_commands!(
    /// Lists of packages that were not removed where they were fetched.
    ListsKept, LISTS, "apt-lists-kept", "apt's lists kept in the layer", Low,
    "Some tens of megabytes that everybody downloads; removing them in a later instruction takes nothing out of the layer.",
    "End the instruction with rm -rf /var/lib/apt/lists/*, or use a cache mount.",
    |commands| {
        let is_apt = |command: &Command| matches!(command.program(), "apt-get" | "apt" | "aptitude");
        let fetches = commands.iter().any(|command| is_apt(command) && (command.has("update") || command.has("install")));
        let removes = commands.iter().any(|command| {
            matches!(command.program(), "rm" | "find") && command.arguments().iter().any(|word| word.contains("/var/lib/apt") || word.contains("/var/lib/{apt"))
        });
        let mounted = commands.iter().any(|command| command.words.iter().any(|word| word.starts_with("--mount=type=cache")));
        (fetches && !removes && !mounted).then(|| "apt-get fills /var/lib/apt/lists and the instruction does not empty it".to_owned())
    }
);

over_commands!(
    /// An upgrade of the whole system to another release.
    ReleaseUpgrade, UPGRADE, "release-upgrade", "Release upgraded in the build", Low,
    "What comes out depends on the day of the build, and every package of the base is in the image twice.",
    "Build on a newer version of the base instead.",
    |commands| commands.iter().find_map(|command| {
        let upgrades = matches!(command.program(), "apt-get" | "apt") && (command.has("dist-upgrade") || command.has("full-upgrade"))
            || command.program() == "do-release-upgrade";
        upgrades.then(|| format!("{} upgrades to another release", command.program()))
    })
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{analysis, check};

    /// The ids of the rules of this file that find something in a `RUN` instruction.
    fn ids(script: &str) -> Vec<&'static str> {
        let analysis = plimsoll_model::Analysis {
            history: vec![format!("RUN /bin/sh -c {script} # buildkit")],
            ..analysis()
        };
        let names = [&PIPE, &UNAUTHENTICATED, &TRUSTED_HOST, &UNCHECKED, &WRITABLE, &SUDO, &LISTS, &UPGRADE]
            .map(|rule| rule.id);
        check(&analysis, &|id| names.contains(&id)).observations.iter().map(|each| each.rule).collect()
    }

    #[test]
    fn commands_that_should_not_be_are_told() {
        for (script, expect) in [
            ("curl -fsSL https://h.net/i.sh | sh", &["pipe-to-shell"][..]),
            (
                "wget -qO- https://h.net/i.sh | tee x | sudo -E bash -s -- -y",
                &["pipe-to-shell", "sudo-in-history"],
            ),
            ("sh -c \"$(curl -fsSL https://h.net/i.sh)\"", &["pipe-to-shell"]),
            ("bash <(curl -s https://h.net/i.sh)", &["pipe-to-shell"]),
            ("curl https://h.net/a.tgz | tar xz && sh ./a/build.sh", &[]),
            ("echo 'curl x | sh'", &[]),
            ("apk add --allow-untrusted a.apk", &["packages-unauthenticated"]),
            ("yum install -y --nogpgcheck a", &["packages-unauthenticated"]),
            ("apk add curl", &[]),
            ("pip install --trusted-host pypi.corp.net a", &["pip-trusted-host"]),
            ("python3 -m pip install -i http://pypi.corp.net/simple a", &["pip-trusted-host"]),
            ("pip install a", &[]),
            ("curl -fsSLk https://h.net/a -o a", &["certificate-unchecked"]),
            ("wget --no-check-certificate https://h.net/a", &["certificate-unchecked"]),
            ("GIT_SSL_NO_VERIFY=1 git clone https://h.net/a", &["certificate-unchecked"]),
            ("curl -fsSL https://h.net/kk -o a", &[]),
            ("chmod -R 777 /app", &["chmod-777"]),
            ("chmod a+w /app", &["chmod-777"]),
            ("chmod 1777 /tmp", &[]),
            ("chmod 0755 /app", &[]),
            ("chmod o-w /app", &[]),
            ("sudo make install", &["sudo-in-history"]),
            ("apt-get install -y sudo && rm -rf /var/lib/apt/lists/*", &[]),
            ("apt-get update && apt-get install -y a", &["apt-lists-kept"]),
            ("apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*", &[]),
            ("apt-get update && apt-get dist-upgrade -y; rm -r /var/lib/apt/lists/*", &["release-upgrade"]),
        ] {
            assert_eq!(ids(script), expect, "{script}");
        }
    }

    #[test]
    fn added_addresses_are_told_without_their_login() {
        let with = |line: &str| {
            let analysis = plimsoll_model::Analysis { history: vec![line.to_owned()], ..analysis() };
            check(&analysis, &|id| id == ADD.id)
                .observations
                .iter()
                .map(|each| each.detail.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(with("ADD https://ci:s3cret@h.net/a.tgz /a # buildkit"), ["it adds https://h.net/a.tgz"]);
        assert_eq!(with("/bin/sh -c #(nop) ADD file:1234 in / "), [""; 0]);
        assert_eq!(with("ADD --checksum=sha256:1 https://h.net/a.tgz /a # buildkit"), [""; 0]);
    }

    #[test]
    fn without_a_history_there_is_no_data() {
        let lint = check(&plimsoll_model::Analysis::default(), &|id| id == PIPE.id);
        assert_eq!(lint.outcomes[0].no_data.as_deref(), Some("the image has no history"));
        assert!(!lint.outcomes[0].is_passed());
    }
}
