//! AlmaLinux and Oracle Linux roots with a real rpm database, made around the versions that the
//! feeds name: one package just below a fix, one at it, one just above it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::oval::{Definition, definitions, read};
use super::{Answer, place, program, raw, raw_feeds, same, text};
use crate::places::{plimsoll, skip};

/// A package to be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    arch: String,
    label: Option<String>,
    name: String,
    version: String,
}

/// Name, version with epoch, arch and label, as rpm lists them.
type Installed = [String; 4];

fn has_tools() -> bool {
    let found = ["rpm", "rpmbuild"].iter().all(|tool| Command::new(tool).arg("--version").output().is_ok());
    if !found {
        skip("making roots needs rpm and rpmbuild");
    }
    found
}

#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// `[epoch, version, release]`.
fn parts(version: &str) -> [&str; 3] {
    let (epoch, rest) = version.split_once(':').unwrap_or(("", version));
    let (version, release) = rest.rsplit_once('-').expect("a release");
    [epoch, version, release]
}

/// Makes a root of packages built by rpmbuild and installed by rpm, and gives what rpm lists.
fn root(name: &str, os_release: &str, wanted: &BTreeSet<Wanted>) -> (String, BTreeSet<Installed>) {
    let top = place(name);
    if top.exists() {
        fs::remove_dir_all(&top).expect("the directory of the run before");
    }
    let root = top.join("root");
    fs::create_dir_all(root.join("var/lib/rpm")).expect("a directory");
    fs::create_dir_all(root.join("etc")).expect("a directory");
    fs::write(root.join("etc/os-release"), os_release).expect("a file");
    // Packages of one name go into specs of their own, since a spec has a name once.
    let mut specs: BTreeMap<(usize, &str, Option<&str>), Vec<&Wanted>> = BTreeMap::new();
    let mut before: Option<(&Wanted, usize)> = None;
    for each in wanted {
        let turn = match before {
            Some((last, turn))
                if (&last.arch, &last.label, &last.name) == (&each.arch, &each.label, &each.name) =>
            {
                turn + 1
            }
            _ => 0,
        };
        before = Some((each, turn));
        specs.entry((turn, &each.arch, each.label.as_deref())).or_default().push(each);
    }
    for (number, ((_, arch, label), packages)) in specs.into_iter().enumerate() {
        let built = top.join(format!("built-{number}"));
        build(&built, arch, label, &packages);
        let mut rpms: Vec<PathBuf> = Vec::new();
        for folder in raw::files(&built.join("RPMS")) {
            rpms.extend(raw::files(&folder));
        }
        assert_eq!(rpms.len(), packages.len());
        let mut install = Command::new("rpm");
        install.arg("--root").arg(&root).args([
            "--dbpath",
            "/var/lib/rpm",
            "-i",
            "--justdb",
            "--nodeps",
            "--noscripts",
        ]);
        done(install.args(["--ignorearch", "--ignoreos", "--force", "--nosignature"]).args(rpms));
    }
    let format = "%{name}\\t%|epoch?{%{epoch}:}|%{version}-%{release}\\t%{arch}\\t%{modularitylabel}\\n";
    let mut query = Command::new("rpm");
    query.arg("--root").arg(&root).args(["--dbpath", "/var/lib/rpm", "-qa", "--qf", format]);
    let listed = done(&mut query);
    // An epoch of 0 is the same as none, and is not written.
    let listed = listed.replace("\t0:", "\t");
    let fields = |line: &str| -> Installed {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        fields.try_into().expect("four fields")
    };
    let installed: BTreeSet<Installed> = listed.lines().map(fields).collect();
    assert_eq!(installed.len(), wanted.len(), "{name}");
    (format!("dir:{}", root.display()), installed)
}

/// Builds packages without files.
fn build(top: &Path, arch: &str, label: Option<&str>, packages: &[&Wanted]) {
    let mut spec =
        String::from("Name: carrier\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nAutoReqProv: no\n");
    if let Some(label) = label {
        spec += &format!("ModularityLabel: {label}\n");
    }
    spec += "%description\nd\n";
    for package in packages {
        let [epoch, version, release] = parts(&package.version);
        let name = &package.name;
        spec += &format!("%package -n {name}\nSummary: s\nVersion: {version}\nRelease: {release}\n");
        if !epoch.is_empty() {
            spec += &format!("Epoch: {epoch}\n");
        }
        spec += &format!("%description -n {name}\nd\n%files -n {name}\n");
    }
    fs::create_dir_all(top).expect("a directory");
    let file = top.join("made.spec");
    fs::write(&file, spec).expect("a file");
    let define = format!("_topdir {}", top.display());
    let mut command = Command::new("rpmbuild");
    command.args([
        "--define",
        &define,
        "--define",
        "_build_id_links none",
        "--target",
        &format!("{arch}-linux"),
    ]);
    done(command.arg("-bb").arg(file));
}

/// For each pair whether rpm itself calls the left one older; asked in few calls.
fn older(pairs: &BTreeSet<(String, String)>) -> BTreeMap<(String, String), bool> {
    let pairs: Vec<&(String, String)> = pairs.iter().collect();
    let mut answers = BTreeMap::new();
    for batch in pairs.chunks(500) {
        let calls: Vec<String> =
            batch.iter().map(|(left, right)| format!("rpm.vercmp('{left}','{right}')")).collect();
        let script = format!("%{{lua: print(table.concat({{{}}}, ' '))}}", calls.join(","));
        let numbers = done(Command::new("rpm").args(["--eval", &script]));
        let numbers: Vec<&str> = numbers.split_whitespace().collect();
        assert_eq!(numbers.len(), batch.len());
        answers.extend(batch.iter().zip(numbers).map(|(pair, number)| ((*pair).clone(), number == "-1")));
    }
    answers
}

/// A version just below, the version, and one just above.
fn around(fixed: &str) -> [String; 3] {
    [format!("{fixed}~0"), fixed.to_owned(), format!("{fixed}.1")]
}

/// `name version arch advisory flaw` for every source of every finding.
fn told(answer: &Answer) -> BTreeSet<String> {
    answer.told("rpm", |finding| {
        assert_eq!(finding["state"], "affected", "{}", finding["id"]);
        let package = &finding["package"];
        let sources = finding["sources"].as_array().expect("sources").iter();
        let affected = sources.filter(|source| source["state"] == "affected");
        affected
            .map(|source| {
                [&package["name"], &package["version"], &package["arch"], &source["advisory"], &finding["id"]]
                    .map(text)
                    .join(" ")
            })
            .collect()
    })
}

/// The same with the state of each source, where it is not "not affected".
fn states(answer: &Answer) -> BTreeSet<String> {
    answer.told("rpm", |finding| {
        let package = &finding["package"];
        let sources = finding["sources"].as_array().expect("sources").iter();
        let open = sources.filter(|source| source["state"] != "not-affected");
        open.map(|source| {
            let [name, version, arch] = [&package["name"], &package["version"], &package["arch"]].map(text);
            let [advisory, id, state] = [&source["advisory"], &finding["id"], &source["state"]].map(text);
            format!("{name} {version} {arch} {advisory} {id} {state}")
        })
        .collect()
    })
}

fn is_modular(version: &str) -> bool {
    version.contains(".module_") || version.contains(".module+")
}

/// A fix of AlmaLinux: version, erratum, flaws, and the module streams that the erratum's title
/// names.
type Fix = (String, String, Vec<String>, Vec<String>);

/// The words of a title that are a module and its stream.
fn streams(title: &str) -> Vec<String> {
    let words = title.split([' ', '/']);
    let streams =
        words.filter(|word| word.contains(':') && !word.ends_with(':') && !word.starts_with("ALSA-"));
    streams.map(str::to_owned).collect()
}

/// Fixes by the name of the package, for one release. An erratum that names no CVE stands for
/// itself.
fn almalinux(feeds: &Path, release: &str) -> BTreeMap<String, Vec<Fix>> {
    let mut fixes: BTreeMap<String, Vec<Fix>> = BTreeMap::new();
    for record in raw::osv(feeds, "AlmaLinux") {
        let id = text(&record["id"]).to_owned();
        let named =
            ["related", "aliases", "upstream"].into_iter().flat_map(|key| record[key].as_array()).flatten();
        let mut flaws: Vec<String> =
            named.map(|each| text(each).to_owned()).filter(|id| id.starts_with("CVE-")).collect();
        if flaws.is_empty() {
            flaws.push(id.clone());
        }
        for affected in record["affected"].as_array().into_iter().flatten() {
            if affected["package"]["ecosystem"] != format!("AlmaLinux:{release}") {
                continue;
            }
            for range in affected["ranges"].as_array().into_iter().flatten() {
                assert_eq!(range["events"][0]["introduced"], "0");
                let fixed = text(&range["events"][1]["fixed"]).to_owned();
                let name = text(&affected["package"]["name"]).to_owned();
                let titled = streams(text(&record["summary"]));
                let streams = if is_modular(&fixed) { titled } else { Vec::new() };
                fixes.entry(name).or_default().push((fixed, id.clone(), flaws.clone(), streams));
            }
        }
    }
    fixes
}

#[test]
fn almalinux_roots_have_what_the_raw_errata_and_the_real_rpm_say() {
    let Some(feeds) = raw_feeds() else { return };
    if !has_tools() {
        return;
    }
    for release in ["8", "9", "10"] {
        let fixes = almalinux(&feeds, release);
        let mut wanted = BTreeMap::new();
        let modular = fixes.iter().filter(|(_, fixes)| fixes.iter().any(|(fixed, ..)| is_modular(fixed)));
        let epochs = fixes.iter().filter(|(_, fixes)| fixes.iter().any(|(fixed, ..)| fixed.contains(':')));
        let chosen = modular.step_by(15).chain(epochs.step_by(20)).chain(fixes.iter().step_by(60));
        for (position, (name, fixes)) in chosen.enumerate() {
            let (fixed, .., streams) = &fixes[position % fixes.len()];
            // Half of the packages of modules have lost their label, as in an SBOM.
            let label = streams.first().filter(|_| position % 2 == 0);
            let label = label.map(|stream| format!("{stream}:8060020220523:abc"));
            let arch = if position % 5 == 0 { "noarch" } else { "x86_64" };
            // Several ways may lead to the same package: it is made once.
            for version in around(fixed) {
                let one = Wanted { arch: arch.to_owned(), label: label.clone(), name: name.clone(), version };
                wanted.entry((one.name.clone(), one.version.clone(), one.arch.clone())).or_insert(one);
            }
        }
        let os_release =
            format!("ID=\"almalinux\"\nVERSION_ID=\"{release}.4\"\nID_LIKE=\"rhel centos fedora\"\n");
        let (root, installed) =
            root(&format!("almalinux-{release}"), &os_release, &wanted.into_values().collect());
        let of = |name: &str| fixes.get(name).into_iter().flatten();
        let pairs = installed.iter().flat_map(|[name, version, ..]| {
            of(name).map(move |(fixed, ..)| (version.clone(), fixed.clone()))
        });
        let older = older(&pairs.collect());
        let mut expected = BTreeSet::new();
        for [name, version, arch, label] in &installed {
            // Builds of modules and ordinary builds are two lines of versions, and each stream of
            // a module is a line of its own.
            let same_sort: Vec<&Fix> =
                of(name).filter(|(fixed, ..)| is_modular(fixed) == is_modular(version)).collect();
            let only = |stream: &String| same_sort.iter().all(|(.., streams)| streams.contains(stream));
            let sure = same_sort.iter().flat_map(|(.., streams)| streams).any(only);
            let labelled = label.contains(':');
            for (fixed, erratum, flaws, streams) in &same_sort {
                let own = |stream: &String| label.starts_with(&format!("{stream}:"));
                if !older[&(version.clone(), fixed.clone())]
                    || (labelled && !streams.is_empty() && !streams.iter().any(own))
                {
                    continue;
                }
                // Where the label is lost, the stream is known only if there is but one.
                let known = labelled || streams.is_empty() || sure;
                let state = if known { "affected" } else { "unknown" };
                expected.extend(
                    flaws.iter().map(|flaw| format!("{name} {version} {arch} {erratum} {flaw} {state}")),
                );
            }
        }
        let answer = Answer::of(&root).expect("an answer");
        let found = states(&answer);
        assert!(found.len() > 50, "{release}: {}", found.len());
        same(&format!("almalinux {release}"), &found, &expected);
        let count = installed.len() as u64;
        assert_eq!((answer.code, answer.judged("rpm")), (0, (count, count)), "almalinux {release}");
    }
}

/// The flavour of Oracle's builds for Ksplice and FIPS; a fix in one says nothing of another,
/// so a package meets errata of its own flavour only.
fn flavour(version: &str) -> &'static str {
    if version.contains("ksplice") {
        "ksplice"
    } else if version.to_lowercase().ends_with("_fips") {
        "fips"
    } else {
        ""
    }
}

/// What a test of a tree says about one package.
fn test(comment: &str, release: &str, package: &Installed, older: &dyn Fn(&str, &str) -> bool) -> bool {
    let [name, version, arch, label] = package;
    if let Some(wanted) = comment.strip_prefix("Oracle Linux arch is ") {
        // A package for all architectures is on each of them.
        return arch == "noarch" || arch == wanted.trim();
    }
    if let Some(wanted) =
        comment.strip_prefix("Oracle Linux ").and_then(|rest| rest.strip_suffix(" is installed"))
    {
        return wanted == release;
    }
    if let Some(wanted) = comment.strip_prefix("Module ").and_then(|rest| rest.strip_suffix(" is enabled")) {
        return label.starts_with(&format!("{wanted}:"));
    }
    if let Some((wanted, bound)) = comment.split_once(" is earlier than ") {
        // `just below` and `just above` end in other letters than the flavour does.
        let own = version.trim_end_matches("~0").trim_end_matches(".1");
        return wanted == name && flavour(own) == flavour(bound) && older(version, bound);
    }
    assert!(comment.contains(" is signed with the Oracle Linux"), "{comment}");
    true
}

/// Names, versions and architectures to make a root of.
fn wanted(definitions: &[Definition], release: &str) -> BTreeSet<Wanted> {
    let mut wanted = BTreeSet::new();
    for definition in definitions {
        let comments = definition.tree.comments();
        if !comments.contains(&format!("Oracle Linux {release} is installed").as_str()) {
            continue;
        }
        let label = comments.iter().find_map(|comment| {
            let module = comment.strip_prefix("Module ")?.strip_suffix(" is enabled")?;
            Some(format!("{module}:8000020190911:abc"))
        });
        let bounds: BTreeSet<(&str, &str)> =
            comments.iter().filter_map(|comment| comment.split_once(" is earlier than ")).collect();
        for (name, bound) in bounds {
            for arch in ["x86_64", "aarch64", "i686", "noarch"] {
                wanted.extend(around(bound).map(|version| Wanted {
                    arch: arch.to_owned(),
                    label: label.clone(),
                    name: name.to_owned(),
                    version,
                }));
            }
        }
    }
    wanted
}

/// Makes roots around definitions and compares; gives how many findings there were.
fn compare(name: &str, definitions: &[Definition], program: &dyn Fn() -> Command) -> usize {
    let mut findings = 0;
    for release in ["5", "6", "7", "8"] {
        let wanted = wanted(definitions, release);
        if wanted.is_empty() {
            continue;
        }
        let os_release = format!("ID=\"ol\"\nVERSION_ID=\"{release}.2\"\nID_LIKE=\"fedora\"\n");
        let (root, installed) = root(&format!("{name}-{release}"), &os_release, &wanted);
        let mut pairs = BTreeSet::new();
        for comment in definitions.iter().flat_map(|definition| definition.tree.comments()) {
            let Some((name, bound)) = comment.split_once(" is earlier than ") else { continue };
            let same_name = installed.iter().filter(|package| package[0] == name);
            pairs.extend(same_name.map(|package| (package[1].clone(), bound.to_owned())));
        }
        let older = older(&pairs);
        let is_older = |version: &str, bound: &str| older[&(version.to_owned(), bound.to_owned())];
        let mut expected = BTreeSet::new();
        for package in &installed {
            let [name, version, arch, _] = package;
            for definition in definitions {
                if definition.tree.holds(&|comment| test(comment, release, package, &is_older)) {
                    let id = &definition.id;
                    let mut flaws = definition.flaws.clone();
                    if flaws.is_empty() {
                        flaws.insert(id.clone());
                    }
                    expected.extend(flaws.iter().map(|flaw| format!("{name} {version} {arch} {id} {flaw}")));
                }
            }
        }
        let answer = Answer::by(program(), &root);
        let found = told(&answer);
        same(&format!("{name} {release}"), &found, &expected);
        let count = installed.len() as u64;
        assert_eq!(answer.judged("rpm"), (count, count), "{name} {release}");
        findings += found.len();
    }
    findings
}

#[test]
fn oracle_linux_roots_have_what_the_raw_errata_and_the_real_rpm_say() {
    let Some(feeds) = raw_feeds() else { return };
    if !has_tools() {
        return;
    }
    let findings = compare("ol", &definitions(&feeds), &|| program().expect("it is there"));
    assert!(findings > 100, "{findings}");
}

/// An erratum in the form of the real ones. None of those that are shared is limited to an
/// architecture, a module stream or a flavour, as many of the publisher's others are.
fn erratum(number: u32, limits: &[&str], package: &str, fixed: &str) -> String {
    let limits: Vec<String> =
        limits.iter().map(|limit| format!("<criterion test_ref=\"t\" comment=\"{limit}\"/>")).collect();
    format!(
        "<definition id=\"oval:com.oracle.elsa:def:2024{number}\" version=\"501\" class=\"patch\"><metadata>\
         <title>ELSA-2024-{number}: {package} security update (IMPORTANT)</title>\
         <reference source=\"elsa\" ref_id=\"ELSA-2024-{number}\" ref_url=\"u\"/>\
         <reference source=\"CVE\" ref_id=\"CVE-2024-{number}\" ref_url=\"u\"/>\
         <advisory><severity>IMPORTANT</severity><issued date=\"2024-02-01\"/>\
         <cve href=\"u\">CVE-2024-{number}</cve></advisory></metadata><criteria operator=\"AND\">{}\
         <criteria operator=\"OR\"><criteria operator=\"AND\">\
         <criterion test_ref=\"t\" comment=\"{package} is earlier than {fixed}\"/>\
         <criterion test_ref=\"t\" comment=\"{package} is signed with the Oracle Linux 8 key\"/>\
         </criteria></criteria></criteria></definition>",
        limits.concat()
    )
}

#[test]
fn errata_limited_to_an_architecture_a_stream_or_a_flavour_meet_only_packages_of_it() {
    if !has_tools() {
        return;
    }
    let release = "Oracle Linux 8 is installed";
    let arch = |arch: &str| format!("Oracle Linux arch is {arch}");
    let (x86, arm) = (arch("x86_64"), arch("aarch64"));
    let errata = [
        erratum(1001, &[release, &x86], "bash", "0:4.4.20-4.el8_6"),
        erratum(1002, &[release, &arm], "bash", "0:4.4.20-5.el8_6"),
        erratum(1003, &[release, &x86], "tar", "2:1.30-6.el8"),
        erratum(
            1004,
            &[release, "Module nodejs:18 is enabled"],
            "nodejs",
            "1:18.19.1-1.module+el8.9.0+90172+ce3e3b1c",
        ),
        erratum(
            1005,
            &[release, "Module nodejs:20 is enabled"],
            "nodejs",
            "1:20.11.1-1.module+el8.9.0+90173+e8e8f6ee",
        ),
        erratum(1006, &[release, &x86], "openssl-libs", "1:1.1.1k-12.el8_9"),
        erratum(1007, &[release, &x86], "openssl-libs", "2:1.1.1k-12.ksplice1.el8_9"),
        erratum(1008, &[release, &x86], "gnutls", "10:3.6.16-8.el8_9.1_fips"),
        erratum(1009, &[release, &x86], "gnutls", "0:3.6.16-8.el8_9.1"),
    ];
    let document = format!(
        "<oval_definitions xmlns=\"http://oval.mitre.org/XMLSchema/oval-definitions-5\"><definitions>{}\
         </definitions></oval_definitions>",
        errata.concat()
    );
    let feeds = place("limited-feeds");
    fs::create_dir_all(feeds.join("oval/oracle")).expect("a directory");
    fs::write(feeds.join("oval/oracle/com.oracle.elsa-2024.xml"), &document).expect("a file");
    let program = || {
        let mut command = plimsoll(&place("cache"));
        command.env("PLIMSOLL_ADVISORIES", place("limited-advisories"));
        command
    };
    done(program().args(["advisories", "update", "--from"]).arg(&feeds));
    let findings = compare("limited", &read(&document), &program);
    assert!(findings > 10, "{findings}");
}
