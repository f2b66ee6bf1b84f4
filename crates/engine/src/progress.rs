//! Telling whoever waits how far a long read is.

use std::io::{self, Read, Seek, SeekFrom};

/// Is told of long reads. Called from several threads at once.
pub trait Progress: Send + Sync + std::fmt::Debug {
    /// A read of `total` bytes begins (zero where nobody knows how many).
    fn begin(&self, what: &str, total: u64);

    /// So many more bytes were read.
    fn advance(&self, bytes: u64);

    /// The read is over, well or not.
    fn end(&self);

    /// Something the user should know although it is no error.
    fn notice(&self, text: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
    fn notice(&self, _: &str) {}
}

/// A reader that tells of what it hands on.
#[derive(Debug)]
pub(crate) struct Counted<'a, R> {
    pub(crate) inner: R,
    pub(crate) progress: &'a dyn Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
