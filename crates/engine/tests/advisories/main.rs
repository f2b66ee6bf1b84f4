//! Feeds over the network, from a server of our own that is honest or not: what is asked for,
//! what is kept, and what the database then says.

mod amazon;
mod faults;
mod osv;
mod redhat;
mod several;
mod world;
