//! Takes the folder `scenarios`.
//! Gives a table of its files, by path, for the program to hold them in itself.
//! Never depends on the order in which a file system lists them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("scenarios");
    println!("cargo::rerun-if-changed=scenarios");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let mut names: Vec<String> = files.iter().map(|file| below(&root, file)).collect();
    names.sort();
    // The compiler knows the folder of the package: one build folder may serve several checkouts.
    let folder = "env!(\"CARGO_MANIFEST_DIR\"), \"/scenarios/\"";
    let row = |name: &String| format!("    ({name:?}, include_str!(concat!({folder}, {name:?}))),\n");
    let rows: String = names.iter().map(row).collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("builtin.rs"), format!("&[\n{rows}]\n"))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "md") {
            files.push(path);
        }
    }
    Ok(())
}

/// The path below the root, with slashes on every system.
fn below(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).expect("it was found there");
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
