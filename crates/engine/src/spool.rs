//! Files that a reader wants and memory should not hold: kept in files without a name, which are
//! gone with the last who has them open, however the program ends.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use plimsoll_catalog::{Content, Scratch};

/// Where such files are made.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    /// Directories, of which the first that takes a file is used.
    directories: Vec<PathBuf>,
    /// Whether something could not be kept.
    failed: AtomicBool,
}

/// Read and written at once.
const BLOCK: usize = 64 << 10;

impl Spool {
    pub(crate) fn new(directories: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { directories: directories.into_iter().collect(), failed: AtomicBool::new(false) }
    }

    /// Whether something could not be kept: what was read since lacks it, for a reason that is
    /// this machine's and not the image's.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn create(&self) -> io::Result<Kept> {
        let mut refusal = io::Error::new(io::ErrorKind::NotFound, "there is no directory for it");
        for directory in &self.directories {
            match std::fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory)) {
                Ok(file) => return Ok(Kept { file, size: 0 }),
                Err(error) => refusal = error,
            }
        }
        self.failed.store(true, Ordering::Relaxed);
        Err(refusal)
    }

    fn append(&self, kept: &mut Kept, piece: &[u8]) -> io::Result<()> {
        let outcome = kept.file.write_all(piece);
        kept.size += piece.len() as u64;
        if outcome.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// Begins to keep a file. That it cannot be kept is said in the end.
    pub(crate) fn begin(&self) -> Spooled<'_> {
        Spooled { spool: self, kept: self.create() }
    }
}

impl Scratch for Spool {
    fn keep(&self, from: &mut dyn Read) -> io::Result<Box<dyn Content>> {
        let mut kept = self.create()?;
        let mut block = vec![0; BLOCK];
        loop {
            match from.read(&mut block) {
                Ok(0) => return Ok(Box::new(kept)),
                Ok(length) => self.append(&mut kept, block.get(..length).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A file that is being kept, or why it cannot be.
#[derive(Debug)]
pub(crate) struct Spooled<'a> {
    spool: &'a Spool,
    kept: io::Result<Kept>,
}

impl Spooled<'_> {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        if let Ok(kept) = &mut self.kept
            && let Err(error) = self.spool.append(kept, piece)
        {
            self.kept = Err(error);
        }
    }

    pub(crate) fn finish(self) -> io::Result<Kept> {
        self.kept
    }
}

/// A file that is kept whole.
#[derive(Debug)]
pub(crate) struct Kept {
    file: File,
    size: u64,
}

impl Content for Kept {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_by_position_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new([directory.path().join("new")]);
        let mut spooled = spool.begin();
        spooled.push(b"plim");
        spooled.push(b"soll");
        let kept = spooled.finish().unwrap();
        let mut buffer = [0; 4];
        assert_eq!((kept.size(), kept.read_at(&mut buffer, 2).unwrap()), (8, 4));
        assert_eq!(&buffer, b"imso");
        let other = spool.keep(&mut &b"line"[..]).unwrap();
        assert_eq!((other.size(), other.read_at(&mut buffer, 3).unwrap(), buffer[0]), (4, 1, b'e'));
        assert_eq!(std::fs::read_dir(directory.path().join("new")).unwrap().count(), 0);
    }

    #[test]
    fn where_nothing_can_be_kept_that_is_said_in_the_end() {
        for spool in [Spool::default(), Spool::new([PathBuf::from("/proc/none")])] {
            let mut spooled = spool.begin();
            spooled.push(b"x");
            assert!(spooled.finish().is_err());
            assert!(spool.has_failed());
        }
    }
}
