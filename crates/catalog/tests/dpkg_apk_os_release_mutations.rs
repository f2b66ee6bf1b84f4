//! Damaged files never stop the answer: fixed-seed changes of good files are read and joined.

use plimsoll_catalog::{Claims, LayerFragment, Reader, join, readers};
use plimsoll_model::{FileId, FileTable};

const STATUS: &str = "\
Package: libc6
Status: install ok installed
Installed-Size: 12986
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+deb12u8
Depends: libgcc-s1, a (>= 1) | b
Conffiles:
 /etc/ld.so.conf.d/x.conf d4e7a7b88a71b5ffd9e2644e71a0cfab obsolete
Description: GNU C Library
 long
 .

Package: tzdata
Status: deinstall ok config-files
Version: 2024a-0+deb12u1
";

const INSTALLED: &str = "\
C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:musl
V:1.2.5-r0
A:x86_64
I:667648
D:so:a !b
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=

P:b
V:2
";

const FILES: [(&str, &str); 12] = [
    ("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_ID='12'\nX=a\\ b\n"),
    ("etc/redhat-release", "CentOS release 5.11 (Final)\n"),
    ("etc/SuSE-release", "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n"),
    ("var/lib/dpkg/status", STATUS),
    ("var/lib/dpkg/status.d/libc6", STATUS),
    (
        "var/lib/dpkg/info/libc6:amd64.list",
        "/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libc.so.6\n",
    ),
    (
        "var/lib/dpkg/info/libc6:amd64.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  lib/x86_64-linux-gnu/libc.so.6\n",
    ),
    ("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n"),
    ("var/lib/apt/extended_states", "Package: libc6\nArchitecture: amd64\nAuto-Installed: 1\n"),
    (
        "usr/share/doc/libc6/copyright",
        "Format: x\n\nLicense: GPL-2+ or (Artistic)\n see /usr/share/common-licenses/GPL-2\n",
    ),
    ("lib/apk/db/installed", INSTALLED),
    ("etc/apk/world", "musl=1\nb@edge\n!c\n"),
];

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// One to four changes: a byte replaced, cut off, taken out, doubled, or a piece moved.
fn mutate(content: &mut Vec<u8>, numbers: &mut Numbers) {
    const SIGNS: &[u8] = b"\n\n: \t=\"'\\()/.,|-~+0\0\xff\xc3A";
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(content.len());
        match numbers.below(5) {
            0 if !content.is_empty() => content[at] = SIGNS[numbers.below(SIGNS.len())],
            1 => content.truncate(at),
            2 if !content.is_empty() => {
                content.remove(at);
            }
            3 => content.insert(at, SIGNS[numbers.below(SIGNS.len())]),
            _ => {
                let end = (at + numbers.below(40)).min(content.len());
                let piece = content[at..end].to_vec();
                let to = numbers.below(content.len());
                content.splice(to..to, piece);
            }
        }
    }
}

/// The files as a tree in which every path exists.
fn table() -> FileTable {
    use plimsoll_model::{FileKind, FileTableBuilder, NewFile, NodeId};
    let mut builder = FileTableBuilder::new();
    for path in FILES.iter().map(|(path, _)| *path).chain(["lib/x86_64-linux-gnu/libc.so.6"]) {
        let mut at = NodeId::ROOT;
        let depth = path.split('/').count();
        for (place, name) in path.split('/').enumerate() {
            let kind = if place + 1 == depth { FileKind::File } else { FileKind::Directory };
            let file = NewFile { kind, ..NewFile::IMPLICIT_DIRECTORY };
            at = match builder.child(at, name.as_bytes()) {
                Some(node) => node,
                None => builder.insert(at, name.as_bytes(), &file),
            };
        }
    }
    builder.finish().0
}

#[test]
fn damaged_files_are_read_without_a_panic() {
    let readers: Vec<&'static dyn Reader> = readers();
    let claims = Claims::compile(&readers);
    let table = table();
    let index = table.index();
    let mut numbers = Numbers(0x5eed_0002);
    let (mut with_packages, mut with_problems) = (0, 0);
    for _ in 0..3_000 {
        let mut problems = Vec::new();
        let mut made: Vec<Vec<(&str, FileId, Vec<u8>)>> = vec![Vec::new(); readers.len()];
        let mut wanted = Vec::new();
        for (path, content) in FILES {
            let mut content = content.as_bytes().to_vec();
            mutate(&mut content, &mut numbers);
            claims.find(path.as_bytes(), &mut wanted);
            for claim in &wanted {
                let payload = readers[claim.reader].read(path.as_bytes(), &content, &mut problems);
                if let Some(mut payload) = payload {
                    // What was cached may be damaged too.
                    if numbers.below(8) == 0 {
                        mutate(&mut payload, &mut numbers);
                    }
                    made[claim.reader].push((path, index.resolve(path.as_bytes()).unwrap(), payload));
                }
            }
        }
        let fragments: Vec<Vec<LayerFragment<'_>>> = made
            .iter()
            .map(|own| {
                let fragments = own.iter().map(|(path, file, payload)| LayerFragment {
                    layer: 0,
                    path: path.as_bytes(),
                    file: Some(*file),
                    payload,
                });
                fragments.collect()
            })
            .collect();
        let joined = join(&readers, &index, true, &mut |position, with| with(&fragments[position]));
        with_packages += usize::from(!joined.packages.is_empty());
        with_problems += usize::from(!problems.is_empty() || !joined.problems.is_empty());
        assert!(joined.owned.iter().all(|(_, package)| (*package as usize) < joined.packages.len()));
    }
    assert!(with_packages > 2_000 && with_problems > 1_000, "{with_packages} {with_problems}");
}
