//! Instructions of an image's history, and the commands of a shell in them.

use plimsoll_model::Analysis;

/// What an instruction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Run,
    Add,
    Other,
}

/// One instruction.
#[derive(Debug, Clone)]
pub(crate) struct Instruction<'a> {
    /// Its position in the history, from 1.
    pub(crate) position: usize,
    /// As the history has it.
    pub(crate) line: &'a str,
    pub(crate) verb: Verb,
    /// What stands behind the verb: for `RUN`, what the shell was given.
    pub(crate) text: &'a str,
    /// The layer that it made.
    pub(crate) layer: Option<u32>,
}

/// A command with its words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Command {
    pub(crate) words: Vec<String>,
    /// Whether what it prints goes into the next command.
    pub(crate) is_piped: bool,
}

/// Words that may stand before the program's name.
const BEFORE_PROGRAM: [&str; 16] = [
    "if",
    "then",
    "else",
    "elif",
    "do",
    "while",
    "until",
    "!",
    "{",
    "(",
    "exec",
    "env",
    "time",
    "nice",
    "command",
    "eatmydata",
];

impl Command {
    /// The program that is run: without its directory, and without what runs it.
    pub(crate) fn program(&self) -> &str {
        self.program_word().map_or("", |word| word.rsplit('/').next().unwrap_or_default())
    }

    /// The program's arguments.
    pub(crate) fn arguments(&self) -> &[String] {
        let position = self.position().map_or(self.words.len(), |at| at + 1);
        self.words.get(position..).unwrap_or_default()
    }

    fn program_word(&self) -> Option<&String> {
        self.words.get(self.position()?)
    }

    fn position(&self) -> Option<usize> {
        self.words.iter().position(|word| {
            let assigns = word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            });
            let is_option_of_sudo = word.starts_with('-') && self.has("sudo");
            let comes_before = BEFORE_PROGRAM.contains(&word.as_str()) || word == "sudo";
            !(assigns || comes_before || is_option_of_sudo)
        })
    }

    /// Where one of its words is this; far away where none is.
    pub(crate) fn position_of(&self, word: &str) -> usize {
        self.words.iter().position(|each| each == word).unwrap_or(usize::MAX)
    }

    /// Whether one of its words is this.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|each| each == word)
    }
}

/// The history with its layers. The instruction of a layer is the next one of the history that
/// reads the same.
pub(crate) fn read_history(analysis: &Analysis) -> Vec<Instruction<'_>> {
    let mut layers = (0_u32..).zip(&analysis.layers).peekable();
    (1..)
        .zip(&analysis.history)
        .map(|(position, line)| {
            let layer = layers
                .next_if(|(_, layer)| layer.instruction.as_deref() == Some(line.as_str()))
                .map(|(layer, _)| layer);
            let (verb, text) = verb(line);
            Instruction { position, line, verb, text, layer }
        })
        .collect()
}

/// BuildKit writes the instruction as it was, with the shell spelled out and a comment behind;
/// the classic builder writes a shell, and `#(nop)` before what ran nothing.
fn verb(line: &str) -> (Verb, &str) {
    let line = line.trim();
    let line = line.strip_suffix("# buildkit").unwrap_or(line).trim_end();
    for shell in ["/bin/sh -c #(nop) ", "/bin/sh -c #(nop)"] {
        if let Some(rest) = line.strip_prefix(shell) {
            let rest = rest.trim_start();
            return match rest.split_once(char::is_whitespace) {
                Some(("ADD", text)) => (Verb::Add, text.trim()),
                _ => (Verb::Other, rest),
            };
        }
    }
    let word = line.split_whitespace().next().unwrap_or_default();
    match word {
        "RUN" => (Verb::Run, without_shell(line.get(3..).unwrap_or_default())),
        "ADD" => (Verb::Add, line.get(3..).unwrap_or_default().trim()),
        _ if word.starts_with('|') || word.ends_with("/sh") || word.ends_with("/bash") => {
            (Verb::Run, without_shell(line))
        }
        _ => (Verb::Other, line),
    }
}

/// What the shell was given: behind `|N NAME=value …` and `/bin/sh -c`.
fn without_shell(text: &str) -> &str {
    for shell in [
        "/bin/sh -c ",
        "/bin/bash -c ",
        "/bin/ash -c ",
        "/bin/sh -ec ",
        "/bin/bash -euxc ",
        "/bin/bash -o pipefail -c ",
        "/bin/sh -o pipefail -c ",
    ] {
        if let Some(at) = text.find(shell).filter(|at| *at < 2_000) {
            return text.get(at + shell.len()..).unwrap_or_default();
        }
    }
    text.trim()
}

/// The commands of a shell script, as far as blanks, quotes and separators part them. What is
/// substituted stays a word; nothing is expanded.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    let mut all = Vec::new();
    let mut command = Command::default();
    let mut word = String::new();
    let mut in_word = false;
    let mut quote: Option<char> = None;
    let mut characters = script.chars().peekable();
    let end_word = |word: &mut String, in_word: &mut bool, command: &mut Command| {
        if std::mem::take(in_word) {
            command.words.push(std::mem::take(word));
        }
    };
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some('"') | None, '\\') => match characters.next() {
                Some('\n') | None => {}
                Some(next) => {
                    word.push(next);
                    in_word = true;
                }
            },
            (Some(_), _) => word.push(character),
            (None, '\'' | '"') => {
                quote = Some(character);
                in_word = true;
            }
            (None, '#') if !in_word => while characters.next_if(|next| *next != '\n').is_some() {},
            (None, '|' | '&' | ';' | '\n') => {
                let twice =
                    characters.next_if(|next| *next == character && matches!(next, '|' | '&')).is_some();
                // `2>&1` and `>&2` are no separators.
                if character == '&' && !twice && word.ends_with('>') {
                    word.push(character);
                    continue;
                }
                end_word(&mut word, &mut in_word, &mut command);
                command.is_piped = character == '|' && !twice;
                if !command.words.is_empty() {
                    all.push(std::mem::take(&mut command));
                }
            }
            (None, ' ' | '\t' | '\r') => end_word(&mut word, &mut in_word, &mut command),
            (None, _) => {
                word.push(character);
                in_word = true;
            }
        }
    }
    end_word(&mut word, &mut in_word, &mut command);
    if !command.words.is_empty() {
        all.push(command);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_falls_into_commands() {
        let check = |script: &str, expect: &[&str]| {
            let found: Vec<String> = commands(script)
                .iter()
                .map(|each| format!("{}{}", each.words.join(" "), if each.is_piped { " |" } else { "" }))
                .collect();
            assert_eq!(found, expect, "{script}");
        };
        check(
            "set -eux; apt-get update && apt-get install -y a",
            &["set -eux", "apt-get update", "apt-get install -y a"],
        );
        check("curl -s h 2>&1 | sh -s -- -y", &["curl -s h 2>&1 |", "sh -s -- -y"]);
        check("echo 'a | b; c' \"d && e\" \\\n  f || g", &["echo a | b; c d && e f", "g"]);
        check("a # comment | sh\nb", &["a", "b"]);
        check("", &[]);
        check("'unclosed", &["unclosed"]);
    }

    #[test]
    fn the_program_is_told_from_what_runs_it() {
        let check = |script: &str, program: &str, first: Option<&str>| {
            let command = commands(script).remove(0);
            assert_eq!(command.program(), program, "{script}");
            assert_eq!(command.arguments().first().map(String::as_str), first, "{script}");
        };
        check("DEBIAN_FRONTEND=x apt-get install a", "apt-get", Some("install"));
        check("sudo -E /usr/bin/apt-get update", "apt-get", Some("update"));
        check("if ! curl x", "curl", Some("x"));
        check("A=b", "", None);
    }

    #[test]
    fn both_builders_are_understood() {
        let check = |line, expect| assert_eq!(verb(line), expect);
        check("RUN /bin/sh -c apt-get update # buildkit", (Verb::Run, "apt-get update"));
        check("RUN |1 A=b /bin/sh -c make # buildkit", (Verb::Run, "make"));
        check("/bin/sh -c make", (Verb::Run, "make"));
        check("|1 A=b /bin/sh -c make", (Verb::Run, "make"));
        check("/bin/sh -c #(nop) ADD file:1 in / ", (Verb::Add, "file:1 in /"));
        check("ADD https://h.net/a /a # buildkit", (Verb::Add, "https://h.net/a /a"));
        check("/bin/sh -c #(nop)  CMD [\"sh\"]", (Verb::Other, "CMD [\"sh\"]"));
        check("RUN [\"/app\"]", (Verb::Run, "[\"/app\"]"));
    }
}
