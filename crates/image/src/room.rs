//! How much of an image's layers may be in memory at once, counted while they are read.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::{MAX_IMAGE_ENTRIES, MAX_NAME_BYTES};

/// What is left for entries and names of one image. Layers that are read at the same time share
/// it, so that all of them stop as soon as they are too much together.
#[derive(Debug)]
pub struct Room {
    entries: Store,
    names: Store,
}

#[derive(Debug)]
struct Store {
    taken: AtomicUsize,
    most: usize,
}

impl Store {
    const fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    fn take(&self, more: usize) -> bool {
        let before = self.taken.fetch_add(more, Ordering::Relaxed);
        before.checked_add(more).is_some_and(|all| all <= self.most)
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new(MAX_IMAGE_ENTRIES, MAX_NAME_BYTES)
    }
}

impl Room {
    /// Room for so many entries, and bytes of their names, link targets and attributes.
    #[must_use]
    pub const fn new(entries: usize, names: usize) -> Self {
        Self { entries: Store::new(entries), names: Store::new(names) }
    }

    /// Takes room.
    ///
    /// # Errors
    /// Where there is not so much left, which limit that is, as a sentence.
    pub fn take(&self, entries: usize, names: usize) -> Result<(), String> {
        let (entries, names) = (self.entries.take(entries), self.names.take(names));
        if entries && names {
            return Ok(());
        }
        Err(format!(
            "the image's layers hold more than the {} entries or {} bytes of names that Plimsoll holds in memory; it does not read the image",
            self.entries.most, self.names.most
        ))
    }

    /// Gives back what was taken and turned out not to be needed.
    pub fn give_back(&self, entries: usize, names: usize) {
        self.entries.taken.fetch_sub(entries, Ordering::Relaxed);
        self.names.taken.fetch_sub(names, Ordering::Relaxed);
    }
}

/// What one layer has taken so far, in steps, so that threads seldom meet.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    room: Option<&'a Room>,
    entries: usize,
    names: usize,
}

impl<'a> Share<'a> {
    const STEP: usize = 1 << 10;

    pub(crate) const fn new(room: Option<&'a Room>) -> Self {
        Self { room, entries: 0, names: 0 }
    }

    /// Sees to it that there is room for all that the layer has made so far, but for a step.
    pub(crate) fn grow(&mut self, entries: usize, names: usize) -> Result<(), String> {
        let far = |now: usize, before: usize| now.saturating_sub(before) >= Self::STEP;
        if far(entries, self.entries) || far(names, self.names) {
            self.settle(entries, names)
        } else {
            Ok(())
        }
    }

    /// Takes exactly what the layer needs: more, or less than before.
    pub(crate) fn settle(&mut self, entries: usize, names: usize) -> Result<(), String> {
        let Some(room) = self.room else { return Ok(()) };
        let taken = room.take(entries.saturating_sub(self.entries), names.saturating_sub(self.names));
        room.give_back(self.entries.saturating_sub(entries), self.names.saturating_sub(names));
        (self.entries, self.names) = (entries, names);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_share_the_room() {
        let room = Room::new(5_000, 1 << 20);
        let (mut one, mut two) = (Share::new(Some(&room)), Share::new(Some(&room)));
        assert_eq!(one.grow(3_000, 10), Ok(()));
        assert!(two.grow(2_500, 10).is_err());
        let room = Room::new(5_000, 1 << 20);
        let (mut one, mut two) = (Share::new(Some(&room)), Share::new(Some(&room)));
        assert_eq!(one.grow(3_000, 10), Ok(()));
        // What was replaced is not held.
        assert_eq!(one.settle(1_000, 10), Ok(()));
        assert_eq!(two.grow(2_500, 10), Ok(()));
        assert!(two.settle(2_500, 1 << 20).is_err());
    }
}
