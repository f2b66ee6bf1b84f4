//! Archives made by the test, and what is found in them.
