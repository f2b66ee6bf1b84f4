//! A daemon played from memory, in each of the forms in which exports come.

use std::io::Cursor;

use flate2::Compression;
use flate2::write::GzEncoder;
use plimsoll_model::Algorithm;

use super::*;
use crate::hashing::digest_of;
use crate::transport::Headers;

const FIRST: &[u8] = b"the bytes of the first layer";
const SECOND: &[u8] = b"the bytes of the second layer";

fn hex(bytes: &[u8]) -> String {
    digest_of(Algorithm::Sha256, bytes).hex()
}

/// A tar archive (ustar) of files; a content that begins with `->` is a symbolic link.
fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, content) in files {
        let link = content.strip_prefix(b"->");
        let (size, kind) = if link.is_some() { (0, b'2') } else { (content.len(), b'0') };
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..124].copy_from_slice(b"0000644\x000000000\x000000000\0");
        header[124..148].copy_from_slice(format!("{size:011o}\0{:011o}\0", 0).as_bytes());
        header[148..156].fill(b' ');
        header[156] = kind;
        if let Some(link) = link {
            header[157..157 + link.len()].copy_from_slice(link);
        }
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&header);
        if link.is_none() {
            archive.extend_from_slice(content);
            archive.resize(archive.len().next_multiple_of(512), 0);
        }
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn list(paths: &[String]) -> (String, Vec<u8>) {
    let text = serde_json::json!([{ "Config": "c.json", "RepoTags": ["debian:12"], "Layers": paths }]);
    ("manifest.json".to_owned(), text.to_string().into_bytes())
}

#[derive(Debug)]
struct Played {
    export: Vec<u8>,
    inspect: String,
    seen: Mutex<Vec<String>>,
}

impl Transport for Played {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let socket = request.socket.as_ref().unwrap().display().to_string();
        self.seen.lock().unwrap().push(format!("{socket} {}", request.url.path()));
        if socket != "/run/second.sock" {
            return Err(TransportError::Unreachable { host: socket, why: "no such file".to_owned() });
        }
        let history = r#"[{"Created":1795400042,"CreatedBy":"CMD bash","Size":0},{"Created":1795400035,"CreatedBy":"RUN x","Size":9},{"Created":1795400014,"CreatedBy":"ADD y","Size":7}]"#;
        let (status, body) = match request.url.path().rsplit_once('/').unwrap() {
            (image, _) if image.ends_with("missing") => (404, br#"{"message":"no such image"}"#.to_vec()),
            (image, _) if image.ends_with("locked") => (500, br#"{"message":"database is locked"}"#.to_vec()),
            (_, "json") => (200, self.inspect.clone().into_bytes()),
            (_, "history") => (200, history.as_bytes().to_vec()),
            _ => (200, self.export.clone()),
        };
        Ok(Response { status, headers: Headers::default(), body: Box::new(Cursor::new(body)) })
    }
}

fn daemon(image: &str, export: Vec<u8>, descriptor: &str) -> (Daemon, Arc<Played>) {
    let inspect = format!(
        r#"{{"Id":"sha256:{}","RepoTags":["debian:latest","debian:12"],"Created":"2026-11-23T02:14:02Z","Author":"","Os":"linux","Architecture":"amd64",
        "Config":{{"Cmd":["bash"],"Env":null,"Labels":{{"a":"b"}}}},{descriptor}"RootFS":{{"Type":"layers","Layers":["sha256:{}","sha256:{}"]}}}}"#,
        hex(b"config"),
        hex(FIRST),
        hex(SECOND)
    );
    let played = Arc::new(Played { export, inspect, seen: Mutex::default() });
    let sockets = vec!["/run/first.sock".into(), "/run/second.sock".into()];
    let daemon =
        Daemon::new(DaemonKind::Docker, &format!("docker:{image}"), image, sockets, played.clone()).unwrap();
    (daemon, played)
}

/// Streams both layers out of an export and counts how often the daemon was asked for it.
fn check(files: &[(String, Vec<u8>)], exports: usize) {
    let (daemon, played) = daemon("debian:12", archive(files), "");
    let image = daemon.image(None).unwrap();
    let wanted: Vec<&ImageLayer> = image.layers.iter().collect();
    let mut found = Vec::new();
    daemon
        .stream_layers(&wanted, &mut |layer, mut reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).unwrap();
            found.push((layer.index, bytes));
        })
        .unwrap();
    found.sort();
    assert_eq!(found, [(0, FIRST.to_vec()), (1, SECOND.to_vec())]);
    let asked = played.seen.lock().unwrap().iter().filter(|path| path.ends_with("/get")).count();
    assert_eq!(asked, exports, "{files:?}");
}

#[test]
fn what_the_daemon_says_becomes_the_image() {
    let (daemon, played) = daemon("debian:12", Vec::new(), "");
    let image = daemon.image(None).unwrap();
    assert_eq!(image.identity.reference.as_deref(), Some("docker.io/library/debian:12"));
    assert_eq!(image.identity.config_digest.unwrap().hex(), hex(b"config"));
    assert_eq!(image.config.cmd, ["bash"]);
    assert_eq!(image.config.created.as_deref(), Some("2026-11-23T02:14:02Z"));
    assert_eq!(image.history, ["ADD y", "RUN x", "CMD bash"]);
    let made: Vec<Option<&str>> = image.layers.iter().map(|layer| layer.instruction.as_deref()).collect();
    assert_eq!(made, [Some("ADD y"), Some("RUN x")]);
    assert_eq!(image.layers[1].created.as_deref(), Some("2026-11-23T02:13:55Z"));
    assert_eq!(
        played.seen.lock().unwrap()[2],
        format!("/run/second.sock /images/sha256:{}/history", hex(b"config"))
    );
}

#[test]
fn with_containerds_store_the_id_is_not_the_configurations() {
    let descriptor = format!(
        r#""Descriptor":{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:{}","size":1}},"#,
        hex(b"config")
    );
    let (daemon, _) = daemon("debian:12", Vec::new(), &descriptor);
    let identity = daemon.image(None).unwrap().identity;
    assert_eq!((identity.index_digest.is_some(), identity.config_digest), (true, None));
}

#[test]
fn podmans_export_is_read_once() {
    let paths = [format!("{}.tar", hex(FIRST)), format!("{}.tar", hex(SECOND))];
    let files = [
        (paths[0].clone(), FIRST.to_vec()),
        (paths[1].clone(), SECOND.to_vec()),
        ("0011/layer.tar".to_owned(), format!("->../{}", paths[0]).into_bytes()),
        list(&paths),
    ];
    check(&files, 1);
}

#[test]
fn the_export_of_docker_25_is_read_once() {
    let paths = [format!("blobs/sha256/{}", hex(FIRST)), format!("blobs/sha256/{}", hex(SECOND))];
    let files = [(paths[1].clone(), SECOND.to_vec()), (paths[0].clone(), FIRST.to_vec()), list(&paths)];
    check(&files, 1);
}

#[test]
fn the_old_export_is_read_once_for_its_list_and_once_for_its_layers() {
    let paths = ["aa/layer.tar".to_owned(), "bb/layer.tar".to_owned()];
    let files = [
        (paths[1].clone(), b"->../cc/layer.tar".to_vec()),
        (paths[0].clone(), FIRST.to_vec()),
        ("cc/layer.tar".to_owned(), SECOND.to_vec()),
        list(&paths),
    ];
    check(&files, 2);
}

#[test]
fn compressed_blobs_of_containerds_store_come_out_uncompressed() {
    let zip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let blobs = [zip(FIRST), zip(SECOND)];
    let paths = [format!("blobs/sha256/{}", hex(&blobs[0])), format!("blobs/sha256/{}", hex(&blobs[1]))];
    let files = [(paths[0].clone(), blobs[0].clone()), (paths[1].clone(), blobs[1].clone()), list(&paths)];
    check(&files, 2);
}

#[test]
fn nothing_is_exported_when_nothing_is_wanted() {
    let (daemon, played) = daemon("debian:12", Vec::new(), "");
    daemon.stream_layers(&[], &mut |_, _| {}).unwrap();
    assert!(played.seen.lock().unwrap().is_empty());
}

#[test]
fn an_export_that_breaks_off_or_lacks_a_layer_is_an_error() {
    let whole = archive(&[(format!("{}.tar", hex(FIRST)), FIRST.to_vec()), list(&[])]);
    for export in [whole.clone(), whole[..700].to_vec(), Vec::new(), b"no archive".repeat(100)] {
        let (daemon, _) = daemon("debian:12", export, "");
        let image = daemon.image(None).unwrap();
        let wanted: Vec<&ImageLayer> = image.layers.iter().collect();
        assert!(daemon.stream_layers(&wanted, &mut |_, _| {}).is_err());
    }
}

#[test]
fn failures_say_what_to_do() {
    let told = |image| daemon(image, Vec::new(), "").0.image(None).unwrap_err().to_string();
    assert_eq!(told("missing"), "missing in the store of the Docker daemon is not there");
    assert_eq!(told("locked"), "the Docker daemon answers 500, \"database is locked\"");
    let played = Arc::new(Played { export: Vec::new(), inspect: String::new(), seen: Mutex::default() });
    let nobody =
        Daemon::new(DaemonKind::Podman, "podman:x", "x", vec!["/run/first.sock".into()], played.clone())
            .unwrap();
    let error = nobody.image(None).unwrap_err().to_string();
    assert!(error.starts_with("the podman daemon cannot be reached: /run/first.sock cannot be reached: no such file; podman listens only"), "{error}");
    for image in ["", "../containers", "a/../../b", "a?b", "a#b", "a b", "a%2fb", "a//b"] {
        assert!(
            Daemon::new(DaemonKind::Docker, image, image, Vec::new(), played.clone()).is_err(),
            "{image}"
        );
    }
    let wrong: Platform = "linux/s390x".parse().unwrap();
    let error = daemon("debian:12", Vec::new(), "").0.image(Some(&wrong)).unwrap_err().to_string();
    assert!(error.contains("does not come for linux/s390x; it comes for linux/amd64"), "{error}");
}

#[test]
fn sockets_are_looked_for_where_they_usually_are() {
    let found = |kind, host: Option<&str>, directory: Option<&str>| match sockets(
        kind,
        host,
        directory.map(Path::new),
    ) {
        Ok(paths) => paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        found(DaemonKind::Docker, None, Some("/run/user/1")),
        "/var/run/docker.sock /run/user/1/docker.sock"
    );
    assert_eq!(found(DaemonKind::Docker, Some("unix:///x.sock"), None), "/x.sock");
    assert_eq!(
        found(DaemonKind::Podman, Some("tcp://h:1"), Some("/run/user/1")),
        "/run/user/1/podman/podman.sock /run/podman/podman.sock"
    );
    assert!(
        found(DaemonKind::Docker, Some("tcp://h:2375"), None)
            .starts_with("DOCKER_HOST is tcp://h:2375, and daemons are asked over Unix sockets only")
    );
}
