//! Commands that run, read in or look for what their arguments name.

use plimsoll_model::evidence::references::ReferenceKind;

use super::words::Word;
use super::{MAX_DEPTH, Shell};

/// Commands that every shell has in itself, and words that are none. In order.
const BUILTINS: &[&[u8]] = &[
    b".",
    b":",
    b"[",
    b"alias",
    b"bg",
    b"break",
    b"builtin",
    b"cd",
    b"command",
    b"compgen",
    b"complete",
    b"compopt",
    b"continue",
    b"declare",
    b"dirs",
    b"disown",
    b"echo",
    b"enable",
    b"eval",
    b"exec",
    b"exit",
    b"export",
    b"false",
    b"fc",
    b"fg",
    b"getopts",
    b"hash",
    b"history",
    b"jobs",
    b"let",
    b"local",
    b"mapfile",
    b"popd",
    b"printf",
    b"pushd",
    b"pwd",
    b"read",
    b"readarray",
    b"readonly",
    b"return",
    b"set",
    b"shift",
    b"shopt",
    b"source",
    b"test",
    b"times",
    b"trap",
    b"true",
    b"type",
    b"typeset",
    b"ulimit",
    b"umask",
    b"unalias",
    b"unset",
    b"wait",
];

/// Whether the shell does it itself.
pub(super) fn is_builtin(name: &[u8]) -> bool {
    BUILTINS.binary_search(&name).is_ok()
}

/// What a command does with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing that matters here.
    None,
    /// It is `case`, whose word `in` follows.
    Case,
    /// It reads its first argument in.
    Source,
    /// It runs what follows `skip` arguments that are no options.
    Runs(u8),
    /// It looks for each of its arguments.
    Finds,
    /// It runs a text: that behind `-c`, or its first argument.
    Text { behind_option: bool },
    /// It runs what follows `-exec`.
    Executes,
}

/// The command at hand and its arguments so far.
#[derive(Debug)]
pub(super) struct Arguments {
    role: Role,
    name: &'static str,
    /// Whether the next argument belongs to an option.
    is_option_value: bool,
    last_was_exec: bool,
}

impl Arguments {
    const fn new(role: Role, name: &'static str) -> Self {
        Self { role, name, is_option_value: false, last_was_exec: false }
    }

    pub(super) const fn none() -> Self {
        Self::new(Role::None, "")
    }

    pub(super) const fn case() -> Self {
        Self::new(Role::Case, "case")
    }

    pub(super) fn is_case(&self) -> bool {
        self.role == Role::Case
    }

    /// Those of the command that a word names.
    pub(super) fn of(word: &Word) -> Self {
        let name = word.text.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let (role, name) = match name {
            b"." => (Role::Source, "."),
            b"source" => (Role::Source, "source"),
            b"exec" => (Role::Runs(0), "exec"),
            b"command" => (Role::Runs(0), "command"),
            b"env" => (Role::Runs(0), "env"),
            b"nohup" => (Role::Runs(0), "nohup"),
            b"nice" => (Role::Runs(0), "nice"),
            b"ionice" => (Role::Runs(0), "ionice"),
            b"setsid" => (Role::Runs(0), "setsid"),
            b"stdbuf" => (Role::Runs(0), "stdbuf"),
            b"sudo" => (Role::Runs(0), "sudo"),
            b"doas" => (Role::Runs(0), "doas"),
            b"xargs" => (Role::Runs(0), "xargs"),
            b"tini" => (Role::Runs(0), "tini"),
            b"dumb-init" => (Role::Runs(0), "dumb-init"),
            b"catatonit" => (Role::Runs(0), "catatonit"),
            b"setpriv" => (Role::Runs(0), "setpriv"),
            b"gosu" => (Role::Runs(1), "gosu"),
            b"su-exec" => (Role::Runs(1), "su-exec"),
            b"chroot" => (Role::Runs(1), "chroot"),
            b"timeout" => (Role::Runs(1), "timeout"),
            b"flock" => (Role::Runs(1), "flock"),
            b"which" => (Role::Finds, "which"),
            b"type" => (Role::Finds, "type"),
            b"hash" => (Role::Finds, "hash"),
            b"sh" | b"bash" | b"dash" | b"ash" => (Role::Text { behind_option: true }, "-c"),
            b"trap" => (Role::Text { behind_option: false }, "trap"),
            b"eval" => (Role::Text { behind_option: false }, "eval"),
            b"find" => (Role::Executes, "find"),
            _ => (Role::None, ""),
        };
        Self::new(role, name)
    }

    /// Takes the next argument.
    pub(super) fn take(&mut self, shell: &mut Shell<'_, '_>, word: &Word, start: usize) {
        let text = word.text.as_slice();
        if std::mem::take(&mut self.is_option_value) {
            return;
        }
        match self.role {
            Role::None | Role::Case => {}
            Role::Source => {
                let kind = if word.has_expansion { ReferenceKind::Open } else { ReferenceKind::Source };
                shell.found.add(shell.bytes, start, kind, text, self.name);
                self.role = Role::None;
            }
            Role::Finds if !text.starts_with(b"-") => shell.command(word, start, self.name),
            Role::Runs(_) if text.starts_with(b"-") && text.len() > 1 => {
                // Options of these commands that have a value of their own.
                self.is_option_value = matches!(
                    (self.name, text),
                    ("exec", b"-a")
                        | ("env", b"-u" | b"-C")
                        | ("nice" | "ionice", b"-n" | b"-c")
                        | ("sudo" | "doas", b"-u" | b"-g" | b"-h" | b"-C")
                        | ("xargs", b"-n" | b"-I" | b"-P" | b"-d" | b"-L" | b"-s" | b"-a")
                        | ("timeout", b"-s" | b"-k")
                        | ("flock", b"-w" | b"-E")
                        | ("stdbuf", b"-i" | b"-o" | b"-e")
                        | ("tini", b"-e" | b"-p")
                );
            }
            Role::Runs(_) if word.is_assignment() && matches!(self.name, "env" | "sudo") => {}
            Role::Runs(skip @ 1..) => self.role = Role::Runs(skip - 1),
            Role::Runs(0) => {
                let name = self.name;
                *self = Self::of(word);
                shell.command(word, start, name);
            }
            Role::Text { behind_option: true } => {
                let is_option = text.starts_with(b"-") && !text.starts_with(b"--") && text.ends_with(b"c");
                if is_option {
                    self.role = Role::Text { behind_option: false };
                } else if !text.starts_with(b"-") {
                    let kind = if word.has_expansion { ReferenceKind::Open } else { ReferenceKind::Source };
                    shell.found.add(shell.bytes, start, kind, text, "sh");
                    self.role = Role::None;
                }
            }
            Role::Text { behind_option: false } => {
                self.role = Role::None;
                if text == b"-" || text.starts_with(b"-") {
                    return;
                }
                if word.has_expansion {
                    shell.found.add(shell.bytes, start, ReferenceKind::Open, text, self.name);
                } else {
                    shell.text(text, start);
                }
            }
            Role::Executes => {
                if std::mem::take(&mut self.last_was_exec) {
                    shell.command(word, start, "find");
                }
                self.last_was_exec = matches!(text, b"-exec" | b"-execdir" | b"-ok" | b"-okdir");
            }
            Role::Finds => {}
        }
    }
}

impl Shell<'_, '_> {
    /// Reads a text that the script runs; all of it counts as standing where the text does.
    fn text(&mut self, text: &[u8], start: usize) {
        if self.depth >= MAX_DEPTH {
            self.found.cut_short();
            return;
        }
        let mut found = super::Collection::default();
        let mut inner = Shell {
            bytes: text,
            at: 0,
            depth: self.depth + 1,
            here_documents: Vec::new(),
            functions: std::mem::take(&mut self.functions),
            found: &mut found,
        };
        inner.list(super::End::File);
        self.functions = inner.functions;
        self.found.absorb(self.bytes, start, found, "");
    }
}

#[cfg(test)]
mod tests {
    use super::BUILTINS;

    #[test]
    fn the_list_is_in_order_so_that_names_are_found() {
        assert!(BUILTINS.is_sorted());
    }
}
