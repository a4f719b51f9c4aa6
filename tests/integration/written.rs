//! Files of the repository that a test writes: they follow from something else, and are checked in
//! so that a change of them is seen in review.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Holds a file against what it should be, or writes it when `INSTA_UPDATE` is `always`, as the
/// snapshots are.
///
/// # Panics
///
/// When the file says something else, with the difference and the command that writes it.
pub(crate) fn assert_written(file: &str, text: &str) {
    let path = root().join(file);
    let mut stands = fs::read_to_string(&path).unwrap_or_default();
    // Written only where it differs: other tests read it at the same time.
    if stands != text && env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, text).unwrap();
        text.clone_into(&mut stands);
    }
    assert!(
        stands == text,
        "{file} is to be another:\n{}when that is meant: INSTA_UPDATE=always cargo test --workspace",
        changes(&stands, text)
    );
}

/// The lines that one text lacks and the other has.
fn changes(old: &str, new: &str) -> String {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (old.lines().collect(), new.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    gone.chain(new.difference(&old).map(|line| format!("+ {line}\n"))).collect()
}

#[test]
fn changes_are_what_is_gone_and_what_is_new() {
    assert_eq!(changes("a\nb\n", "b\nc\n"), "- a\n+ c\n");
}
