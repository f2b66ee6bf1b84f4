//! What the rules say, in every format.

use plimsoll_model::{About, Analysis, Lint, LintRule, Observation, RuleOutcome, SeverityLevel};

use super::{LintList, Linting};
use crate::sample;
use crate::schemas::tests::{check, written};

const ROOT: LintRule = LintRule {
    id: "runs-as-root",
    title: "Runs as root",
    severity: SeverityLevel::Medium,
    why: "Because.",
    remedy: "Do not.",
};
const FILE: LintRule = LintRule { id: "secret-in-file", severity: SeverityLevel::High, ..ROOT };
const OLD: LintRule = LintRule { id: "image-old", severity: SeverityLevel::Low, ..ROOT };

fn lint() -> Lint {
    let observation = |rule: &'static LintRule, about, detail: &str| Observation {
        rule: rule.id,
        severity: rule.severity,
        about,
        line: None,
        detail: detail.to_owned(),
        secret: None,
        package: None,
        bytes: None,
        layer: None,
        instruction: None,
        is_base: None,
        is_hidden: false,
    };
    let outcome = |rule, observations, no_data: Option<&str>| RuleOutcome {
        rule,
        observations,
        no_data: no_data.map(str::to_owned),
    };
    Lint {
        observations: vec![
            Observation {
                line: Some(3),
                secret: Some("github-token".to_owned()),
                layer: Some(1),
                instruction: Some("RUN npm install left-pad".into()),
                is_hidden: true,
                ..observation(&FILE, About::File("/srv/a b".to_owned()), "GitHub token (ghp_…)")
            },
            observation(&ROOT, About::Setting("User".to_owned()), "no user is named, which means root"),
        ],
        outcomes: vec![
            outcome(&ROOT, 1, None),
            outcome(&FILE, 1, None),
            outcome(&OLD, 0, Some("the time was not handed in")),
        ],
    }
}

fn text(format: &str, lint: &Lint) -> String {
    let analysis = sample::analysis();
    sample::plain(&written::<Linting>(&LintList::new(&analysis, lint), format))
}

#[test]
fn the_table_tells_the_worst_first_and_what_could_not_be_seen() {
    insta::assert_snapshot!(text("table", &lint()), @r"
    debian:12: 2 observations: 1 high, 1 medium

    Severity  Observations
    high                 1
    medium               1

    Severity  Rule            Where       What                                Layer
    high      secret-in-file  /srv/a b:3  GitHub token (ghp_…)                2
    medium    runs-as-root    User        no user is named, which means root

    0 rules passed. `plimsoll explain RULE` says why one matters and what to do.

    No data, and so not known to pass:
      image-old: the time was not handed in
    ");
}

#[test]
fn a_rule_without_data_has_not_passed() {
    let mut lint = lint();
    lint.observations.clear();
    lint.outcomes.retain(|outcome| outcome.rule.id == OLD.id);
    assert!(text("table", &lint).contains("nothing found, but 1 rule could not see everything"));
    assert!(text("markdown", &lint).contains("❔"));
    assert!(text("json", &lint).contains("\"outcome\":\"no-data\""));
    assert!(text("sarif", &lint).contains("No data for image-old: the time was not handed in."));
}

#[test]
fn csv_has_a_row_per_observation() {
    insta::assert_snapshot!(text("csv", &lint()).replace("\r\n", "\n"), @r#"
    rule,severity,kind,subject,line,detail,layer,secret,package,bytes,hidden,base,instruction
    secret-in-file,high,file,/srv/a b,3,GitHub token (ghp_…),sha256:2020202020202020202020202020202020202020202020202020202020202020,github-token,,,true,,RUN npm install left-pad
    runs-as-root,medium,setting,User,,"no user is named, which means root",,,,,false,,
    image-old,,no-data,,,the time was not handed in,,,,,,,
    "#);
}

#[test]
fn the_json_document_follows_its_schema() {
    for analysis in [sample::analysis(), Analysis::default()] {
        for lint in [lint(), Lint::default()] {
            check::<Linting>(&LintList::new(&analysis, &lint));
        }
    }
}

#[test]
fn a_document_is_made_of_the_image_and_cannot_act() {
    let mut lint = lint();
    lint.observations[1].detail = "a | b\u{1b}[31m <img src=x> @all".to_owned();
    let markdown = text("markdown", &lint);
    assert!(
        !markdown.contains("<img") && !markdown.contains('\u{1b}') && markdown.contains("a \\| b"),
        "{markdown}"
    );
}
