//! One 512-byte header block.

use super::EntryKind;

/// Tar's unit.
pub(super) const BLOCK: usize = 512;

/// Whether bytes are all zero.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// A header block whose checksum is right.
#[derive(Debug)]
pub(super) struct Header {
    block: [u8; BLOCK],
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    V7,
    Ustar,
    Star,
    Gnu,
}

impl Header {
    pub(super) fn parse(block: [u8; BLOCK]) -> Result<Self, &'static str> {
        let stated = number(&block[148..156]).ok_or("a header has no checksum")?;
        // Some old writers summed signed bytes; both sums are accepted everywhere.
        let (mut unsigned, mut signed) = (0_i64, 0_i64);
        for (position, byte) in block.iter().enumerate() {
            let byte = if (148..156).contains(&position) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        if stated != unsigned && stated != signed {
            return Err("a header's checksum is wrong");
        }
        let form = match (&block[257..263], &block[263..265]) {
            (b"ustar\0", _) if &block[508..512] == b"tar\0" => Form::Star,
            (b"ustar\0", _) => Form::Ustar,
            (b"ustar ", b" \0") => Form::Gnu,
            _ => Form::V7,
        };
        Ok(Self { block, form })
    }

    pub(super) const fn type_flag(&self) -> u8 {
        self.block[156]
    }

    pub(super) fn kind(&self, path: &[u8]) -> EntryKind {
        match self.type_flag() {
            // Version 7 archives know directories by their trailing slash alone. A file of type
            // `0` stays a file whatever its name (Go: only `TypeRegA` is looked at).
            0 if path.last() == Some(&b'/') => EntryKind::Directory,
            b'0' | b'7' | 0 | b'S' => EntryKind::File,
            b'1' => EntryKind::HardLink,
            b'2' => EntryKind::Symlink,
            b'3' => EntryKind::Char,
            b'4' => EntryKind::Block,
            b'5' => EntryKind::Directory,
            b'6' => EntryKind::Fifo,
            other => EntryKind::Unknown(other),
        }
    }

    pub(super) fn path(&self) -> Vec<u8> {
        let name = text(&self.block[..100]);
        let prefix = match self.form {
            Form::Ustar => text(&self.block[345..500]),
            Form::Star => text(&self.block[345..476]),
            Form::V7 | Form::Gnu => b"",
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        text(&self.block[157..257]).to_vec()
    }

    pub(super) fn size(&self) -> Result<u64, &'static str> {
        number(&self.block[124..136])
            .and_then(|size| u64::try_from(size).ok())
            .ok_or("a header's size is no number")
    }

    pub(super) fn mode(&self) -> u32 {
        number(&self.block[100..108]).map_or(0, |mode| mode as u32)
    }

    pub(super) fn uid(&self) -> u32 {
        number(&self.block[108..116]).map_or(0, |uid| uid as u32)
    }

    pub(super) fn gid(&self) -> u32 {
        number(&self.block[116..124]).map_or(0, |gid| gid as u32)
    }

    pub(super) fn modified(&self) -> i64 {
        number(&self.block[136..148]).unwrap_or(0)
    }

    pub(super) fn device(&self) -> (u32, u32) {
        if self.form == Form::V7 {
            return (0, 0);
        }
        let part = |range| number(&self.block[range]).map_or(0, |number| number as u32);
        (part(329..337), part(337..345))
    }

    /// The four sparse fragments of an old GNU header, whether more blocks of them follow, and
    /// the size of the file with its holes.
    pub(super) fn gnu_sparse(&self) -> (&[u8], bool, Option<u64>) {
        let size = number(&self.block[483..495]).and_then(|size| u64::try_from(size).ok());
        (&self.block[386..482], self.block[482] != 0, size)
    }
}

/// The bytes before the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    &field[..field.iter().position(|byte| *byte == 0).unwrap_or(field.len())]
}

/// A number in octal digits, or in GNU's base 256 where the first bit is set. An empty field is
/// zero, as Go and GNU tar read it.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    let first = *field.first()?;
    if first & 0x80 != 0 {
        let negative = first & 0x40 != 0;
        let mut value: i64 = if negative { -1 } else { 0 };
        for (position, byte) in field.iter().enumerate() {
            let byte = match position {
                0 if negative => byte | 0x80,
                0 => byte & 0x7f,
                _ => *byte,
            };
            value = value.checked_mul(256)? | i64::from(byte);
        }
        return Some(value);
    }
    // Go: spaces and NULs in front are skipped alike.
    let start = field.iter().position(|byte| !matches!(byte, 0 | b' ')).unwrap_or(field.len());
    let digits = &field[start..];
    let digits = &digits[..digits.iter().position(|b| matches!(b, 0 | b' ')).unwrap_or(digits.len())];
    let mut value: i64 = 0;
    for digit in digits {
        if !(b'0'..=b'7').contains(digit) {
            return None;
        }
        value = value.checked_mul(8)?.checked_add(i64::from(digit - b'0'))?;
    }
    Some(value)
}
