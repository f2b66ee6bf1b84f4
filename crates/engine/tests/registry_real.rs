//! The registry source against Debian's `docker-registry`, a real one, on a port of this
//! machine. Each test starts its own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do, and say what was skipped"
)]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use plimsoll_engine::credentials::{Environment, StoredCredentials};
use plimsoll_engine::transport::{HttpTransport, SystemTiming, TransportOptions};
use plimsoll_image::source::registry::{Access, Registry};
use plimsoll_image::source::{Image, Source as _};
use plimsoll_image::{LayerExpectation, NoContent, read_layer};
use plimsoll_testing::hostile_registry::{MANIFEST_TYPE, SmallImage, digest};
use tempfile::TempDir;

/// `reader` with the password `secret`, as `htpasswd -B` writes it.
const HTPASSWD: &str = "reader:$2y$05$KpXc4aKtcd9lTUxXILgtmey1zv8sFckTcMWMGncf78U6auxSiGCkS\n";

struct Peer {
    child: Child,
    directory: TempDir,
    port: u16,
    scheme: &'static str,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    /// Starts a registry; `None`, and a word on it, where this machine has none.
    fn start(settings: impl Fn(&Path) -> (String, &'static str)) -> Option<Self> {
        // A free port may be somebody else's by the time that it is used: then the next one.
        for _ in 0..5 {
            let directory = tempfile::tempdir().unwrap();
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let root = directory.path().display();
            let (more, scheme) = settings(directory.path());
            let text = format!(
                "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {root}/data\nhttp:\n  addr: 127.0.0.1:{port}\n{more}"
            );
            let file = directory.path().join("config.yml");
            fs::write(&file, text).unwrap();
            let child = Command::new("docker-registry")
                .arg("serve")
                .arg(&file)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let Ok(child) = child else {
                eprintln!("skipped: docker-registry is not installed");
                return None;
            };
            let mut peer = Self { child, directory, port, scheme };
            if peer.comes_up() {
                return Some(peer);
            }
        }
        panic!("docker-registry did not start");
    }

    /// Whether it, and not another process, listens on the port.
    fn comes_up(&mut self) -> bool {
        for _ in 0..200 {
            thread::sleep(Duration::from_millis(50));
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                thread::sleep(Duration::from_millis(50));
                return self.child.try_wait().unwrap().is_none();
            }
        }
        false
    }

    fn plain() -> Option<Self> {
        Self::start(|_| (String::new(), "http"))
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Pushes an image as the distribution specification says.
    fn push(&self, image: &SmallImage, ca: Option<&Path>) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::blocking::Client::builder().no_proxy();
        builder = match ca {
            Some(path) => {
                builder.tls_certs_only([reqwest::Certificate::from_pem(&fs::read(path).unwrap()).unwrap()])
            }
            None => builder.tls_certs_only([]),
        };
        let client = builder.build().unwrap();
        let base = format!("{}://{}/v2/team/app", self.scheme, self.host());
        let send = |request: reqwest::blocking::RequestBuilder| {
            let response = request.basic_auth("reader", Some("secret")).send().unwrap();
            assert!(response.status().is_success(), "{}", response.status());
            response
        };
        for blob in [&image.layer, &image.config] {
            let started = send(client.post(format!("{base}/blobs/uploads/")));
            let place = started.headers()["location"].to_str().unwrap().to_owned();
            let place = format!("{place}&digest={}", digest(blob));
            send(client.put(place).header("Content-Type", "application/octet-stream").body(blob.clone()));
        }
        send(
            client
                .put(format!("{base}/manifests/1"))
                .header("Content-Type", MANIFEST_TYPE)
                .body(image.manifest.clone()),
        );
    }

    fn registry(&self, name: &str, home: Option<PathBuf>, ca_file: Option<PathBuf>) -> Registry {
        let environment = Environment { home, ..Environment::default() };
        let access = Access {
            transport: Arc::new(HttpTransport::new(TransportOptions {
                ca_file,
                ..TransportOptions::default()
            })),
            credentials: Arc::new(StoredCredentials::new(environment)),
            timing: Arc::new(SystemTiming::new()),
            plain_http: false,
            trusted_hosts: Vec::new(),
        };
        let name = format!("{}/{name}", self.host());
        Registry::new(&name, name.parse().unwrap(), access)
    }
}

/// Reads every layer and gives the number of files.
fn read_all(registry: &Registry) -> Result<(Image, usize), String> {
    let platform = "linux/amd64".parse().unwrap();
    let image = registry.image(Some(&platform)).map_err(|error| error.to_string())?;
    let mut files = 0;
    for layer in &image.layers {
        let bytes = registry.open_layer(layer).map_err(|error| error.to_string())?;
        let expectation = LayerExpectation {
            digest: Some(layer.digest.clone()),
            size: Some(layer.size),
            diff_id: layer.diff_id.clone(),
            ..LayerExpectation::default()
        };
        let read = read_layer(bytes, &expectation, &mut NoContent).map_err(|error| error.to_string())?;
        files += read.files.len();
    }
    Ok((image, files))
}

#[test]
fn an_image_is_pulled_by_tag_and_by_digest() {
    let Some(peer) = Peer::plain() else { return };
    let small = SmallImage::new(b"hello");
    peer.push(&small, None);
    let (by_tag, files) = read_all(&peer.registry("team/app:1", None, None)).unwrap();
    assert_eq!(by_tag.identity.manifest_digest.as_ref().unwrap().to_string(), digest(&small.manifest));
    assert_eq!(by_tag.layers[0].instruction.as_deref(), Some("COPY hello /etc/"));
    assert!(files > 0);
    let name = format!("team/app@{}", digest(&small.manifest));
    let (by_digest, _) = read_all(&peer.registry(&name, None, None)).unwrap();
    assert_eq!(by_digest.layers, by_tag.layers);
    assert_eq!(peer.registry("team/app:1", None, None).tags(10).unwrap(), ["1"]);
}

#[test]
fn what_is_not_there_is_named() {
    let Some(peer) = Peer::plain() else { return };
    peer.push(&SmallImage::new(b"hello"), None);
    let host = peer.host();
    let told = |name: &str| read_all(&peer.registry(name, None, None)).unwrap_err();
    assert_eq!(
        told("team/app:2"),
        format!(
            "tag 2 of team/app at {host} is not there, \"manifest unknown\": check the spelling of repository and tag"
        )
    );
    assert!(told("team/none:1").starts_with(&format!("tag 1 of team/none at {host} is not there")));
}

#[test]
fn a_password_is_found_and_sent_when_it_is_asked_for() {
    let settings = |directory: &Path| {
        fs::write(directory.join("htpasswd"), HTPASSWD).unwrap();
        (format!("auth:\n  htpasswd:\n    realm: peer\n    path: {}/htpasswd\n", directory.display()), "http")
    };
    let Some(peer) = Peer::start(settings) else { return };
    peer.push(&SmallImage::new(b"hello"), None);
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".docker")).unwrap();
    let log_in = |auth: &str| {
        let text = format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, peer.host());
        fs::write(home.path().join(".docker/config.json"), text).unwrap();
        read_all(&peer.registry("team/app:1", Some(home.path().into()), None)).map(|(_, files)| files > 0)
    };
    assert_eq!(log_in("cmVhZGVyOnNlY3JldA=="), Ok(true));
    assert!(
        log_in("cmVhZGVyOndyb25n").unwrap_err().contains("is refused (401, \"authentication required\")")
    );
    let error = read_all(&peer.registry("team/app:1", None, None)).unwrap_err();
    assert!(error.contains(&format!("log in with docker login {}", peer.host())), "{error}");
}

#[test]
fn a_private_authority_is_believed_when_it_is_named() {
    let has_openssl =
        Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !has_openssl {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let settings = |directory: &Path| {
        let at = |name: &str| directory.join(name).display().to_string();
        let openssl = |words: &str, files: &[&str]| {
            let files = files.iter().map(|name| at(name));
            let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            for file in files {
                let place = words.iter().position(|word| word == "FILE").unwrap();
                words[place] = file;
            }
            let output = Command::new("openssl").args(&words).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        fs::write(directory.join("leaf.txt"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
            .unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            &format!("req -x509 {key} -days 2 -subj /CN=authority -keyout FILE -out FILE"),
            &["ca-key.pem", "ca.pem"],
        );
        openssl(&format!("req {key} -subj /CN=peer -keyout FILE -out FILE"), &["key.pem", "leaf.csr"]);
        openssl(
            "x509 -req -days 2 -set_serial 1 -in FILE -CA FILE -CAkey FILE -extfile FILE -out FILE",
            &["leaf.csr", "ca.pem", "ca-key.pem", "leaf.txt", "leaf.pem"],
        );
        (format!("  tls:\n    certificate: {}\n    key: {}\n", at("leaf.pem"), at("key.pem")), "https")
    };
    let Some(peer) = Peer::start(settings) else { return };
    let ca = peer.directory.path().join("ca.pem");
    peer.push(&SmallImage::new(b"hello"), Some(&ca));
    let (_, files) = read_all(&peer.registry("team/app:1", None, Some(ca))).unwrap();
    assert!(files > 0);
    let error = read_all(&peer.registry("team/app:1", None, None)).unwrap_err();
    assert!(error.contains("--ca-file"), "{error}");
}

#[test]
fn a_real_image_comes_as_it_was_pushed() {
    let data = std::env::var_os("PLIMSOLL_DATA")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/plimsoll-data")))
        .unwrap_or_default();
    let layout = data.join("out/debian@12-slim/oci");
    if !layout.is_dir() {
        eprintln!("skipped: no debian@12-slim in {}", data.display());
        return;
    }
    let Some(peer) = Peer::plain() else { return };
    let copied = Command::new("skopeo")
        .args(["copy", "-q", "--dest-tls-verify=false"])
        .arg(format!("oci:{}:12-slim", layout.display()))
        .arg(format!("docker://{}/library/debian:12-slim", peer.host()))
        .status();
    if !copied.is_ok_and(|status| status.success()) {
        eprintln!("skipped: skopeo cannot push");
        return;
    }
    let (image, files) = read_all(&peer.registry("library/debian:12-slim", None, None)).unwrap();
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let pushed = index["manifests"][0]["digest"].as_str().unwrap();
    assert_eq!(image.identity.manifest_digest.unwrap().to_string(), pushed);
    assert_eq!(image.layers.len(), 2);
    assert!(files > 2_000, "{files}");
}
