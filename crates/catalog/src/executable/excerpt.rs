//! What is kept of a file that streams by.

use memchr::memmem::Finder;

use super::{BUNDLE_MARK, GO_BUILD_INFO, GO_MODULES_START, MAX_WHOLE, Segment, segment, segments_told_by};
use crate::ecosystem::binary;

/// The beginning that is kept: the table of segments lies right behind the file's header.
const HEAD: u64 = 64 << 10;
/// The end that is kept: the table of sections, and the names of the sections.
const TAIL: usize = 256 << 10;
/// What is kept behind the last segment: small sections that are not loaded come first there.
const BEHIND_SEGMENTS: u64 = 1 << 20;
/// What is kept behind a mark of Go: a list of a thousand modules has 200 KB.
const BEHIND_MARK: u64 = 1 << 20;
/// The place of the manifest of a bundle stands before its mark.
const BEFORE_BUNDLE_MARK: usize = 8;
/// A host has one mark; a file that is full of them is none.
const MAX_BUNDLES: usize = 8;
/// What is kept before and behind the manifest of a bundle: the list of the application is the last
/// of its files, and has up to some hundred kilobytes.
const AROUND_MANIFEST: u64 = 1 << 20;
/// What is kept of a segment that is a note or the dynamic section: real ones have a few kilobytes.
const OF_SMALL_SEGMENT: u64 = 64 << 10;
/// What is kept of the first segment, which begins with the symbols and the names that the loader
/// needs: those of Node.js, the most that programs have, take 6 MB.
const OF_FIRST_SEGMENT: u64 = 10 << 20;
/// The most that is kept of one file, the end aside: a file full of marks must not grow it.
const MAX_KEPT: usize = 14 << 20;
/// The most texts of programs that are looked at in a block: real ones have some dozens in all.
const MAX_MARKS: usize = 4_096;
/// How much is looked through at once.
const BLOCK: usize = 512 << 10;
/// The longest mark, less one byte: so much of one may lie behind the bytes looked through.
const SEAM: usize = 127;
/// What is kept before a text by which a program is known: a version may stand there.
const BEFORE_TEXT: usize = 128;
/// What is kept behind such a text.
const BEHIND_TEXT: u64 = 256;

/// How a content that is an excerpt begins. No executable begins so. A byte follows that says
/// whether something was left out for want of room.
const MARK: &[u8] = b"\0excerpt";
/// Place and length of a part, before its bytes.
const PART_HEADER: usize = 16;

/// Keeps a file, or what matters of a large executable. Holds its memory from one file to the
/// next.
#[derive(Debug)]
pub struct Excerpt {
    size: u64,
    /// The whole file; or, behind [`MARK`], each part with its place and length.
    content: Vec<u8>,
    /// Where the header of the last part lies in `content`, and where the part ends in the file.
    last_part: Option<(usize, u64)>,
    /// What has passed and is not decided upon.
    recent: Vec<u8>,
    /// The place of `recent` in the file.
    start: u64,
    /// Up to where it is decided what is kept.
    decided: u64,
    /// What is wanted of the file from `decided` on.
    wanted: Vec<(u64, u64)>,
    finders: [Finder<'static>; 2],
    bundle: Finder<'static>,
    /// How many marks of a bundle were found.
    bundles: usize,
}

impl Default for Excerpt {
    fn default() -> Self {
        Self {
            size: 0,
            content: Vec::new(),
            last_part: None,
            recent: Vec::new(),
            start: 0,
            decided: 0,
            wanted: Vec::new(),
            finders: [Finder::new(GO_BUILD_INFO), Finder::new(&GO_MODULES_START)],
            bundle: Finder::new(&BUNDLE_MARK),
            bundles: 0,
        }
    }
}

impl Excerpt {
    /// Forgets the last file and begins one of `size` bytes.
    pub fn begin(&mut self, size: u64) {
        self.size = size;
        self.content.clear();
        self.last_part = None;
        self.recent.clear();
        self.start = 0;
        self.decided = 0;
        self.bundles = 0;
        self.wanted.clear();
        // What grows by doubling would come to twice as much.
        self.content.reserve_exact(size.min(MAX_WHOLE) as usize);
        if size > MAX_WHOLE {
            self.content.extend_from_slice(MARK);
            self.content.push(0);
            self.wanted.push((0, HEAD));
        }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, piece: &[u8]) {
        if self.size <= MAX_WHOLE {
            // A file that is longer than it was said to be ends where it was said to.
            let room = (self.size as usize).saturating_sub(self.content.len());
            self.content.extend_from_slice(piece.get(..room).unwrap_or(piece));
            return;
        }
        self.recent.extend_from_slice(piece);
        if self.recent.len() >= BLOCK + TAIL {
            self.decide(self.recent.len() - TAIL, MAX_KEPT);
        }
    }

    /// The file, or the excerpt, as [`Executable::parse`](super::Executable::parse) reads it.
    pub fn content(&mut self) -> &[u8] {
        if self.size > MAX_WHOLE {
            let end = self.start + self.recent.len() as u64;
            self.wanted.push((end.saturating_sub(TAIL as u64), end));
            self.decide(self.recent.len(), MAX_KEPT + TAIL + PART_HEADER);
        }
        &self.content
    }

    /// Decides about the first `count` recent bytes: keeps what is wanted and forgets the rest.
    fn decide(&mut self, count: usize, most: usize) {
        if self.start == 0
            && let Some(segments) = segments_told_by(&self.recent)
        {
            want_segments(&segments, &mut self.wanted);
        }
        let looked_through = self.recent.get(..count + SEAM).unwrap_or(&self.recent);
        for finder in &self.finders {
            for at in finder.find_iter(looked_through) {
                let mark = self.start + at as u64;
                want(&mut self.wanted, mark, mark.saturating_add(BEHIND_MARK));
            }
        }
        for at in self.bundle.find_iter(looked_through) {
            let Some(before) = at.checked_sub(BEFORE_BUNDLE_MARK) else { continue };
            let place = looked_through.get(before..at).and_then(|place| <[u8; 8]>::try_from(place).ok());
            let Some(manifest) = place.map(u64::from_le_bytes).filter(|place| *place != 0) else { continue };
            if self.bundles == MAX_BUNDLES {
                break;
            }
            self.bundles += 1;
            let mark = self.start + at as u64;
            want(&mut self.wanted, self.start + before as u64, mark + BUNDLE_MARK.len() as u64);
            let from = manifest.saturating_sub(AROUND_MANIFEST);
            self.wanted.push((from, manifest.saturating_add(AROUND_MANIFEST)));
        }
        let mut marks = binary::marks(looked_through);
        for (at, length) in marks.by_ref().take(MAX_MARKS) {
            let from = self.start + at.saturating_sub(BEFORE_TEXT) as u64;
            want(&mut self.wanted, from, self.start + (at + length) as u64 + BEHIND_TEXT);
        }
        let has_more = marks.next().is_some();
        drop(marks);
        if has_more {
            self.leave_out();
        }
        self.wanted.sort_unstable();
        let end = self.start + count as u64;
        let mut done = self.decided;
        for (from, until) in std::mem::take(&mut self.wanted) {
            if until > end {
                self.wanted.push((from, until));
            }
            let (from, until) = (from.max(done), until.min(end));
            if from < until {
                self.keep(from, until, most);
                done = until;
            }
        }
        self.decided = end;
        // What stands before a text may lie on the seam.
        let passed = count.saturating_sub(BEFORE_TEXT);
        self.recent.drain(..passed);
        self.start += passed as u64;
    }

    /// Notes that something of interest is not kept.
    fn leave_out(&mut self) {
        if let Some(flag) = self.content.get_mut(MARK.len()) {
            *flag = 1;
        }
    }

    /// Copies a range of the file out of the recent bytes, as far as `most` allows.
    fn keep(&mut self, from: u64, until: u64, most: usize) {
        let start = (from - self.start) as usize;
        let Some(bytes) = self.recent.get(start..(until - self.start) as usize) else { return };
        if self.content.len() + PART_HEADER + bytes.len() > most {
            self.leave_out();
            return;
        }
        let header = match self.last_part {
            Some((header, end)) if end == from => header,
            _ => {
                let header = self.content.len();
                self.content.extend_from_slice(&from.to_le_bytes());
                self.content.extend_from_slice(&[0; 8]);
                header
            }
        };
        self.content.extend_from_slice(bytes);
        let length = (self.content.len() - header - PART_HEADER) as u64;
        if let Some(field) = self.content.get_mut(header + 8..header + PART_HEADER) {
            field.copy_from_slice(&length.to_le_bytes());
        }
        self.last_part = Some((header, until));
    }
}

/// Wants what the loader reads of a file, and what follows the last segment that is loaded.
fn want_segments(segments: &[Segment], wanted: &mut Vec<(u64, u64)>) {
    let loaded = segments.iter().filter(|one| one.kind == segment::LOADED);
    if let Some(end) = loaded.clone().map(|one| one.end()).max() {
        wanted.push((end, end.saturating_add(BEHIND_SEGMENTS)));
    }
    let is_dynamic = segments.iter().any(|one| one.kind == segment::DYNAMIC);
    if is_dynamic && let Some(first) = loaded.min_by_key(|one| one.offset) {
        wanted.push((first.offset, first.end().min(first.offset.saturating_add(OF_FIRST_SEGMENT))));
    }
    let small = [segment::DYNAMIC, segment::INTERPRETER, segment::NOTE];
    for one in segments.iter().filter(|one| small.contains(&one.kind)) {
        wanted.push((one.offset, one.offset.saturating_add(one.size.min(OF_SMALL_SEGMENT))));
    }
}

/// Adds a range; one that the last range reaches makes that longer.
fn want(wanted: &mut Vec<(u64, u64)>, from: u64, until: u64) {
    match wanted.last_mut() {
        Some((first, last)) if *first <= from && from <= *last => *last = until.max(*last),
        _ => wanted.push((from, until)),
    }
}

/// Whether a content is an excerpt, and not a whole file.
pub(super) fn is_excerpt(content: &[u8]) -> bool {
    content.starts_with(MARK)
}

/// Whether something of interest was left out of an excerpt.
pub(super) fn is_short(content: &[u8]) -> bool {
    content.strip_prefix(MARK).is_some_and(|rest| rest.first() == Some(&1))
}

/// The parts of a content, with their places in the file; one where it is the whole file.
pub(super) fn parts(content: &[u8]) -> Vec<(u64, &[u8])> {
    let Some(rest) = content.strip_prefix(MARK) else { return vec![(0, content)] };
    let mut rest = rest.get(1..).unwrap_or_default();
    let mut parts = Vec::new();
    while let Some((place, after)) = rest.split_first_chunk::<8>()
        && let Some((length, after)) = after.split_first_chunk::<8>()
        && let Some((bytes, after)) = after.split_at_checked(u64::from_le_bytes(*length) as usize)
    {
        parts.push((u64::from_le_bytes(*place), bytes));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes a file of `size` bytes, zeros but for `marks`, in pieces of `piece` bytes, and
    /// gives the ranges that are kept.
    fn check(size: usize, marks: &[(usize, &[u8])], piece: usize, expect: &[(u64, usize)]) {
        let mut file = vec![0; size];
        for (at, bytes) in marks {
            file[*at..*at + bytes.len()].copy_from_slice(bytes);
        }
        let mut excerpt = Excerpt::default();
        excerpt.begin(size as u64);
        file.chunks(piece).for_each(|piece| excerpt.push(piece));
        assert!(!is_short(excerpt.content()));
        let parts = parts(excerpt.content());
        let found: Vec<(u64, usize)> = parts.iter().map(|(at, bytes)| (*at, bytes.len())).collect();
        assert_eq!(found, expect);
        for (at, bytes) in parts {
            assert!(bytes == &file[at as usize..at as usize + bytes.len()], "other bytes at {at}");
        }
    }

    #[test]
    fn no_text_is_longer_than_the_seam() {
        assert!(binary::longest_mark() <= SEAM + 1);
    }

    #[test]
    fn what_is_around_the_text_of_a_program_is_kept() {
        let text = b"10.11.6-MariaDB";
        for at in [10 * MIB + 7, BLOCK - 3, 2 * BLOCK - 12, BLOCK + TAIL - 12] {
            let start = at + 7 - BEFORE_TEXT;
            let length = BEFORE_TEXT + 9 + BEHIND_TEXT as usize;
            let expect = [(0, HEAD_SIZE), (start as u64, length), ((20 * MIB - TAIL) as u64, TAIL)];
            for piece in [MIB + 1, 256 << 10, 10_007] {
                check(20 * MIB, &[(at, text)], piece, &expect);
            }
        }
    }

    const MIB: usize = 1 << 20;
    const HEAD_SIZE: usize = HEAD as usize;

    #[test]
    fn a_file_of_usual_size_is_kept_whole() {
        check(5, &[], 2, &[(0, 5)]);
        check(16 * MIB, &[], 256 << 10, &[(0, 16 * MIB)]);
    }

    #[test]
    fn of_a_larger_one_the_ends_and_what_follows_a_mark_are_kept() {
        let end = 20 * MIB - TAIL;
        check(20 * MIB, &[], 256 << 10, &[(0, HEAD_SIZE), (end as u64, TAIL)]);
        let at = 10 * MIB + 7;
        let expect = [(0, HEAD_SIZE), (at as u64, MIB), (end as u64, TAIL)];
        for piece in [MIB + 1, 256 << 10, 10_007] {
            check(20 * MIB, &[(at, GO_BUILD_INFO)], piece, &expect);
        }
    }

    #[test]
    fn of_a_bundle_the_mark_and_what_is_around_the_manifest_are_kept() {
        let manifest = 18 * MIB as u64;
        let mark = [&manifest.to_le_bytes()[..], &BUNDLE_MARK].concat();
        for at in [MIB + 7, BLOCK - 3, BLOCK - 20, BLOCK + TAIL - 12] {
            let expect = [
                (0, HEAD_SIZE),
                (at as u64, 40),
                (17 * MIB as u64, 2 * MIB),
                ((20 * MIB - TAIL) as u64, TAIL),
            ];
            for piece in [MIB + 1, 256 << 10, 10_007] {
                check(20 * MIB, &[(at, &mark)], piece, &expect);
            }
        }
        let nowhere = [&[0; 8][..], &BUNDLE_MARK].concat();
        check(20 * MIB, &[(5 * MIB, &nowhere)], MIB, &[(0, HEAD_SIZE), ((20 * MIB - TAIL) as u64, TAIL)]);
    }

    #[test]
    fn a_mark_on_the_seam_of_two_blocks_is_found() {
        for before in 1..GO_MODULES_START.len() {
            let at = BLOCK - before;
            check(
                17 * MIB,
                &[(at, &GO_MODULES_START)],
                256 << 10,
                &[(0, HEAD_SIZE), (at as u64, MIB), ((17 * MIB - TAIL) as u64, TAIL)],
            );
        }
    }

    #[test]
    fn marks_close_together_are_kept_as_one_and_not_without_end() {
        let marks: Vec<(usize, &[u8])> = (2..6).map(|place| (place * MIB - 100, GO_BUILD_INFO)).collect();
        let expect = [(0, HEAD_SIZE), (2 * MIB as u64 - 100, 4 * MIB), ((30 * MIB - TAIL) as u64, TAIL)];
        check(30 * MIB, &marks, 256 << 10, &expect);
        let mut excerpt = Excerpt::default();
        excerpt.begin(1 << 30);
        for _ in 0..60 {
            excerpt.push(&GO_BUILD_INFO.repeat(MIB / GO_BUILD_INFO.len()));
        }
        assert!(excerpt.content().len() <= MAX_KEPT + TAIL + PART_HEADER);
        assert!(is_short(excerpt.content()), "what there was no room for is told");
        assert!(excerpt.recent.capacity() < 4 * MIB);
    }

    #[test]
    fn one_file_leaves_nothing_to_the_next() {
        let mut excerpt = Excerpt::default();
        excerpt.begin(17 << 20);
        excerpt.push(&vec![1; 17 << 20]);
        excerpt.content();
        excerpt.begin(3);
        excerpt.push(b"abcd");
        assert_eq!(excerpt.content(), b"abc");
    }
}
