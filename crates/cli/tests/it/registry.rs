//! A new user, a registry, and no network: Debian's own `docker-registry` on this machine.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use plimsoll_testing::image_from_text;

use crate::places::{csv, images, plimsoll, run, skip};

pub(crate) struct Registry {
    child: Child,
    directory: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    /// A registry of its own on a free port; `None` where the machine has none.
    pub(crate) fn start() -> Option<Self> {
        for _ in 0..5 {
            let directory = tempfile::tempdir().expect("a directory");
            let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
            let config = directory.path().join("config.yml");
            let text = format!(
                "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}/data}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n",
                directory.path().display()
            );
            fs::write(&config, text).expect("the configuration is written");
            let log = fs::File::create(directory.path().join("log")).expect("a log");
            let started = Command::new("docker-registry")
                .args([Path::new("serve"), &config])
                .stdout(log)
                .stderr(Stdio::null())
                .spawn();
            let Ok(child) = started else {
                skip("docker-registry is not installed");
                return None;
            };
            let mut registry = Self { child, directory, port };
            if registry.answers() {
                return Some(registry);
            }
        }
        panic!("docker-registry did not start");
    }

    /// Whether it listens, and not another process that took the port first.
    fn answers(&mut self) -> bool {
        for _ in 0..200 {
            sleep(Duration::from_millis(50));
            if self.child.try_wait().expect("its state").is_some() {
                return false;
            }
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
        }
        false
    }

    fn push(&self, layout: &Path, name: &str) -> bool {
        let to = format!("docker://127.0.0.1:{}/{name}", self.port);
        let from = format!("oci:{}", layout.display());
        match Command::new("skopeo").args(["copy", "-q", "--dest-tls-verify=false", &from, &to]).status() {
            Ok(status) => {
                assert!(status.success(), "skopeo pushes {name}");
                true
            }
            Err(_) => {
                skip("skopeo is not installed");
                false
            }
        }
    }

    pub(crate) fn image(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// The requests since the last call, as the registry logged them.
    fn requests(&self) -> Vec<String> {
        sleep(Duration::from_millis(200));
        let log = self.directory.path().join("log");
        let text = String::from_utf8_lossy(&fs::read(&log).expect("the log")).into_owned();
        fs::File::options().write(true).open(&log).expect("the log").set_len(0).expect("it is emptied");
        text.lines()
            .filter_map(|line| Some(line.split_once("] \"")?.1.split_once('"')?.0.to_owned()))
            .filter(|request| request.contains("/v2/"))
            .collect()
    }
}

/// The full and the slim image: Debian's where they were built, small ones otherwise.
fn pair(directory: &Path) -> (PathBuf, PathBuf) {
    if let Some(images) = images() {
        let (full, slim) = (images.join("debian@12/oci"), images.join("debian@12-slim/oci"));
        if full.is_dir() && slim.is_dir() {
            return (full, slim);
        }
    }
    let write = |name: &str, packages: &str| {
        let text = format!(
            "layer\nfile etc/os-release \"ID=debian\\nVERSION_ID=12\\n\"\nlayer\nfile var/lib/dpkg/status \"{packages}\""
        );
        let place = directory.join(name);
        image_from_text(&text).write_oci_layout(&place).expect("the layout is written");
        place
    };
    let bash = "Package: bash\\nStatus: install ok installed\\nVersion: 5.2\\nArchitecture: amd64\\n\\n";
    let less = "Package: less\\nStatus: install ok installed\\nVersion: 590\\nArchitecture: amd64\\n\\n";
    (write("full", &format!("{bash}{less}")), write("slim", bash))
}

#[test]
fn what_was_pushed_is_looked_at_and_compared_and_the_second_time_nothing_is_downloaded() {
    let Some(registry) = Registry::start() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let (full, slim) = pair(directory.path());
    if !registry.push(&full, "debian:12") || !registry.push(&slim, "debian:12-slim") {
        return;
    }
    registry.requests();
    let cache = directory.path().join("cache");
    let (full_name, slim_name) = (registry.image("debian:12"), registry.image("debian:12-slim"));
    let overview = String::from_utf8(run(&cache, &["inspect", &slim_name])).expect("text");
    assert!(overview.contains("deb") && overview.contains("sha256:"), "{overview}");
    let first = run(&cache, &["diff", &full_name, &slim_name, "--format", "csv"]);
    assert!(registry.requests().iter().any(|request| request.contains("/blobs/")));
    let second = run(&cache, &["diff", &full_name, &slim_name, "--format", "csv"]);
    assert_eq!(first, second);
    let asked = registry.requests();
    assert!(
        asked.iter().all(|request| request.starts_with("HEAD ") || request == "GET /v2/ HTTP/1.1"),
        "the second time only digests are asked for: {asked:?}"
    );
    let local = |place: &Path| format!("oci:{}", place.display());
    let from_disk = run(&cache, &["diff", &local(&full), &local(&slim), "--format", "csv"]);
    assert_eq!(csv(&first), csv(&from_disk));
    assert!(!csv(&first).is_empty());
}

#[test]
fn what_a_registry_does_not_have_is_an_error_that_says_what_to_check() {
    let Some(registry) = Registry::start() else { return };
    let cache = tempfile::tempdir().expect("a directory");
    let name = registry.image("no/such:thing");
    let output = plimsoll(cache.path()).args(["inspect", &name]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains(&name) && error.contains("is not there"), "{error}");
}

#[test]
fn a_directory_is_looked_at_with_no_network_at_all() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("lib/apk/db")).expect("a directory");
    fs::write(root.join("lib/apk/db/installed"), "P:musl\nV:1-r0\nA:x86_64\n\n").expect("a file");
    let command = |program: &str| {
        let mut command = Command::new(program);
        if program == "unshare" {
            command.args(["--net", env!("CARGO_BIN_EXE_plimsoll")]);
        }
        command.args(["packages", "--no-cache", "--format", "csv"]).arg(format!("dir:{}", root.display()));
        command.output()
    };
    let output = match command("unshare") {
        Ok(output) if output.status.success() => output,
        _ => return skip("this machine cannot make a network namespace"),
    };
    assert_eq!(csv(&output.stdout).len(), 1);
}
