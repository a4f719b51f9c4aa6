//! Two builds over one database: one that links S3, and one that does not.

use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Client, Process, Ran, assets_of, bundled_and, command, command_on, example_of,
};
use serde_json::{Value, json};

const WITH_S3: &str = env!("CARGO_BIN_EXE_test-portal");
const WITHOUT_S3: &str = env!("CARGO_BIN_EXE_portal-without-s3");

fn serve(binary: &str, database: &TestDatabase) -> Process {
    Process::serve(command_on(binary, database).arg("serve"))
}

/// The list of a data product's assets, byte for byte.
fn listed(client: &Client, product: &str) -> String {
    let answer = client.get(&assets_of(product));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

#[test]
fn one_build_links_s3_and_the_other_does_not() {
    let ids = |binary| -> Vec<String> {
        let plugins = Ran::of(command(binary).args(["plugins", "list", "--json"])).json();
        let plugins = plugins.as_array().unwrap().clone();
        let enabled = plugins.iter().filter(|plugin| plugin["state"] == "enabled");
        enabled.map(|plugin| plugin["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(WITHOUT_S3), bundled_and(&[]));
    assert!(ids(WITH_S3).contains(&"s3".to_owned()));
}

#[test]
fn assets_survive_a_build_without_their_plugin_byte_for_byte() {
    each_database(|database| {
        drop(Process::serve(command_on(WITH_S3, database).args(["serve", "--demo"])));
        let server = serve(WITH_S3, database);
        let product = server.client().create_product("two-builds");
        for (index, id) in ["s3", "glue", "s3"].into_iter().enumerate() {
            let (name, configuration) = example_of(id);
            let mut asset = server.client().new_asset(name, &configuration);
            asset["namespace"] = format!("asset-{index}").into();
            server.client().create_asset(&product, &asset);
        }
        let before = listed(server.client(), &product);
        drop(server);

        let server = serve(WITHOUT_S3, database);
        let client = server.client();
        let without: Value = serde_json::from_str(&listed(client, &product)).unwrap();
        let assets = without["technical_assets"].as_array().unwrap();
        let reason = "the plugin of S3DataOutput is not linked into this binary";
        let reasons: Vec<&Value> = assets.iter().map(|asset| &asset["unavailable"]).collect();
        assert_eq!(reasons, [&json!(reason), &Value::Null, &json!(reason)]);
        let path = |index: usize| {
            format!("{}/{}", assets_of(&product), assets[index]["id"].as_str().unwrap())
        };
        let update = json!({"name": "Other", "description": "", "configuration": {
            "configuration_type": "S3DataOutput", "bucket": "datalake", "path": "other",
        }});
        for (path, body) in
            [(path(0), update), (format!("{}/status", path(0)), json!({"status": "active"}))]
        {
            let answer = client.send_json("PUT", &path, &[], &body);
            assert_eq!(answer.status, 409, "{path}: {}", answer.text);
            assert!(answer.text.contains("not linked"), "{}", answer.text);
        }
        drop(server);

        let server = serve(WITH_S3, database);
        assert_eq!(listed(server.client(), &product), before);
        drop(server);

        let server = serve(WITHOUT_S3, database);
        assert_eq!(server.client().delete(&path(2)).status, 200);
        drop(server);
        let left: Value =
            serde_json::from_str(&listed(serve(WITH_S3, database).client(), &product)).unwrap();
        let before: Value = serde_json::from_str(&before).unwrap();
        assert_eq!(
            left["technical_assets"].as_array().unwrap()[..],
            before["technical_assets"].as_array().unwrap()[..2]
        );
    });
}
