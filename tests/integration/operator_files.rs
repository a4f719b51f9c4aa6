//! Files that operators name on the command line: which are read, and what is said of their mistakes.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use portal_testing::TestDatabase;
use portal_tests::harness::{Ran, command, command_on, refusal, refusal_sentence};
use serde_json::json;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn config_check(file: &str) -> Command {
    let mut portal = command(PORTAL);
    portal.args(["config", "check", file]);
    portal
}

#[test]
fn only_regular_files_of_a_bounded_size_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let large = folder.path().join("large");
    File::create(&large).unwrap().set_len(64_000_001).unwrap();
    let kind = |kind: &str| format!("it is {kind}, and only a regular file is read");
    for (file, reason) in [
        (Path::new("/dev/zero"), kind("a device")),
        (&fifo, kind("a FIFO")),
        (folder.path(), kind("a folder")),
        (&large, "it has 64000001 bytes, more than 64 MB, which is the limit".to_owned()),
        (&folder.path().join("none"), "entity not found".to_owned()),
    ] {
        let file = file.to_str().unwrap();
        let expected = format!("the file {file} cannot be read: {reason}");
        let database = TestDatabase::sqlite();
        assert_eq!(refusal_sentence(&mut config_check(file)), expected);
        for arguments in [
            &["plugins", "import", file][..],
            &["serve", "--bind", "127.0.0.1:0", "--config", file],
        ] {
            let said = refusal(command_on(PORTAL, &database).args(arguments));
            assert!(said.ends_with(&format!("error: {expected}\n")), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn problems_as_json_keep_their_place_and_hint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portal.toml");
    let file = path.to_str().unwrap();
    fs::write(&path, "[environments.dev]\nacronym = \"d\"\nkontext = \"x\"\n").unwrap();
    let ran = Ran::of(config_check(file).arg("--json"));
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.json(),
        json!({
            "ok": false,
            "problems": [{
                "type": "extra_forbidden",
                "at": format!("{file}:3"),
                "pointer": "/environments/dev/kontext",
                "message": "the field \"kontext\" is unknown",
                "hint": "did you mean context? allowed: acronym, context, default, platforms, services",
            }],
            "warnings": [],
            "suggestions": [],
        })
    );
    let told = refusal_sentence(&mut config_check(file));
    assert!(told.starts_with(&format!("{file}:3: environments.dev.kontext: ")), "{told}");

    let secret = "[environments.dev]\nacronym = \"d\"\ncontext = \"x\"\n[environments.dev.platforms.fixture]\nbase_url = \"https://f.example\"\ntoken = { env = \"PORTAL_TEST_NO_SUCH\" }\n";
    fs::write(&path, secret).unwrap();
    let ran = Ran::of(config_check(file).arg("--json"));
    let warning = &ran.json()["warnings"][0];
    assert_eq!((ran.code, &warning["at"]), (Some(0), &json!(format!("{file}:6"))));
    assert_eq!(warning["pointer"], "/environments/dev/platforms/fixture/token");

    fs::write(&path, "\nacronym = = 1\n").unwrap();
    let ran = Ran::of(config_check(file).arg("--json"));
    assert_eq!(ran.json()["problems"][0]["at"], format!("{file}:2"));
    assert_eq!(ran.json()["problems"][0]["pointer"], json!(null));
}
