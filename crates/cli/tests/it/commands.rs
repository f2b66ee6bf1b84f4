//! What a user types and what comes back, on images written as text.

use std::fs;
use std::path::Path;

use plimsoll_testing::{TestImage, image_from_text};

use crate::places::{csv, plimsoll, run};

/// A small Alpine with two layers: the second upgrades a package, removes a file and hides
/// a directory.
const BEFORE: &str = r#"
name example.com/app:1
config Entrypoint ["/usr/bin/app"]
config Env ["PATH=/usr/bin","MODE=plain"]
layer created-by="ADD rootfs"
file etc/os-release "ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"
file lib/apk/db/installed "P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nL:MIT\nF:lib\nR:libc.so\n\nP:zlib\nV:1.3.1-r1\nA:x86_64\no:zlib\nL:Zlib\n\n"
file lib/libc.so "libc" mode=0755
file usr/bin/app "one" mode=4755
file usr/share/doc/readme "words"
"#;

const AFTER: &str = r#"
name example.com/app:2
config Entrypoint ["/usr/bin/app"]
config Env ["PATH=/usr/bin","MODE=fancy"]
layer created-by="ADD rootfs"
file etc/os-release "ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"
file lib/apk/db/installed "P:musl\nV:1.2.5-r10\nA:x86_64\no:musl\nL:MIT\nF:lib\nR:libc.so\n\nP:curl\nV:8.9-r0\nA:x86_64\no:curl\nL:curl\n\n"
file lib/libc.so "libc" mode=0755
file usr/bin/app "two" mode=0755
layer created-by="RUN rm"
gone usr/share
"#;

pub(crate) struct Bench {
    directory: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(crate) fn cache(&self) -> std::path::PathBuf {
        self.directory.path().join("cache")
    }

    pub(crate) fn layout(&self, name: &str, image: &TestImage) -> String {
        let place = self.path(name);
        image.write_oci_layout(Path::new(&place)).expect("the layout is written");
        format!("oci:{place}")
    }

    pub(crate) fn pair(&self) -> (String, String) {
        (self.layout("before", &image_from_text(BEFORE)), self.layout("after", &image_from_text(AFTER)))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        String::from_utf8(run(&self.cache(), arguments)).expect("text")
    }

    /// Exit code, standard output and standard error.
    pub(crate) fn ends(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = plimsoll(&self.cache()).args(arguments).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }
}

#[test]
fn a_difference_is_told_in_the_words_of_the_original() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let table = bench.run(&["diff", &before, &after]);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.contains('│'))
        .map(|line| line.split('│').map(str::trim).collect())
        .collect();
    assert!(rows.contains(&vec!["musl", "1.2.5-r0", "1.2.5-r10"]), "{table}");
    assert!(rows.contains(&vec!["zlib", "1.3.1-r1", "Not Installed"]), "{table}");
    assert!(rows.contains(&vec!["curl", "Not Installed", "8.9-r0"]), "{table}");
    assert!(table.contains("1 removed, 1 added, 1 upgraded, 0 downgraded"), "{table}");
}

#[test]
fn the_columns_of_csv_are_fixed() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let header = |arguments: &[&str]| {
        let text = bench.run(arguments);
        assert!(text.contains("\r\n"), "RFC 4180 ends lines with CR LF");
        text.lines().next().expect("a header").to_owned()
    };
    assert!(header(&["packages", &before, "-f", "csv"]).starts_with("type,name,version,arch,source,layer"));
    assert!(
        header(&["files", &before, "-f", "csv"])
            .starts_with("path,type,mode,uid,gid,size,sha256,package,layer,link,xattrs")
    );
    assert!(
        header(&["diff", &before, &after, "-f", "csv"]).starts_with("kind,change,type,name,before,after")
    );
}

#[test]
fn every_kind_of_difference_is_a_row_of_csv() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let text = run(&bench.cache(), &["diff", &before, &after, "--all", "-f", "csv"]);
    let rows: Vec<(String, String, String)> = csv(&text)
        .iter()
        .map(|row| {
            let field = |at: usize| String::from_utf8_lossy(&row[at]).into_owned();
            (field(0), field(1), field(3))
        })
        .collect();
    let has = |kind: &str, change: &str, name: &str| {
        rows.iter().any(|row| row.0 == kind && row.1 == change && row.2.contains(name))
    };
    assert!(has("package", "upgraded", "musl"), "{rows:?}");
    assert!(has("package", "removed", "zlib"), "{rows:?}");
    assert!(has("file", "changed", "/usr/bin/app"), "{rows:?}");
    assert!(has("file", "removed", "/usr/share/doc/readme"), "{rows:?}");
    assert!(has("config", "changed", "MODE"), "{rows:?}");
    assert!(rows.iter().any(|row| row.0 == "layer"), "{rows:?}");
    let only = run(&bench.cache(), &["diff", &before, &after, "--only", "added", "-f", "csv"]);
    assert!(csv(&only).iter().all(|row| row[1] == b"added") && !csv(&only).is_empty());
}

#[test]
fn exit_codes_tell_same_from_different_and_unreadable() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    assert_eq!(bench.ends(&["diff", &before, &after]).0, Some(0));
    assert_eq!(bench.ends(&["diff", "--exit-code", &before, &after]).0, Some(1));
    assert_eq!(bench.ends(&["diff", "--exit-code", &before, &before]).0, Some(0));
    let (code, out, error) = bench.ends(&["inspect", "oci:/no/such/place"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("/no/such/place"), "{error}");
    assert_eq!(bench.ends(&["diff", &before]).0, Some(2));
    assert_eq!(bench.ends(&["diff", &before, &after, "--format", "poem"]).0, Some(2));
}

#[test]
fn the_same_image_in_every_kind_of_place_is_the_same_image() {
    let bench = Bench::new();
    let image = image_from_text(AFTER);
    let layout = bench.layout("after", &image);
    let write = |name: &str, bytes: Vec<u8>| {
        fs::write(bench.path(name), bytes).expect("the archive is written");
        bench.path(name)
    };
    let gzip = plimsoll_testing::image_files::gzip;
    let places = [
        format!("oci-archive:{}", write("oci.tar", image.oci_archive())),
        format!("oci-archive:{}", write("oci.tar.gz", gzip(&image.oci_archive()))),
        format!("docker-archive:{}", write("docker.tar", image.docker_archive())),
        format!("docker-archive:{}", write("docker.tar.gz", gzip(&image.docker_archive()))),
        format!("docker-archive:{}", write("legacy.tar", image.legacy_docker_archive())),
        // Without a prefix, what the path holds tells.
        bench.path("after"),
        bench.path("oci.tar"),
        bench.path("docker.tar.gz"),
    ];
    let facts = |place: &str| {
        let without_layers = |rows: Vec<Vec<Vec<u8>>>, layer: usize| -> Vec<Vec<Vec<u8>>> {
            rows.into_iter()
                .map(|mut row| {
                    row[layer].clear();
                    row
                })
                .collect()
        };
        (
            without_layers(csv(&run(&bench.cache(), &["packages", place, "-f", "csv"])), 5),
            without_layers(csv(&run(&bench.cache(), &["files", place, "-f", "csv"])), 8),
        )
    };
    let expect = facts(&layout);
    assert_eq!(expect.0.len(), 2);
    for place in places {
        assert_eq!(facts(&place), expect, "{place}");
        let (code, out, _) = bench.ends(&["diff", "--exit-code", &layout, &place]);
        assert_eq!(code, Some(0), "{place}: {out}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_in_every_format() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let commands: Vec<(Vec<&str>, &[&str])> = vec![
        (vec!["inspect", &before], &["table", "json"]),
        (vec!["packages", &before], &["table", "json", "csv", "cyclonedx", "spdx"]),
        (vec!["files", &before], &["table", "json", "csv"]),
        (vec!["layers", &before], &["table", "json", "csv"]),
        (vec!["diff", "--all", &before, &after], &["table", "json", "csv", "markdown", "html", "plain"]),
        (vec!["diff", &before, &after, &before], &["table", "json", "csv", "markdown", "html"]),
    ];
    for (command, formats) in commands {
        for format in formats {
            let with = |more: &[&'static str]| {
                let mut arguments = command.clone();
                arguments.extend(["--format", format]);
                arguments.extend_from_slice(more);
                run(&bench.cache(), &arguments)
            };
            let cold = with(&["--no-cache"]);
            assert!(!cold.is_empty());
            assert_eq!(cold, with(&["--no-cache", "--threads", "1"]), "{command:?} {format}");
            assert_eq!(cold, with(&[]), "{command:?} {format}, filling the cache");
            assert_eq!(cold, with(&[]), "{command:?} {format}, from the cache");
        }
    }
}

#[test]
fn a_known_image_is_answered_without_its_layers() {
    let bench = Bench::new();
    let (before, _) = bench.pair();
    let first = bench.run(&["packages", &before, "-f", "csv"]);
    for entry in fs::read_dir(bench.path("before") + "/blobs/sha256").expect("the blobs") {
        let path = entry.expect("a blob").path();
        if fs::read(&path).expect("its bytes").starts_with(&[0x1f, 0x8b]) {
            fs::remove_file(path).expect("it goes");
        }
    }
    assert_eq!(bench.run(&["packages", &before, "-f", "csv"]), first);
    assert_eq!(bench.ends(&["packages", &before, "--no-cache"]).0, Some(2));
}

#[test]
fn damage_is_told_and_strict_makes_it_an_error() {
    let bench = Bench::new();
    let text = "layer\nfile lib/apk/db/installed \"P:musl\\nV:1-r0\\nA:x86_64\\n\\nP:nameless\\n\\n\"\nfile a \"x\"\nfile b \"y\" checksum=wrong\nfile c \"z\"";
    let place = bench.layout("damaged", &image_from_text(text));
    let (code, out, error) = bench.ends(&["files", &place]);
    assert_eq!(code, Some(0));
    assert!(out.contains("/a") && !out.contains("/c"), "{out}");
    assert!(error.contains("layer-archive-damaged"), "{error}");
    let (code, out, _) = bench.ends(&["inspect", &place]);
    assert_eq!(code, Some(0));
    assert!(out.contains("layer-archive-damaged"), "{out}");
    let (code, out, _) = bench.ends(&["packages", &place, "--strict"]);
    assert_eq!(code, Some(3));
    assert!(out.contains("musl"), "what could be read is shown all the same: {out}");
}

#[test]
fn a_layer_that_was_altered_is_an_error_that_names_it() {
    let bench = Bench::new();
    let image = image_from_text(BEFORE);
    let place = bench.layout("altered", &image);
    let digest = image.layers[0].digest();
    let path = format!("{}/blobs/sha256/{}", bench.path("altered"), digest.trim_start_matches("sha256:"));
    let mut bytes = fs::read(&path).expect("the blob");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).expect("the blob is altered");
    let (code, out, error) = bench.ends(&["inspect", &place]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains(&digest) && error.contains("altered"), "{error}");
}

#[test]
fn files_are_found_by_glob_owner_layer_size_and_rights() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let paths = |arguments: &[&str]| -> Vec<String> {
        let text = run(&bench.cache(), &[&["files", "-f", "csv"], arguments].concat());
        csv(&text).iter().map(|row| String::from_utf8_lossy(&row[0]).into_owned()).collect()
    };
    assert_eq!(paths(&[&before, "/usr/*/app"]), ["/usr/bin/app"]);
    assert_eq!(paths(&[&before, "**/readme"]), ["/usr/share/doc/readme"]);
    assert_eq!(paths(&[&before, "*.so"]), ["/lib/libc.so"]);
    assert_eq!(paths(&[&before, "readme"]), ["/usr/share/doc/readme"]);
    assert_eq!(paths(&[&before, "--setuid"]), ["/usr/bin/app"]);
    assert_eq!(paths(&[&before, "--owner", "musl"]), ["/lib", "/lib/libc.so"]);
    assert_eq!(paths(&[&before, "--larger", "60"]), ["/etc/os-release", "/lib/apk/db/installed"]);
    assert!(!paths(&[&before, "--unowned"]).contains(&"/lib/libc.so".to_owned()));
    assert!(paths(&[&after, "--layer", "2"]).is_empty());
    assert_eq!(bench.ends(&["files", &before, "--layer", "7"]).0, Some(2));
}

#[test]
fn the_spelling_of_2017_still_works() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let image = format!("--image={before}");
    let plain = bench.run(&["query", &image, "show-pkg-diffs", &after, "--plain"]);
    let header: Vec<&str> = plain.lines().next().expect("a header").split_whitespace().collect();
    assert_eq!(
        header,
        [
            "Image_Id",
            "Repo_Tag",
            "Compare_Image_Id",
            "Package",
            "Input_Image_Version",
            "Compare_Image_Version"
        ]
    );
    let row = plain.lines().find(|line| line.contains(" zlib ")).expect("a row");
    assert_eq!(row.split_whitespace().skip(3).collect::<Vec<_>>(), ["zlib", "1.3.1-r1", "NOTINSTALLED"]);
    assert!(bench.run(&["query", &image, "show-pkg-diffs", &after]).contains("Not Installed"));
}

#[test]
fn a_bill_of_materials_stands_in_for_its_image() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    for format in ["cyclonedx", "spdx"] {
        let bill = bench.path(&format!("bill.{format}.json"));
        fs::write(&bill, bench.run(&["packages", &before, "-f", format])).expect("the bill is written");
        let rows = |place: &str| {
            csv(&run(&bench.cache(), &["packages", place, "-f", "csv"]))
                .into_iter()
                .map(|row| row[..5].to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(&format!("sbom:{bill}")), rows(&before), "{format}");
        assert_eq!(rows(&bill), rows(&before), "{format}, told by its content");
        let table = bench.run(&["diff", &format!("sbom:{bill}"), &after]);
        assert!(table.contains("1 removed, 1 added, 1 upgraded"), "{table}");
        assert_eq!(bench.ends(&["files", &format!("sbom:{bill}")]).0, Some(2));
        // It names its image's digest, but anybody can write that: its files were not seen.
        assert_eq!(bench.ends(&["diff", "--exit-code", &bill, &before]).0, Some(3));
        assert_eq!(bench.ends(&["diff", "--exit-code", &bill, &after]).0, Some(1));
    }
}

#[test]
fn three_images_make_a_matrix() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let table = bench.run(&["diff", &before, &after, &before]);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.contains('│'))
        .map(|line| line.split('│').map(str::trim).collect())
        .collect();
    assert!(rows.contains(&vec!["zlib", "1.3.1-r1", "Not Installed", "1.3.1-r1"]), "{table}");
}

#[test]
fn a_root_directory_is_looked_at_where_it_lies() {
    let bench = Bench::new();
    let root = bench.path("root");
    let write = |path: &str, content: &str| {
        let path = Path::new(&root).join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    };
    write("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n");
    write("lib/apk/db/installed", "P:musl\nV:1.2.5-r0\nA:x86_64\n\n");
    write("proc/1/status", "left out");
    std::os::unix::fs::symlink("nowhere", Path::new(&root).join("dangling")).expect("a link");
    fs::hard_link(Path::new(&root).join("etc/os-release"), Path::new(&root).join("etc/again"))
        .expect("a link");
    let listed = csv(&run(&bench.cache(), &["files", &format!("dir:{root}"), "-f", "csv"]));
    let paths: Vec<String> = listed.iter().map(|row| String::from_utf8_lossy(&row[0]).into_owned()).collect();
    assert_eq!(
        paths,
        [
            "/dangling",
            "/etc",
            "/etc/again",
            "/etc/os-release",
            "/lib",
            "/lib/apk",
            "/lib/apk/db",
            "/lib/apk/db/installed"
        ]
    );
    assert_eq!(listed[2][6], listed[3][6], "both names of a file have its digest");
    assert_eq!(listed[2][6].len(), 64);
    assert!(bench.run(&["packages", &root]).contains("musl"));
}

#[test]
fn help_man_pages_and_completions_come_from_one_declaration() {
    let bench = Bench::new();
    let help = bench.run(&["--help"]);
    for command in ["inspect", "packages", "files", "layers", "diff", "query"] {
        assert!(help.contains(command), "{help}");
        let own = bench.run(&[command, "--help"]);
        assert!(own.contains("Examples:") && own.contains("Exit codes:"), "{own}");
        for shell in ["bash", "zsh", "fish"] {
            assert!(bench.run(&["completions", shell]).contains(command));
        }
    }
    let directory = bench.path("man");
    bench.run(&["man", &directory]);
    for page in ["plimsoll.1", "plimsoll-inspect.1", "plimsoll-diff.1"] {
        assert!(Path::new(&directory).join(page).exists(), "{page}");
    }
}

#[test]
fn nothing_is_written_without_a_cache() {
    let bench = Bench::new();
    let (before, _) = bench.pair();
    bench.run(&["inspect", &before, "--no-cache"]);
    assert!(!bench.cache().exists());
    bench.run(&["inspect", &before]);
    assert!(bench.cache().exists());
    let told = bench.run(&["cache"]);
    // Its only layer, and the image's name under its layers.
    assert!(told.contains("2 entries"), "{told}");
    bench.run(&["cache", "--clear"]);
    assert!(bench.run(&["cache"]).contains("0 entries"));
}

#[test]
fn bytes_that_no_digest_vouches_for_are_refused_and_never_remembered() {
    let bench = Bench::new();
    let honest =
        image_from_text("layer none\nfile lib/apk/db/installed \"P:musl\\nV:1-r0\\nA:x86_64\\n\\n\"");
    let place = bench.layout("honest", &honest);
    let archive = bench.path("evil.tar");
    let digest = honest.layers[0].diff_id();
    // Compressed bytes that break off, under the name of the honest layer.
    let mut evil = plimsoll_testing::image_files::gzip(
        &image_from_text("layer none\nfile evil \"x\"").layers[0].archive,
    );
    evil.truncate(evil.len() - 3);
    let plain = honest.docker_archive();
    let at = plain
        .windows(honest.layers[0].archive.len())
        .position(|window| window == honest.layers[0].archive)
        .expect("the archive holds the layer as it is");
    let mut forged = plain;
    forged[at..at + evil.len()].copy_from_slice(&evil);
    fs::write(&archive, forged).expect("the archive is written");
    let (code, out, error) = bench.ends(&["packages", &format!("docker-archive:{archive}")]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
    assert!(error.contains(&digest), "{error}");
    assert!(bench.run(&["packages", &place]).contains("musl"));
}

#[test]
fn a_database_that_is_there_and_was_not_read_is_told() {
    let bench = Bench::new();
    let text = "layer\nfile opt/db/status \"Package: a\\nStatus: install ok installed\\nVersion: 1\\n\"\nlink var/lib/dpkg/status -> /opt/db/status";
    let place = bench.layout("linked", &image_from_text(text));
    let (code, _, error) = bench.ends(&["packages", &place]);
    assert_eq!(code, Some(0));
    assert!(error.contains("/var/lib/dpkg/status") && error.contains("file-not-read"), "{error}");
    assert_eq!(bench.ends(&["packages", &place, "--strict"]).0, Some(3));
}

#[test]
fn what_cannot_be_answered_as_asked_is_refused() {
    let bench = Bench::new();
    let (before, after) = bench.pair();
    let refused = |arguments: &[&str], why: &str| {
        let (code, out, error) = bench.ends(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(error.contains(why), "{arguments:?}: {error}");
    };
    refused(&["diff", &before, &after, &before, "--files"], "--files");
    refused(&["inspect", &before, "--platform", "linux/arm64"], "linux/amd64");
    let (code, _, error) = bench.ends(&["layers", &format!("dir:{}", bench.path("before"))]);
    assert_eq!(code, Some(0));
    assert!(error.contains("no layers"), "{error}");
    let (code, _, error) = bench.ends(&["packages", &before, "no-such-package"]);
    assert_eq!(code, Some(0));
    assert!(error.contains("no-such-package"), "{error}");
}

#[test]
fn names_from_an_image_cannot_command_the_terminal() {
    let bench = Bench::new();
    let text = "layer\nfile \"a\\x1b]0;x\\x07\" \"1\"\nfile \"b\\x1b[31m\" \"y\" checksum=wrong";
    let place = bench.layout("loud", &image_from_text(text));
    let output =
        plimsoll(&bench.cache()).args(["files", &place, "--color", "always"]).output().expect("it starts");
    for stream in [output.stdout, output.stderr] {
        let text = String::from_utf8_lossy(&stream).into_owned();
        assert!(!text.contains("\x1b]0;") && !text.contains("b\x1b[31m"), "{text:?}");
    }
}

#[test]
fn an_update_leaves_alone_what_it_was_not_asked_for() {
    let bench = Bench::new();
    let write = |path: &str, text: &str| {
        let path = Path::new(&bench.path("feeds")).join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write(
        "osv/PyPI/GHSA-1.json",
        r#"{"id":"GHSA-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"p"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2"}]}]}]}"#,
    );
    let advisories = bench.path("advisories");
    let with = |arguments: &[&str]| bench.ends(&[arguments, &["--advisories", &advisories]].concat());
    assert_eq!(with(&["advisories", "status"]).0, Some(3), "there is nothing yet");
    let (code, _, error) = with(&["advisories", "update", "kev", "--mirror", "http://127.0.0.1:1"]);
    assert_eq!(code, Some(3), "nothing could be fetched: {error}");
    assert!(error.contains("127.0.0.1:1"), "{error}");
    assert_eq!(with(&["advisories", "update", "--from", &bench.path("feeds")]).0, Some(0));
    let rows = || with(&["advisories", "status", "--format", "csv"]).1;
    assert!(rows().contains("osv/PyPI"), "{}", rows());
    assert_eq!(with(&["advisories", "update", "kev", "--mirror", "http://127.0.0.1:1"]).0, Some(3));
    assert!(rows().contains("osv/PyPI"), "{}", rows());
}

/// Writes an image as a layout in which `change` alters the manifest, everything else fitting it.
fn layout_with(
    bench: &Bench,
    name: &str,
    image: &TestImage,
    change: impl FnOnce(&mut serde_json::Value),
) -> String {
    let place = bench.layout(name, image);
    let root = bench.path(name);
    let mut manifest = serde_json::from_slice(&image.manifest()).expect("a manifest");
    change(&mut manifest);
    let manifest = manifest.to_string();
    let digest = plimsoll_testing::image_files::digest(manifest.as_bytes());
    fs::write(format!("{root}/blobs/{}", digest.replace(':', "/")), &manifest).expect("a blob");
    let mut index: serde_json::Value = serde_json::from_slice(&image.index()).expect("an index");
    index["manifests"][0]["digest"] = digest.into();
    index["manifests"][0]["size"] = manifest.len().into();
    fs::write(format!("{root}/index.json"), index.to_string()).expect("an index");
    place
}

#[test]
fn a_size_that_a_manifest_gets_wrong_is_told() {
    let bench = Bench::new();
    let image = image_from_text(BEFORE);
    let place = layout_with(&bench, "layer", &image, |manifest| manifest["layers"][0]["size"] = 7.into());
    let (code, out, _) = bench.ends(&["inspect", &place]);
    assert_eq!(code, Some(0));
    assert!(out.contains("says that the layer has 7 bytes"), "{out}");
    let place = layout_with(&bench, "config", &image, |manifest| manifest["config"]["size"] = 7.into());
    let (code, _, error) = bench.ends(&["inspect", &place]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("where the document that names it says 7"), "{error}");
    let place = layout_with(&bench, "right", &image, |_| {});
    let (_, out, _) = bench.ends(&["inspect", &place]);
    assert!(!out.contains("engines refuse"), "{out}");
}

#[test]
fn a_pipe_where_a_blob_belongs_is_refused_and_never_waited_for() {
    let bench = Bench::new();
    let image = image_from_text(BEFORE);
    for blob in [image.layers[0].digest(), plimsoll_testing::image_files::digest(&image.manifest())] {
        let name = blob.replace(':', "-");
        let place = bench.layout(&name, &image);
        let path = format!("{}/blobs/{}", bench.path(&name), blob.replace(':', "/"));
        fs::remove_file(&path).expect("the blob goes");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
        assert!(made.success());
        let (code, _, error) = bench.ends(&["inspect", &place]);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains("it is no regular file"), "{error}");
    }
}

#[test]
fn the_help_of_a_command_begins_with_what_it_does() {
    let bench = Bench::new();
    let (_, list, _) = bench.ends(&["--help"]);
    let mut seen = std::collections::BTreeSet::new();
    for name in ["inspect", "packages", "files", "layers", "diff", "vulns", "lint", "explain"] {
        let (_, help, _) = bench.ends(&[name, "--help"]);
        let first = help.lines().next().expect("a line").to_owned();
        assert!(list.contains(&first), "{name}: {first}");
        // What commands have in common must not speak in their place.
        assert!(seen.insert(first), "{name} says what another command says: {help}");
    }
}
