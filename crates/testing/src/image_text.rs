//! Whole images from lines of text.
//!
//! ```text
//! layer gzip created-by="RUN make"   # a new layer: gzip (the default), zstd or none
//! dir  usr/lib 0755
//! file usr/lib/a "content" mode=4755 uid=1 gid=2 mtime=-1.5 xattr:user.x=ff
//! file usr/lib/big "ab" times=1000   # the content a thousand times over
//! link usr/lib/b -> a
//! hard usr/lib/c => usr/lib/a
//! gone usr/lib/d                     # a whiteout: the entry usr/lib/.wh.d
//! opaque usr/lib                     # the entry usr/lib/.wh..wh..opq
//! fifo run/pipe 0600
//! char dev/null 1:3 0666
//! block dev/sda 8:0
//! raw  ".wh..wh..opqX" type=0 "content" link="…"
//! ```
//!
//! Words are parted by blanks. A word or a part of one may be quoted with `"…"`, in which
//! `\n`, `\t`, `\\`, `\"` and `\xNN` are understood; `#` at the start of a word begins a comment.
//! Paths are written into the archive exactly as they are spelled here, `../` and all.
//!
//! A bare octal number after the path is the mode. Every entry takes these, in any order:
//!
//! | word | means |
//! |---|---|
//! | `mode=4755` `uid=1` `gid=2` | permission bits (octal), owner, group (decimal, any size) |
//! | `mtime=-1.5` | seconds since 1970 |
//! | `xattr:NAME=ff00` | an extended attribute, in hexadecimal; quoted, the bytes themselves |
//! | `times=N` | the content N times over |
//! | `form=gnu` | dialect: `pax` (the default), `gnu` (base 256, `L` and `K`), `star`, `v7` |
//! | `sparse=1.0` | written as a sparse file: `old`, `0.0`, `0.1`, `1.0`; then `size=` and `data=` |
//! | `data=4096:"text"` | a fragment of a sparse file at this offset |
//! | `map=0:512` | instead of the true map, this one (repeatable) |
//! | `pax:KEY=VALUE` | one more PAX record |
//! | `size=N` | the size that the header states, whatever the content is |
//! | `set=124:"bytes"` | bytes put over the header before its checksum is summed |
//! | `checksum=wrong` | the checksum is off by one |
//! | `type=X` | the type byte |
//!
//! Further lines:
//!
//! | line | means |
//! |---|---|
//! | `zeros N` | N blocks of zeros in the middle of the archive |
//! | `bytes "…"` | these bytes in the middle of the archive, filled up to a block |
//! | `end N` | the archive ends with N blocks of zeros instead of two |
//! | `members N` | the layer is compressed as N gzip members or Zstandard frames |
//! | `same` | a layer with the very bytes of the layer before |
//! | `config KEY JSON` | a value of the configuration's `config` object, such as `Entrypoint` |
//! | `platform OS/ARCH` | instead of `linux/amd64` |
//! | `name REFERENCE` | how the image is called, instead of `example.com/test:1` |

use crate::image_files::{Compression, TestImage, TestLayer};
use crate::tar_entry::{Dialect, Entry, SparseForm, pad};
use crate::words::{Word, hexadecimal, split};

/// Builds an image from its text.
///
/// # Panics
/// Where the text is wrong, with the line's number: the test is wrong then.
#[must_use]
pub fn image_from_text(text: &str) -> TestImage {
    let mut image = TestImage::empty();
    let mut layer: Option<LayerText> = None;
    for (number, line) in text.lines().enumerate() {
        let taken = match line.trim_start().strip_prefix("config ") {
            Some(setting) => take_setting(setting, &mut image),
            None => split(line).and_then(|words| take_line(&words, &mut image, &mut layer)),
        };
        if let Err(error) = taken {
            panic!("line {} of the image's text: {error}: {line}", number + 1);
        }
    }
    finish_layer(&mut image, layer);
    image
}

/// `KEY JSON`, whose quotes are JSON's own.
fn take_setting(setting: &str, image: &mut TestImage) -> Result<(), String> {
    let (key, value) = setting.trim_start().split_once(' ').ok_or("a configuration line is KEY JSON")?;
    let value = serde_json::from_str(value.trim()).map_err(|error| error.to_string())?;
    image.config.insert(key.to_owned(), value);
    Ok(())
}

/// A layer in the making.
struct LayerText {
    compression: Compression,
    created_by: Option<String>,
    members: usize,
    end_blocks: usize,
    entries: Vec<Entry>,
    archive: Vec<u8>,
}

fn finish_layer(image: &mut TestImage, layer: Option<LayerText>) {
    if let Some(mut layer) = layer {
        layer.archive.resize(layer.archive.len() + layer.end_blocks * 512, 0);
        let mut made = TestLayer::from_archive(layer.archive, layer.compression, layer.members);
        (made.created_by, made.entries) = (layer.created_by, layer.entries);
        image.layers.push(made);
    }
}

fn take_line(words: &[Word], image: &mut TestImage, layer: &mut Option<LayerText>) -> Result<(), String> {
    let Some((command, words)) = words.split_first() else { return Ok(()) };
    match command.text()? {
        "layer" => {
            finish_layer(image, layer.take());
            *layer = Some(layer_line(words)?);
        }
        "same" => {
            finish_layer(image, layer.take());
            let last = image.layers.last().ok_or("no layer comes before")?.clone();
            image.layers.push(last);
        }
        "platform" => {
            let (os, architecture) = only(words)?.text()?.split_once('/').ok_or("a platform is OS/ARCH")?;
            (image.os, image.architecture) = (os.to_owned(), architecture.to_owned());
        }
        "name" => image.name = only(words)?.text()?.to_owned(),
        other => {
            let layer = layer.as_mut().ok_or("no layer was begun")?;
            match other {
                "zeros" => {
                    let blocks: usize = number(only(words)?)?;
                    layer.archive.resize(layer.archive.len() + blocks * 512, 0);
                }
                "bytes" => {
                    layer.archive.extend_from_slice(&only(words)?.bytes);
                    pad(&mut layer.archive);
                }
                "end" => layer.end_blocks = number(only(words)?)?,
                "members" => layer.members = number(only(words)?)?,
                _ => {
                    let entry = entry_line(other, words)?;
                    entry.encode(&mut layer.archive);
                    layer.entries.push(entry);
                }
            }
        }
    }
    Ok(())
}

fn layer_line(words: &[Word]) -> Result<LayerText, String> {
    let mut layer = LayerText {
        compression: Compression::Gzip,
        created_by: None,
        members: 1,
        end_blocks: 2,
        entries: Vec::new(),
        archive: Vec::new(),
    };
    for word in words {
        match (word.text()?, word.pair()) {
            ("gzip", _) => layer.compression = Compression::Gzip,
            ("zstd", _) => layer.compression = Compression::Zstd,
            ("none", _) => layer.compression = Compression::None,
            (_, Some(("created-by", value))) => layer.created_by = Some(value.text()?.to_owned()),
            (other, _) => return Err(format!("a layer knows no {other:?}")),
        }
    }
    Ok(layer)
}

fn only(words: &[Word]) -> Result<&Word, String> {
    match words {
        [word] => Ok(word),
        _ => Err("the line takes one word".to_owned()),
    }
}

fn number<T: std::str::FromStr>(word: &Word) -> Result<T, String> {
    word.text()?.parse().map_err(|_| format!("{:?} is no number", word.text()))
}

fn octal(word: &Word) -> Result<u32, String> {
    u32::from_str_radix(word.text()?, 8).map_err(|_| format!("{:?} is no octal number", word.text()))
}

fn entry_line(command: &str, words: &[Word]) -> Result<Entry, String> {
    let (path, mut words) = words.split_first().ok_or("an entry needs a path")?;
    let mut entry = Entry {
        path: path.bytes.clone(),
        mode: 0o644,
        modified: "0".to_owned(),
        type_flag: b'0',
        ..Entry::default()
    };
    let arrow = |words: &mut &[Word], arrow: &str| -> Result<Vec<u8>, String> {
        match *words {
            [sign, target, rest @ ..] if sign.bytes == arrow.as_bytes() => {
                *words = rest;
                Ok(target.bytes.clone())
            }
            _ => Err(format!("the path is followed by {arrow} and a target")),
        }
    };
    match command {
        "file" | "raw" => {}
        "dir" => (entry.type_flag, entry.mode) = (b'5', 0o755),
        "link" => {
            (entry.type_flag, entry.mode) = (b'2', 0o777);
            entry.link = arrow(&mut words, "->")?;
        }
        "hard" => {
            entry.type_flag = b'1';
            entry.link = arrow(&mut words, "=>")?;
        }
        "gone" => {
            let at = entry.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            entry.path.splice(at..at, *b".wh.");
        }
        "opaque" => {
            if !entry.path.is_empty() && !entry.path.ends_with(b"/") {
                entry.path.push(b'/');
            }
            entry.path.extend_from_slice(b".wh..wh..opq");
        }
        "fifo" => entry.type_flag = b'6',
        "char" | "block" => {
            entry.type_flag = if command == "char" { b'3' } else { b'4' };
            let (device, rest) = words.split_first().ok_or("a device needs its numbers")?;
            let (major, minor) = device.text()?.split_once(':').ok_or("a device is MAJOR:MINOR")?;
            let part = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
            entry.device = (part(major)?, part(minor)?);
            words = rest;
        }
        other => return Err(format!("no line begins with {other:?}")),
    }
    let mut options = Options::default();
    for word in words {
        options.take(word, &mut entry)?;
    }
    options.finish(&mut entry)?;
    Ok(entry)
}

/// What must be seen together before an entry is whole.
#[derive(Default)]
struct Options {
    times: Option<usize>,
    sparse: Option<SparseForm>,
    data: Vec<(u64, Vec<u8>)>,
    map: Vec<(u64, u64)>,
}

impl Options {
    fn take(&mut self, word: &Word, entry: &mut Entry) -> Result<(), String> {
        if word.quoted_from == Some(0) {
            entry.content.clone_from(&word.bytes);
            return Ok(());
        }
        let Some((key, value)) = word.pair() else {
            entry.mode = octal(word)?;
            return Ok(());
        };
        match key {
            "mode" => entry.mode = octal(&value)?,
            "uid" => entry.uid = number(&value)?,
            "gid" => entry.gid = number(&value)?,
            "mtime" => entry.modified = value.text()?.to_owned(),
            "link" => entry.link.clone_from(&value.bytes),
            "times" => self.times = Some(number(&value)?),
            "type" => {
                entry.type_flag = *value.bytes.first().ok_or("a type is one byte")?;
            }
            "form" => {
                entry.dialect = match value.text()? {
                    "pax" => Dialect::Pax,
                    "gnu" => Dialect::Gnu,
                    "star" => Dialect::Star,
                    "v7" => Dialect::V7,
                    other => return Err(format!("no dialect is called {other:?}")),
                }
            }
            "sparse" => {
                self.sparse = Some(match value.text()? {
                    "old" => SparseForm::Old,
                    "0.0" => SparseForm::Pax00,
                    "0.1" => SparseForm::Pax01,
                    "1.0" => SparseForm::Pax10,
                    other => return Err(format!("no sparse form is called {other:?}")),
                });
            }
            "data" => {
                let (at, bytes) = placed(&value)?;
                self.data.push((at as u64, bytes));
            }
            "map" => {
                let (at, length) = value.text()?.split_once(':').ok_or("a map is OFFSET:LENGTH")?;
                let part = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
                self.map.push((part(at)?, part(length)?));
            }
            "size" => entry.stated_size = Some(number(&value)?),
            "set" => entry.patches.push(placed(&value)?),
            "checksum" => entry.wrong_checksum = true,
            _ => {
                if let Some(name) = key.strip_prefix("xattr:") {
                    let bytes =
                        if value.quoted_from.is_some() { value.bytes } else { hexadecimal(&value.bytes)? };
                    entry.attributes.push((name.into(), bytes));
                } else if let Some(name) = key.strip_prefix("pax:") {
                    entry.records.push((name.into(), value.bytes));
                } else {
                    return Err(format!("an entry knows no {key:?}"));
                }
            }
        }
        Ok(())
    }

    fn finish(self, entry: &mut Entry) -> Result<(), String> {
        if let Some(times) = self.times {
            entry.content = entry.content.repeat(times);
        }
        let Some(form) = self.sparse else { return Ok(()) };
        if form == SparseForm::Old {
            entry.dialect = Dialect::Gnu;
        }
        let size = entry.stated_size.take().ok_or("a sparse file needs size=")?;
        entry.content = vec![0; usize::try_from(size).map_err(|error| error.to_string())?];
        for (at, bytes) in &self.data {
            let place = entry.content.get_mut(*at as usize..*at as usize + bytes.len());
            place.ok_or("a fragment lies outside the file")?.copy_from_slice(bytes);
        }
        let map = if self.map.is_empty() {
            self.data.iter().map(|(at, bytes)| (*at, bytes.len() as u64)).collect()
        } else {
            self.map
        };
        entry.sparse = Some((form, map));
        Ok(())
    }
}

/// `OFFSET:"bytes"`.
fn placed(word: &Word) -> Result<(usize, Vec<u8>), String> {
    let colon = word.bytes.iter().position(|byte| *byte == b':').ok_or("it is OFFSET:\"bytes\"")?;
    let at = std::str::from_utf8(&word.bytes[..colon]).ok().and_then(|text| text.parse().ok());
    Ok((at.ok_or("an offset is a number")?, word.bytes[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests;
