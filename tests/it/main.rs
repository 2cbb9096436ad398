//! Takes the public interface and the built program.
//! Gives one binary of integration tests, a module for each subject.
//! Never reaches into private items.

mod expect_file;
mod invalid;
mod schema;
