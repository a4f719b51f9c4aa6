//! What an import refuses of an edited file, and what it only warns of.

use std::fs;
use std::process::Command;

use portal_engine::store::write;
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Process, Ran, command_on, count_rows, execute, output_ids, refusal};
use serde_json::{Value, json};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// The file of an S3 that has been purged, with a fresh service in its place.
struct Purged<'a> {
    database: &'a TestDatabase,
    folder: tempfile::TempDir,
    told: String,
}

impl<'a> Purged<'a> {
    fn new(database: &'a TestDatabase) -> Self {
        drop(Process::serve(&mut portal(database, &["serve", "--demo"])));
        let mut purged =
            Purged { database, folder: tempfile::tempdir().unwrap(), told: String::new() };
        let mut others = output_ids();
        others.retain(|id| *id != "s3");
        let file = purged.file();
        let uninstall = ["plugins", "uninstall", "s3", "--export", &file, "--purge"];
        let mut uninstall = portal(database, &uninstall);
        purged.told = Ran::ok(uninstall.env("ENABLED_PLUGINS", others.join(",")));
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        purged
    }

    fn file(&self) -> String {
        self.folder.path().join("s3.json").to_str().unwrap().to_owned()
    }

    fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let text = fs::read_to_string(self.file()).unwrap();
        let mut export: Value = serde_json::from_str(&text).unwrap();
        edit(&mut export);
        fs::write(self.file(), export.to_string()).unwrap();
    }

    fn import(&self) -> Command {
        portal(self.database, &["plugins", "import", &self.file()])
    }

    /// Nothing of S3 is there but its fresh service.
    fn assert_empty(&self) {
        let connection = &mut self.database.connect();
        assert_eq!(count_rows(connection, "s3_data_outputs"), 0);
        let of_s3 = "SELECT id FROM platform_services WHERE plugin = 's3'";
        for table in ["platform_service_configurations", "environment_service_configurations"] {
            assert_eq!(
                count_rows(connection, &format!("{table} WHERE service_id IN ({of_s3})")),
                0
            );
        }
    }
}

/// The index of the row of an asset.
fn row_of(export: &Value, asset: usize) -> usize {
    let id = &export["assets"][asset]["id"];
    export["rows"].as_array().unwrap().iter().position(|row| row["id"] == *id).unwrap()
}

#[test]
fn import_holds_every_asset_against_the_rules_of_a_new_one() {
    each_database(|database| {
        let purged = Purged::new(database);
        let mut expected = Vec::new();
        purged.edit(|export| {
            export["assets"][0]["namespace"] = "Not a namespace".into();
            expected.push("/assets/0/namespace: ".to_owned());
            export["assets"][1]["name"] = "  ".into();
            expected.push("/assets/1/name: ".to_owned());
            export["assets"][2]["description"] = "a\0b".into();
            expected.push("/assets/2/description: text with a NUL character".to_owned());
            let default = |export: &Value, nth: usize| {
                let assets = export["assets"].as_array().unwrap().iter().enumerate();
                let mut fit = assets.filter(|(_, one)| one["technical_mapping"] == "default");
                fit.nth(nth).unwrap().0
            };
            let foreign = row_of(export, default(export, 0));
            export["rows"][foreign]["suffix"] = "somebody-else".into();
            expected.push(format!("/rows/{foreign}/suffix: \"somebody-else\" is outside"));
            let nul = row_of(export, default(export, 1));
            export["rows"][nul]["path"] = "a\0b".into();
            expected.push(format!("/rows/{nul}/path: text with a NUL character"));
            let custom = export["assets"].as_array().unwrap().iter();
            let custom = custom.enumerate().find(|(_, one)| one["technical_mapping"] == "custom");
            let lacking = row_of(export, custom.unwrap().0);
            export["rows"][lacking]["path"] = " ".into();
            expected.push(format!("/rows/{lacking}/path: the field \"path\" must not be empty"));
            export["assets"][3]["namespace"] = export["assets"][2]["namespace"].clone();
            export["assets"][3]["data_product_id"] = export["assets"][2]["data_product_id"].clone();
            expected.push("/assets/3/namespace: two assets".to_owned());
            export["assets"][4]["data_product_id"] = "01890000-0000-7000-8000-000000000000".into();
            expected.push("/assets/4/data_product_id: ".to_owned());
            export["assets"][5]["name"] = "é".repeat(201).into();
            expected.push("/assets/5/name: the name has 201 characters, 200 are".to_owned());
            export["service"]["entries"][0]["entries"][0]["buckit"] = "x".into();
            expected.push("/service/entries/0/entries/0/buckit: ".to_owned());
            export["service"]["result_template"] = "{buckit}".into();
            expected.push("/service/result_template: ".to_owned());
        });
        let told = refusal(&mut purged.import());
        for problem in expected {
            let line = format!("s3.json: {problem}");
            assert!(told.contains(&line), "{line} is not in {told}");
        }
        purged.assert_empty();
    });
}

#[test]
fn import_names_an_environment_that_is_gone_and_writes_nothing() {
    each_database(|database| {
        let purged = Purged::new(database);
        let connection = &mut database.connect();
        write::remove_environment(connection, "production").unwrap();
        let told = refusal(&mut purged.import());
        assert!(
            told.contains("/environment: the environment \"production\" is not here"),
            "{told}"
        );
        assert!(told.contains("/service/entries/") && told.contains("/platform/values/"), "{told}");
        purged.assert_empty();
        purged.edit(|export| {
            for list in ["/service/entries", "/platform/values"] {
                let list = export.pointer_mut(list).unwrap().as_array_mut().unwrap();
                list.retain(|one| one["environment"] != "production");
            }
        });
        let told = Ran::ok(&mut purged.import());
        assert_eq!(told, "imported 6 technical assets of s3\n");
    });
}

#[test]
fn option_that_is_no_longer_offered_is_a_warning() {
    each_database(|database| {
        let purged = Purged::new(database);
        purged.edit(|export| export["service"]["options"]["options"] = json!(["other"]));
        let ran = Ran::of(&mut purged.import());
        assert_eq!(ran.out, "imported 6 technical assets of s3\n", "{}", ran.err);
        assert!(ran.err.contains("warning: "), "{}", ran.err);
        assert!(ran.err.contains("is no longer offered"), "{}", ran.err);
        assert!(ran.err.contains("s3.json: /rows/0/bucket: "), "{}", ran.err);
    });
}

/// A server with an operator's file may start between the purge and the import.
#[test]
fn what_is_configured_since_stays_under_the_ids_of_the_file() {
    each_database(|database| {
        let purged = Purged::new(database);
        let options = vec!["newer".to_owned()];
        write::set_options(&mut database.connect(), "s3", &options).unwrap();
        let ran = Ran::of(&mut purged.import());
        assert!(ran.err.contains("/service/options: the options here"), "{}", ran.err);
        let text = fs::read_to_string(purged.file()).unwrap();
        let export: Value = serde_json::from_str(&text).unwrap();
        let server = Process::serve(&mut portal(database, &["serve"]));
        let id = export["service"]["options"]["id"].as_str().unwrap();
        let path = format!("/api/v2/configuration/platforms/configs/{id}");
        let stored = server.client().get(&path).ok();
        assert_eq!(stored["config"], json!(["newer"]));
        assert_eq!(stored["service"]["id"], export["service"]["id"]);
    });
}

/// Platform values outlive a purge, but not an operator who takes them out of the file.
#[test]
fn platform_values_that_are_gone_come_back() {
    each_database(|database| {
        let purged = Purged::new(database);
        execute(&mut database.connect(), "DELETE FROM environment_platform_configurations");
        Ran::ok(&mut purged.import());
        let text = fs::read_to_string(purged.file()).unwrap();
        let export: Value = serde_json::from_str(&text).unwrap();
        let values = export["platform"]["values"].as_array().unwrap().len();
        assert!(values > 0, "{export}");
        let rows = count_rows(&mut database.connect(), "environment_platform_configurations");
        assert_eq!(rows, i64::try_from(values).unwrap());
    });
}

#[test]
fn file_without_the_configuration_is_refused_saying_what_it_lacks() {
    each_database(|database| {
        let purged = Purged::new(database);
        purged.edit(|export| {
            let members = export.as_object_mut().unwrap();
            members.retain(|name, _| !["service", "platform"].contains(&name.as_str()));
        });
        let told = refusal(&mut purged.import());
        assert!(told.contains("an earlier version wrote it"), "{told}");
        purged.assert_empty();
    });
}

#[test]
fn purge_tells_what_configuration_it_takes_away() {
    each_database(|database| {
        let told = Purged::new(database).told;
        assert!(
            told.contains("took away the service s3 with its options (1) and templates"),
            "{told}"
        );
        assert!(told.contains("took away its entries in production (1)\n"), "{told}");
    });
}
