//! Rows on their way out: gathered in memory, handed on in large pieces.

use std::io::{self, Write};

/// Large enough that the cost of one write call does not show.
const PIECE: usize = 64 * 1024;

/// Gathers what is written, so that rows can be made without a thought of errors.
pub(crate) struct Buffer<'a> {
    /// What is gathered and not yet handed on.
    pub(crate) bytes: Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> Buffer<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { bytes: Vec::with_capacity(PIECE + PIECE / 4), out }
    }

    /// Appends text.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Says that a row is complete.
    pub(crate) fn end_row(&mut self) -> io::Result<()> {
        if self.bytes.len() >= PIECE {
            self.out.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Hands on what is left.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.out.flush()
    }
}

/// Appends a number in decimal digits.
pub(crate) fn number(bytes: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        used += 1;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    bytes.extend(digits.iter().skip(digits.len() - used));
}

/// Appends the low twelve bits of a mode as four octal digits.
pub(crate) fn mode(bytes: &mut Vec<u8>, mode: u16) {
    bytes.extend([9, 6, 3, 0].map(|shift| b'0' + (mode >> shift & 7) as u8));
}

/// Appends bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &mut Vec<u8>, value: &[u8]) {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    bytes.extend(value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}
