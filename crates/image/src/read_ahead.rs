//! Inflates on a thread of its own, so that hashing and parsing run beside it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes per piece handed over.
const PIECE: usize = 256 * 1024;

/// Pieces in flight. Together with [`PIECE`] this bounds the memory at two mebibytes.
const PIECES: usize = 6;

/// Runs `consume` on this thread with a reader of what `plain` gives on another.
pub(crate) fn read_ahead<'a, T>(plain: Box<dyn Read + Send + 'a>, consume: impl FnOnce(Pieces) -> T) -> T {
    std::thread::scope(|scope| {
        let (full_sender, full) = sync_channel(PIECES);
        let (empty, empty_receiver) = sync_channel(PIECES);
        for _ in 0..PIECES {
            let _ = empty.send(vec![0; PIECE]);
        }
        scope.spawn(move || produce(plain, &full_sender, &empty_receiver));
        consume(Pieces { full, empty, piece: Vec::new(), at: 0, length: 0 })
    })
}

type Piece = io::Result<(Vec<u8>, usize)>;

fn produce(mut plain: Box<dyn Read + Send + '_>, full: &SyncSender<Piece>, empty: &Receiver<Vec<u8>>) {
    // Either channel closes when the consumer is gone: then there is nothing left to do.
    while let Ok(mut piece) = empty.recv() {
        let mut length = 0;
        let mut outcome = Ok(());
        while length < piece.len() {
            match plain.read(&mut piece[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        let ended = length < piece.len();
        if full.send(Ok((piece, length))).is_err() {
            return;
        }
        if let Err(error) = outcome {
            let _ = full.send(Err(error));
            return;
        }
        if ended {
            return;
        }
    }
}

/// What the other thread inflated.
#[derive(Debug)]
pub(crate) struct Pieces {
    full: Receiver<Piece>,
    empty: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    length: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.length {
            let used = std::mem::take(&mut self.piece);
            if !used.is_empty() {
                // The producer may be gone already; then nobody needs the buffer.
                let _ = self.empty.try_send(used);
            }
            match self.full.recv() {
                Ok(next) => (self.piece, self.length) = next?,
                Err(_) => return Ok(0),
            }
            self.at = 0;
        }
        let count = (self.length - self.at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
