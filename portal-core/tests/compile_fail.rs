//! What an author reads who makes a mistake: one case per mistake, with the whole message beside it.
//!
//! Here and not in portal-macros: what a crate of macros needs for its tests is built for the compiler,
//! with other features than the rest of the workspace.
//!
//! `TRYBUILD=overwrite cargo test -p portal-core --test compile_fail` writes the messages anew.

use std::fs;
use std::path::Path;

/// Lines of a terminal.
const SCREEN: usize = 25;

#[test]
fn mistakes_are_told_at_the_authors_line() {
    // No `pass` among them: what must compile is in `names.rs`, so that cargo only checks here.
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}

#[test]
fn each_message_fits_on_a_screen_and_names_nothing_but_the_portal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        count += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        for (index, message) in text.split("\n\nerror").enumerate() {
            // What serde and schemars say of a type that lacks their traits is theirs to say; before
            // it stands what we say. Tried, and worse: a bound of our own on the derived code, with
            // which our message no longer came first, and a field's type as a projection of ours, with
            // which each of 27 uses was an error.
            if index > 0 && message.starts_with("[E0277]: the trait bound") {
                continue;
            }
            let lines = message.lines().count();
            assert!(lines <= SCREEN, "{name}: a message of {lines} lines:\n{message}");
        }
        assert!(!text.contains("diesel"), "{name} tells of diesel");
    }
    let cases = fs::read_dir(&folder).unwrap().filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "rs")
    });
    assert_eq!(count, cases.count(), "each case has its message");
}
