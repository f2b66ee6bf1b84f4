//! The program as a user meets it, on real images.

mod architecture;
mod places;
mod seed;
mod truth;
