//! The bytes of one file where they are too many for memory: read by position, kept by whoever
//! may open files.

use std::fmt::Debug;
use std::io::{self, Read};

/// The bytes of one file, read by position.
pub trait Content: Debug {
    /// How many there are.
    fn size(&self) -> u64;

    /// Copies bytes from `offset` on into `buffer`, and says how many; zero behind the last one.
    ///
    /// # Errors
    /// What the place where they are kept says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// Where a reader may put what memory should not hold, such as an archive in an archive. Readers
/// open nothing: this is handed to them.
pub trait Scratch: Debug {
    /// Keeps everything that `from` gives until the answer is dropped. How much that may be is
    /// for the caller to bound.
    ///
    /// # Errors
    /// What `from` says, or the place where it is to be kept.
    fn keep(&self, from: &mut dyn Read) -> io::Result<Box<dyn Content>>;
}

/// No place to keep anything.
#[derive(Debug, Clone, Copy)]
pub struct NoScratch;

impl Scratch for NoScratch {
    fn keep(&self, _: &mut dyn Read) -> io::Result<Box<dyn Content>> {
        Err(io::Error::new(io::ErrorKind::OutOfMemory, "it is too large to be held in memory"))
    }
}

/// Bytes in memory.
impl<T: AsRef<[u8]> + Debug> Content for T {
    fn size(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.as_ref().get(start..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(length)
    }
}
