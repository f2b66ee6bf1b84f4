//! What makes an image heavy: bytes that nearly no program in it needs, by kind. Kinds are rules over
//! paths and names; nothing is opened.

use std::collections::HashMap;

use plimsoll_model::{Analysis, FileId, FileKind};
use serde::Serialize;

/// A kind of weight.
struct Rule {
    id: &'static str,
    /// Directories, from the root; all that lies in them counts.
    directories: &'static [&'static str],
    /// Names of directories, wherever they lie.
    directory_names: &'static [&'static str],
    /// Endings of names of files.
    endings: &'static [&'static str],
    /// Whole paths of files.
    files: &'static [&'static str],
}

const NONE: Rule = Rule { id: "", directories: &[], directory_names: &[], endings: &[], files: &[] };

/// The kinds, in the order in which documents list them. A file counts once: the first rule of its
/// highest directory decides, then those of its own name. The traces of an init system are what one
/// finds in a machine and not in a service ("microVM").
const RULES: &[Rule] = &[
    Rule {
        id: "man-pages",
        directories: &["usr/share/man", "usr/share/info", "usr/local/share/man", "usr/local/man"],
        ..NONE
    },
    Rule {
        id: "documentation",
        directories: &[
            "usr/share/doc",
            "usr/share/doc-base",
            "usr/share/gtk-doc",
            "usr/share/help",
            "usr/local/share/doc",
        ],
        ..NONE
    },
    Rule {
        id: "locales",
        directories: &["usr/share/locale", "usr/share/i18n", "usr/lib/locale", "usr/local/share/locale"],
        ..NONE
    },
    Rule {
        id: "caches",
        directories: &[
            "var/cache",
            "var/lib/apt/lists",
            "root/.cache",
            "root/.npm",
            "root/.cargo/registry",
            "root/.m2",
            "root/.gradle",
            "root/go/pkg/mod",
            "go/pkg/mod",
            "usr/local/cargo/registry",
            "var/tmp",
            "tmp",
        ],
        directory_names: &[".cache", "_cacache"],
        ..NONE
    },
    Rule { id: "headers", directories: &["usr/include", "usr/local/include"], ..NONE },
    Rule { id: "static-libraries", endings: &[".a", ".la"], ..NONE },
    Rule {
        id: "debug-symbols",
        directories: &["usr/lib/debug", "usr/src/debug"],
        directory_names: &[".build-id"],
        endings: &[".debug", ".dwo", ".pdb", ".js.map", ".css.map"],
        ..NONE
    },
    Rule { id: "tests", directory_names: &["tests", "test", "__tests__", "testdata"], ..NONE },
    Rule { id: "bytecode", directory_names: &["__pycache__"], endings: &[".pyc", ".pyo"], ..NONE },
    Rule {
        id: "kernel",
        directories: &["usr/lib/modules", "lib/modules", "usr/lib/firmware", "lib/firmware", "boot"],
        ..NONE
    },
    Rule {
        id: "init-system",
        directories: &[
            "usr/lib/systemd",
            "lib/systemd",
            "etc/systemd",
            "usr/lib/udev",
            "lib/udev",
            "usr/lib/dracut",
            "usr/lib/modprobe.d",
            "etc/cron.d",
            "etc/cron.daily",
            "usr/lib/openssh",
            "usr/share/dbus-1",
            "usr/share/grub",
            "usr/lib/grub",
        ],
        files: &[
            "usr/bin/systemctl",
            "usr/bin/journalctl",
            "usr/bin/dbus-daemon",
            "usr/bin/kmod",
            "bin/kmod",
            "usr/sbin/sshd",
            "usr/sbin/cron",
            "usr/sbin/crond",
            "sbin/init",
            "usr/sbin/init",
            "usr/sbin/rsyslogd",
            "usr/bin/udevadm",
            "usr/sbin/NetworkManager",
        ],
        ..NONE
    },
];

/// Copies of content that other files have too, hard links apart.
const DUPLICATES: &str = "duplicates";

/// The bytes of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Weight {
    pub(super) kind: &'static str,
    pub(super) files: u64,
    /// Bytes of content, each hard-linked name counted once.
    pub(super) size: u64,
}

/// The kinds that an image has, the heaviest first. Duplicates overlap with all others.
pub(super) fn weigh(analysis: &Analysis) -> Vec<Weight> {
    let table = &analysis.files;
    let mut weights: Vec<Weight> =
        RULES.iter().map(|rule| Weight { kind: rule.id, files: 0, size: 0 }).collect();
    let directories: HashMap<&[u8], u8> = pairs(|rule| rule.directories).collect();
    let names: HashMap<&[u8], u8> = pairs(|rule| rule.directory_names).collect();
    let files: HashMap<&[u8], u8> = pairs(|rule| rule.files).collect();
    let mut kinds: Vec<u8> = vec![0; table.len()];
    let mut path = Vec::new();
    for id in table.ids().skip(1) {
        let record = table.record(id);
        let inherited = kinds.get(table.parent(id).0 as usize).copied().unwrap_or_default();
        let name = table.name(id);
        let mut kind = inherited;
        if kind == 0 && record.kind == FileKind::Directory {
            table.write_path(id, &mut path);
            kind = directories.get(path.as_slice()).or_else(|| names.get(name)).copied().unwrap_or_default();
        } else if kind == 0 && record.kind == FileKind::File {
            kind = by_ending(name);
            if kind == 0 && record.mode & 0o111 != 0 {
                table.write_path(id, &mut path);
                kind = files.get(path.as_slice()).copied().unwrap_or_default();
            }
        }
        if let Some(slot) = kinds.get_mut(id.0 as usize) {
            *slot = kind;
        }
        if record.kind == FileKind::File
            && !record.is_hard_link()
            && let Some(weight) = usize::from(kind).checked_sub(1).and_then(|at| weights.get_mut(at))
        {
            weight.files += 1;
            weight.size = weight.size.saturating_add(record.size());
        }
    }
    weights.push(duplicates(analysis));
    weights.retain(|weight| weight.files > 0);
    weights.sort_by_key(|weight| (std::cmp::Reverse(weight.size), weight.kind));
    weights
}

/// What a list of each rule has, with the rule's number from 1.
fn pairs(list: fn(&Rule) -> &'static [&'static str]) -> impl Iterator<Item = (&'static [u8], u8)> {
    let numbered = RULES.iter().zip(1_u8..);
    // Of a name in several rules the first counts.
    let all: Vec<_> = numbered
        .flat_map(|(rule, number)| list(rule).iter().map(move |name| (name.as_bytes(), number)))
        .collect();
    all.into_iter().rev()
}

fn by_ending(name: &[u8]) -> u8 {
    if !name.contains(&b'.') {
        return 0;
    }
    let found = RULES.iter().position(|rule| rule.endings.iter().any(|end| name.ends_with(end.as_bytes())));
    found.map_or(0, |at| at as u8 + 1)
}

/// All but one of the files with the same content; empty ones have none.
fn duplicates(analysis: &Analysis) -> Weight {
    let table = &analysis.files;
    let content = |id: FileId| {
        let record = table.record(id);
        let counts = record.kind == FileKind::File && !record.is_hard_link() && record.size() > 0;
        record.sha256().filter(|_| counts).map(|hash| (*hash, record.size()))
    };
    let mut contents: Vec<([u8; 32], u64)> = table.ids().filter_map(content).collect();
    contents.sort_unstable();
    let mut weight = Weight { kind: DUPLICATES, files: 0, size: 0 };
    for pair in contents.windows(2) {
        if let [first, second] = pair
            && first.0 == second.0
        {
            weight.files += 1;
            weight.size = weight.size.saturating_add(second.1);
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use plimsoll_model::{FileTableBuilder, NewFile, NodeId};

    use super::*;

    /// The kind that a file of ten bytes at a path counts as.
    fn check(path: &str, mode: u16, expect: Option<&str>) {
        let mut builder = FileTableBuilder::new();
        let mut parent = NodeId::ROOT;
        let (directories, name) = path.rsplit_once('/').unwrap();
        for name in directories.split('/') {
            parent = builder.insert(parent, name.as_bytes(), &NewFile::IMPLICIT_DIRECTORY);
        }
        let file =
            NewFile { kind: FileKind::File, size: 10, mode, implicit: false, ..NewFile::IMPLICIT_DIRECTORY };
        builder.insert(parent, name.as_bytes(), &file);
        let analysis = Analysis { files: builder.finish().0, ..Analysis::default() };
        let weights = weigh(&analysis);
        assert_eq!(
            weights.first().map(|weight| (weight.kind, weight.size)),
            expect.map(|kind| (kind, 10)),
            "{path}"
        );
    }

    #[test]
    fn a_file_counts_by_where_it_lies_or_how_it_is_called() {
        check("usr/share/man/man1/ls.1.gz", 0o644, Some("man-pages"));
        check("usr/share/doc/bash/README", 0o644, Some("documentation"));
        check("usr/lib/locale/C.utf8/LC_CTYPE", 0o644, Some("locales"));
        check("home/app/.cache/pip/x", 0o644, Some("caches"));
        check("usr/lib/libc.a", 0o644, Some("static-libraries"));
        check("opt/x/tests/a.py", 0o644, Some("tests"));
        check("opt/x/__pycache__/a.pyc", 0o644, Some("bytecode"));
        check("usr/lib/modules/6.1/kernel/a.ko", 0o644, Some("kernel"));
        check("usr/sbin/sshd", 0o755, Some("init-system"));
        check("usr/bin/bash", 0o755, None);
        check("usr/share/manual/a", 0o644, None);
    }
}
