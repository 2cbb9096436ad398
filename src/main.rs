//! Parses the command line, runs it, and turns the answer into an exit code.
fn main() {}
