//! Versions of Perl, R, Haskell and pacman against `version.pm`, `compareVersion`, GHC and vercmp.

use std::cmp::Ordering;
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
