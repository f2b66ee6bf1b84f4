//! PAX extended header records.

use crate::limits::MAX_ATTRIBUTES;

/// What extended headers say about the entry that follows.
#[derive(Debug, Clone, Default)]
pub(super) struct Extended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) modified: Option<i64>,
    pub(super) attributes: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) sparse: Option<PaxSparse>,
}

/// GNU's sparse files in PAX records, versions 0.0, 0.1 and 1.0.
#[derive(Debug, Clone, Default)]
pub(super) struct PaxSparse {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Offsets and lengths of the fragments, alternating.
    pub(super) map: Vec<u64>,
}

impl Extended {
    /// Takes in the records of one extended header. Later ones win; an empty value takes back
    /// what was said before (POSIX).
    pub(super) fn read(&mut self, mut records: &[u8]) -> Result<(), &'static str> {
        const BROKEN: &str = "an extended header's records are broken";
        while !records.is_empty() {
            // Some writers pad the records with NULs.
            if records[0] == 0 {
                break;
            }
            let space = records.iter().position(|byte| *byte == b' ').ok_or(BROKEN)?;
            let length = decimal(&records[..space]).ok_or(BROKEN)?;
            let length = usize::try_from(length).map_err(|_| BROKEN)?;
            if length <= space + 1 || length > records.len() || records[length - 1] != b'\n' {
                return Err(BROKEN);
            }
            let record = &records[space + 1..length - 1];
            records = &records[length..];
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(BROKEN)?;
            self.set(&record[..equals], &record[equals + 1..])?;
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        const NUMBER: &str = "an extended header's number is none";
        let optional = |value: &[u8]| {
            if value.is_empty() { Ok(None) } else { decimal(value).map(Some).ok_or(NUMBER) }
        };
        match key {
            b"path" => self.path = text(value)?,
            b"linkpath" => self.link = text(value)?,
            b"size" => self.size = optional(value)?,
            b"uid" => self.uid = optional(value)?.map(|uid| uid as u32),
            b"gid" => self.gid = optional(value)?.map(|gid| gid as u32),
            b"mtime" => self.modified = seconds(value),
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.set_attribute(name, value.to_vec())?;
                } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                    // libarchive writes both forms; its own is base64 and its names are
                    // percent-encoded. The other form, if there, says the same.
                    if let Some(value) = base64(value)
                        && !self.attributes.iter().any(|(known, _)| known == name)
                    {
                        self.set_attribute(name, value)?;
                    }
                } else if let Some(name) = key.strip_prefix(b"GNU.sparse.") {
                    self.set_sparse(name, value)?;
                }
            }
        }
        Ok(())
    }

    fn set_attribute(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), &'static str> {
        match self.attributes.iter().position(|(known, _)| known == name) {
            Some(known) => self.attributes[known].1 = value,
            None if self.attributes.len() >= MAX_ATTRIBUTES => {
                return Err("an entry has more extended attributes than any file system holds");
            }
            None => self.attributes.push((name.to_vec(), value)),
        }
        Ok(())
    }

    fn set_sparse(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        const BROKEN: &str = "a sparse file's map is broken";
        let sparse = self.sparse.get_or_insert_default();
        let number = || decimal(value).ok_or(BROKEN);
        match key {
            b"major" => sparse.major = number()? as u32,
            b"minor" => sparse.minor = number()? as u32,
            b"name" => sparse.name = text(value)?,
            b"size" | b"realsize" => sparse.size = Some(number()?),
            b"offset" | b"numbytes" => sparse.map.push(number()?),
            b"map" => {
                sparse.map = value
                    .split(|byte| *byte == b',')
                    .map(|text| decimal(text).ok_or(BROKEN))
                    .collect::<Result<_, _>>()?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn text(value: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
    if value.contains(&0) {
        return Err("an extended header's path holds a NUL byte");
    }
    Ok((!value.is_empty()).then(|| value.to_vec()))
}

/// A number in plain decimal digits.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The whole seconds of a PAX time, rounded down.
fn seconds(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let below = text.starts_with('-') && fraction.bytes().any(|digit| digit != b'0');
    Some(if below { seconds - 1 } else { seconds })
}

fn base64(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len() / 4 * 3);
    let mut bits = 0_u32;
    let mut count = 0;
    for byte in value.iter().filter(|byte| **byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}
