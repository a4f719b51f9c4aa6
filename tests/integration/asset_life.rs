//! Technical assets through their whole life: changed, approved, archived, listed, deleted.

use std::thread;

use portal_testing::each_database;
use portal_tests::harness::{Client, TestServer, assets_of, each_server, example_of};
use serde_json::{Value, json};

/// An asset of S3 in the custom mapping: the path to it.
fn stored(server: &Client, namespace: &str) -> (String, Value) {
    let product = server.create_product(namespace);
    let (display_name, configuration) = example_of("s3");
    let id = server.create_asset(&product, &server.new_asset(display_name, &configuration));
    (format!("{}/{id}", assets_of(&product)), configuration)
}

fn set_status(server: &Client, asset: &str, status: &str) -> u16 {
    server.send_json("PUT", &format!("{asset}/status"), &[], &json!({"status": status})).status
}

#[test]
fn asset_goes_only_where_its_state_leads() {
    each_server(|server| {
        let (asset, _) = stored(server, "orders");
        for (status, expected) in [
            ("pending", 409),
            ("active", 200),
            ("pending", 409),
            ("active", 409),
            ("archived", 200),
            ("active", 409),
            ("pending", 200),
            ("archived", 200),
            ("actve", 422),
        ] {
            assert_eq!(set_status(server, &asset, status), expected, "{status}");
        }
        let refused =
            server.send_json("PUT", &format!("{asset}/status"), &[], &json!({"status": "active"}));
        assert_eq!(
            refused.json()["detail"],
            "an asset that is archived cannot become active (it can become pending)"
        );
    });
}

#[test]
fn changed_configuration_has_to_be_approved_again_and_the_same_one_not() {
    each_server(|server| {
        let (asset, mut configuration) = stored(server, "orders");
        assert_eq!(set_status(server, &asset, "active"), 200);
        let change = |configuration: Option<&Value>| {
            let mut body = json!({"name": "Renamed", "description": "Told"});
            if let Some(configuration) = configuration {
                body["configuration"] = configuration.clone();
            }
            server.send_json("PUT", &asset, &[], &body).ok();
            let read = server.get(&asset).ok();
            assert_eq!((&read["name"], &read["description"]), (&json!("Renamed"), &json!("Told")));
            (read["status"].clone(), read["configuration"]["path"].clone())
        };
        assert_eq!(change(None), (json!("active"), json!("daily")));
        assert_eq!(change(Some(&configuration)), (json!("active"), json!("daily")));
        configuration["path"] = "hourly".into();
        assert_eq!(change(Some(&configuration)), (json!("pending"), json!("hourly")));
    });
}

#[test]
fn wrong_change_is_refused_whole() {
    each_server(|server| {
        let (asset, mut configuration) = stored(server, "orders");
        let before = server.get(&asset).text;
        configuration["path"] = "".into();
        configuration["bucket"] = "elsewhere".into();
        let body = json!({"name": "x", "description": "", "configuration": configuration});
        let refused = server.send_json("PUT", &asset, &[], &body);
        assert_eq!(
            (refused.status, refused.json()["problems"].as_array().unwrap().len()),
            (422, 2)
        );
        let foreign = example_of("glue").1;
        let body = json!({"name": "x", "description": "", "configuration": foreign});
        assert_eq!(server.send_json("PUT", &asset, &[], &body).status, 422);
        let body = json!({"name": "x", "description": "", "tag_ids": ["a"], "nmae": 1});
        assert_eq!(server.send_json("PUT", &asset, &[], &body).status, 422);
        assert_eq!(server.get(&asset).text, before);
    });
}

#[test]
fn stale_writer_is_told_the_current_revision() {
    each_server(|server| {
        let (asset, _) = stored(server, "orders");
        let read = server.get(&asset);
        assert_eq!(read.header("etag"), Some("\"1\""));
        let body = json!({"name": "A", "description": ""});
        let with = |tag| [("if-match", tag)];
        server.send_json("PUT", &asset, &with("\"1\""), &body).ok();
        for (method, path, body) in [
            ("PUT", asset.clone(), body.clone()),
            ("PUT", format!("{asset}/status"), json!({"status": "active"})),
            ("DELETE", asset.clone(), json!(null)),
        ] {
            let refused = server.send_json(method, &path, &with("\"1\""), &body);
            assert_eq!((refused.status, refused.header("etag")), (412, Some("\"2\"")), "{method}");
        }
        assert_eq!(server.send_json("PUT", &asset, &with("W/\"2\""), &body).status, 412);
        server.send_json("PUT", &asset, &with("*"), &body).ok();
        server.send_json("PUT", &asset, &[], &body).ok();
        assert_eq!(server.get(&asset).header("etag"), Some("\"4\""));
        assert_eq!(server.send("DELETE", &asset, &with("\"4\"")).status, 200);
        assert_eq!(server.send("DELETE", &asset, &with("\"4\"")).status, 404);
    });
}

#[test]
fn of_eight_writers_with_one_revision_exactly_one_succeeds() {
    each_server(|server| {
        let (asset, _) = stored(server, "orders");
        let statuses: Vec<u16> = thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|writer| {
                    let body = json!({"name": format!("writer {writer}"), "description": ""});
                    let asset = &asset;
                    let client = Client::new(server.base());
                    scope.spawn(move || {
                        client.send_json("PUT", asset, &[("if-match", "\"1\"")], &body).status
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 7, "{statuses:?}");
    });
}

#[test]
fn list_is_complete_filtered_or_paged() {
    each_server(|server| {
        let product = server.create_product("orders");
        for index in 0..7 {
            let (display_name, mut configuration) =
                example_of(if index % 2 == 0 { "s3" } else { "glue" });
            configuration["table"].is_string().then(|| configuration["table"] = "t".into());
            let mut asset = server.new_asset(display_name, &configuration);
            asset["name"] = format!("É Asset {index} 100%").into();
            asset["namespace"] = format!("asset-{index}").into();
            server.create_asset(&product, &asset);
        }
        let names = |query: &str| -> (Vec<String>, Value) {
            let listed = server.get(&format!("{}{query}", assets_of(&product))).ok();
            let assets = listed["technical_assets"].as_array().unwrap();
            let names = assets.iter().map(|asset| asset["namespace"].as_str().unwrap().to_owned());
            (names.collect(), listed["next_cursor"].clone())
        };
        assert_eq!(names("").0.len(), 7);
        assert_eq!(names("?status=pending").0.len(), 7);
        assert_eq!(names("?status=active").0.len(), 0);
        assert_eq!(names("?plugin=glue").0, ["asset-1", "asset-3", "asset-5"]);
        assert_eq!(names("?plugin=S3DataOutput&limit=2").0, ["asset-0", "asset-2"]);
        assert_eq!(names("?text=ASSET%203").0, ["asset-3"]);
        assert_eq!(names("?text=%C3%89%20ASSET%203").0, ["asset-3"], "as it is written");
        assert_eq!(names("?text=100%25").0.len(), 7);
        assert_eq!(names("?text=1_0").0.len(), 0, "wildcards are text");
        let mut all = Vec::new();
        let mut query = "?limit=3".to_owned();
        loop {
            let (page, next) = names(&query);
            all.extend(page);
            let Some(next) = next.as_str() else { break };
            query = format!("?limit=3&cursor={next}");
        }
        assert_eq!(all, names("").0);
        for wrong in [
            "?limit=0",
            "?limit=x",
            "?cursor=x",
            "?status=actve",
            "?plugin=glu",
            "?text=%00",
            "?staus=active",
        ] {
            assert_eq!(
                server.get(&format!("{}{wrong}", assets_of(&product))).status,
                422,
                "{wrong}"
            );
        }
    });
}

#[test]
fn rows_of_a_plugin_that_is_away_are_marked_can_be_deleted_and_come_back() {
    each_database(|database| {
        let server = TestServer::start(database);
        let (kept, _) = stored(&server, "orders");
        let (deleted, _) = stored(&server, "sales");
        let before = server.get(&kept).text;
        drop(server);

        let without = TestServer::with_plugins(database, Some("glue,snowflake"));
        let read = without.get(&kept).ok();
        assert_eq!(read["unavailable"], "the plugin s3 is disabled by ENABLED_PLUGINS");
        assert_eq!(read["configuration"], json!({"configuration_type": "S3DataOutput"}));
        let list = kept.rsplit_once('/').unwrap().0;
        assert_eq!(without.get(list).ok()["technical_assets"].as_array().unwrap().len(), 1);
        let body = json!({"name": "x", "description": ""});
        assert_eq!(without.send_json("PUT", &kept, &[], &body).status, 409);
        assert_eq!(set_status(&without, &kept, "active"), 409);
        assert_eq!(without.delete(&deleted).status, 200);
        drop(without);

        let server = TestServer::start(database);
        assert_eq!(server.get(&kept).text, before);
        assert_eq!(server.get(&deleted).status, 404);
    });
}
