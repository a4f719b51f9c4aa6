//! A portal by code: below a prefix that nothing leaves, and in an application of one's own, which
//! keeps its own behaviour.

use std::path::Path;

use actix_web::{App, rt, test as requests, web};
use portal_engine::Registry;
use portal_server::Builder;
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Answer, Client, Crawl, Form, Process, TestServer, command_on};
use serde_json::json;

const EXAMPLE: &str = env!("CARGO_BIN_EXE_embedded-portal");
const PREFIX: &str = "/portal";

/// An id that nothing has.
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// Runs a test against a portal below the prefix, on every database there is.
fn each_server_below(test: impl Fn(&TestServer)) {
    each_database(|database| test(&TestServer::below(PREFIX, database, None)));
}

/// A client of the whole server, not of the portal alone.
fn whole(server: &Client) -> Client {
    Client::new(server.origin())
}

#[test]
fn every_link_of_every_page_stays_below_the_prefix_and_answers() {
    for prefix in ["", PREFIX, "/tools/data.products"] {
        each_database(|database| {
            let server = TestServer::run(prefix, Builder::new(database.url()).demo(true));
            // More than one page of them.
            for number in 0..26 {
                server.create_product(&format!("more-{number}"));
            }
            let crawl = Crawl::of(&server);
            crawl.assert_sound();
            for path in [
                "/",
                "/operator",
                "/data_products",
                "/data_products?page=2",
                "/data_products/new",
                "/plugins/s3",
                "/plugins/launcher",
                "/api/docs",
                "/api/docs/openapi-explorer.min.js",
                "/api/openapi.json",
                "/api/v2/plugins/s3/icon",
                "/api/v2/plugins/s3/schema",
            ] {
                let address = format!("{prefix}{path}");
                assert!(crawl.answers.contains_key(&address), "nothing leads to {address}");
            }
            let count = |part: &str| {
                let addresses = crawl.answers.keys().chain(&crawl.actions);
                addresses.filter(|address| address.contains(part)).count()
            };
            for part in ["/edit", "/delete", "/status", "/preview", "/technical_assets/new/"] {
                assert!(count(part) > 4, "{part}: {:?}", crawl.answers.keys());
            }
            assert_eq!(count(&format!("{prefix}/static/")), 5, "style, scripts and icon");
        });
    }
}

#[test]
fn named_crate_that_registers_no_plugin_is_refused() {
    let database = TestDatabase::sqlite();
    let naming = |crates| Builder::new(database.url()).plugins(crates);
    let silent = portal_server::plugins!(s3_plugin, portal_plugins, portal_tests);
    let linked = Registry::load().unwrap();
    for portal in [naming(silent), naming(silent).registry(linked.clone())] {
        let said = portal.open().err().unwrap().to_string();
        let start =
            "the crate portal_plugins is named among the plugins, but registers none (crates that";
        assert!(said.starts_with(start) && !said.contains('\n'), "{said}");
        let file = database.url().strip_prefix("sqlite://").unwrap();
        assert!(!Path::new(file).exists(), "it touched the database");
    }
    // The fixture is registered in a module of its crate.
    naming(portal_server::plugins!(s3_plugin, portal_tests)).open().unwrap();
}

#[test]
fn what_a_form_leads_to_stays_below_the_prefix() {
    each_server_below(|server| {
        let below = |answer: &Answer| {
            assert_eq!(answer.status, 303, "{}", answer.text);
            let location = answer.header("location").unwrap().to_owned();
            let path = location.strip_prefix(PREFIX).expect("it stays below the prefix").to_owned();
            assert_eq!(whole(server).page(&location).status, 200, "{location}");
            path
        };
        let new = [("name", "Sales"), ("namespace", "sales")];
        let product = below(&server.form("/data_products/new", &new));
        assert!(product.starts_with("/data_products/"), "{product}");

        let form = Form::new(server, "s3");
        let fields = [
            ("name", "Daily"),
            ("namespace", "daily"),
            ("technical_mapping", "default"),
            ("configuration.bucket", "datalake"),
            ("configuration.path", "daily"),
            ("action", "save"),
        ];
        let asset = below(&form.send(&fields));
        let changed = [&fields[..], &[("revision", "1")]].concat();
        assert_eq!(below(&server.form(&format!("{asset}/edit"), &changed)), asset);
        let status = [("revision", "2"), ("status", "archived")];
        assert_eq!(below(&server.form(&format!("{asset}/status"), &status)), asset);
        let stale = server.form(&format!("{asset}/delete"), &[("revision", "2")]);
        assert_eq!(stale.status, 412);
        let list = below(&server.form(&format!("{asset}/delete"), &[("revision", "3")]));
        assert_eq!(list, format!("/data_products/{}", form.product));
        // A form that comes back is a page as well.
        let wrong = server.form(&form.path, &[("action", "save")]);
        assert_eq!(wrong.status, 422);
        let crawl = Crawl::of_answer(server, &form.path, &wrong);
        crawl.assert_sound();
        assert!(crawl.actions.contains(&format!("{PREFIX}{}", form.path)), "{:?}", crawl.actions);
    });
}

#[test]
fn pages_about_what_went_wrong_lead_back_into_the_portal() {
    each_server_below(|server| {
        let html = ("accept", "text/html");
        let large = "x".repeat(2 << 20);
        let answers = [
            (404, server.page("/nowhere")),
            (404, server.page("/plugins/glu")),
            (404, server.page(&format!("/data_products/{NOBODY}"))),
            (422, server.page("/data_products/12")),
            (405, server.send("DELETE", "/operator", &[html])),
            (415, server.send_json("POST", "/data_products/new", &[html], &json!({}))),
            (413, server.form("/data_products/new", &[("name", large.as_str())])),
            (421, server.send("GET", "/", &[html, ("host", "evil.example")])),
            (403, server.send("POST", "/data_products/new", &[html, ("origin", "null")])),
            // The server is the portal's alone, so it answers for what is outside as well.
            (404, whole(server).page("/nowhere")),
        ];
        for (status, answer) in answers {
            assert_eq!(answer.status, status, "{}", answer.text);
            assert!(answer.text.contains("class=\"page-error\""), "{status}: {}", answer.text);
            let crawl = Crawl::of_answer(server, "an error", &answer);
            crawl.assert_sound();
            let style = crawl.links().iter().find(|link| link.ends_with("portal.css")).unwrap();
            let styled = whole(server).send("GET", style, &[("host", "evil.example")]);
            assert_eq!(styled.status, 200, "the page looks like the others under any name");
        }
        // Whatever is below /api/ answers programs.
        for path in ["/api/nowhere", "/api/v2/plugins/glu/form"] {
            let answer = server.page(path);
            assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")));
        }
    });
}

#[test]
fn paths_of_the_openapi_document_answer_below_its_server() {
    each_server_below(|server| {
        let document = server.get("/api/openapi.json").ok();
        assert_eq!(document["servers"], json!([{"url": PREFIX}]));
        let plain = document["paths"].as_object().unwrap().iter().filter(|(path, operations)| {
            !path.contains('{') && operations.as_object().unwrap().contains_key("get")
        });
        let plain: Vec<&String> = plain.map(|(path, _)| path).collect();
        assert!(plain.len() > 8, "{plain:?}");
        for path in plain {
            let joined = format!("{}{path}", document["servers"][0]["url"].as_str().unwrap());
            assert_eq!(whole(server).get(&joined).status, 200, "{joined}");
            assert_eq!(whole(server).get(path).status, 404, "{path} is outside");
        }
        let page = server.page("/plugins/s3").text;
        assert!(page.contains("POST /portal/api/v2/data_products"), "people are told as well");
    });
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    assert!(server.get("/api/openapi.json").ok().get("servers").is_none());
}

#[test]
fn prefix_answers_with_and_without_a_trailing_slash_and_only_as_a_whole_segment() {
    each_server_below(|server| {
        let whole = whole(server);
        let (bare, slashed) = (whole.page("/portal"), whole.page("/portal/"));
        assert_eq!((bare.status, &bare.text), (200, &slashed.text));
        for outside in ["/", "/portals", "/portals/operator", "/operator", "/healthz"] {
            assert_eq!(whole.page(outside).status, 404, "{outside}");
        }
        for inside in ["/portal/healthz", "/portal/readyz"] {
            assert_eq!(whole.get(inside).status, 200, "{inside}");
        }
    });
}

#[test]
fn prefix_that_is_no_path_is_refused_with_the_rule() {
    let database = TestDatabase::sqlite();
    for (prefix, rule) in [
        ("portal", "does not begin with /"),
        ("/portal/", "ends with /"),
        ("/a//b", "has nothing between two /"),
        ("/a/..", "has the segment . or .."),
        ("/{id}", "has the character '{'"),
    ] {
        let refused = Builder::new(database.url()).prefix(prefix).open().unwrap_err();
        let said = refused.to_string();
        assert!(said.starts_with(&format!("the prefix {prefix:?} {rule}")), "{said}");
        assert!(said.ends_with("write a path such as /portal, or nothing"), "{said}");
    }
}

#[test]
fn example_serves_the_portal_beside_its_own_page() {
    each_database(|database| {
        let mut command = command_on(EXAMPLE, database);
        let process = Process::serve(command.env("PORTAL_BIND", "127.0.0.1:0"));
        let server = process.client();
        let plugins = server.get("/portal/api/v2/plugins/").ok();
        assert!(plugins["plugins"].as_array().unwrap().len() > 3, "{plugins}");
        let catalogue = server.page("/portal/");
        assert!(catalogue.status == 200 && catalogue.text.contains("<h1>Catalogue</h1>"));
        Crawl::of(&Client::new(&format!("{}/portal", server.base()))).assert_sound();

        // What is not the portal's is as it would be without it.
        let hello = server.send("GET", "/hello", &[("host", "evil.example")]);
        assert_eq!((hello.status, hello.text.as_str()), (200, "Hello from beside the portal"));
        for path in ["/", "/nowhere", "/api/v2/plugins", "/portals"] {
            let missing = server.page(path);
            assert_eq!((missing.status, missing.text.as_str()), (404, ""), "{path}");
            assert_eq!(missing.header("content-security-policy"), None, "{path}");
        }
        let foreign = server.send("POST", "/hello", &[("origin", "https://evil.example")]);
        assert_eq!((foreign.status, foreign.text.as_str()), (404, ""));

        // What is the portal's is guarded.
        let missing = server.get("/portal/nowhere");
        assert_eq!((missing.status, &missing.json()["code"]), (404, &json!("not_found")));
        assert!(missing.header("content-security-policy").is_some());
        for host in ["evil.example", "192.0.2.1"] {
            let refused = server.send("GET", "/portal/api/v2/plugins", &[("host", host)]);
            assert_eq!((refused.status, &refused.json()["code"]), (421, &json!("unknown_host")));
        }
        let new = json!({"name": "a", "namespace": "a"});
        let origin = [("origin", "https://evil.example")];
        let products = "/portal/api/v2/data_products";
        assert_eq!(server.send_json("POST", products, &origin, &new).status, 403);
        let large = json!({"name": "x".repeat(2 << 20), "namespace": "a"});
        assert_eq!(server.send_json("POST", products, &[], &large).status, 413);
        server.send_json("POST", products, &[], &new).ok();
    });
}

#[test]
fn server_by_code_serves_other_routes_under_the_same_guard() {
    let add = |app: &mut web::ServiceConfig| {
        app.route("/hello", web::get().to(async || "hello"));
    };
    for prefix in ["", PREFIX] {
        each_database(|database| {
            let portal = Builder::new(database.url()).routes(add);
            let portal =
                portal.allowed_host("portal.example".parse().unwrap()).open_to_everybody(true);
            let server = TestServer::run(prefix, portal);
            let whole = whole(&server);
            let hello = whole.get("/hello");
            assert_eq!((hello.status, hello.text.as_str()), (200, "hello"));
            assert!(hello.header("content-security-policy").is_some());
            for (host, status) in [("portal.example", 200), ("evil.example", 421)] {
                assert_eq!(whole.send("GET", "/hello", &[("host", host)]).status, status);
                assert_eq!(server.send("GET", "/healthz", &[("host", host)]).status, status);
            }
            assert_eq!(server.page("/operator").status, 200);
        });
    }
}

#[test]
fn database_that_is_only_checked_is_refused_while_it_lacks_something() {
    each_database(|database| {
        let open = |migrates| Builder::new(database.url()).migrate(migrates).open();
        let said = open(false).unwrap_err().to_string();
        assert!(said.starts_with("the database lacks "), "{said}");
        assert!(said.ends_with("run `migrations run`, or start with migrate(true)"), "{said}");
        open(true).unwrap();
        open(false).unwrap();
    });
}

/// Nothing about a portal belongs to the process: not its prefix, not its data.
#[test]
fn two_portals_in_one_application_do_not_know_each_other() {
    let open = |database: &TestDatabase, prefix: &str| {
        Builder::new(database.url()).prefix(prefix).open().unwrap()
    };
    let (first, second) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    let portals = [open(&first, "/one"), open(&second, "/two")];
    rt::System::new().block_on(async {
        let [one, two] = &portals;
        let app =
            requests::init_service(App::new().service(one.scope()).service(two.scope())).await;
        let new = json!({"name": "Orders", "namespace": "orders"});
        let request = requests::TestRequest::post().uri("/one/api/v2/data_products").set_json(&new);
        let request = request.peer_addr(([127, 0, 0, 1], 50_000).into());
        let request = request.insert_header(("host", "localhost")).to_request();
        assert_eq!(requests::call_service(&app, request).await.status(), 200);
        for (prefix, other, count) in [("/one", "/two", 1), ("/two", "/one", 0)] {
            let get = async |path: &str| {
                let request = requests::TestRequest::get().uri(&format!("{prefix}{path}"));
                let request = request.peer_addr(([127, 0, 0, 1], 50_000).into());
                let request = request.insert_header(("host", "localhost")).to_request();
                let body = requests::call_and_read_body(&app, request).await;
                String::from_utf8(body.to_vec()).unwrap()
            };
            let products = get("/api/v2/data_products").await;
            assert_eq!(products.matches("\"namespace\"").count(), count, "{prefix}: {products}");
            for path in ["/", "/api/docs", "/plugins/glu"] {
                let page = get(path).await;
                assert!(page.contains(&format!("\"{prefix}/operator\"")), "{prefix}{path}: {page}");
                assert!(!page.contains(&format!("\"{other}/")), "{prefix}{path}: {page}");
            }
        }
    });
}
