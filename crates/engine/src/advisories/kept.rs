//! The files of one feed that are kept from update to update, and by which answer each came.
//!
//! The files lie as their publisher serves them below `feeds/ID`; what is known of each beyond
//! its bytes (tags of the server, the publisher's stamp) lies in one file of our own beside that
//! folder, so that the folder can be copied, mirrored or read by `--from`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use plimsoll_advisory::{Kept, ReadSeek};
use serde::{Deserialize, Serialize};

/// The largest state that is read back: some hundred bytes for each of Red Hat's documents.
const MAX_STATE: u64 = 64 << 20;

/// What is known of one kept file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    /// The address it came from: tags of one server mean nothing to another.
    pub(super) from: String,
    /// The server's tag of this state.
    pub(super) etag: Option<String>,
    /// The server's time of this state, in its own words.
    pub(super) last_modified: Option<String>,
    /// The publisher's word for this state.
    pub(super) stamp: Option<String>,
    /// Bytes: a file that was changed by somebody else is fetched anew.
    pub(super) size: u64,
}

/// The kept files of one feed.
#[derive(Debug)]
pub(super) struct KeptFiles {
    folder: PathBuf,
    state: PathBuf,
    partial: PathBuf,
    came: Mutex<BTreeMap<String, Came>>,
}

impl KeptFiles {
    /// Those of a feed below the store's directory.
    pub(super) fn open(store: &Path, feed: &str) -> Self {
        let state = store.join("requests").join(format!("{feed}.json"));
        // A state that is damaged costs one fetch of everything, and nothing else.
        let read = || -> Option<BTreeMap<String, Came>> {
            let size = fs::metadata(&state).ok()?.len();
            let bytes = (size <= MAX_STATE).then(|| fs::read(&state).ok())??;
            serde_json::from_slice(&bytes).ok()
        };
        Self {
            folder: store.join("feeds").join(feed),
            partial: store.join("partial").join(feed),
            came: Mutex::new(read().unwrap_or_default()),
            state,
        }
    }

    /// Where a file lies; `None` where its path would lead out of the feed's folder.
    pub(super) fn place(&self, path: &str) -> Option<PathBuf> {
        inside(&self.folder, path)
    }

    /// Where the part of a file lies that came before its transfer broke.
    pub(super) fn partial(&self, path: &str) -> Option<PathBuf> {
        // Names of files may be as long as the file system allows, so nothing is added to them.
        inside(&self.partial, path)
    }

    /// What is known of a file that is there as it came.
    pub(super) fn came(&self, path: &str) -> Option<Came> {
        let size = fs::metadata(self.place(path)?).ok()?.len();
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        came.get(path).filter(|came| came.size == size).cloned()
    }

    /// Puts a whole file in its place.
    pub(super) fn put(&self, path: &str, file: &Path, came: Came) -> io::Result<()> {
        let to = self.place(path).ok_or_else(|| io::Error::other("its path leads out of its folder"))?;
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(file, &to)?;
        self.came.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), came);
        Ok(())
    }

    /// Writes a small file that the feed keeps for itself.
    pub(super) fn write(&self, path: &str, content: &str) -> io::Result<()> {
        let part = self.partial(path).ok_or_else(|| io::Error::other("its path leads out of its folder"))?;
        if let Some(parent) = part.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&part, content)?;
        self.put(path, &part, Came { size: content.len() as u64, ..Came::default() })
    }

    /// Notes that a file is still the present one.
    pub(super) fn confirm(&self, path: &str, stamp: Option<&String>) {
        if let Some(place) = self.place(path)
            && let Ok(file) = File::options().append(true).open(place)
        {
            // The time tells how old the data is; without it, it looks older than it is.
            let _ = file.set_modified(SystemTime::now());
        }
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(came), Some(stamp)) = (came.get_mut(path), stamp) {
            came.stamp = Some(stamp.clone());
        }
    }

    /// Removes a file; one that is not there is gone already.
    pub(super) fn remove(&self, path: &str) -> io::Result<()> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        let Some(place) = self.place(path) else { return Ok(()) };
        match fs::remove_file(place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes what is left of transfers: when all came, nothing will be taken up again.
    pub(super) fn forget_partial(&self) {
        // What cannot be removed only takes up room.
        let _ = fs::remove_dir_all(&self.partial);
    }

    /// Writes down what is known of all files.
    pub(super) fn save(&self) -> io::Result<()> {
        if let Some(parent) = self.state.parent() {
            fs::create_dir_all(parent)?;
        }
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = serde_json::to_vec_pretty(&*came).map_err(io::Error::other)?;
        drop(came);
        let new = self.state.with_extension("new");
        fs::write(&new, bytes)?;
        fs::rename(&new, &self.state)
    }
}

impl Kept for KeptFiles {
    fn paths(&self, below: &str) -> Vec<String> {
        let Some(start) = self.place(below.trim_end_matches('/')) else { return Vec::new() };
        let mut paths = Vec::new();
        let mut pending = vec![start];
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(&directory).into_iter().flatten().filter_map(Result::ok) {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        let path = entry.path();
                        let below = path.strip_prefix(&self.folder).ok().and_then(Path::to_str);
                        paths.extend(below.map(str::to_owned));
                    }
                    _ => {}
                }
            }
        }
        paths.sort();
        paths
    }

    fn stamp(&self, path: &str) -> Option<String> {
        self.came(path)?.stamp
    }

    fn open(&self, path: &str) -> Option<Box<dyn ReadSeek>> {
        Some(Box::new(File::open(self.place(path)?).ok()?))
    }
}

fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    Path::new(path).components().all(plain).then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leads_out_of_the_feeds_folder() {
        let kept = KeptFiles::open(Path::new("/store"), "osv");
        assert_eq!(kept.place("PyPI/all.zip"), Some(PathBuf::from("/store/feeds/osv/PyPI/all.zip")));
        for path in ["../x", "/etc/passwd", "a/../../x", "./x"] {
            assert_eq!(kept.place(path), None, "{path}");
        }
    }

    #[test]
    fn a_file_that_somebody_changed_is_not_the_one_that_came() {
        let place = tempfile::tempdir().unwrap();
        let kept = KeptFiles::open(place.path(), "kev");
        kept.write("a.txt", "four").unwrap();
        assert_eq!(kept.came("a.txt").map(|came| came.size), Some(4));
        kept.save().unwrap();
        fs::write(kept.place("a.txt").unwrap(), "five!").unwrap();
        assert_eq!(KeptFiles::open(place.path(), "kev").came("a.txt"), None);
    }
}
