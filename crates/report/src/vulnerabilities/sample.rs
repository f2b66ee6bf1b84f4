//! An answer made by hand about the sample image, for the tests of every format.

use plimsoll_model::{
    Analysis, Coverage, CoverageSummary, CvssScore, DatabaseFacts, ExploitProbability, FeedCoverage,
    FeedFacts, Finding, FindingSource, FixState, KnownExploited, NoCoverage, NotAffectedReason, Problem,
    Scope, Severity, SeverityLevel, TreePath, UnknownReason, Verdict, Vulnerabilities,
};

/// Two feeds, one of them kept from an older database.
pub(crate) fn database() -> DatabaseFacts {
    let feed = |id: &str, newest: &str| FeedFacts {
        id: id.to_owned(),
        source: format!("https://example.org/{id}.json"),
        fetched_at: Some("2026-06-29T03:00:00Z".to_owned()),
        advisories: 48_211,
        withdrawn: 3,
        statements: 139_711,
        newest: Some(newest.to_owned()),
        ..FeedFacts::default()
    };
    DatabaseFacts {
        built_at: Some("2026-06-30T04:00:00Z".to_owned()),
        feeds: vec![
            feed("debian-tracker", "2026-06-29T21:14:00Z"),
            FeedFacts {
                kept_because: Some("the server did not answer".to_owned()),
                fetched_at: Some("2026-06-12T03:00:00Z".to_owned()),
                ..feed("osv", "2026-06-11T10:00:00Z")
            },
        ],
        known_exploited: 1_350,
        exploit_probabilities: 280_000,
    }
}

/// What one feed says of Debian 12.
pub(crate) fn source(state: FixState, verdict: Verdict, range: &str, fixed: Option<&str>) -> FindingSource {
    FindingSource {
        feed: "debian-tracker".to_owned(),
        advisory: "DSA-5700-1".to_owned(),
        scope: Scope {
            kind: "deb".to_owned(),
            distribution: Some("debian".to_owned()),
            release: Some("12".to_owned()),
        },
        state,
        verdict,
        range: range.to_owned(),
        fixed_version: fixed.map(str::to_owned),
        severities: vec![
            Severity::Cvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned()),
            Severity::Word("high".to_owned()),
        ],
    }
}

/// A finding about a package of the sample image, with nothing else known.
pub(crate) fn finding(analysis: &Analysis, id: &str, package: u32, severity: SeverityLevel) -> Finding {
    let about = &analysis.packages[package as usize];
    Finding {
        id: id.to_owned(),
        aliases: Vec::new(),
        summary: None,
        package,
        version: about.version.clone(),
        sources: vec![source(FixState::Ranges, Verdict::Affected, "every version", None)],
        verdict: Verdict::Affected,
        disagreement: None,
        lifted_by: None,
        fixed_version: None,
        severity,
        cvss: None,
        exploit_probability: None,
        known_exploited: None,
        layer: about.layer,
        evidence: about.evidence.clone(),
    }
}

/// One finding of every kind there is, and a package that nobody could judge.
pub(crate) fn answer(analysis: &Analysis) -> Vulnerabilities {
    let of = |id, package, severity| finding(analysis, id, package, severity);
    let libc = "2.36-9+deb12u9";
    let findings = vec![
        Finding {
            summary: Some("shell <expansion> of | the \"environment\"".to_owned()),
            sources: vec![source(FixState::WillNotFix, Verdict::Affected, "every version", None)],
            cvss: Some(CvssScore(31)),
            ..of("CVE-2022-3715", 0, SeverityLevel::Low)
        },
        Finding {
            aliases: vec!["DSA-5700-1".to_owned(), "GHSA-aaaa-bbbb-cccc".to_owned()],
            summary: Some("buffer overflow in iconv()".to_owned()),
            sources: vec![source(FixState::Ranges, Verdict::Affected, &format!("before {libc}"), Some(libc))],
            fixed_version: Some(libc.to_owned()),
            cvss: Some(CvssScore(98)),
            exploit_probability: Some(ExploitProbability { score: 97_234, percentile: 99_871 }),
            known_exploited: Some(KnownExploited {
                added: Some("2024-06-03".to_owned()),
                due: Some("2024-06-24".to_owned()),
                ransomware: Some(true),
            }),
            ..of("CVE-2024-2961", 1, SeverityLevel::Critical)
        },
        Finding {
            lifted_by: Some("ops@example.org: not reachable from outside".to_owned()),
            verdict: Verdict::NotAffected(NotAffectedReason::Ignored),
            ..of("CVE-2019-9999", 1, SeverityLevel::High)
        },
        Finding {
            exploit_probability: Some(ExploitProbability { score: 43, percentile: 8_910 }),
            disagreement: Some("osv says not affected; debian-tracker was followed".to_owned()),
            ..of("CVE-2023-4641", 2, SeverityLevel::Medium)
        },
        Finding {
            verdict: Verdict::Unknown(UnknownReason::UnderInvestigation),
            sources: vec![source(
                FixState::UnderInvestigation,
                Verdict::Unknown(UnknownReason::UnderInvestigation),
                "every version",
                None,
            )],
            ..of("CVE-2026-0001", 2, SeverityLevel::Unknown)
        },
        Finding {
            lifted_by: Some("vendor.openvex.json".to_owned()),
            verdict: Verdict::NotAffected(NotAffectedReason::VexFixed),
            ..of("CVE-2020-0001", 2, SeverityLevel::High)
        },
        Finding {
            fixed_version: Some("1.3.1".to_owned()),
            evidence: Some(TreePath::parse(b"/srv/node_modules/left pad/package.json").unwrap()),
            ..of("GHSA-xxxx-yyyy-zzzz", 3, SeverityLevel::High)
        },
    ];
    let judged = Coverage::Judged { feeds: vec!["debian-tracker".to_owned()], scope: "debian 12".to_owned() };
    Vulnerabilities {
        findings,
        packages: vec![
            judged.clone(),
            judged.clone(),
            judged,
            Coverage::Unknown(NoCoverage::FeedTooOld { feed: "osv".to_owned(), days: 19, limit: 7 }),
            Coverage::NotInstalled,
        ],
        coverage: vec![
            CoverageSummary {
                kind: "deb".to_owned(),
                scope: "debian 12".to_owned(),
                packages: 3,
                judged: 3,
                part_of_others: 0,
                feeds: vec![FeedCoverage {
                    feed: "debian-tracker".to_owned(),
                    statements: 31_204,
                    newest: Some("2026-06-29T21:14:00Z".to_owned()),
                    ..FeedCoverage::default()
                }],
                unknown: Vec::new(),
            },
            CoverageSummary {
                kind: "npm".to_owned(),
                scope: "npm".to_owned(),
                packages: 1,
                judged: 0,
                part_of_others: 0,
                feeds: Vec::new(),
                unknown: vec![(NoCoverage::FeedTooOld { feed: "osv".to_owned(), days: 19, limit: 7 }, 1)],
            },
        ],
        problems: vec![Problem::new(
            "ignore-unused",
            "CVE-2021-1",
            "the ignore entry of ops@example.org matches nothing",
        )],
        attached_vex: Vec::new(),
        database: database(),
        ..Vulnerabilities::default()
    }
}

/// An image of which nobody could judge anything, since no feed is loaded.
pub(crate) fn without_data(analysis: &Analysis) -> Vulnerabilities {
    let unknown = |declared: bool| match declared {
        true => Coverage::NotInstalled,
        false => Coverage::Unknown(NoCoverage::NoFeed),
    };
    Vulnerabilities {
        packages: analysis.packages.iter().map(|package| unknown(package.declared)).collect(),
        coverage: vec![
            CoverageSummary {
                kind: "deb".to_owned(),
                scope: "debian 12".to_owned(),
                packages: 3,
                judged: 0,
                part_of_others: 0,
                feeds: Vec::new(),
                unknown: vec![(NoCoverage::NoFeed, 3)],
            },
            CoverageSummary {
                kind: "npm".to_owned(),
                scope: "npm".to_owned(),
                packages: 1,
                judged: 0,
                part_of_others: 0,
                feeds: Vec::new(),
                unknown: vec![(NoCoverage::NoFeed, 1)],
            },
        ],
        ..Vulnerabilities::default()
    }
}

/// An image of which everything was judged, with nothing found.
pub(crate) fn clean(analysis: &Analysis) -> Vulnerabilities {
    let judged = Coverage::Judged { feeds: vec!["osv".to_owned()], scope: "npm".to_owned() };
    Vulnerabilities {
        packages: vec![judged; analysis.packages.len()],
        coverage: vec![CoverageSummary {
            kind: "npm".to_owned(),
            scope: "npm".to_owned(),
            packages: 5,
            judged: 5,
            part_of_others: 2,
            feeds: vec![FeedCoverage {
                feed: "osv".to_owned(),
                statements: 3,
                fetched_at: Some("2026-06-29T03:00:00Z".to_owned()),
                unreadable: 1,
                ..FeedCoverage::default()
            }],
            unknown: Vec::new(),
        }],
        attached_vex: Vec::new(),
        database: database(),
        ..Vulnerabilities::default()
    }
}
