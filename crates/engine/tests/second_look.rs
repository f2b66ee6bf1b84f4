//! A layer that was read once is not read again, wherever the image lies: in every kind of place
//! a second look asks for documents at the most.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use plimsoll_engine::{Engine, Progress, Purpose, Settings};
use plimsoll_testing::hostile_registry::{HostileRegistry, SmallImage, digest as digest_of};
use plimsoll_testing::image_files::{digest, gzip};
use plimsoll_testing::{TestImage, image_from_text};

/// Counts reads that were begun.
#[derive(Debug, Default)]
struct Reads(AtomicUsize);

impl Progress for Reads {
    fn begin(&self, _: &str, _: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn advance(&self, _: u64) {}
    fn end(&self) {}
    fn notice(&self, _: &str) {}
}

impl Reads {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

fn image() -> TestImage {
    image_from_text(
        "name example.com/app:2
         layer gzip created-by=\"COPY app\"
         file bin/app \"app\" 0755
         file lib/apk/db/installed \"P:a\\nV:1\\nF:bin\\nR:app\\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n\\n\"
         layer zstd created-by=\"RUN rm\"
         gone etc/old
         layer none
         file etc/new \"new\"
         same",
    )
}

/// Looks at an image three times for every purpose, and for modified files: only the first look
/// of all may read.
fn check(directory: &Path, name: &str, settings: Settings) {
    let settings =
        Settings { cache: Some(directory.join("cache")), cache_capacity: u64::MAX, threads: 2, ..settings };
    let (engine, reads) = (Engine::new(settings), Reads::default());
    let look = |purpose| engine.analyse(name, purpose, &reads).unwrap();
    let first = look(Purpose::Overview);
    assert_eq!(reads.take(), 1, "{name}: the first look");
    for purpose in [Purpose::Overview, Purpose::Digests, Purpose::Evidence] {
        let again = look(purpose);
        assert_eq!(reads.take(), 0, "{name}: {purpose:?}");
        assert_eq!(again.packages, first.packages, "{name}: {purpose:?}");
    }
    engine.modified(name, None, &reads).unwrap();
    let for_digests = reads.take();
    assert!(for_digests <= 1, "{name}");
    engine.modified(name, None, &reads).unwrap();
    assert_eq!(reads.take(), 0, "{name}: modified files, the second time");
    assert_eq!(look(Purpose::Evidence).packages, first.packages);
    assert_eq!(reads.take(), 0, "{name}: after modified files");
}

/// The same for what `write` puts at a path of that scheme.
fn check_file(scheme: &str, write: impl Fn(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    write(&path);
    check(directory.path(), &format!("{scheme}:{}", path.display()), Settings::default());
}

#[test]
fn layouts_and_archives_in_every_form() {
    check_file("oci", |path| image().write_oci_layout(path).unwrap());
    for compress in [<[u8]>::to_vec, gzip] {
        check_file("oci-archive", |path| fs::write(path, compress(&image().oci_archive())).unwrap());
        for make in [TestImage::docker_archive, TestImage::legacy_docker_archive] {
            check_file("docker-archive", |path| fs::write(path, compress(&make(&image()))).unwrap());
        }
    }
}

/// Writes a layout whose configuration names no diff ids, as the oldest images have it.
fn write_without_diff_ids(path: &Path, image: &TestImage) {
    image.write_oci_layout(path).unwrap();
    let put = |bytes: &[u8]| {
        let name = digest(bytes);
        fs::write(path.join("blobs").join(name.replace(':', "/")), bytes).unwrap();
        name
    };
    let configuration = br#"{"architecture":"amd64","os":"linux","config":{}}"#;
    let own = put(configuration);
    let manifest: serde_json::Value = serde_json::from_slice(&image.manifest()).unwrap();
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": manifest["mediaType"],
        "config": {"mediaType": manifest["config"]["mediaType"], "digest": own, "size": configuration.len()},
        "layers": manifest["layers"],
    });
    let bytes = manifest.to_string().into_bytes();
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [{"mediaType": manifest["mediaType"], "digest": put(&bytes), "size": bytes.len()}],
    });
    fs::write(path.join("index.json"), index.to_string()).unwrap();
}

#[test]
fn an_image_that_does_not_say_what_its_layers_unpack_to() {
    check_file("oci", |path| write_without_diff_ids(path, &image()));
    check_file("oci", |path| write_without_diff_ids(path, &image().uncompressed()));
}

#[test]
fn a_layer_whose_stream_is_damaged() {
    check_file("oci", |path| {
        let mut image = image();
        let blob = &mut image.layers[0].blob;
        blob.truncate(blob.len() - 20);
        image.write_oci_layout(path).unwrap();
    });
}

#[test]
fn a_registry() {
    let small = SmallImage::new(b"hello");
    let layer = digest_of(&small.layer);
    let server = HostileRegistry::start(move |seen| small.answer(seen)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let platform = Some("linux/amd64".parse().unwrap());
    let name = format!("{}/team/app:1", server.host());
    check(directory.path(), &name, Settings { platform, ..Settings::default() });
    let asked = server.seen().iter().filter(|seen| seen.path().ends_with(&layer)).count();
    assert_eq!(asked, 1, "the layer is fetched once");
}

/// A daemon that has one image; counts how often it is asked for the export.
fn serve(listener: &UnixListener, image: &TestImage, exports: &AtomicUsize) {
    let plain = image.uncompressed();
    let layers: Vec<String> = plain.layers.iter().map(plimsoll_testing::TestLayer::diff_id).collect();
    let inspect = serde_json::json!({
        "Id": digest(&plain.configuration()), "RepoTags": [plain.name], "Os": "linux",
        "Architecture": "amd64", "Config": {}, "RootFS": {"Type": "layers", "Layers": layers},
    });
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let asked = lines.next().unwrap_or_default();
        let _ = lines.take_while(|line| !line.is_empty()).count();
        let path = asked.split(' ').nth(1).unwrap_or_default();
        let body = match path.rsplit('/').next() {
            Some("json") => inspect.to_string().into_bytes(),
            Some("get") => {
                exports.fetch_add(1, Ordering::Relaxed);
                plain.docker_archive()
            }
            _ => b"[]".to_vec(),
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&body);
    }
}

#[test]
fn a_daemon() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let exports: &'static AtomicUsize = Box::leak(Box::default());
    std::thread::spawn(move || serve(&listener, &image(), exports));
    let docker_host = Some(format!("unix://{}", socket.display()));
    check(directory.path(), "docker:example.com/app:2", Settings { docker_host, ..Settings::default() });
    // One for the facts, one for the digests of apk's database.
    assert!(exports.load(Ordering::Relaxed) <= 2);
}

/// Names of the packages found, and codes of problems, of an image that has apk's database under
/// these lines.
fn packages_of(lines: &str) -> (Vec<String>, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    image_from_text(&format!("layer\n{lines}")).write_oci_layout(&path).unwrap();
    let settings = || Settings {
        cache: Some(directory.path().join("cache")),
        cache_capacity: u64::MAX,
        threads: 1,
        ..Settings::default()
    };
    let reads = Reads::default();
    let look = || {
        let engine = Engine::new(settings());
        let found = engine.analyse(&format!("oci:{}", path.display()), Purpose::Overview, &reads).unwrap();
        let names = found.packages.iter().map(|package| package.name.clone()).collect();
        (names, found.problems.iter().map(|problem| problem.code.to_string()).collect())
    };
    let first: (Vec<String>, Vec<String>) = look();
    assert_eq!((reads.take(), look(), reads.take()), (1, first.clone(), 0));
    first
}

#[test]
fn a_database_under_the_second_name_of_its_content_is_read() {
    let content = "\"P:a\\nV:1\\n\\n\"";
    let plain = packages_of(&format!("file lib/apk/db/installed {content}\n"));
    assert_eq!(plain, (vec!["a".to_owned()], Vec::new()));
    let linked = format!("file store/1 {content}\nhard lib/apk/db/installed => store/1\n");
    assert_eq!(packages_of(&linked), plain);
    // Two names of one content, each read for itself.
    let manifest = "\"{\\\"name\\\":\\\"b\\\",\\\"version\\\":\\\"2\\\"}\"";
    let store = format!(
        "file store/2 {manifest}\nhard srv/one/node_modules/b/package.json => store/2\nhard srv/two/node_modules/b/package.json => store/2\n"
    );
    assert_eq!(packages_of(&store), (vec!["b".to_owned(), "b".to_owned()], Vec::new()));
    // What an archive holds twice under one name is the last of them.
    let replaced = "file store/2 \"{\\\"name\\\":\\\"c\\\",\\\"version\\\":\\\"2\\\"}\"\n";
    assert_eq!(packages_of(&format!("{replaced}{store}")), packages_of(&store));
}

#[test]
fn names_by_the_thousand_take_no_time_by_their_square() {
    let mut lines = "file store/1 \"x\"\n".repeat(200);
    for number in 0..20_000 {
        lines += &format!("hard srv/{number}/package.json => store/1\n");
    }
    let since = std::time::Instant::now();
    let (names, _) = packages_of(&lines);
    assert!(names.is_empty(), "{}", names.len());
    assert!(since.elapsed().as_secs() < 60, "{:?}", since.elapsed());
}

#[test]
fn the_second_name_in_a_root_directory_is_read_too() {
    // Whichever of the two the walk comes to first.
    for store in ["aaa", "zzz"] {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("lib/apk/db")).unwrap();
        fs::create_dir_all(root.join(store)).unwrap();
        fs::write(root.join(store).join("1"), "P:a\nV:1\n\n").unwrap();
        fs::hard_link(root.join(store).join("1"), root.join("lib/apk/db/installed")).unwrap();
        let engine = Engine::new(Settings { threads: 1, ..Settings::default() });
        let name = format!("dir:{}", root.display());
        let found = engine.analyse(&name, Purpose::Overview, &Reads::default()).unwrap();
        let names: Vec<&str> = found.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!((names, found.problems), (vec!["a"], Vec::new()), "{store}");
    }
}
