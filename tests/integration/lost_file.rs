//! A SQLite file that is deleted, replaced or made read-only while it is served: nothing is called stored
//! that nobody will find, and whoever asks is told.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use portal_testing::TestDatabase;
use portal_tests::harness::{Client, Process, TestServer, command};
use serde_json::json;

/// A user who may write nothing that is not theirs: `nobody` on Debian.
const NOBODY: u32 = 65_534;

fn file_of(database: &TestDatabase) -> PathBuf {
    database.url().strip_prefix("sqlite://").unwrap().into()
}

fn assert_lost(server: &Client, why: &str) {
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["code"]), (503, &json!("database_lost")));
    assert!(ready.json()["detail"].as_str().unwrap().contains(why), "{}", ready.text);
    let product = json!({"name": "returns", "namespace": "returns"});
    let answer = server.post("/api/v2/data_products", &product);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(server.get("/api/v2/data_products").status, 503);
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn nothing_is_written_into_a_file_that_was_deleted() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    server.create_product("orders");
    let file = file_of(&database);
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).unwrap();
    assert_lost(&server, "was deleted");
    assert!(!file.exists(), "another one was made");
    // Put back, it is the same.
    fs::rename(&aside, &file).unwrap();
    assert_eq!(server.get("/readyz").ok(), json!({"status": "ready"}));
    server.create_product("returns");
}

#[test]
fn nothing_is_written_into_a_file_whose_place_another_one_has_taken() {
    let (database, other) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    let server = TestServer::start(&database);
    server.create_product("orders");
    drop(TestServer::start(&other));
    fs::rename(file_of(&other), file_of(&database)).unwrap();
    assert_lost(&server, "another file");
}

#[test]
fn read_only_file_is_not_ready() {
    let database = TestDatabase::sqlite();
    drop(TestServer::start(&database));
    // Root may write everything, so the server runs as somebody else, who may not read where it was built.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let (binary, file) = (folder.path().join("portal"), folder.path().join("data/portal.db"));
    fs::copy(env!("CARGO_BIN_EXE_test-portal"), &binary).unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::copy(file_of(&database), &file).unwrap();
    let is_root = fs::metadata(&file).unwrap().uid() == 0;
    let own = |user: u32| {
        for path in [&file, &folder.path().join("data")] {
            chown(path, Some(user), Some(user)).unwrap();
        }
    };
    let mut serve = command(binary.to_str().unwrap());
    serve.env("DATABASE_URL", format!("sqlite://{}", file.display())).arg("serve");
    if is_root {
        own(NOBODY);
        serve.uid(NOBODY).gid(NOBODY);
    }
    let server = Process::serve(&mut serve);
    assert_eq!(server.client().get("/readyz").ok(), json!({"status": "ready"}));
    if is_root {
        own(0);
    }
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    let ready = server.client().get("/readyz");
    assert_eq!((ready.status, &ready.json()["code"]), (503, &json!("database_read_only")));
    assert!(ready.json()["detail"].as_str().unwrap().contains("read-only"), "{}", ready.text);
    assert_eq!(server.client().get("/api/v2/data_products").status, 200);
}
