//! `/api/v2/configuration`: what the operator has configured, and what follows from it.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use portal_core::Id;
use portal_engine::Registry;
use portal_engine::store::write;
use portal_testing::{TestDatabase, each_database, example_environments};
use portal_tests::harness::{
    Client, TestServer, assets_of, each_server, example_of, execute, output_ids, without_ids,
};
use serde_json::Value;

const BASE: &str = "/api/v2/configuration";

fn display_name(id: &str) -> &'static str {
    Registry::load().unwrap().find(id).unwrap().display_name()
}

fn environment_ids(client: &Client) -> Vec<String> {
    let environments = client.get(&format!("{BASE}/environments")).ok();
    let environments = environments["environments"].as_array().unwrap().iter();
    environments.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// The names of all platforms, each once.
fn platform_names() -> BTreeSet<&'static str> {
    let plugins = Registry::load().unwrap().plugins();
    let names = BTreeSet::from_iter(plugins.iter().map(|plugin| plugin.platform_name()));
    let known = ["Amazon Web Services", "Fixture", "Launcher"];
    assert!(known.iter().all(|name| names.contains(name)), "{names:?}");
    names
}

#[test]
fn platforms_are_listed_once_and_by_name() {
    each_server(|server| {
        let platforms = server.get(&format!("{BASE}/platforms")).ok();
        let platforms = platforms["platforms"].as_array().unwrap();
        let names: Vec<&str> = platforms.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, Vec::from_iter(platform_names()));
    });
}

#[test]
fn service_is_found_below_its_platform_with_its_options() {
    each_server(|server| {
        for id in output_ids() {
            let (platform, service) = server.service(display_name(id));
            let services = server.get(&format!("{BASE}/platforms/{platform}/services")).ok();
            let services = services["platform_services"].as_array().unwrap();
            let own = services.iter().find(|one| one["id"] == service.as_str()).unwrap();
            insta::assert_json_snapshot!(format!("service@{id}"), without_ids(own));

            let path = format!("{BASE}/platforms/{platform}/services/{service}");
            let options = server.get(&path).ok();
            assert_eq!(options["service"], *own);
            insta::assert_json_snapshot!(format!("options@{id}"), options["config"]);
            let by_id = format!("{BASE}/platforms/configs/{}", options["id"].as_str().unwrap());
            assert_eq!(server.get(&by_id).ok(), options);
            let all = server.get(&format!("{BASE}/platforms/configs")).ok();
            let all = all["platform_service_configurations"].as_array().unwrap();
            assert!(all.contains(&options), "{id}");
        }
    });
}

#[test]
fn environments_are_listed_by_name_and_found_by_id() {
    each_server(|server| {
        let environments = server.get(&format!("{BASE}/environments")).ok();
        insta::assert_json_snapshot!("environments", without_ids(&environments));
        for one in environments["environments"].as_array().unwrap() {
            let id = one["id"].as_str().unwrap();
            assert_eq!(server.get(&format!("{BASE}/environments/{id}")).ok(), *one);
        }
    });
}

#[test]
fn entries_of_a_service_are_the_same_on_every_route_that_leads_to_them() {
    each_server(|server| {
        let environments = environment_ids(server);
        for id in output_ids() {
            let (platform, service) = server.service(display_name(id));
            let below = format!("platforms/{platform}/services/{service}/config");
            let everywhere = server.get(&format!("{BASE}/environments/{below}")).ok();
            let everywhere = everywhere["environment_configs"].as_array().unwrap().clone();
            assert_eq!(everywhere.len(), environments.len());
            for environment in &environments {
                let path = format!("{BASE}/environments/{environment}/{below}");
                let entries = server.get(&path).ok();
                assert!(everywhere.contains(&entries), "{id}");
                let by_id = entries["id"].as_str().unwrap();
                let path = format!("{BASE}/environments/configs/{by_id}");
                assert_eq!(server.get(&path).ok(), entries);
                let path = format!("{BASE}/environments/{environment}/configs");
                let all = server.get(&path).ok();
                assert!(all["environment_configs"].as_array().unwrap().contains(&entries));
                if *environment == environments[0] {
                    insta::assert_json_snapshot!(format!("entries@{id}"), without_ids(&entries));
                }
            }
        }
    });
}

#[test]
fn platform_has_its_values_in_each_environment() {
    each_server(|server| {
        for (name, id) in
            [("aws", "glue"), ("databricks", "databricks"), ("snowflake", "snowflake")]
        {
            let (platform, _) = server.service(display_name(id));
            let environment = &environment_ids(server)[0];
            let path = format!("{BASE}/environments/{environment}/platforms/{platform}/config");
            let values = server.get(&path).ok();
            insta::assert_json_snapshot!(format!("values@{name}"), without_ids(&values));
        }
    });
}

/// Paths with `{}` in place of one id, of all routes that take any.
fn paths_with_one_wrong_id(client: &Client) -> Vec<String> {
    let (platform, service) = client.service("S3");
    let environment = environment_ids(client).remove(0);
    let services = format!("platforms/{platform}/services");
    [
        "platforms/{}/services".to_owned(),
        format!("platforms/{{}}/services/{service}"),
        format!("{services}/{{}}"),
        "platforms/configs/{}".to_owned(),
        "environments/{}".to_owned(),
        "environments/{}/configs".to_owned(),
        "environments/configs/{}".to_owned(),
        format!("environments/{{}}/platforms/{platform}/config"),
        format!("environments/{environment}/platforms/{{}}/config"),
        format!("environments/{{}}/{services}/{service}/config"),
        format!("environments/{environment}/{services}/{{}}/config"),
        format!("environments/{environment}/platforms/{{}}/services/{service}/config"),
        format!("environments/{services}/{{}}/config"),
        format!("environments/platforms/{{}}/services/{service}/config"),
    ]
    .into()
}

#[test]
fn unknown_id_is_not_found_and_a_malformed_one_is_refused() {
    each_server(|server| {
        for path in paths_with_one_wrong_id(server) {
            let unknown = Id::new();
            let answer = server.get(&format!("{BASE}/{}", path.replace("{}", unknown.as_str())));
            assert_eq!(answer.status, 404, "{path}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(unknown.as_str()), "{path}: {detail}");
            for malformed in ["1", "%00", "{id}", "configs%2F"] {
                let answer = server.get(&format!("{BASE}/{}", path.replace("{}", malformed)));
                assert_eq!(answer.status, 422, "{path} {malformed}: {}", answer.text);
                assert_eq!(answer.json()["detail"][0]["loc"][0], "path");
            }
        }
    });
}

#[test]
fn service_is_not_found_below_another_platform() {
    each_server(|server| {
        let (_, glue) = server.service("Glue");
        let (snowflake, _) = server.service("Snowflake");
        let environment = &environment_ids(server)[0];
        for path in [
            format!("platforms/{snowflake}/services/{glue}"),
            format!("environments/platforms/{snowflake}/services/{glue}/config"),
            format!("environments/{environment}/platforms/{snowflake}/services/{glue}/config"),
        ] {
            let answer = server.get(&format!("{BASE}/{path}"));
            let sentence = format!("the platform {snowflake} has no service {glue}");
            assert_eq!((answer.status, answer.json()["detail"].as_str()), (404, Some(&*sentence)));
        }
    });
}

/// A database with environments and nothing else configured.
fn bare(database: &TestDatabase) -> TestServer {
    let mut connection = database.migrated(Registry::load().unwrap()).get().unwrap();
    for environment in example_environments() {
        write::set_environment(&mut connection, &environment).unwrap();
    }
    TestServer::start(database)
}

#[test]
fn plugin_without_options_is_listed_as_not_configured() {
    each_database(|database| {
        let server = bare(database);
        let listed = server.get("/api/v2/plugins/").ok();
        for entry in listed["plugins"].as_array().unwrap() {
            let is_launcher = entry["platform"] == "launcher";
            assert_eq!(entry["not_configured"], !is_launcher, "{entry}");
            assert_eq!(entry["ui_metadata"], Value::Array(Vec::new()));
        }
        let tiles = server.get("/api/v2/plugins/platform-tiles").ok();
        let tiles = tiles["platform_tiles"].as_array().unwrap();
        assert_eq!(tiles.len(), platform_names().len());
    });
}

#[test]
fn default_mapping_works_without_options_when_the_field_is_the_namespace() {
    each_database(|database| {
        let server = bare(database);
        let product = server.create_product("orders");
        let post = |id: &str, field: &str| {
            let (display_name, mut configuration) = example_of(id);
            configuration.as_object_mut().unwrap().shift_remove(field);
            let mut new = server.new_asset(display_name, &configuration);
            new["technical_mapping"] = "default".into();
            server.post(&assets_of(&product), &new)
        };
        let asset = post("snowflake", "database").ok();
        let read = server.asset(&product, asset["id"].as_str().unwrap());
        assert_eq!(read["configuration"]["database"], "orders");
        for info in read["technical_info"].as_array().unwrap() {
            let environment = info["environment"].as_str().unwrap();
            assert_eq!([&info["info"], &info["url"]], [&Value::Null, &Value::Null], "{info}");
            let reason = format!(
                "no entry `orders` for Snowflake in {environment}; Snowflake has no values in {environment}"
            );
            assert_eq!(info["reason"], reason.as_str());
        }
        assert_eq!(post("s3", "suffix").status, 422);
    });
}

#[test]
fn service_without_options_or_entries_is_not_found_there() {
    each_database(|database| {
        let server = bare(database);
        let (platform, service) = server.service("S3");
        let environment = &environment_ids(&server)[0];
        let services = format!("platforms/{platform}/services/{service}");
        for (path, sentence) in [
            (services.clone(), "the service S3 has no options"),
            (
                format!("environments/{environment}/{services}/config"),
                "S3 is not configured in the environment \"development\"",
            ),
            (
                format!("environments/{environment}/platforms/{platform}/config"),
                "Amazon Web Services is not configured in the environment \"development\"",
            ),
        ] {
            let answer = server.get(&format!("{BASE}/{path}"));
            assert_eq!((answer.status, answer.json()["detail"].as_str()), (404, Some(sentence)));
        }
        let product = server.create_product("orders");
        let url = format!("/api/v2/plugins/s3/url?id={product}&environment=production");
        assert_eq!(server.get(&url).status, 404);
    });
}

#[test]
fn server_notices_configuration_that_another_one_changed() {
    each_database(|database| {
        let server = TestServer::start(database);
        let before = server.get("/api/v2/plugins/s3/form");
        let connection = &mut database.connect();
        write::set_options(connection, "s3", &["second-lake".to_owned()]).unwrap();
        write::bump_revision(connection).unwrap();
        let started = Instant::now();
        let after = loop {
            let form = server.get("/api/v2/plugins/s3/form");
            if form.text != before.text {
                break form;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "the change went unnoticed");
            thread::sleep(Duration::from_millis(50));
        };
        let options = &after.ok()["ui_metadata"][0]["select"]["options"];
        assert_eq!(options[0]["value"], "second-lake");
        assert_ne!(after.header("etag"), before.header("etag"));
    });
}

#[test]
fn stored_configuration_that_does_not_fit_counts_as_not_configured() {
    each_database(|database| {
        drop(TestServer::start(database));
        let connection = &mut database.connect();
        execute(
            connection,
            "UPDATE environment_service_configurations SET config = '[{\"no\": 1}]'",
        );
        execute(connection, "UPDATE environment_platform_configurations SET config = 'no json'");
        execute(connection, "UPDATE platform_service_configurations SET options = '7'");
        let server = TestServer::start(database);
        assert_eq!(server.get("/api/v2/plugins/s3/form").ok()["not_configured"], true);
        let product = server.create_product("orders");
        let url = format!("/api/v2/plugins/glue/url?id={product}&environment=production");
        assert_eq!(server.get(&url).status, 404);
    });
}
