//! Every built image against its truth tables, which the distributions' own tools and the
//! kernel's overlayfs made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use plimsoll_model::Purl;

use crate::places::{csv, images, run, skip};

type Row = Vec<Vec<u8>>;

fn every_image() -> Vec<PathBuf> {
    let Some(images) = images() else { return Vec::new() };
    let mut found: Vec<PathBuf> = fs::read_dir(images)
        .expect("the folder of images")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("truth").is_dir() && path.join("oci").is_dir())
        .collect();
    found.sort();
    found
}

fn name(image: &Path) -> String {
    image.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The rows of a truth table, its head left out.
fn table(bytes: &[u8]) -> Vec<Row> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && line[0] != b'#')
        .map(|line| line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect())
        .collect()
}

/// Takes back the escapes of a truth table's names, `\t` and `\n`; a backslash stands for itself.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = name;
    while let Some((byte, after)) = rest.split_first() {
        let (byte, used) = match (byte, after.first()) {
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'n')) => (b'\n', 2),
            _ => (*byte, 1),
        };
        plain.push(byte);
        rest = &rest[used..];
    }
    plain
}

fn assert_same(image: &str, what: &str, found: &BTreeSet<Row>, truth: &BTreeSet<Row>) {
    let show = |row: &Row| {
        row.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect::<Vec<_>>().join(" | ")
    };
    let missing: Vec<String> = truth.difference(found).take(10).map(show).collect();
    let invented: Vec<String> = found.difference(truth).take(10).map(show).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{what} of {image}\nmissing:\n  {}\nnot in the truth:\n  {}",
        missing.join("\n  "),
        invented.join("\n  ")
    );
}

/// An image with its rows of `packages --format csv`.
struct Answer {
    image: PathBuf,
    rows: Vec<Row>,
}

impl Answer {
    /// The rows of a truth table of the image; none where it has no such table.
    fn truth(&self, file: &str) -> Vec<Row> {
        fs::read(self.image.join("truth").join(file)).map(|bytes| table(&bytes)).unwrap_or_default()
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row[TYPE] == kind.as_bytes() && row[DECLARED] == b"false")
    }
}

/// Columns of the rows.
const TYPE: usize = 0;
const NAME: usize = 1;
const VERSION: usize = 2;
const ARCH: usize = 3;
const PURL: usize = 9;
const PLACE: usize = 11;
const DECLARED: usize = 12;
const FROM: usize = 13;

/// What is installed in every image, asked once for all tests.
fn every_answer() -> &'static [Answer] {
    static ANSWERS: OnceLock<Vec<Answer>> = OnceLock::new();
    ANSWERS.get_or_init(|| {
        let cache = tempfile::tempdir().expect("a directory");
        let look = |image: PathBuf| {
            let place = format!("oci:{}/oci", image.display());
            let rows = csv(&run(cache.path(), &["packages", &place, "--format", "csv"]));
            Answer { image, rows }
        };
        every_image().into_iter().map(look).collect()
    })
}

#[test]
fn packages_agree_with_the_distributions_own_tools() {
    let answers = every_answer();
    if answers.is_empty() {
        return skip("no built images");
    }
    let mut compared = 0;
    for answer in answers {
        for (kind, file) in [("deb", "dpkg.tsv"), ("rpm", "rpm.tsv"), ("apk", "apk.tsv")] {
            let found: BTreeSet<Row> = answer.of(kind).map(|row| row[1..5].to_vec()).collect();
            let truth = answer.truth(file).iter().map(|row| expected(kind, row)).collect::<BTreeSet<Row>>();
            assert_same(&name(&answer.image), file, &found, &truth);
            compared += truth.len();
        }
    }
    eprintln!("{compared} packages of {} images compared", answers.len());
    assert!(compared > 1_000, "the truth tables were not read");
}

/// Name, version and place; of what is there more than once, more than one row.
type Counted = BTreeMap<Row, usize>;

fn counted(rows: impl Iterator<Item = Row>) -> Counted {
    let mut counted = Counted::new();
    for row in rows {
        *counted.entry(row).or_default() += 1;
    }
    counted
}

fn directory(path: &[u8]) -> Vec<u8> {
    path[..path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)].to_vec()
}

/// Whether a package.json is a package's: that of a directory directly in a `node_modules` or in a
/// scope there, or in a directory that Debian keeps modules in.
fn is_module(path: &[u8]) -> bool {
    let mut parts = path.rsplit(|byte| *byte == b'/').skip(2);
    let mut parent = parts.next().unwrap_or_default();
    if parent.starts_with(b"@") {
        parent = parts.next().unwrap_or_default();
    }
    parent == b"node_modules" || parent == b"nodejs"
}

/// Name, version and place of a row of a table of language packages; `None` where the row is not
/// about something that is installed.
fn language_row(file: &str, row: &Row) -> Option<Row> {
    let field = |at: usize| row.get(at).cloned().unwrap_or_default();
    match file {
        "python.tsv" => Some(vec![field(0), field(1), directory(&row[3])]),
        "npm.tsv" => is_module(&row[3]).then(|| vec![field(0), field(1), directory(&row[3])]),
        "go.tsv" => {
            let version = if row[1] == b"stdlib" { row[2].strip_prefix(b"go") } else { None };
            Some(vec![field(1), version.unwrap_or(&row[2]).to_vec(), field(0)])
        }
        // What only ran while it was built is not in it.
        "rust.tsv" => (row[4] == b"runtime").then(|| vec![field(1), field(2), field(0)]),
        other => panic!("{other}"),
    }
}

/// `pip`'s metadata, npm's manifests, `go version -m` and the lists that `cargo auditable` left:
/// everything is found where it lies, as often as it is there, and nothing else is.
#[test]
fn packages_of_languages_are_those_that_their_own_tools_list() {
    let answers = every_answer();
    if answers.is_empty() {
        return skip("no built images");
    }
    let mut compared = BTreeMap::new();
    for answer in answers {
        for (kind, file) in
            [("pypi", "python.tsv"), ("npm", "npm.tsv"), ("golang", "go.tsv"), ("cargo", "rust.tsv")]
        {
            let place = |row: &Row| vec![row[NAME].clone(), row[VERSION].clone(), row[PLACE].clone()];
            let found = counted(answer.of(kind).map(place));
            let truth = counted(answer.truth(file).iter().filter_map(|row| language_row(file, row)));
            let distinct = |rows: &Counted| rows.keys().cloned().collect::<BTreeSet<Row>>();
            assert_same(&name(&answer.image), file, &distinct(&found), &distinct(&truth));
            assert_eq!(found, truth, "{file} of {}", name(&answer.image));
            *compared.entry(file).or_insert(0) += truth.len();
        }
    }
    eprintln!("{compared:?} of {} images compared", answers.len());
    if answers.iter().any(|answer| name(&answer.image) == "fat@1") {
        assert!(compared["python.tsv"] > 100 && compared["npm.tsv"] > 1_000, "{compared:?}");
    }
}

const MODULES: &[u8] = b"/node_modules/";

/// `pip list` and `npm ls` see one environment; what they print is among what is found.
#[test]
fn what_pip_and_npm_list_is_found() {
    let answers = every_answer();
    if answers.is_empty() {
        return skip("no built images");
    }
    for answer in answers {
        for (kind, file) in [("pypi", "pip-list.tsv"), ("npm", "npm-ls.tsv")] {
            let mut found: BTreeSet<Row> =
                answer.of(kind).map(|row| vec![row[NAME].clone(), row[VERSION].clone()]).collect();
            // npm prints the name that a package was asked for by, which is its directory's.
            found.extend(answer.of("npm").filter_map(|row| {
                let starts = row[PLACE].windows(MODULES.len());
                let at = starts.into_iter().rposition(|each| each == MODULES)? + MODULES.len();
                Some(vec![row[PLACE][at..].to_vec(), row[VERSION].clone()])
            }));
            for row in answer.truth(file) {
                assert!(
                    found.contains(&row[..2]),
                    "{} {} of {file} in {} is missing",
                    String::from_utf8_lossy(&row[0]),
                    String::from_utf8_lossy(&row[1]),
                    name(&answer.image)
                );
            }
        }
    }
}

/// Every pom of every archive, nested ones too, is one package there; what else is told of an archive
/// is the one that it itself is, and archives that the table does not know are not told.
#[test]
fn artifacts_of_java_are_those_that_the_archives_hold() {
    let answers = every_answer();
    if answers.is_empty() {
        return skip("no built images");
    }
    for answer in answers {
        let (mut archives, mut poms) = (BTreeSet::new(), BTreeSet::new());
        for row in answer.truth("jar.tsv") {
            archives.insert(row[0].clone());
            if row[4] == b"pom.properties" {
                let artifact = [row[1].as_slice(), b":", &row[2]].concat();
                poms.insert(vec![artifact, row[3].clone(), row[0].clone()]);
            }
        }
        let rows = answer.of("maven");
        let found =
            counted(rows.map(|row| vec![row[NAME].clone(), row[VERSION].clone(), row[PLACE].clone()]));
        let mut others: BTreeMap<&[u8], usize> = BTreeMap::new();
        for (row, count) in &found {
            assert_eq!(*count, 1, "{row:?}");
            assert!(archives.contains(&row[2]), "{} is no archive", String::from_utf8_lossy(&row[2]));
            if !poms.contains(row) {
                *others.entry(&row[2]).or_default() += 1;
            }
        }
        let missing: Vec<&Row> = poms.iter().filter(|pom| !found.contains_key(*pom)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", name(&answer.image));
        assert!(others.values().all(|count| *count == 1), "{}: {others:?}", name(&answer.image));
    }
}

/// The types of the Package URL specification's index that any of our packages has.
const REGISTERED: &str = "alpm apk bitnami cargo chrome-extension cocoapods composer conan conda cpan cran deb \
    docker gem generic github golang hackage hex huggingface julia luarocks maven mlflow npm nuget oci opam otp \
    pub pypi qpkg rpm swid swift vscode-extension yocto";

#[test]
fn nothing_appears_twice_or_without_a_name_and_every_package_has_an_address() {
    let answers = every_answer();
    if answers.is_empty() {
        return skip("no built images");
    }
    for answer in answers {
        let image = name(&answer.image);
        let mut seen = BTreeSet::new();
        for row in &answer.rows {
            let text = |at: usize| String::from_utf8(row[at].clone()).expect("text");
            let (kind, package, version) = (text(TYPE), text(NAME), text(VERSION));
            let told = format!("{kind} {package} {version} of {image}");
            for word in [&package, &version] {
                let placeholder = ["unknown", "none", "null", "undefined", "(none)"].iter();
                assert!(!word.trim().is_empty() && !word.contains("${"), "{told}");
                assert!(!placeholder.into_iter().any(|each| word.eq_ignore_ascii_case(each)), "{told}");
            }
            let one = (kind.clone(), package.clone(), version.clone(), text(ARCH), text(PLACE), text(FROM));
            assert!(seen.insert(one), "{told} appears twice at {}", text(PLACE));
            if text(PURL).is_empty() {
                // The type's definition requires a group, and none is made up.
                assert!(kind == "maven" && !package.contains(':'), "{told} has no address");
                continue;
            }
            let purl: Purl = text(PURL).parse().unwrap_or_else(|error| panic!("{told}: {error}"));
            assert_eq!(purl.to_string(), text(PURL), "{told}");
            assert!(REGISTERED.split_whitespace().any(|known| known == purl.kind), "{told}: {purl}");
        }
    }
}

/// Name, version, arch and source of a row of a truth table, as our CSV writes them.
fn expected(kind: &str, row: &Row) -> Row {
    match kind {
        "rpm" => {
            let none = |field: &[u8]| field == b"(none)" || field.is_empty();
            let mut version = Vec::new();
            if !none(&row[1]) && row[1] != b"0" {
                version.extend_from_slice(&row[1]);
                version.push(b':');
            }
            version.extend_from_slice(&[&row[2], b"-".as_slice(), &row[3]].concat());
            let arch = if none(&row[4]) { Vec::new() } else { row[4].clone() };
            let source = if none(&row[5]) { Vec::new() } else { source_name(&row[5]) };
            vec![row[0].clone(), version, arch, source]
        }
        _ => row[..4].to_vec(),
    }
}

/// The name in `NAME-VERSION-RELEASE.src.rpm`.
fn source_name(file: &[u8]) -> Vec<u8> {
    let dashes: Vec<usize> = (0..file.len()).filter(|at| file[*at] == b'-').collect();
    file[..dashes[dashes.len() - 2]].to_vec()
}

#[test]
fn files_agree_with_what_the_kernels_overlayfs_shows() {
    let images = every_image();
    if images.is_empty() {
        return skip("no built images");
    }
    let cache = tempfile::tempdir().expect("a directory");
    let mut compared = 0;
    for image in &images {
        let Ok(packed) = fs::read(image.join("truth/files.tsv.zst")) else { continue };
        let truth = zstd::decode_all(packed.as_slice()).expect("a truth table");
        let truth: BTreeSet<Row> = table(&truth)
            .iter()
            .map(|row| {
                let link = if row[1] == b"l" { unescape(&row[7]) } else { Vec::new() };
                vec![
                    unescape(&row[0]),
                    row[1].clone(),
                    row[2].clone(),
                    row[3].clone(),
                    row[4].clone(),
                    row[5].clone(),
                    row[6].clone(),
                    link,
                    row.get(8).cloned().unwrap_or_default(),
                ]
            })
            .collect();
        let place = format!("oci:{}/oci", image.display());
        let rows = csv(&run(cache.path(), &["files", &place, "--format", "csv"]));
        let found: BTreeSet<Row> = rows
            .iter()
            .map(|row| {
                let letter = match row[1].as_slice() {
                    b"file" => b"f",
                    b"directory" => b"d",
                    b"symlink" => b"l",
                    b"fifo" => b"p",
                    b"char" => b"c",
                    b"block" => b"b",
                    other => panic!("{} is no type", String::from_utf8_lossy(other)),
                };
                let mut facts = vec![row[0].clone(), letter.to_vec()];
                facts.extend_from_slice(&row[2..7]);
                facts.push(row[9].clone());
                facts.push(row[10].clone());
                facts
            })
            .collect();
        assert_eq!(found.len(), rows.len(), "{} lists a path twice", name(image));
        assert_same(&name(image), "files", &found, &truth);
        compared += truth.len();
    }
    eprintln!("{compared} files of {} images compared", images.len());
    assert!(compared > 10_000, "the truth tables were not read");
}
