//! A small HTTP server on 127.0.0.1 that answers as a test wants: as a registry should, or with
//! stalls, short bodies, lies about length, and anything else that can be put into a response.
//!
//! It speaks HTTP/1.1, one request per connection, one thread per connection.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// One request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The first value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Option<u64>,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Stall(Duration),
    Reset,
    Endless,
    Trickle(Duration),
}

impl Reply {
    /// A complete answer.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = Some(body.len() as u64);
        Self { status, headers: Vec::new(), body, length, end: End::Close }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Announces another length than the body has; `None` announces none.
    #[must_use]
    pub const fn announcing(mut self, length: Option<u64>) -> Self {
        self.length = length;
        self
    }

    /// Sends only the first bytes of the body and then breaks the connection.
    #[must_use]
    pub fn breaking_after(mut self, bytes: usize) -> Self {
        self.body.truncate(bytes);
        self.end = End::Reset;
        self
    }

    /// Sends only the first bytes of the body and then nothing for a while.
    #[must_use]
    pub fn stalling_after(mut self, bytes: usize, length: Duration) -> Self {
        self.body.truncate(bytes);
        self.end = End::Stall(length);
        self
    }

    /// Sends the body byte by byte, with a pause behind each.
    #[must_use]
    pub const fn trickling(mut self, pause: Duration) -> Self {
        self.end = End::Trickle(pause);
        self
    }

    /// Sends the body over and over, without an end.
    #[must_use]
    pub const fn endless(mut self) -> Self {
        self.length = None;
        self.end = End::Endless;
        self
    }

    fn send(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Said So\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(length) = self.length {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        if let End::Trickle(pause) = self.end {
            for byte in &self.body {
                stream.write_all(&[*byte])?;
                thread::sleep(pause);
            }
            return stream.shutdown(Shutdown::Both);
        }
        stream.write_all(&self.body)?;
        stream.flush()?;
        match self.end {
            End::Close | End::Reset | End::Trickle(_) => {}
            End::Stall(length) => thread::sleep(length),
            End::Endless if self.body.is_empty() => {}
            End::Endless => loop {
                stream.write_all(&self.body)?;
            },
        }
        stream.shutdown(Shutdown::Both)
    }
}

/// What a server answers a request with.
pub type Behaviour = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server that runs until it is dropped.
pub struct HostileRegistry {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    is_over: Arc<AtomicBool>,
}

impl fmt::Debug for HostileRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileRegistry").field("address", &self.address).finish_non_exhaustive()
    }
}

impl HostileRegistry {
    /// Starts a server on a port of its own.
    ///
    /// # Errors
    /// Where there is no port to be had.
    pub fn start(behaviour: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let is_over = Arc::new(AtomicBool::new(false));
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        let (log, over) = (Arc::clone(&seen), Arc::clone(&is_over));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (log, behaviour) = (Arc::clone(&log), Arc::clone(&behaviour));
                thread::spawn(move || serve(stream, &log, &*behaviour));
            }
        });
        Ok(Self { address, seen, is_over })
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Every request that came so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for HostileRegistry {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the listener up, so that it sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Seen>>, behaviour: &Behaviour) {
    let Some(seen) = read_request(&stream) else { return };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(seen.clone());
    let mut stream = stream;
    // A client that goes away in the middle of an answer is what some tests are about.
    let _ = behaviour(&seen).send(&mut stream);
}

fn read_request(stream: &TcpStream) -> Option<Seen> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut reader = BufReader::new(stream).take(1 << 20);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = Vec::new();
    reader.take(length.unwrap_or(0)).read_to_end(&mut body).ok()?;
    Some(Seen { method, target, headers, body })
}

/// An image of one layer with one file, `etc/hello`, and the honest answers of a registry that
/// has it under every tag.
#[derive(Debug, Clone)]
pub struct SmallImage {
    /// The layer: a plain tar archive.
    pub layer: Vec<u8>,
    /// The configuration.
    pub config: Vec<u8>,
    /// The manifest.
    pub manifest: Vec<u8>,
}

/// The media type of the manifest of a [`SmallImage`].
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

impl SmallImage {
    /// An image whose file has this content.
    #[must_use]
    pub fn new(content: &[u8]) -> Self {
        let layer = tar_of("etc/hello", content);
        let config = format!(
            r#"{{"created":"2026-01-02T03:04:05Z","architecture":"amd64","os":"linux","config":{{"Cmd":["/bin/sh"]}},"rootfs":{{"type":"layers","diff_ids":["{}"]}},"history":[{{"created":"2026-01-02T03:04:05Z","created_by":"COPY hello /etc/"}}]}}"#,
            digest(&layer)
        )
        .into_bytes();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST_TYPE}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}]}}"#,
            digest(&config),
            config.len(),
            digest(&layer),
            layer.len()
        )
        .into_bytes();
        Self { layer, config, manifest }
    }

    /// What an honest registry answers.
    #[must_use]
    pub fn answer(&self, seen: &Seen) -> Reply {
        let path = seen.path();
        let Some((_, which)) = path.rsplit_once('/') else { return Reply::new(404, "") };
        if path == "/v2/" {
            Reply::new(200, "{}")
        } else if path.contains("/manifests/") {
            Reply::new(200, self.manifest.clone())
                .with("Content-Type", MANIFEST_TYPE)
                .with("Docker-Content-Digest", digest(&self.manifest))
        } else if let Some(blob) = [&self.layer, &self.config].into_iter().find(|blob| digest(blob) == which)
        {
            match seen
                .header("range")
                .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok())
            {
                Some(start) if start < blob.len() => Reply::new(206, blob.get(start..).unwrap_or_default())
                    .with("Content-Range", format!("bytes {start}-{}/{}", blob.len() - 1, blob.len())),
                Some(_) => Reply::new(416, ""),
                None => Reply::new(200, blob.clone()),
            }
        } else {
            Reply::new(404, r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#)
        }
    }
}

/// The digest of some bytes as registries write it.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let mut text = "sha256:".to_owned();
    for byte in hash {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// A tar archive (ustar, POSIX.1-2017) of one regular file.
fn tar_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, bytes: &[u8]| {
        for (slot, byte) in header.iter_mut().skip(at).zip(bytes) {
            *slot = *byte;
        }
    };
    put(0, name.as_bytes());
    put(100, b"0000644\x000000000\x000000000\0");
    put(124, format!("{:011o}\0{:011o}\0", content.len(), 0).as_bytes());
    put(148, b"        0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    for (slot, byte) in header.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *slot = byte;
    }
    let mut archive = header.to_vec();
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}
