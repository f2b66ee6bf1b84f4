//! The daemon source against a real podman, with a store of its own in a temporary directory.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do, and say what was skipped"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use plimsoll_engine::transport::{HttpTransport, TransportOptions};
use plimsoll_image::source::daemon::{Daemon, DaemonKind};
use plimsoll_image::source::{ImageLayer, Source as _};
use plimsoll_image::{LayerExpectation, NoContent, read_layer};
use plimsoll_testing::hostile_registry::{MANIFEST_TYPE, SmallImage, digest};
use tempfile::TempDir;

struct Podman {
    directory: TempDir,
    service: Option<Child>,
}

impl Drop for Podman {
    fn drop(&mut self) {
        if let Some(service) = &mut self.service {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

impl Podman {
    fn command(&self) -> Command {
        let at = |name: &str| self.directory.path().join(name);
        let mut command = Command::new("podman");
        command
            .arg("--root")
            .arg(at("root"))
            .arg("--runroot")
            .arg(at("run"))
            .args(["--storage-driver", "vfs"]);
        command.env("XDG_RUNTIME_DIR", self.directory.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Option<Output> {
        self.command().args(arguments).output().ok().filter(|output| output.status.success())
    }

    /// A podman that listens; `None`, and a word on it, where there is none or it cannot run.
    fn start(images: &[(&str, &Path)]) -> Option<Self> {
        let mut podman = Self { directory: tempfile::tempdir().unwrap(), service: None };
        for (name, layout) in images {
            let from = format!("oci:{}:image", layout.display());
            let pulled = podman
                .run(&["pull", "-q", &from])
                .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            let Some(id) = pulled else {
                eprintln!("skipped: podman is not installed or cannot keep images here");
                return None;
            };
            podman.run(&["tag", &id, name]).expect("podman tags what it has pulled");
        }
        let address = format!("unix://{}", podman.socket().display());
        let service = podman
            .command()
            .args(["system", "service", "-t", "0", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        podman.service = service.ok();
        for _ in 0..200 {
            if std::os::unix::net::UnixStream::connect(podman.socket()).is_ok() {
                return Some(podman);
            }
            thread::sleep(Duration::from_millis(50));
        }
        eprintln!("skipped: podman's service does not come up here");
        None
    }

    fn socket(&self) -> std::path::PathBuf {
        self.directory.path().join("podman.sock")
    }

    fn daemon(&self, image: &str) -> Daemon {
        let transport = Arc::new(HttpTransport::new(TransportOptions::default()));
        let sockets = vec!["/nowhere/podman.sock".into(), self.socket()];
        Daemon::new(DaemonKind::Podman, &format!("podman:{image}"), image, sockets, transport).unwrap()
    }
}

/// An OCI layout of one image, named `image`.
fn lay_out(image: &SmallImage, directory: &Path) {
    let blobs = directory.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    for blob in [&image.layer, &image.config, &image.manifest] {
        fs::write(blobs.join(digest(blob).trim_start_matches("sha256:")), blob).unwrap();
    }
    fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{MANIFEST_TYPE}","digest":"{}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"image"}}}}]}}"#,
        digest(&image.manifest),
        image.manifest.len()
    );
    fs::write(directory.join("index.json"), index).unwrap();
}

#[test]
fn an_image_of_podman_is_read_out_of_its_export() {
    // Podman makes a name of the path, and names have no upper-case letters.
    let name = format!("plimsoll-layout-{}", std::process::id());
    let layout = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir().unwrap();
    let small = SmallImage::new(b"hello");
    lay_out(&small, layout.path());
    let Some(podman) = Podman::start(&[("localhost/team/app:1", layout.path())]) else { return };
    let daemon = podman.daemon("localhost/team/app:1");
    let image = daemon.image(None).unwrap();
    assert_eq!(image.identity.config_digest.as_ref().unwrap().to_string(), digest(&small.config));
    assert_eq!(image.identity.reference.as_deref(), Some("localhost/team/app:1"));
    assert_eq!(image.config.cmd, ["/bin/sh"]);
    assert_eq!(image.layers[0].digest.to_string(), digest(&small.layer));
    assert_eq!(image.layers[0].instruction.as_deref(), Some("COPY hello /etc/"));
    let wanted: Vec<&ImageLayer> = image.layers.iter().collect();
    let mut delivered = 0;
    daemon
        .stream_layers(&wanted, &mut |layer, bytes| {
            let expectation =
                LayerExpectation { digest: Some(layer.digest.clone()), ..LayerExpectation::default() };
            let read = read_layer(bytes, &expectation, &mut NoContent).unwrap();
            assert!(read.problems.is_empty(), "{:?}", read.problems);
            assert!(!read.files.is_empty());
            delivered += 1;
        })
        .unwrap();
    assert_eq!(delivered, 1);
    let error = podman.daemon("localhost/team/none:1").image(None).unwrap_err().to_string();
    assert_eq!(error, "localhost/team/none:1 in the store of the podman daemon is not there");
}

#[test]
fn a_socket_that_is_not_there_is_told_with_what_to_do() {
    let transport = Arc::new(HttpTransport::new(TransportOptions::default()));
    let daemon =
        Daemon::new(DaemonKind::Docker, "docker:x", "x", vec!["/nowhere/docker.sock".into()], transport)
            .unwrap();
    let error = daemon.image(None).unwrap_err().to_string();
    assert!(
        error.contains("/nowhere/docker.sock cannot be reached: No such file or directory")
            && error.contains("is Docker running?"),
        "{error}"
    );
}
