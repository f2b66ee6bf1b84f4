//! Versions of Perl, R, Haskell, pacman and Portage against `version.pm`, `compareVersion`, GHC and
//! both vercmps; those of opam against the order in which it lists them.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::process::Command;

use plimsoll_catalog::order_versions;
use plimsoll_model::PackageType;

use super::{ask, made_up, word};

fn check(kind: &'static str, command: &mut Command, pairs: &[(String, String)]) {
    let Some(answers) = ask(command, pairs) else {
        eprintln!("skipped: {command:?} cannot be run here");
        return;
    };
    assert_eq!(answers.len(), pairs.len(), "{kind}");
    let kind = PackageType::new(kind);
    for ((left, right), expect) in pairs.iter().zip(&answers) {
        assert_eq!(word(order_versions(&kind, left, right)), *expect, "{kind} {left} {right}");
        let back = order_versions(&kind, right, left).map(Ordering::reverse);
        assert_eq!(word(back), *expect, "{kind} {right} {left}, the other way round");
    }
    for answer in ['<', '=', '>'] {
        assert!(answers.contains(&answer), "{answer} is among no answers");
    }
}

#[test]
fn perl_versions_are_ordered_as_version_pm_orders_them() {
    let starts = [
        "0.1", "1.0", "1.00", "1.5", "1.500", "v1.5", "v1.5.0", "1.5.0", "1.10", "1.9", "v1.10", "2.000001",
        "2.0.1",
    ];
    let parts = ["0", "1", "02", "9", "_01"];
    let script = "use version; while (<STDIN>) { chomp; my ($l, $r) = split /\\t/; \
        my $c = eval { version->parse($l) <=> version->parse($r) }; \
        print defined $c ? ('<', '=', '>')[$c + 1] : '?', \"\\n\" }";
    // An underscore has one place only: before the last digits.
    let pairs: Vec<_> = made_up(&starts, &parts, 2000)
        .into_iter()
        .filter(|(left, right)| {
            [left, right].iter().all(|text| {
                text.matches('_').count() <= 1
                    && !(text.contains('_') && text.matches('.').count() > 1)
                    && !(text.contains('_') && text.starts_with('v'))
            })
        })
        .collect();
    check("cpan", Command::new("perl").args(["-e", script]), &pairs);
}

#[test]
fn r_versions_are_ordered_as_r_orders_them() {
    let starts = ["0.1", "1.0", "1.0-1", "1.00", "2", "10.2", "1.2.3", "1-0"];
    let parts = [".0", "-1", ".10", "-02", ".9"];
    let script = "for (line in readLines(file('stdin'))) { p <- strsplit(line, '\\t')[[1]]; \
        cat(c('<', '=', '>')[compareVersion(p[1], p[2]) + 2], '\\n', sep = '') }";
    check("cran", Command::new("Rscript").args(["-e", script]), &made_up(&starts, &parts, 600));
}

#[test]
fn pacman_versions_are_ordered_as_vercmp_orders_them() {
    let starts =
        ["1.0", "1.0a", "1", "1:1.0", "0:1", "2.0-1", "1.0.1", "01.0", "1.", "a", "1.0-1.1", "20240101"];
    let parts = [".0", ".1", "-1", "-2", "a", "rc1", "beta", ".a", "+r5", "_2", "..", "0"];
    let script = "while IFS='\t' read -r left right; do case $(vercmp \"$left\" \"$right\") in \
        -1) echo '<';; 0) echo =;; 1) echo '>';; *) echo '?';; esac; done; command -v vercmp >/dev/null";
    check("alpm", Command::new("sh").args(["-c", script]), &made_up(&starts, &parts, 600));
}

#[test]
fn haskell_versions_are_ordered_as_ghc_orders_them() {
    let starts = ["0", "1", "1.0", "1.10", "2.0.0.1", "01.2"];
    let parts = [".0", ".1", ".10", ".9"];
    let script = "import Data.Version\nimport Text.ParserCombinators.ReadP\nparse text = last [v | (v, \"\") <- readP_to_S parseVersion text]\n\
        sign LT = \"<\"\nsign EQ = \"=\"\nsign GT = \">\"\n\
        main = interact (unlines . map row . lines)\nrow line = let (left, right) = break (== '\\t') line in sign (compare (parse left) (parse (drop 1 right)))\n";
    let file = std::env::temp_dir().join(format!("plimsoll-order-{}.hs", std::process::id()));
    std::fs::write(&file, script).unwrap();
    check("hackage", Command::new("runghc").arg(&file), &made_up(&starts, &parts, 300));
    let _ = std::fs::remove_file(file);
}

/// Portage is a Python package: where it is not installed, PYTHONPATH may lead to its sources.
#[test]
fn gentoo_versions_are_ordered_as_portage_orders_them() {
    let starts = [
        "0", "1", "1.0", "1.00", "01.2", "1.02", "1.1", "1.010", "10.2", "1.2.3", "2024.1.1", "1a", "1.2b",
        "9999",
    ];
    let parts = [
        ".0",
        ".1",
        ".01",
        ".10",
        ".100",
        "a",
        "z",
        "_alpha",
        "_alpha2",
        "_beta",
        "_pre1",
        "_rc",
        "_rc03",
        "_p",
        "_p0",
        "_p20240101",
        "-r0",
        "-r1",
        "-r01",
        "-r10",
        "-1",
        ".a",
        "_x",
    ];
    // Of two alike it does not look whether they are versions.
    let script = "import sys\nfrom portage.versions import vercmp\n\
        for line in sys.stdin:\n left, right = line.rstrip('\\n').split('\\t')\n \
        valid = [vercmp(text, '0_alpha0') is not None for text in (left, right)]\n \
        c = vercmp(left, right) if all(valid) else None\n \
        print('?' if c is None else '<' if c < 0 else '>' if c else '=')\n";
    check("ebuild", Command::new("python3").args(["-c", script]), &made_up(&starts, &parts, 30_000));
}

const OPAM: &str = r#"
mkdir -p "$0/repo/packages/x"
cd "$0"
export OPAMROOT="$0/root" OPAMROOTISOK=1 OPAMYES=1
echo 'opam-version: "2.0"' >repo/repo
while IFS=$'\t' read -r left right; do
    for version in "$left" "$right"; do
        mkdir -p "repo/packages/x/x.$version"
        echo 'opam-version: "2.0"' >"repo/packages/x/x.$version/opam"
    done
done
opam init --bare --disable-sandboxing --no-setup local repo >/dev/null 2>&1
opam show x --field all-versions 2>/dev/null | tr -s ' ' '\n'
"#;

/// opam has no command that compares two versions, but it lists all versions of a package in their
/// order, and of equal ones a single one.
#[test]
fn opam_versions_are_ordered_as_opam_lists_them() {
    use std::io::Write as _;
    use std::process::Stdio;

    if !Command::new("opam").arg("--version").output().is_ok_and(|answer| answer.status.success()) {
        eprintln!("skipped: opam is not installed");
        return;
    }
    let starts = ["0", "1", "1.0", "1.00", "01.0", "v1", "v0.9", "1.0~beta", "a", "~1", "20240101"];
    let parts = [".0", ".1", ".10", ".9", "~rc1", "~", "-1", "-10", "-0", "+1", "a", "_2", "-", ".", "alpha"];
    let pairs = made_up(&starts, &parts, 600);
    let all: BTreeSet<&str> =
        pairs.iter().flat_map(|(left, right)| [left.as_str(), right.as_str()]).collect();
    let folder = std::env::temp_dir().join(format!("plimsoll-opam-order-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut child = Command::new("bash")
        .args(["-euc", OPAM])
        .arg(&folder)
        .env("HOME", &folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for (left, right) in &pairs {
        writeln!(stdin, "{left}\t{right}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<&str> = text.split_whitespace().collect();
    assert!(listed.len() > 300, "{}", listed.len());
    let kind = PackageType::new("opam");
    let order = |left: &str, right: &str| order_versions(&kind, left, right).unwrap();
    for (place, left) in listed.iter().enumerate() {
        for right in &listed[place + 1..] {
            assert_eq!(order(left, right), Ordering::Less, "{left} {right}");
            assert_eq!(order(right, left), Ordering::Greater, "{right} {left}");
        }
    }
    let known: BTreeSet<&str> = listed.iter().copied().collect();
    for version in all.difference(&known) {
        let equal = listed.iter().filter(|other| order(version, other).is_eq()).count();
        assert_eq!(equal, 1, "{version} is not listed, so it is one of those that are");
    }
    assert!(all.len() > listed.len(), "some are equal");
}
