//! Strings that thousands of facts have in common, each kept once.

use std::collections::HashSet;
use std::sync::Arc;

/// Makes equal strings one.
#[derive(Debug, Default)]
pub struct Strings {
    known: HashSet<Arc<str>>,
}

impl Strings {
    /// Replaces a string by the equal one that was seen first.
    pub fn share(&mut self, text: &mut Arc<str>) {
        if let Some(known) = self.known.get(text) {
            *text = Arc::clone(known);
        } else {
            self.known.insert(Arc::clone(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_become_one() {
        let (mut left, mut right): (Arc<str>, Arc<str>) = ("libc.so.6".into(), "libc.so.6".into());
        let mut strings = Strings::default();
        strings.share(&mut left);
        strings.share(&mut right);
        assert!(Arc::ptr_eq(&left, &right));
    }
}
