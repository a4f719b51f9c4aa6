//! What README, QUICKSTART and docs show is true: code is built, commands are run.

#![expect(clippy::unwrap_used, reason = "tests panic")]

mod blocks;
mod folder;
mod shell;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::blocks::{Block, Kind, Place, blocks};
use self::folder::{Folder, PLUGIN};
use self::shell::Shell;

/// Commands that this test does not run, and why.
const ELSEWHERE: [(&str, &str); 9] = [
    ("cargo run --release -p portal-server -- serve --demo", "the check of release builds runs it"),
    ("cargo test --workspace", "a test that runs all tests would run itself"),
    ("PORTAL_TEST_POSTGRES_URL=", "it needs a PostgreSQL server"),
    ("cargo run -p embedded", "the test of embedding runs the same file"),
    ("cargo bench", "it takes minutes, and says nothing about right or wrong"),
    ("cargo build --release -p portal-server", "release builds have a check of their own"),
    (
        "cargo run -p portal-server --no-default-features",
        "each selection of plugins has a check of its own",
    ),
    ("sqlite3 portal.db", "it needs the command lines of both databases"),
    ("pg_dump", "it needs the command lines of both databases"),
];

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The blocks of a document of the repository.
fn shown(file: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let blocks = blocks(file, &text);
    assert!(!blocks.is_empty(), "{file} shows nothing");
    blocks
}

/// Says of a block that is not run where it is.
fn assert_is_elsewhere(block: &Block) {
    for line in block.text.lines() {
        let is_known = ELSEWHERE.iter().any(|(command, _)| line.starts_with(command));
        let is_setting = line.starts_with("export ");
        assert!(is_known || is_setting, "{}: {line:?} is run nowhere", block.at);
    }
}

/// A server with the bundled plugins, and the folder that it is in.
fn portal_server() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    let built = cargo
        .args(["build", "--locked", "--quiet", "-p", "portal-server"])
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success(), "portal-server does not build");
    Path::new(env!("CARGO_BIN_EXE_test-portal")).parent().unwrap().to_owned()
}

#[test]
fn every_reason_not_to_run_a_command_is_still_needed() {
    let mut documents: Vec<String> = ["README.md", "QUICKSTART.md"].map(str::to_owned).to_vec();
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        documents.push(format!("docs/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    let blocks: Vec<Block> = documents
        .iter()
        .flat_map(|file| blocks(file, &std::fs::read_to_string(root().join(file)).unwrap()))
        .filter(|block| matches!(block.kind, Kind::Elsewhere))
        .collect();
    for (command, reason) in ELSEWHERE {
        let is_in = |block: &Block| block.text.lines().any(|line| line.starts_with(command));
        let is_shown = blocks.iter().any(is_in);
        assert!(is_shown, "no document shows {command:?} any more ({reason})");
    }
}

#[test]
fn quickstart_builds_and_its_commands_work() {
    let folder = Folder::beside(&root());
    let mut shell = Shell::new(folder.path(), None);
    let blocks = shown("QUICKSTART.md");
    for block in &blocks {
        match &block.kind {
            Kind::Output => {}
            Kind::OperatorFile => panic!("{}: whose file is it?", block.at),
            Kind::Commands => shell.run(block),
            Kind::Server => shell.serve(block),
            Kind::Elsewhere => assert_is_elsewhere(block),
            Kind::Code(place) => folder.take(block, place),
        }
    }
    for block in &blocks {
        if let Kind::Code(Place::Shown(file)) = &block.kind {
            folder.check_shown(block, file.as_deref());
        }
    }
    // What was shown in passing is built as well: a former name, an embedding, a launcher.
    for path in ["kafka-plugin", "embedding", "wiki-plugin"] {
        folder.check(path);
    }
}

#[test]
fn plugin_without_attributes_keeps_the_contract_with_the_same_schema_and_form() {
    let folders = [Folder::beside(&root()), Folder::beside(&root())];
    let [with_attributes, by_hand] = &folders;
    for block in &shown("QUICKSTART.md") {
        let Kind::Code(place @ Place::File(path)) = &block.kind else { continue };
        folders.iter().for_each(|folder| folder.take(block, place));
        if path == PLUGIN {
            break;
        }
    }
    for block in &shown("docs/macros.md") {
        match &block.kind {
            Kind::Code(Place::Shown(file)) => with_attributes.check_shown(block, file.as_deref()),
            Kind::Code(place) => by_hand.take(block, place),
            _ => panic!("{}: whose is it?", block.at),
        }
    }
    let [with_attributes, by_hand] =
        [with_attributes, by_hand].map(|folder| folder.path().join("kafka-plugin"));
    let written = format!(
        "PORTAL_RELEASE_SCHEMA=1 cargo test released
        INSTA_UPDATE=always cargo test
        cp released-schema.json '{by_hand}'
        cp -r src/snapshots '{by_hand}/src'
        cd '{by_hand}'
        cargo test",
        by_hand = by_hand.display()
    );
    let at = "docs/macros.md".to_owned();
    let mut shell = Shell::new(&with_attributes, None);
    shell.run(&Block { at, kind: Kind::Commands, text: written });
}

#[test]
fn commands_of_the_other_documents_work() {
    let bin = portal_server();
    let mut files = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        files.push(format!("docs/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    files.sort();
    let mut commands = 0;
    for file in files {
        let scratch = tempfile::tempdir().unwrap();
        // Documents name paths of a checkout, and write files where they stand.
        for name in ["Cargo.toml", "Cargo.lock", "examples", "tests", "migrations"]
            .into_iter()
            .chain(["portal-core", "portal-engine", "portal-plugins", "portal-server"])
            .chain(["portal-macros", "portal-testing"])
        {
            std::os::unix::fs::symlink(root().join(name), scratch.path().join(name)).unwrap();
        }
        let mut shell = Shell::new(scratch.path(), Some(&bin));
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        if file == "docs/api.md" {
            shell.start("portal-server serve --demo", "the example company");
        }
        for mut block in blocks(&file, &text) {
            match block.kind {
                Kind::OperatorFile => {
                    std::fs::write(scratch.path().join("shown.toml"), &block.text).unwrap();
                    block.text = "portal-server config check shown.toml".to_owned();
                    shell.run(&block);
                }
                Kind::Commands => shell.run(&block),
                Kind::Server => shell.serve(&block),
                Kind::Elsewhere => assert_is_elsewhere(&block),
                Kind::Output => continue,
                // The plugin in the README is compared with the example's own file.
                Kind::Code(_) => continue,
            }
            commands += 1;
        }
    }
    assert!(commands > 10, "only {commands} blocks of commands were found");
}
