//! `plimsoll` on a terminal: arguments in, documents out. Everything else is the engine's.

mod arguments;
mod command;
mod environment;
mod exit;
mod message;
mod output;
mod progress;

use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = arguments::command_line().get_matches();
    let context = match environment::Context::read(&matches) {
        Ok(context) => context,
        Err(error) => return exit::report(&error),
    };
    match command::run(&matches, &context) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error),
    }
}
