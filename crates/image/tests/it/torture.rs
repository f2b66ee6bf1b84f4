//! The torture set. Every case is the text of an image, and what is to be seen in it; where
//! the kernel can be asked, it must say the same.

mod formats;
mod links;
mod metadata;
mod names;
mod swaps;
mod whiteouts;

use plimsoll_testing::image_from_text;

use crate::listing::{contents, listing, problem_codes, read_all};
use crate::overlay::listing_by_the_kernel;

/// The image shows exactly these files, to us and to the kernel.
pub(crate) fn check(text: &str, expect: &str) {
    check_damaged(text, expect, &[]);
}

/// The same, where the layers have these problems.
pub(crate) fn check_damaged(text: &str, expect: &str, problems: &[&str]) {
    let image = image_from_text(text);
    let contents = contents(&image);
    check_read(text, expect, problems);
    if let Some(kernel) = listing_by_the_kernel(&image, &contents) {
        assert_eq!(kernel.lines, wanted(expect), "what the kernel shows of\n{text}");
    }
}

/// The same without the kernel, for archives that an engine refuses or reads by chance.
pub(crate) fn check_read(text: &str, expect: &str, problems: &[&str]) {
    let image = image_from_text(text);
    let (reads, merged) = read_all(&image);
    let found = listing(&merged.files, &contents(&image));
    assert_eq!(found, wanted(expect), "what is read of\n{text}");
    assert_eq!(problem_codes(&reads, &merged), problems, "the problems of\n{text}");
}

fn wanted(expect: &str) -> Vec<String> {
    expect.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
