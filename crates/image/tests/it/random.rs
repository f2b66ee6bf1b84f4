//! Images of random entries over a handful of names, so that everything happens to everything:
//! what we show of each must be what the kernel shows. A failing one is cut down to the lines
//! that it takes.

use plimsoll_testing::image_from_text;

use crate::listing::{contents, listing, read_all};
use crate::overlay::listing_by_the_kernel;

/// A small generator of its own, so that a seed means the same image for ever.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) const fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 20) % bound as u64) as usize
    }
}

fn random_path(random: &mut Random) -> String {
    let depth = 1 + random.below(3);
    let names: Vec<&str> = (0..depth).map(|_| ["a", "b", "c"][random.below(3)]).collect();
    names.join("/")
}

fn random_image(seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut lines = Vec::new();
    for layer in 0..2 + random.below(3) {
        lines.push("layer none".to_owned());
        for entry in 0..1 + random.below(7) {
            let path = random_path(&mut random);
            lines.push(match random.below(16) {
                0..=4 => {
                    format!("file {path} \"{layer}-{entry}\" {}", ["", "4755", "uid=7"][random.below(3)])
                }
                5..=7 => format!("dir {path} {}", ["0755", "0700", "1777 gid=3"][random.below(3)]),
                8 => format!("link {path} -> {}", ["a", "b/c", "../a", "/c", "."][random.below(5)]),
                9 => format!("hard {path} => {}", random_path(&mut random)),
                10..=12 => format!("gone {path}"),
                13 | 14 => format!("opaque {path}"),
                _ => format!("fifo {path}"),
            });
        }
    }
    lines
}

/// Our listing and the kernel's, where they differ.
fn difference(lines: &[String]) -> Option<(Vec<String>, Vec<String>)> {
    let image = image_from_text(&lines.join("\n"));
    let contents = contents(&image);
    let kernel = listing_by_the_kernel(&image, &contents)?;
    let (_, merged) = read_all(&image);
    let own = listing(&merged.files, &contents);
    // What is left of an image that engines refuse is anybody's choice.
    (own != kernel.lines && !kernel.refused).then_some((own, kernel.lines))
}

#[test]
fn random_images_show_what_the_kernel_shows_of_them() {
    for seed in 0..300 {
        let mut lines = random_image(seed);
        if difference(&lines).is_none() {
            continue;
        }
        let mut at = 0;
        while at < lines.len() {
            let mut fewer = lines.clone();
            fewer.remove(at);
            let valid = fewer.first().is_some_and(|line| line.starts_with("layer"));
            if valid && difference(&fewer).is_some() {
                lines = fewer;
            } else {
                at += 1;
            }
        }
        let (own, kernel) = difference(&lines).expect("it still differs");
        panic!("seed {seed}:\n{}\nours: {own:#?}\nthe kernel's: {kernel:#?}", lines.join("\n"));
    }
}
