//! Technical assets over HTTP: stored, read back, rendered in every environment, deleted.

use portal_engine::Registry;
use portal_testing::each_database;
use portal_tests::harness::{
    TestServer, assets_of, count_rows, each_server, example_of, output_ids, without_ids,
};
use serde_json::{Value, json};

#[test]
fn every_plugin_stores_reads_renders_and_deletes_its_example() {
    each_database(|database| {
        let server = TestServer::start(database);
        let connection = &mut database.connect();
        for id in output_ids() {
            let table = Registry::load().unwrap().find(id).unwrap().table().unwrap();
            let product = server.create_product(&format!("sales-{id}"));
            let (display_name, configuration) = example_of(id);
            let new = server.new_asset(display_name, &configuration);
            let asset = server.create_asset(&product, &new);
            let read = server.asset(&product, &asset);
            assert_eq!(read["configuration"], configuration);
            insta::assert_json_snapshot!(format!("asset@{id}"), without_ids(&read));
            assert_eq!(count_rows(connection, table), 1);

            let path = format!("{}/{asset}", assets_of(&product));
            let deleted = server.delete(&path);
            assert_eq!((deleted.status, deleted.text.as_str()), (200, "null"));
            assert_eq!((server.get(&path).status, server.delete(&path).status), (404, 404));
            assert_eq!(count_rows(connection, table), 0, "{table} keeps the row");
        }
        assert_eq!(count_rows(connection, "technical_assets"), 0);
    });
}

/// A configuration without what the namespace decides.
fn without_namespace(id: &str) -> (&'static str, Value) {
    let (display_name, mut configuration) = example_of(id);
    let plugin = Registry::load().unwrap().find(id).unwrap();
    let output = plugin.output().unwrap();
    let form: Vec<String> = output.form(&[]).into_iter().map(|element| element.name).collect();
    let namespace = output.namespace_field_name();
    configuration.as_object_mut().unwrap().retain(|name, _| {
        name == "configuration_type" || (form.contains(name) && Some(name.as_str()) != namespace)
    });
    (display_name, configuration)
}

#[test]
fn default_mapping_fills_the_namespace_and_is_active_at_once() {
    each_server(|server| {
        let product = server.create_product("orders");
        for id in output_ids() {
            let (display_name, configuration) = without_namespace(id);
            let mut new = server.new_asset(display_name, &configuration);
            new["technical_mapping"] = "default".into();
            let asset = server.create_asset(&product, &new);
            let read = server.asset(&product, &asset);
            assert_eq!(
                (&read["status"], &read["sourceAligned"]),
                (&json!("active"), &json!(false))
            );
            let facts = json!({
                "configuration": read["configuration"],
                "result_string": read["result_string"],
            });
            insta::assert_json_snapshot!(format!("default-mapping@{id}"), facts);
        }
    });
}

#[test]
fn technical_mapping_wins_over_the_deprecated_flag() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = without_namespace("s3");
        let cases = [
            (json!(null), json!(null), "default", "active"),
            (json!(null), json!(false), "default", "active"),
            (json!(null), json!(true), "custom", "pending"),
            (json!("default"), json!(true), "default", "active"),
            (json!("custom"), json!(false), "custom", "pending"),
        ];
        for (index, (mapping, aligned, stored, status)) in cases.into_iter().enumerate() {
            let mut new = server.new_asset(display_name, &configuration);
            new["namespace"] = format!("case-{index}").into();
            new["technical_mapping"] = mapping;
            new["sourceAligned"] = aligned;
            let read = server.asset(&product, &server.create_asset(&product, &new));
            assert_eq!(
                (&read["technical_mapping"], &read["status"]),
                (&json!(stored), &json!(status))
            );
        }
        let mut new = server.new_asset(display_name, &configuration);
        new.as_object_mut().unwrap().shift_remove("technical_mapping");
        let read = server.asset(&product, &server.create_asset(&product, &new));
        assert_eq!(read["technical_mapping"], "default");
    });
}

#[test]
fn former_wire_name_is_accepted_and_read_back_as_the_present_one() {
    each_server(|server| {
        let product = server.create_product("orders");
        for id in output_ids() {
            let (display_name, configuration) = example_of(id);
            let plugin = Registry::load().unwrap().find(id).unwrap();
            let names = [id].into_iter().chain(plugin.aliases().iter().copied());
            for (index, name) in names.enumerate() {
                let mut new = server.new_asset(display_name, &configuration);
                new["namespace"] = format!("{id}-{index}").into();
                new["configuration"]["configuration_type"] = name.into();
                let read = server.asset(&product, &server.create_asset(&product, &new));
                assert_eq!(read["configuration"]["configuration_type"], plugin.wire_name());
            }
        }
    });
}

#[test]
fn assets_are_listed_in_the_order_they_were_created() {
    each_server(|server| {
        let product = server.create_product("orders");
        let other = server.create_product("returns");
        let mut created = Vec::new();
        for id in output_ids().into_iter().rev() {
            let (display_name, configuration) = example_of(id);
            let new = server.new_asset(display_name, &configuration);
            created.push(server.create_asset(&product, &new));
            server.create_asset(&other, &new);
        }
        let listed = server.get(&assets_of(&product)).ok();
        let listed = listed["technical_assets"].as_array().unwrap();
        let ids: Vec<&str> = listed.iter().map(|asset| asset["id"].as_str().unwrap()).collect();
        assert_eq!(ids, created);
        for asset in listed {
            assert_eq!(*asset, server.asset(&product, asset["id"].as_str().unwrap()));
        }
    });
}

#[test]
fn asset_is_only_found_in_its_own_data_product() {
    each_server(|server| {
        let (product, other) = (server.create_product("orders"), server.create_product("returns"));
        let (display_name, configuration) = example_of("s3");
        let new = server.new_asset(display_name, &configuration);
        let asset = server.create_asset(&product, &new);
        let elsewhere = format!("{}/{asset}", assets_of(&other));
        assert_eq!((server.get(&elsewhere).status, server.delete(&elsewhere).status), (404, 404));
        assert_eq!(server.asset(&product, &asset)["id"], asset.as_str());
    });
}

#[test]
fn environment_without_a_fitting_entry_has_no_info_and_spoils_nothing() {
    each_server(|server| {
        let product = server.create_product("orders");
        for id in ["snowflake", "s3"] {
            let (display_name, configuration) = without_namespace(id);
            let mut new = server.new_asset(display_name, &configuration);
            new["technical_mapping"] = "default".into();
            server.create_asset(&product, &new);
        }
        let listed = server.get(&assets_of(&product)).ok();
        let infos = |index: usize| {
            let infos = listed["technical_assets"][index]["technical_info"].as_array().unwrap();
            infos.iter().map(|info| (info["info"].clone(), info["url"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(infos(0), [(Value::Null, Value::Null), (Value::Null, Value::Null)]);
        assert_eq!(infos(1)[0].0, "arn:aws:s3:::acme-datalake-dev/orders/daily/*");
    });
}

#[test]
fn value_of_a_field_whose_condition_is_false_is_replaced_by_its_default() {
    each_server(|server| {
        let product = server.create_product("orders");
        for id in ["databricks", "glue", "redshift", "snowflake"] {
            let (display_name, mut configuration) = example_of(id);
            configuration["access_granularity"] = "schema".into();
            let new = server.new_asset(display_name, &configuration);
            let read = server.asset(&product, &server.create_asset(&product, &new));
            assert_eq!(read["configuration"]["table"], "*", "{id}");
        }
    });
}

#[test]
fn fields_that_older_clients_send_along_have_no_effect() {
    each_server(|server| {
        let (product, other) = (server.create_product("orders"), server.create_product("returns"));
        let (display_name, configuration) = example_of("s3");
        let mut new = server.new_asset(display_name, &configuration);
        new["owner_id"] = other.clone().into();
        new["user_id"] = "anybody".into();
        new["status"] = "archived".into();
        new["tag_ids"] = json!([]);
        new["access_mode_ids"] = json!([]);
        let read = server.asset(&product, &server.create_asset(&product, &new));
        assert_eq!((&read["owner_id"], &read["status"]), (&json!(product), &json!("pending")));
    });
}

#[test]
fn braces_in_values_are_never_expanded() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("s3");
        configuration["path"] = "{bucket}/{environment}/\\{".into();
        let new = server.new_asset(display_name, &configuration);
        let read = server.asset(&product, &server.create_asset(&product, &new));
        assert_eq!(read["result_string"], "datalake/{bucket}/{environment}/\\{");
        let info = &read["technical_info"][0]["info"];
        assert_eq!(info, "arn:aws:s3:::acme-datalake-dev/{bucket}/{environment}/\\{/*");
    });
}
