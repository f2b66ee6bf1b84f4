//! The kernel's answer: unpacks each layer into an upper directory of its own, plainly, as
//! container engines do, mounts all of them as one overlay, and walks it.
//!
//! What an engine does with an entry is containerd's (`archive/tar.go` with its whiteouts for
//! overlay), with three exceptions. A whiteout and an entry of the same name in one layer make
//! containerd fail or show what was removed, depending on their order; the image specification
//! says that a whiteout hides the layers below only, whatever the order, and that is done here.
//! And a hard link to a file that only the layers below have, on which containerd fails, is
//! made by copying that file up, which is what linking in the mounted overlay would do. And a
//! directory that has no entry takes its mode and owner from the one that it covers, but not,
//! as containerd has it, from one that its own layer hides.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use plimsoll_model::{FileKind, path};
use plimsoll_testing::TestImage;
use plimsoll_testing::tar_entry::Entry;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lgetxattr, llistxattr, lsetxattr, makedev, mknodat};
use sha2::{Digest as _, Sha256};

use crate::listing::{Contents, Shown, lines};

/// The kernel's answer.
pub(crate) struct Kernel {
    pub(crate) lines: Vec<String>,
    /// Whether engines refuse the image for a hard link that leads nowhere, to a directory, or
    /// to a symbolic link of a lower layer.
    pub(crate) refused: bool,
}

/// How the mounted overlay of an image reads; `None` where overlays cannot be mounted here.
pub(crate) fn listing_by_the_kernel(image: &TestImage, contents: &Contents) -> Option<Kernel> {
    static POSSIBLE: OnceLock<bool> = OnceLock::new();
    let possible = *POSSIBLE.get_or_init(|| {
        let possible = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
            && Stage::new().is_ok_and(|stage| stage.show(0).is_ok());
        if !possible {
            eprintln!("skipped: the kernel's overlayfs was not asked (it takes root and overlay mounts)");
        }
        possible
    });
    possible.then(|| {
        let stage = Stage::new().unwrap();
        for (position, layer) in image.layers.iter().enumerate() {
            stage.unpack(position + 1, &layer.entries).unwrap();
        }
        let mount = stage.show(image.layers.len()).unwrap();
        let mut shown = Vec::new();
        walk(&mount.0, b"", &mut shown).unwrap();
        shown.sort_by(|left, right| path::order(&left.path, &right.path));
        Kernel { lines: lines(shown.into_iter(), contents), refused: stage.refused.get() }
    })
}

/// A mount that ends with its value.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        // Another thread that is just starting a program holds all files open for a moment.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

impl Mount {
    fn new(at: &Path, kind: &str, options: &str, directory: &Path) -> io::Result<Self> {
        let output = Command::new("mount")
            // Options are relative to the directory; and only the old call takes long ones.
            .current_dir(directory)
            .env("LIBMOUNT_FORCE_MOUNT2", "always")
            .args(["-t", kind, kind, "-o", options])
            .arg(at)
            .output()?;
        if output.status.success() {
            return Ok(Self(at.to_owned()));
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// A file system in memory with one directory per layer; 0 is an empty one below all others.
struct Stage {
    refused: Cell<bool>,
    memory: Mount,
    _directory: tempfile::TempDir,
}

impl Stage {
    fn new() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        // The directory may itself be on an overlay, which takes no whiteouts.
        let memory = Mount::new(directory.path(), "tmpfs", "mode=0755", Path::new("/"))?;
        let stage = Self { refused: Cell::new(false), memory, _directory: directory };
        fs::create_dir(stage.upper(0))?;
        fs::set_permissions(stage.upper(0), fs::Permissions::from_mode(0o755))?;
        Ok(stage)
    }

    fn upper(&self, layer: usize) -> PathBuf {
        self.memory.0.join(layer.to_string())
    }

    /// Mounts the layers up to this one.
    fn show(&self, top: usize) -> io::Result<Mount> {
        let at = self.memory.0.join(format!("shown-{top}"));
        fs::create_dir_all(&at)?;
        // The kernel wants two layers at least.
        fs::create_dir_all(self.memory.0.join("none"))?;
        let lowers: Vec<String> = (0..=top).rev().map(|layer| layer.to_string()).collect();
        let options = format!("ro,index=off,xino=off,redirect_dir=off,lowerdir={}:none", lowers.join(":"));
        Mount::new(&at, "overlay", &options, &self.memory.0)
    }

    fn unpack(&self, layer: usize, entries: &[Entry]) -> io::Result<()> {
        let root = self.upper(layer);
        let below = self.show(layer - 1)?;
        fs::create_dir(&root)?;
        copy_attributes(&below.0, &root)?;
        let unpacking = Unpacking {
            root,
            below: below.0.clone(),
            implicit: RefCell::default(),
            refused: Cell::new(false),
        };
        for entry in entries {
            unpacking.entry(entry)?;
        }
        unpacking.finish()?;
        self.refused.set(self.refused.get() || unpacking.refused.get());
        Ok(())
    }
}

struct Unpacking {
    root: PathBuf,
    below: PathBuf,
    /// Directories that no entry speaks for so far.
    implicit: RefCell<BTreeSet<PathBuf>>,
    refused: Cell<bool>,
}

impl Unpacking {
    fn entry(&self, entry: &Entry) -> io::Result<()> {
        let Some(clean) = clean(&entry.path) else { return Ok(()) };
        if clean.is_empty() {
            return if entry.type_flag == b'5' { set_attributes(&self.root, entry) } else { Ok(()) };
        }
        if clean.starts_with(b".wh..wh.") && clean != b".wh..wh..opq" {
            return Ok(());
        }
        let slash = clean.iter().rposition(|byte| *byte == b'/');
        let (parent, name) = slash.map_or((&b""[..], &clean[..]), |at| (&clean[..at], &clean[at + 1..]));
        let Some(parent) = resolve(&self.root, parent) else { return Ok(()) };
        if !self.make_directory(&parent)? {
            return Ok(());
        }
        if name == b".wh..wh..opq" {
            return set_opaque(&parent);
        }
        if let Some(hidden) = name.strip_prefix(b".wh.") {
            if matches!(hidden, b"" | b"." | b"..") {
                return Ok(());
            }
            self.spoken_for(&parent.join(std::ffi::OsStr::from_bytes(hidden)), false);
            return hide(&parent, hidden);
        }
        let at = parent.join(std::ffi::OsStr::from_bytes(name));
        let mut whiteout = false;
        if let Ok(there) = fs::symlink_metadata(&at) {
            if entry.type_flag == b'1'
                && clean_link(entry).is_some_and(|target| self.find_own(&target) == Some(at.clone()))
            {
                self.refused.set(self.refused.get() || is_whiteout(&there));
                return Ok(());
            }
            if there.is_dir() && entry.type_flag == b'5' {
                self.spoken_for(&at, false);
                return set_attributes(&at, entry);
            }
            whiteout = is_whiteout(&there) && entry.type_flag == b'5';
            // A link's target may be what it replaces; it is looked for while it is there.
            if entry.type_flag != b'1' {
                self.spoken_for(&at, true);
                remove(&at, &there)?;
            }
        }
        self.create(&at, entry)?;
        if whiteout { set_opaque(&at) } else { Ok(()) }
    }

    fn create(&self, at: &Path, entry: &Entry) -> io::Result<()> {
        match entry.type_flag {
            b'0' | 0 | b'7' | b'S' => fs::write(at, &entry.content)?,
            b'1' => return self.link(at, entry),
            b'2' => std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(&entry.link), at)?,
            b'3' => make_node(at, FileType::CharacterDevice, entry.device)?,
            b'4' => make_node(at, FileType::BlockDevice, entry.device)?,
            b'5' => fs::create_dir(at)?,
            b'6' => make_node(at, FileType::Fifo, (0, 0))?,
            _ => return Ok(()),
        }
        set_attributes(at, entry)
    }

    /// A target of this layer is linked to; one of the layers below is copied up.
    fn link(&self, at: &Path, entry: &Entry) -> io::Result<()> {
        let Some(target) = clean_link(entry) else { return Ok(()) };
        let replace = || match fs::symlink_metadata(at) {
            Ok(there) => {
                self.spoken_for(at, true);
                remove(at, &there)
            }
            Err(_) => Ok(()),
        };
        if let Some(own) = self.find_own(&target) {
            let there = fs::symlink_metadata(&own)?;
            if !is_whiteout(&there) {
                if !there.is_dir() {
                    // The target may lie in the directory that the link replaces.
                    let aside = self.root.with_extension("aside");
                    fs::hard_link(own, &aside)?;
                    replace()?;
                    fs::rename(aside, at)?;
                } else {
                    self.refused.set(true);
                }
                return Ok(());
            }
        }
        let Some(below) = resolve_name(&self.below, &target) else { return Ok(()) };
        let Ok(there) = fs::symlink_metadata(&below) else {
            self.refused.set(true);
            return replace();
        };
        if there.is_dir() {
            self.refused.set(true);
            return Ok(());
        }
        replace()?;
        if there.is_symlink() {
            // Nor would we follow such a link if something came to lie below it.
            self.refused.set(true);
            std::os::unix::fs::symlink(fs::read_link(&below)?, at)?;
        } else if there.is_file() {
            fs::write(at, fs::read(&below)?)?;
        } else {
            let kind = FileType::from_raw_mode(there.mode());
            let device = there.rdev();
            make_node(at, kind, (rustix::fs::major(device), rustix::fs::minor(device)))?;
        }
        copy_attributes(&below, at)
    }

    fn find_own(&self, target: &[u8]) -> Option<PathBuf> {
        resolve_name(&self.root, target).filter(|own| fs::symlink_metadata(own).is_ok())
    }

    /// Makes a directory with the attributes of the one that it covers; false where something
    /// else is in its place.
    fn make_directory(&self, at: &Path) -> io::Result<bool> {
        if at == self.root {
            return Ok(true);
        }
        let mut whiteout = false;
        match fs::symlink_metadata(at) {
            Ok(there) if is_whiteout(&there) => {
                fs::remove_file(at)?;
                whiteout = true;
            }
            Ok(there) => return Ok(there.is_dir()),
            Err(_) => {}
        }
        let parent = at.parent().expect("a directory below the root");
        if !self.make_directory(parent)? {
            return Ok(false);
        }
        fs::create_dir(at)?;
        fs::set_permissions(at, fs::Permissions::from_mode(0o755))?;
        if whiteout {
            set_opaque(at)?;
            return Ok(true);
        }
        self.implicit.borrow_mut().insert(at.to_owned());
        Ok(true)
    }

    /// Gives the directories that no entry speaks for what they cover.
    fn finish(&self) -> io::Result<()> {
        for at in self.implicit.borrow().iter() {
            let below = self.below.join(at.strip_prefix(&self.root).expect("all is below the root"));
            // What lies above may be a link there, or hidden by this layer.
            let mut above = below.ancestors().take_while(|above| above.starts_with(&self.below));
            let plain = above.all(|above| fs::symlink_metadata(above).is_ok_and(|there| there.is_dir()));
            if plain && !self.is_hidden(at) {
                copy_attributes(&below, at)?;
            }
        }
        Ok(())
    }

    /// Forgets what was said of a directory that an entry replaces or speaks for.
    fn spoken_for(&self, at: &Path, all_below: bool) {
        self.implicit.borrow_mut().retain(|known| known != at && !(all_below && known.starts_with(at)));
    }

    /// Whether this layer hides what the layers below have at a path.
    fn is_hidden(&self, at: &Path) -> bool {
        let above =
            at.ancestors().skip(1).take_while(|above| above.starts_with(&self.root) && *above != self.root);
        above.into_iter().any(|above| lgetxattr(above, "trusted.overlay.opaque", &mut [0_u8; 4]).is_ok())
    }
}

fn clean_link(entry: &Entry) -> Option<Vec<u8>> {
    clean(&entry.link)
}

/// A path without `.`, `..` and doubled slashes; `None` where it climbs out.
fn clean(raw: &[u8]) -> Option<Vec<u8>> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in raw.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop()?;
            }
            _ => names.push(name),
        }
    }
    Some(names.join(&b'/'))
}

/// Where a path of a root leads when every symbolic link in it is followed within the root.
fn resolve(root: &Path, inside: &[u8]) -> Option<PathBuf> {
    let mut pending: Vec<Vec<u8>> = inside.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec).collect();
    let mut at = root.to_owned();
    let mut links = 0;
    while let Some(name) = pending.pop() {
        match name.as_slice() {
            b"" | b"." => continue,
            b".." => {
                if at != root {
                    at.pop();
                }
                continue;
            }
            _ => {}
        }
        let next = at.join(std::ffi::OsStr::from_bytes(&name));
        match fs::read_link(&next) {
            Ok(target) => {
                links += 1;
                if links > 255 {
                    return None;
                }
                let target = target.into_os_string().into_vec();
                if target.first() == Some(&b'/') {
                    root.clone_into(&mut at);
                }
                pending.extend(target.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
            }
            Err(_) => at = next,
        }
    }
    Some(at)
}

/// The same, the last name not followed.
fn resolve_name(root: &Path, inside: &[u8]) -> Option<PathBuf> {
    let slash = inside.iter().rposition(|byte| *byte == b'/');
    let (parent, name) = slash.map_or((&b""[..], inside), |at| (&inside[..at], &inside[at + 1..]));
    Some(resolve(root, parent)?.join(std::ffi::OsStr::from_bytes(name)))
}

fn is_whiteout(there: &fs::Metadata) -> bool {
    there.file_type().is_char_device() && there.rdev() == 0
}

fn hide(parent: &Path, hidden: &[u8]) -> io::Result<()> {
    let at = parent.join(std::ffi::OsStr::from_bytes(hidden));
    match fs::symlink_metadata(&at) {
        Ok(there) if there.is_dir() => set_opaque(&at),
        Ok(_) => Ok(()),
        Err(_) => make_node(&at, FileType::CharacterDevice, (0, 0)),
    }
}

fn remove(at: &Path, there: &fs::Metadata) -> io::Result<()> {
    if there.is_dir() { fs::remove_dir_all(at) } else { fs::remove_file(at) }
}

fn set_opaque(directory: &Path) -> io::Result<()> {
    Ok(lsetxattr(directory, "trusted.overlay.opaque", b"y", XattrFlags::empty())?)
}

fn make_node(at: &Path, kind: FileType, device: (u32, u32)) -> io::Result<()> {
    let mode = Mode::from_raw_mode(0o644);
    Ok(mknodat(CWD, at, kind, mode, makedev(device.0, device.1))?)
}

fn set_attributes(at: &Path, entry: &Entry) -> io::Result<()> {
    std::os::unix::fs::lchown(at, Some(entry.uid as u32), Some(entry.gid as u32))?;
    let old: Vec<Vec<u8>> = attributes(at)?.into_iter().map(|(name, _)| name).collect();
    for name in old {
        rustix::fs::lremovexattr(at, name.as_slice())?;
    }
    for (name, value) in &entry.attributes {
        lsetxattr(at, name.as_slice(), value, XattrFlags::empty())?;
    }
    if entry.type_flag != b'2' {
        fs::set_permissions(at, fs::Permissions::from_mode(entry.mode))?;
    }
    Ok(())
}

fn copy_attributes(from: &Path, to: &Path) -> io::Result<()> {
    let there = fs::symlink_metadata(from)?;
    std::os::unix::fs::lchown(to, Some(there.uid()), Some(there.gid()))?;
    for (name, value) in attributes(from)? {
        lsetxattr(to, name.as_slice(), &value, XattrFlags::empty())?;
    }
    if !there.is_symlink() {
        fs::set_permissions(to, fs::Permissions::from_mode(there.mode() & 0o7777))?;
    }
    Ok(())
}

/// Extended attributes in name order, without the overlay's own.
fn attributes(at: &Path) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut names = vec![0_u8; 64 * 1024];
    let length = llistxattr(at, names.as_mut_slice())?;
    let mut found = Vec::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        if name.starts_with(b"trusted.overlay.") || name == b"security.selinux" {
            continue;
        }
        let mut value = vec![0_u8; 64 * 1024];
        let length = lgetxattr(at, name, value.as_mut_slice())?;
        value.truncate(length);
        found.push((name.to_vec(), value));
    }
    found.sort();
    Ok(found)
}

fn walk(directory: &Path, inside: &[u8], shown: &mut Vec<Shown>) -> io::Result<()> {
    shown.push(show(directory, inside)?);
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let own = if inside.is_empty() {
            name.as_bytes().to_vec()
        } else {
            [inside, b"/", name.as_bytes()].concat()
        };
        match fs::symlink_metadata(entry.path()) {
            Ok(there) if there.is_dir() => walk(&entry.path(), &own, shown)?,
            Ok(_) => shown.push(show(&entry.path(), &own)?),
            // A whiteout in a directory that only one layer has is listed and yet not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn show(at: &Path, inside: &[u8]) -> io::Result<Shown> {
    let there = fs::symlink_metadata(at)?;
    let kind = match FileType::from_raw_mode(there.mode()) {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Fifo,
        FileType::CharacterDevice => FileKind::Char,
        FileType::BlockDevice => FileKind::Block,
        other => return Err(io::Error::other(format!("{other:?}"))),
    };
    let device = matches!(kind, FileKind::Char | FileKind::Block)
        .then(|| (rustix::fs::major(there.rdev()), rustix::fs::minor(there.rdev())));
    Ok(Shown {
        path: inside.to_vec(),
        kind,
        mode: there.mode() & 0o7777,
        uid: there.uid(),
        gid: there.gid(),
        size: if kind == FileKind::Directory { 0 } else { there.size() },
        sha256: (kind == FileKind::File)
            .then(|| fs::read(at).map(|content| Sha256::digest(content).into()))
            .transpose()?,
        link: if kind == FileKind::Symlink {
            fs::read_link(at)?.into_os_string().into_vec()
        } else {
            Vec::new()
        },
        device,
        attributes: attributes(at)?,
    })
}
