//! What `plimsoll vulns --explain` shows.

use std::cmp::Ordering;

use plimsoll_model::{Advisory, Analysis, FixState, NameKind, Scope, Verdict, Vulnerabilities};

use super::{AppliedStatement, Explained, Explanation, VersionComparison};
use crate::sample as images;
use crate::schemas::tests::written;
use crate::vulnerabilities::sample;

/// The statements about libc6 of the sample: one applies, one is about another release.
pub(crate) fn statements() -> Vec<AppliedStatement> {
    let scope = |release: &str| Scope {
        kind: "deb".to_owned(),
        distribution: Some("debian".to_owned()),
        release: Some(release.to_owned()),
    };
    let applies = AppliedStatement {
        package: 1,
        feed: "debian-tracker".to_owned(),
        advisory: Advisory {
            id: "CVE-2024-2961".to_owned(),
            summary: Some("buffer overflow in iconv()".to_owned()),
            modified: Some("2026-06-29T21:14:00Z".to_owned()),
            references: vec!["https://example.org/CVE-2024-2961".to_owned()],
            ..Advisory::default()
        },
        scope: scope("12"),
        name: "glibc".to_owned(),
        name_kind: NameKind::Source,
        version: "2.36-9+deb12u8".to_owned(),
        state: FixState::Ranges,
        affected: "before 2.36-9+deb12u9".to_owned(),
        range: Some("before 2.36-9+deb12u9".to_owned()),
        comparisons: vec![VersionComparison {
            installed: "2.36-9+deb12u8".to_owned(),
            bound: "2.36-9+deb12u9".to_owned(),
            order: Some(Ordering::Less),
        }],
        verdict: Some(Verdict::Affected),
        inapplicable: None,
    };
    let other = AppliedStatement {
        scope: scope("11"),
        affected: "before 2.31-13+deb11u9".to_owned(),
        range: None,
        comparisons: Vec::new(),
        verdict: None,
        inapplicable: Some("it is about release 11".to_owned()),
        ..applies.clone()
    };
    vec![applies, other]
}

fn view<'a>(
    analysis: &'a Analysis,
    answer: &'a Vulnerabilities,
    id: &'a str,
    statements: &'a [AppliedStatement],
) -> Explanation<'a> {
    Explanation { analysis, answer, id, statements, now: None, width: None }
}

fn check(id: &str, statements: &[AppliedStatement], base_layers: Option<u32>, format: &str) -> String {
    let mut analysis = images::analysis_with_base();
    analysis.base = analysis.base.filter(|base| base.layers == base_layers);
    let answer = sample::answer(&analysis);
    let view = view(&analysis, &answer, id, statements);
    images::plain(&written::<Explained>(&view, format))
}

#[test]
fn the_chain_leads_from_the_feed_to_what_to_change() {
    insta::assert_snapshot!(check("CVE-2024-2961", &statements(), Some(1), "table"));
}

#[test]
fn json_holds_the_same_chain() {
    insta::assert_snapshot!(check("cve-2024-2961", &statements(), Some(1), "json"));
}

#[test]
fn json_follows_our_schema() {
    let analysis = images::analysis();
    for (answer, statements) in [
        (sample::answer(&analysis), statements()),
        (sample::without_data(&analysis), statements()),
        (Vulnerabilities::default(), Vec::new()),
    ] {
        let view = view(&analysis, &answer, "CVE-2024-2961", &statements);
        crate::schemas::tests::check::<Explained>(&view);
    }
}

#[test]
fn what_to_change_depends_on_whose_layer_it_is() {
    let todo = |id: &str, base| {
        let text = check(id, &[], base, "table");
        text.lines().find_map(|line| line.trim().strip_prefix("To do").map(|rest| rest.trim().to_owned()))
    };
    let expect = |text: &str| Some(text.to_owned());
    assert_eq!(
        todo("CVE-2024-2961", Some(1)),
        expect("fixed in 2.36-9+deb12u9: rebuild on a newer base image")
    );
    assert_eq!(todo("GHSA-xxxx-yyyy-zzzz", Some(1)), expect("fixed in 1.3.1: upgrade it in your own layer"));
    assert_eq!(
        todo("CVE-2024-2961", None),
        expect(
            "fixed in 2.36-9+deb12u9: upgrade it where layer 1 of 2 is made, or rebuild on a base image that has it"
        )
    );
    assert_eq!(todo("CVE-2022-3715", Some(1)), expect("the publisher will not fix it"));
    assert_eq!(todo("CVE-2023-4641", Some(1)), expect("no fixed version is out yet"));
    assert_eq!(todo("CVE-2020-0001", Some(1)), None);
}

#[test]
fn an_alias_leads_to_the_finding() {
    let text = check("GHSA-AAAA-bbbb-cccc", &[], None, "table");
    assert!(text.starts_with("CVE-2024-2961: buffer overflow in iconv()\n"), "{text}");
}

#[test]
fn a_statement_that_finds_nothing_wrong_is_explained_too() {
    let mut statements = statements();
    statements[0].verdict = Some(Verdict::NotAffected(plimsoll_model::NotAffectedReason::OutsideRanges));
    let text = check("CVE-1999-0001", &statements, None, "table");
    assert!(text.contains("Verdict    not affected: the version lies in no affected range"), "{text}");
    assert!(!text.contains("To do"), "{text}");
}

#[test]
fn an_id_that_nobody_speaks_of_is_not_called_absent_where_packages_were_not_judged() {
    let text = check("CVE-1999-0001", &[], None, "table");
    insta::assert_snapshot!(text);
}

#[test]
fn what_another_package_brought_is_judged_as_that_and_says_so() {
    let mut analysis = images::analysis();
    let position = analysis.packages.len() as u32;
    let package =
        plimsoll_model::Package::new(plimsoll_model::PackageType::new("pypi"), "glibc-python", "2.36");
    analysis.packages.push(package);
    let mut answer = sample::answer(&analysis);
    answer.packages.push(plimsoll_model::Coverage::JudgedAsPartOf(1));
    let mut statements = statements();
    statements.push(AppliedStatement {
        package: position,
        feed: "osv".to_owned(),
        verdict: None,
        inapplicable: Some(
            "libc6 2.36-9+deb12u8 brought the package, so what is said of that decides".to_owned(),
        ),
        ..statements[0].clone()
    });
    let written = |id: &str, format: &str| {
        let view = view(&analysis, &answer, id, &statements);
        images::plain(&written::<Explained>(&view, format))
    };
    let text = written("CVE-2024-2961", "table");
    assert!(text.contains("1 package affected, of 2 looked at"), "{text}");
    assert!(text.contains("Part of    libc6 2.36-9+deb12u8 (deb)"), "{text}");
    assert!(text.contains("Decided    debian-tracker says of libc6: affected"), "{text}");
    assert!(written("CVE-2024-2961", "json").contains("\"part_of\":{\"package\""));
    crate::schemas::tests::check::<Explained>(&view(&analysis, &answer, "CVE-2024-2961", &statements));
}

#[test]
fn a_narrow_terminal_breaks_sentences_between_words() {
    let analysis = images::analysis();
    let answer = sample::answer(&analysis);
    let statements = statements();
    let view = Explanation { width: Some(60), ..view(&analysis, &answer, "CVE-2024-2961", &statements) };
    let text = images::plain(&written::<Explained>(&view, "table"));
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 60).collect();
    assert!(
        long.iter().all(|line| line.contains("pkg:") || line.contains("https:") || !line.starts_with(' ')),
        "{long:#?}"
    );
}
