//! Comparing whole analyses, the Oracle Linux pair of 2017 first.

use std::cmp::Ordering;
use std::path::PathBuf;

use proptest::prelude::*;

use super::sample::{own, packages, with_files, with_packages};
use super::*;
use crate::analysis::{ImageConfig, Layer, LayerStatistics};
use crate::digest::Digest;
use crate::package::Package;
use crate::problem::Problem;

/// Numbers are ordered as numbers; anything else has no order.
fn numeric(_: &PackageType, left: &str, right: &str) -> Option<Ordering> {
    let parse = |text: &str| -> Option<Vec<u32>> { text.split('.').map(|n| n.parse().ok()).collect() };
    Some(parse(left)?.cmp(&parse(right)?))
}

fn shown(before: &Analysis, after: &Analysis) -> Vec<String> {
    compare(before, after, &numeric)
        .packages
        .iter()
        .map(|change| {
            let (left, right) = change.sides(before, after);
            let (old, new) = packages::display_versions(left, right);
            let name = &left.or(right).unwrap().name;
            let side = |text: Option<std::borrow::Cow<'_, str>>| text.map_or("-".into(), String::from);
            format!("{} {name} {} {}", change.change.word(), side(old), side(new))
        })
        .collect()
}

fn check(before: &str, after: &str, expect: &[&str]) {
    assert_eq!(shown(&with_packages(before), &with_packages(after)), expect, "{before} | {after}");
}

/// The folder of real data beside the project, if it is there.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PLIMSOLL_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let file = root.join(path);
    if !file.exists() {
        eprintln!("skipped: {} is not there", file.display());
        return None;
    }
    Some(file)
}

fn rpm_truth(path: &std::path::Path) -> Analysis {
    let text = std::fs::read_to_string(path).unwrap();
    let mut packages: Vec<Package> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let epoch = if fields[1] == "(none)" { String::new() } else { format!("{}:", fields[1]) };
            let version = format!("{epoch}{}-{}", fields[2], fields[3]);
            let mut package = Package::new(PackageType::new("rpm"), fields[0], version);
            package.arch = Some(fields[4].to_owned()).filter(|arch| arch != "(none)");
            package
        })
        .collect();
    packages.sort_by(Package::listing_order);
    Analysis { packages, ..Analysis::default() }
}

#[test]
fn the_oracle_linux_pair_differs_in_the_85_packages_of_2017() {
    for format in ["bdb", "ndb", "sqlite"] {
        let path = |name: &str| shared(&format!("data/rpmdb/oraclelinux-{name}-{format}.tsv"));
        let (Some(full), Some(slim), Some(seed)) = (path("7"), path("7-slim"), shared("data/seed-85.tsv"))
        else {
            return;
        };
        let seed = std::fs::read_to_string(seed).unwrap();
        let mut expect: Vec<String> =
            seed.lines().map(|line| format!("removed {} -", line.replace('\t', " "))).collect();
        expect.sort_by(|left, right| left.split(' ').cmp(right.split(' ')));
        assert_eq!(expect.len(), 85);
        assert_eq!(shown(&rpm_truth(&full), &rpm_truth(&slim)), expect, "{format}");
    }
}

/// The packages of a built image as its distribution's own tool lists them.
fn image_truth(image: &std::path::Path) -> Analysis {
    let rpm = image.join("truth/rpm.tsv");
    let mut analysis = if rpm.exists() { rpm_truth(&rpm) } else { Analysis::default() };
    for (file, kind) in [("truth/dpkg.tsv", "deb"), ("truth/apk.tsv", "apk")] {
        let text = std::fs::read_to_string(image.join(file)).unwrap_or_default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let mut package = Package::new(PackageType::new(kind), fields[0], fields[1]);
            package.arch = Some(fields[2].to_owned());
            analysis.packages.push(package);
        }
    }
    analysis
}

#[test]
fn built_images_differ_in_what_their_own_tools_say() {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/plimsoll-data")));
    let Some(out) = data.map(|data| data.join("out")).filter(|out| out.join("pairs").exists()) else {
        eprintln!("skipped: no images were built");
        return;
    };
    for entry in std::fs::read_dir(out.join("pairs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Some((left, right)) = name.split_once("__") else { continue };
        let (left, right) = (out.join(left), out.join(right));
        if !left.exists() || !right.exists() {
            continue;
        }
        let (before, after) = (image_truth(&left), image_truth(&right));
        let text = std::fs::read_to_string(&path).unwrap();
        let mut expect: Vec<String> = text
            .lines()
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .filter(|row| matches!(row[1], "dpkg" | "rpm" | "apk"))
            .map(|row| format!("{} {} {} {}", row[0], row[2], row[3], row.get(4).unwrap_or(&"")))
            .collect();
        let version = |side: Option<&Package>| side.map(|p| p.version.clone()).unwrap_or_default();
        let mut rows: Vec<String> = compare(&before, &after, &|_, _, _| None)
            .packages
            .iter()
            .map(|change| {
                let (old, new) = change.sides(&before, &after);
                let name = &old.or(new).unwrap().name;
                format!("{} {name} {} {}", change.change.word(), version(old), version(new))
            })
            .collect();
        expect.sort();
        rows.sort();
        assert_eq!(rows, expect, "{name}");
    }
}

#[test]
fn versions_are_ordered_by_the_order_that_is_handed_in() {
    check(
        "deb a 1.9, deb b 1.10, deb c 1, deb d 1, deb e x",
        "deb a 1.10, deb b 1.9, deb d 1, deb e y, deb f 1",
        &["upgraded a 1.9 1.10", "downgraded b 1.10 1.9", "removed c 1 -", "changed e x y", "added f - 1"],
    );
}

#[test]
fn an_epoch_shows_only_where_it_is_what_differs() {
    check("rpm vim 2:7.4-1", "", &["removed vim 7.4-1 -"]);
    check("rpm vim 2:7.4-1", "rpm vim 2:7.4-2", &["changed vim 7.4-1 7.4-2"]);
    check("rpm vim 1:7.4-1", "rpm vim 2:7.4-2", &["changed vim 7.4-1 7.4-2"]);
    check("rpm vim 7.4-1", "rpm vim 2:7.4-1", &["changed vim 7.4-1 2:7.4-1"]);
    // dpkg writes the epoch everywhere.
    check("deb vim 2:7.4", "", &["removed vim 2:7.4 -"]);
}

#[test]
fn a_changed_architecture_shows_where_the_versions_are_equal() {
    check("rpm a 1 noarch", "rpm a 1 x86_64", &["changed a 1 (noarch) 1 (x86_64)"]);
    check("rpm a 1 noarch", "rpm a 2 x86_64", &["upgraded a 1 2"]);
}

#[test]
fn packages_installed_side_by_side_are_paired_by_architecture_and_place() {
    check(
        "deb libc6 1 amd64, deb libc6 1 i386",
        "deb libc6 2 amd64, deb libc6 1 i386",
        &["upgraded libc6 1 2"],
    );
    check(
        "npm ms 1 /a, npm ms 2 /b, npm ms 3 /c",
        "npm ms 1 /a, npm ms 3 /b, npm ms 3 /c",
        &["upgraded ms 2 3"],
    );
    // The one that only moved is no difference; the other one went.
    check("npm ms 1 /a, npm ms 2 /b", "npm ms 2 /c", &["removed ms 1 -"]);
}

#[test]
fn kernels_side_by_side_are_never_merged_into_upgrades() {
    check(
        "rpm kernel 1 x86_64, rpm kernel 2 x86_64",
        "rpm kernel 2 x86_64, rpm kernel 3 x86_64",
        &["removed kernel 1 -", "added kernel - 3"],
    );
    check("rpm gpg-pubkey a-1, rpm gpg-pubkey b-1", "rpm gpg-pubkey b-1", &["removed gpg-pubkey a-1 -"]);
}

#[test]
fn a_declared_package_takes_no_part() {
    let mut before = with_packages("npm a 1");
    before.packages[0].declared = true;
    assert!(shown(&before, &with_packages("")).is_empty());
}

fn file_rows(before: &Analysis, after: &Analysis) -> Vec<String> {
    let comparison = compare(before, after, &numeric);
    comparison
        .files
        .changes
        .iter()
        .map(|change| {
            let left = change.before.map(|id| before.files.path(id).to_string());
            let right = change.after.map(|id| after.files.path(id).to_string());
            let words: Vec<_> = change.aspects.words().collect();
            match (change.moved, left, right) {
                (true, Some(left), Some(right)) => format!("> {left} {right} {}", words.join(",")),
                (_, Some(left), Some(_)) => format!("~ {left} {}", words.join(",")),
                (_, Some(left), None) => format!("- {left}"),
                (_, _, right) => format!("+ {}", right.unwrap()),
            }
            .trim_end()
            .to_owned()
        })
        .collect()
}

fn check_files(before: &str, after: &str, expect: &[&str]) {
    assert_eq!(file_rows(&with_files(before), &with_files(after)), expect, "{before} | {after}");
}

#[test]
fn files_are_compared_in_every_respect() {
    check_files(
        "/a one, /b one, /c -> x, /d x mode=0755, /e x uid=0, /f x, /g x, /h x",
        "/a two, /b one, /c -> y, /d x mode=4755, /e x uid=7, /f x cap, /g -> x, /i y",
        &[
            "~ /a content",
            "~ /c link",
            "~ /d mode",
            "~ /e owner",
            "~ /f capability",
            "~ /g type",
            "- /h",
            "+ /i",
        ],
    );
}

#[test]
fn whole_directories_come_and_go_in_listing_order() {
    check_files(
        "/a/b/c x, /a/b/d y, /a-b z, /swap/in z",
        "/a-b z, /n/m w, /swap v",
        &["- /a", "- /a/b", "- /a/b/c", "- /a/b/d", "+ /n", "+ /n/m", "~ /swap type", "- /swap/in"],
    );
}

#[test]
fn a_file_with_the_same_content_elsewhere_has_moved() {
    check_files("/old/a same", "/new/a same", &["+ /new", "> /old/a /new/a", "- /old"]);
    // Those of one name belong together; what is left is paired in listing order.
    check_files("/d/a s, /d/b s", "/d/b s, /d/c s", &["> /d/a /d/c"]);
    check_files("/d/a, /d/b", "/e/a, /e/b", &["- /d", "- /d/a", "- /d/b", "+ /e", "+ /e/a", "+ /e/b"]);
    check_files(
        "/d/a s, /d/b s",
        "/e/b s, /e/z s, /e/zz s mode=0600",
        &["- /d", "+ /e", "> /d/b /e/b", "> /d/a /e/z", "+ /e/zz"],
    );
}

#[test]
fn files_fold_under_the_package_that_owns_them() {
    let mut before = with_files("/bin/vim 12345, /bin/vi -> vim, /etc/bash a, /var/x 123");
    before.packages = packages("deb bash 1, deb vim 1");
    for (path, package) in [("/bin/vim", "vim"), ("/bin/vi", "vim"), ("/etc/bash", "bash")] {
        own(&mut before, path, package);
    }
    let mut after = with_files("/bin, /etc/bash bb, /var/y 9999");
    after.packages = packages("deb bash 2");
    own(&mut after, "/etc/bash", "bash");
    let comparison = compare(&before, &after, &numeric);
    let rows: Vec<String> = comparison
        .files
        .groups
        .iter()
        .map(|group| {
            let counts = group.counts;
            format!(
                "{} -{} +{} ~{} {}>{}{}",
                group.owner(&before, &after).map_or("no package", |package| package.name.as_str()),
                counts.removed,
                counts.added,
                counts.changed,
                counts.bytes_before,
                counts.bytes_after,
                if group.is_package_removed() { " with the package" } else { "" },
            )
        })
        .collect();
    assert_eq!(rows, ["vim -2 +0 ~0 5>0 with the package", "bash -0 +0 ~1 1>2", "no package -1 +1 ~0 3>4"]);
}

#[test]
fn settings_are_compared_one_by_one() {
    let config = |text: &str| ImageConfig {
        env: text.split_whitespace().map(str::to_owned).collect(),
        created: Some(text.to_owned()),
        ..ImageConfig::default()
    };
    let image = |text: &str| Analysis { config: Some(config(text)), ..with_files("/a x") };
    let comparison = compare(&image("A=1 B=2 C=3"), &image("B=2 A=9 D=4"), &numeric);
    let rows: Vec<String> = comparison
        .config
        .changes
        .iter()
        .map(|change| {
            format!(
                "{} {} {}",
                change.change.word(),
                change.field.word(),
                change.key.as_deref().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(rows, ["changed env A", "removed env C", "added env D", "changed created "]);
    assert_eq!(comparison.verdict, Verdict::Different);
}

fn layer(name: u8) -> Layer {
    Layer {
        digest: Digest::sha256([name; 32]),
        diff_id: Some(Digest::sha256([name; 32])),
        media_type: String::new(),
        compressed_size: 1,
        unpacked_size: 2,
        instruction: None,
        created: None,
        statistics: LayerStatistics::default(),
    }
}

#[test]
fn layers_are_shared_from_the_base_up_and_beyond() {
    let image =
        |names: &[u8]| Analysis { layers: names.iter().map(|n| layer(*n)).collect(), ..Analysis::default() };
    let layers = compare(&image(&[1, 2, 3, 4]), &image(&[1, 2, 9, 4, 4]), &numeric).layers;
    assert_eq!(
        (layers.common, layers.shared, layers.removed, layers.added),
        (2, vec![(3, 3)], vec![2], vec![2, 4])
    );
}

#[test]
fn the_verdict_never_takes_the_unknown_for_equal() {
    let verdict = |left: &Analysis, right: &Analysis| compare(left, right, &numeric).verdict;
    let mut plain = with_files("/a x");
    assert_eq!(verdict(&plain, &plain), Verdict::ContentEqual);
    let other = with_files("/a y");
    assert_eq!(verdict(&plain, &other), Verdict::Different);
    let sbom = with_packages("deb a 1");
    assert_eq!(verdict(&sbom, &sbom), Verdict::Undetermined);
    plain.problems.push(Problem::new("layer-cut-short", "sha256:…", "The layer is cut short."));
    assert_eq!(verdict(&plain, &with_files("/a x")), Verdict::Undetermined);
    plain.identity.manifest_digest = Some(Digest::sha256([1; 32]));
    assert_eq!(verdict(&plain, &plain.clone()), Verdict::Identical);
}

#[test]
fn three_images_make_a_matrix_of_what_differs_anywhere() {
    let images = [
        with_packages("deb a 1, deb b 1, rpm e 1:2, deb k 1, deb k 2, rpm n 1 noarch"),
        with_packages("deb a 1, deb b 2, rpm e 2, deb k 2, rpm n 1 noarch"),
        with_packages("deb a 1, deb c 1, rpm e 2, deb k 2, rpm n 1 x86_64"),
    ];
    let images: Vec<&Analysis> = images.iter().collect();
    let matrix = compare_many(&images);
    let rows: Vec<String> = matrix
        .rows
        .iter()
        .map(|row| {
            let name = row.packages(&images).flatten().next().unwrap().name.clone();
            let cells: Vec<_> = row
                .packages(&images)
                .map(|cell| cell.map_or("-".into(), |package| row.version(package)))
                .collect();
            format!("{name} {}", cells.join(" "))
        })
        .collect();
    assert_eq!(rows, ["b 1 2 -", "c - - 1", "e 1:2 2 2", "k 1 - -", "n 1 (noarch) 1 (noarch) 1 (x86_64)"]);
    assert_eq!(matrix.same, 2);
}

fn any_packages() -> impl Strategy<Value = String> {
    let one = (0..2_u8, 0..3_u8, 0..4_u8, 0..3_u8, 0..3_u8).prop_map(|(kind, name, version, arch, place)| {
        let arch = ["", "amd64", "i386"][usize::from(arch)];
        let place = ["", "/p", "/q"][usize::from(place)];
        format!("{} n{name} {version} {arch} {place}", ["deb", "npm"][usize::from(kind)])
    });
    prop::collection::vec(one, 0..10).prop_map(|lines| lines.join(","))
}

fn any_files() -> impl Strategy<Value = String> {
    let one = (0..3_u8, 0..3_u8, 0..3_u8, 0..4_u8, any::<bool>()).prop_map(|(a, b, depth, content, odd)| {
        let path = ["/a", "/a-b", "/b"][usize::from(a)];
        let rest = ["", "/x", "/y/z"][usize::from(if depth == 0 { 0 } else { b })];
        let content = ["", "one", "two", "-> l"][usize::from(content)];
        format!("{path}{rest} {content} {}", if odd { "mode=0600" } else { "" })
    });
    prop::collection::vec(one, 0..12).prop_map(|lines| lines.join(","))
}

fn any_image() -> impl Strategy<Value = Analysis> {
    (any_packages(), any_files()).prop_map(|(packages, files)| Analysis {
        packages: with_packages(&packages).packages,
        ..with_files(&files)
    })
}

proptest! {
    #[test]
    fn an_image_does_not_differ_from_itself(image in any_image()) {
        let comparison = compare(&image, &image, &numeric);
        prop_assert_eq!(comparison.verdict, Verdict::ContentEqual);
        prop_assert!(comparison.packages.is_empty() && comparison.files.changes.is_empty());
        prop_assert!(comparison.files.groups.is_empty() && comparison.config.changes.is_empty());
    }

    #[test]
    fn swapping_the_sides_mirrors_the_comparison(left in any_image(), right in any_image()) {
        let there = compare(&left, &right, &numeric);
        let back = compare(&right, &left, &numeric);
        let mut mirrored: Vec<_> = back.packages.iter().map(|change| PackageChange {
            change: change.change.mirrored(), before: change.after, after: change.before,
        }).collect();
        let mut packages = there.packages;
        packages.sort();
        mirrored.sort();
        prop_assert_eq!(packages, mirrored);
        let mut mirrored: Vec<_> = back.files.changes.iter().map(|change| FileChange {
            before: change.after, after: change.before, ..*change
        }).collect();
        let mut files = there.files.changes;
        files.sort();
        mirrored.sort();
        prop_assert_eq!(files, mirrored);
        prop_assert_eq!(there.verdict, back.verdict);
    }

    #[test]
    fn every_file_is_accounted_for_once(left in any_image(), right in any_image()) {
        let comparison = compare(&left, &right, &numeric);
        let mut before: Vec<_> = comparison.files.changes.iter().filter_map(|c| c.before).collect();
        let mut after: Vec<_> = comparison.files.changes.iter().filter_map(|c| c.after).collect();
        let counts = (before.len(), after.len());
        before.sort(); before.dedup(); after.sort(); after.dedup();
        prop_assert_eq!((before.len(), after.len()), counts);
        // What is unchanged on one side is as many files as on the other.
        prop_assert_eq!(left.files.len() - before.len(), right.files.len() - after.len());
        let folded: u64 = comparison.files.groups.iter().map(|group| group.counts.total()).sum();
        prop_assert_eq!(folded, comparison.files.changes.len() as u64);
    }
}
