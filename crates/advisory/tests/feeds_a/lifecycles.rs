//! Until when releases of distributions get fixes.

use std::collections::BTreeMap;
use std::io::Cursor;

use plimsoll_advisory::feed::distro_info::DistroInfo;
use plimsoll_advisory::feed::endoflife::EndOfLifeDate;
use plimsoll_advisory::{Feed, FeedFile, Sink};
use plimsoll_model::{Advisory, EndOfLife, Problem};

#[derive(Default)]
struct Releases {
    found: BTreeMap<(String, String), EndOfLife>,
    problems: Vec<String>,
}

impl Sink for Releases {
    fn advisory(&mut self, _: Advisory) {}

    fn problem(&mut self, problem: Problem) {
        self.problems.push(format!("{} {}: {}", problem.code, problem.subject, problem.detail));
    }

    fn end_of_life(&mut self, distribution: &str, release: &str, dates: EndOfLife) {
        self.found.insert((distribution.to_owned(), release.to_owned()), dates);
    }
}

fn parse(feed: &dyn Feed, path: &str, content: &str) -> Releases {
    assert!(feed.takes(path), "{path}");
    let mut releases = Releases::default();
    feed.parse(FeedFile::new(path, &mut Cursor::new(content)), &mut releases);
    releases
}

/// One line for each release, one for each problem.
fn check(feed: &dyn Feed, path: &str, content: &str, expect: &[&str]) {
    let releases = parse(feed, path, content);
    let show = |dates: &EndOfLife| {
        let mut text = dates.supported_until.clone().unwrap_or_else(|| format!("{:?}", dates.is_over));
        for further in &dates.further {
            text.push_str(&format!(" {} {}", further.name, further.until));
        }
        text
    };
    let lines = releases
        .found
        .iter()
        .map(|((distribution, release), dates)| format!("{distribution} {release}: {}", show(dates)));
    let lines: Vec<String> = lines.chain(releases.problems).collect();
    assert_eq!(lines, expect);
}

#[test]
fn distro_info_names_releases_by_number_and_codename() {
    check(
        &DistroInfo,
        "debian.csv",
        "version,codename,series,created,release,eol,eol-lts,eol-elts\n\
         11,Bullseye,bullseye,2019-07-06,2021-08-14,2024-08-14,2026-08-31,2031-06-30\n\
         14,Forky,forky,2025-08-09\n\
         ,Sid,sid,1993-08-16\n",
        &[
            "debian 11: 2024-08-14 LTS 2026-08-31 ELTS 2031-06-30",
            "debian bullseye: 2024-08-14 LTS 2026-08-31 ELTS 2031-06-30",
        ],
    );
    check(
        &DistroInfo,
        "ubuntu.csv",
        "version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy\n\
         6.06 LTS,Dapper Drake,dapper,2005-10-12,2006-06-01,2009-07-14,2011-06-01\n",
        &["ubuntu 6.06: 2011-06-01", "ubuntu dapper: 2011-06-01"],
    );
}

#[test]
fn lines_of_distro_info_that_cannot_be_read_are_told() {
    check(
        &DistroInfo,
        "debian.csv",
        "version,codename,series,created,release,eol\n12,B,b,2021-08-14,2023-06-10,soon\n11,B,bullseye,,2021-08-14,2024-08-14\n",
        &[
            "debian 11: 2024-08-14",
            "debian bullseye: 2024-08-14",
            "distro-info-line-damaged debian.csv#line 2: line 2: its eol is no day (soon), so it was left out",
        ],
    );
    let path = "debian.csv";
    let detail = "distro-info-unreadable debian.csv: its first line does not name the columns version, series and \
                  eol, so nothing of it was read";
    check(&DistroInfo, path, "<html>", &[detail]);
    check(&DistroInfo, path, "", &[detail]);
}

#[test]
fn both_forms_of_endoflife_are_read() {
    check(
        &EndOfLifeDate,
        "alpine-linux.json",
        r#"{"schema_version":"1.2.0","result":{"name":"alpine-linux","releases":[
            {"name":"3.20","codename":null,"releaseDate":"2024-05-22","isEol":true,"eolFrom":"2026-04-01","isMaintained":false},
            {"name":"3.99","releaseDate":"2031-01-01","isEol":false,"eolFrom":null}]}}"#,
        &["alpine 3.20: 2026-04-01", "alpine 3.99: Some(false)"],
    );
    check(
        &EndOfLifeDate,
        "debian.json",
        r#"[{"cycle":"12","codename":"Bookworm","releaseDate":"2023-06-10","eol":"2026-06-10","extendedSupport":"2028-06-30"},
            {"cycle":"1.1","eol":true}]"#,
        &[
            "debian 1.1: Some(true)",
            "debian 12: 2026-06-10 extended support 2028-06-30",
            "debian bookworm: 2026-06-10 extended support 2028-06-30",
        ],
    );
}

#[test]
fn endoflife_speaks_of_distributions_by_the_id_that_images_have() {
    for (file, id) in
        [("rocky-linux", "rocky"), ("oracle-linux", "ol"), ("redhat", "rhel"), ("amazon-linux", "amzn")]
    {
        let releases =
            parse(&EndOfLifeDate, &format!("{file}.json"), r#"[{"cycle":"9","eol":"2032-05-31"}]"#);
        assert!(releases.found.contains_key(&(id.to_owned(), "9".to_owned())), "{file}");
    }
    // Images of Mariner 2.0 say so, and those of Azure Linux 3.0 too.
    let releases = parse(&EndOfLifeDate, "azure-linux.json", r#"[{"cycle":"2.0","eol":"2025-07-31"}]"#);
    assert_eq!(releases.found.len(), 2);
    // Nobody can tell CentOS Stream 8 from CentOS Linux 8.
    let stream = r#"[{"cycle":"8","eol":"2024-05-31"},{"cycle":9,"eol":"2027-05-31"}]"#;
    check(&EndOfLifeDate, "centos-stream.json", stream, &["centos 9: 2027-05-31"]);
    assert!(!EndOfLifeDate.takes("python.json"));
}

#[test]
fn products_of_endoflife_that_are_damaged_are_told() {
    for content in ["{}", "<html>", "", "{\"result\":[]}"] {
        let problems = parse(&EndOfLifeDate, "rhel.json", content).problems;
        assert!(problems[0].starts_with("endoflife-unreadable rhel.json: "), "{content}: {problems:?}");
    }
    let releases = parse(
        &EndOfLifeDate,
        "rhel.json",
        r#"[7, {"cycle":"8"}, {"eol":true}, {"cycle":"9","eol":"2032-05-31"}]"#,
    );
    assert_eq!((releases.found.len(), releases.problems.len()), (1, 3));
}

/// The files as Debian ships them, against a plain reading of their lines.
#[test]
fn every_release_of_the_real_distro_info_is_found() {
    for distribution in ["debian", "ubuntu"] {
        let Ok(text) = std::fs::read_to_string(format!("/usr/share/distro-info/{distribution}.csv")) else {
            eprintln!("skipped: the package distro-info-data is not installed");
            return;
        };
        let releases = parse(&DistroInfo, &format!("{distribution}.csv"), &text);
        assert_eq!(releases.problems, [""; 0]);
        let mut ended = 0;
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let Some(eol) = fields.get(5) else { continue };
            ended += 1;
            let found = &releases.found[&(distribution.to_owned(), fields[2].to_owned())];
            assert!(found.supported_until.as_deref() >= Some(*eol), "{line}");
            assert_eq!(found.released.as_deref(), Some(fields[4]), "{line}");
        }
        assert!(ended > 10, "{ended} releases of {distribution}");
    }
}
