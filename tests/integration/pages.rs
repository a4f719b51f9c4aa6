//! The pages: each renders, with the headers that keep browsers safe, and says what is there.

use portal_testing::each_database;
use portal_tests::harness::{Answer, TestServer, each_server, example_of, execute, output_ids};

/// A data product with an asset of every plugin.
struct Filled {
    product: String,
    /// Plugin and asset.
    assets: Vec<(&'static str, String)>,
}

impl Filled {
    fn of(server: &TestServer) -> Self {
        let product = server.create_product("orders");
        let assets = output_ids().into_iter().map(|id| {
            let (display_name, configuration) = example_of(id);
            let new = server.new_asset(display_name, &configuration);
            (id, server.create_asset(&product, &new))
        });
        let assets = assets.collect();
        Filled { product, assets }
    }

    fn asset(&self, plugin: &str) -> String {
        let (_, asset) = self.assets.iter().find(|(id, _)| *id == plugin).unwrap();
        format!("/data_products/{}/technical_assets/{asset}", self.product)
    }

    /// The paths of all pages that are asked for with GET.
    fn pages(&self) -> Vec<String> {
        let product = format!("/data_products/{}", self.product);
        let mut pages: Vec<String> =
            ["/", "/operator", "/data_products", "/data_products/new", "/plugins/launcher"]
                .map(str::to_owned)
                .to_vec();
        pages.extend([
            product.clone(),
            format!("{product}/environments"),
            format!("{product}/technical_assets/new"),
        ]);
        // Of a service that needs nothing mended the list is empty.
        pages.push("/operator/assets?plugin=glue&environment=production".to_owned());
        for (plugin, _) in &self.assets {
            let asset = self.asset(plugin);
            pages.push(format!("/plugins/{plugin}"));
            pages.push(format!("{product}/technical_assets/new/{plugin}"));
            pages.extend([format!("{asset}/edit"), format!("{asset}/delete"), asset]);
        }
        pages
    }
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

fn assert_page(path: &str, answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
    let policy = answer.header("content-security-policy").unwrap();
    for part in
        ["default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
    let text = &answer.text;
    assert_eq!((count(text, "<h1"), count(text, "<main")), (1, 1), "{path}");
    // Scripts come from files, styles as well, and nothing has a handler of its own.
    assert_eq!(count(text, "<script"), count(text, "<script defer src=\"/static/"), "{path}");
    for inline in ["<style", "style=", "onclick", "hx-on", "javascript:"] {
        assert!(!text.contains(inline), "{path} holds {inline}");
    }
    for (index, _) in text.match_indices("src=\"") {
        assert!(text[index + 5..].starts_with('/'), "{path}: {}", &text[index..index + 60]);
    }
}

#[test]
fn every_page_renders_safely_and_small() {
    each_server(|server| {
        let filled = Filled::of(server);
        for path in filled.pages() {
            let answer = server.page(&path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_page(&path, &answer);
            if path != "/" && !path.contains('?') {
                assert_eq!(server.page(&format!("{path}/")).text, answer.text, "{path}/");
            }
            let zipped = server.compressed_size(&path);
            assert!(zipped < 12_000, "{path} is {zipped} bytes");
        }
    });
}

#[test]
fn style_and_scripts_are_kept_for_ever_under_addresses_that_change_with_them() {
    each_server(|server| {
        let page = server.page("/").text;
        let addresses: Vec<&str> =
            page.split('"').filter(|part| part.starts_with("/static/")).collect();
        assert!(addresses.len() >= 4, "{addresses:?}");
        let mut total = server.compressed_size("/");
        for address in addresses {
            let answer = server.get(address);
            assert_eq!(answer.status, 200, "{address}");
            let keep = answer.header("cache-control").unwrap();
            assert!(keep.contains("immutable"), "{address}: {keep}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            let digest = address.split(['/', '-']).nth(2).unwrap();
            assert_eq!(server.get(&address.replace(digest, "000000000000")).status, 404);
            total += server.compressed_size(address);
        }
        assert!(total < 60_000, "the first load takes {total} bytes");
    });
}

#[test]
fn icons_cannot_run_anything() {
    each_server(|server| {
        for id in output_ids() {
            let icon = server.get(&format!("/api/v2/plugins/{id}/icon"));
            assert_eq!(icon.header("content-security-policy"), Some("default-src 'none'; sandbox"));
            assert_eq!(icon.header("x-content-type-options"), Some("nosniff"));
        }
        // Everything else of the API has the policy of the pages; its reference has its own.
        for path in ["/api/v2/plugins", "/api/v2/nowhere", "/healthz"] {
            let policy = server.get(path).header("content-security-policy").unwrap().to_owned();
            assert!(policy.contains("script-src 'self'"), "{path}");
        }
        assert!(
            server
                .get("/api/docs")
                .header("content-security-policy")
                .unwrap()
                .contains("unsafe-inline")
        );
    });
}

#[test]
fn what_goes_wrong_is_a_page_as_well() {
    each_server(|server| {
        let product = server.create_product("orders");
        let id = "01890000-0000-7000-8000-000000000000";
        for (path, status) in [
            ("/nowhere".to_owned(), 404),
            ("/plugins/glu".to_owned(), 404),
            (format!("/data_products/{id}"), 404),
            ("/data_products/12".to_owned(), 422),
            (format!("/data_products/{product}/technical_assets/{id}"), 404),
            (format!("/data_products/{product}/technical_assets/new/launcher"), 404),
            (format!("/data_products/{product}?status=lost"), 422),
        ] {
            let answer = server.page(&path);
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
            assert_page(&path, &answer);
        }
        assert!(server.page("/plugins/glu").text.contains("did you mean glue?"));
        let refused = server.send("DELETE", "/operator", &[]);
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
        assert_page("/operator", &refused);
        let refused = server.send_json("POST", "/data_products/new", &[], &serde_json::json!({}));
        assert_eq!(refused.status, 415);
        assert_page("/data_products/new", &refused);
    });
}

#[test]
fn service_without_options_names_the_line_to_add() {
    each_database(|database| {
        let server = TestServer::start(database);
        execute(
            &mut database.connect(),
            "DELETE FROM platform_service_configurations; UPDATE configuration_revision SET revision = revision + 1",
        );
        let started = std::time::Instant::now();
        let line = "[services.s3]\noptions = [&#34;datalake&#34;]";
        while !server.page("/").text.contains(line) {
            assert!(started.elapsed().as_secs() < 20, "{}", server.page("/").text);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let product = server.create_product("orders");
        for path in [
            "/plugins/s3".to_owned(),
            "/operator".to_owned(),
            format!("/data_products/{product}/technical_assets/new/s3"),
        ] {
            assert!(server.page(&path).text.contains(line), "{path}");
        }
    });
}

#[test]
fn operator_sees_plugins_migrations_and_what_is_configured_where() {
    each_database(|database| {
        let server = TestServer::with_plugins(database, Some("glue,s3"));
        let page = server.page("/operator").text;
        for part in [
            "not named in ENABLED_PLUGINS",
            "2026-01-28-124200_create_s3",
            ">applied<",
            ">configured<",
            ">disabled<",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert_eq!(server.page("/plugins/snowflake").status, 404);
    });
}

#[test]
fn asset_of_a_plugin_that_is_not_here_explains_itself_and_can_only_be_deleted() {
    each_database(|database| {
        let filled = Filled::of(&TestServer::start(database));
        let server = TestServer::with_plugins(database, Some("glue"));
        let asset = filled.asset("s3");
        let page = server.page(&asset).text;
        assert!(
            page.contains("id=\"unavailable\"") && page.contains("disabled by ENABLED_PLUGINS")
        );
        assert!(!page.contains("id=\"edit\"") && page.contains("id=\"delete\""), "{page}");
        assert!(
            server
                .page(&format!("/data_products/{}", filled.product))
                .text
                .contains(">unavailable<")
        );
        let edit = server.page(&format!("{asset}/edit"));
        assert_eq!(edit.status, 409, "{}", edit.text);
        assert_page("edit", &edit);
        let status =
            server.form(&format!("{asset}/status"), &[("revision", "1"), ("status", "active")]);
        assert_eq!(status.status, 409);
        let deleted = server.form(&format!("{asset}/delete"), &[("revision", "1")]);
        assert_eq!((deleted.status, server.page(&asset).status), (303, 404));
    });
}

#[test]
fn status_goes_its_way_and_deleting_asks_first() {
    each_server(|server| {
        let filled = Filled::of(server);
        let asset = filled.asset("s3");
        let page = server.page(&asset).text;
        assert!(page.contains("id=\"status-active\"") && page.contains("id=\"status-archived\""));
        let status = |revision: &str, status: &str| {
            server.form(&format!("{asset}/status"), &[("revision", revision), ("status", status)])
        };
        let approved = status("1", "active");
        assert_eq!((approved.status, approved.header("location")), (303, Some(asset.as_str())));
        assert_eq!(
            (
                status("1", "archived").status,
                status("2", "pending").status,
                status("2", "lost").status
            ),
            (412, 409, 422)
        );
        let page = server.page(&format!("{asset}/delete")).text;
        assert!(page.contains("What is lost") && page.contains("name=\"revision\" value=\"2\""));
        assert_eq!(server.form(&format!("{asset}/delete"), &[("revision", "1")]).status, 412);
        let deleted = server.form(&format!("{asset}/delete"), &[("revision", "2")]);
        let list = format!("/data_products/{}", filled.product);
        assert_eq!((deleted.status, deleted.header("location")), (303, Some(list.as_str())));
    });
}
