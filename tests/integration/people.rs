//! How people are known, by a proxy or by the application around the portal, and what they may do:
//! their own approval, their data products, what is theirs to read.

use actix_web::rt::net::TcpSocket;
use actix_web::{App, HttpRequest, HttpResponse, rt, test as requests, web};
use portal_engine::Registry;
use portal_server::{Builder, Person};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Caller, Company, PROXY, TestServer, access, apply_access, assets_of, example_of,
};
use serde_json::{Value, json};
use std::net::SocketAddr;

#[test]
fn everybody_is_told_who_they_are_and_what_they_may_do() {
    Company::each(|company| {
        let current = |name: &str| company.as_(name).get("/api/v2/users/current").ok();
        let member = current("member");
        for (key, value) in [
            ("email", json!("mia@example.com")),
            ("external_id", json!("mia@example.com")),
            ("first_name", json!("mia")),
            ("last_name", json!("")),
            ("has_seen_tour", json!(true)),
            ("can_become_admin", json!(false)),
            ("admin_expiry", Value::Null),
            ("roles", json!(["viewer", "creator"])),
            ("permissions", json!(["open", "read", "be_known", "create_data_product"])),
            ("approves", json!([])),
            ("member_of", json!([company.product])),
        ] {
            assert_eq!(member[key], value, "{key}");
        }
        assert_eq!(member["id"], current("member")["id"]);
        assert_ne!(member["id"], current("viewer")["id"]);
        assert_eq!(current("member by a group")["member_of"], json!([company.product]));
        assert_eq!(current("approver")["approves"], json!(["Sales"]));
        assert_eq!(current("operator")["roles"], json!(["viewer", "creator", "operator"]));
        let token = current("token of a member");
        assert_eq!(token["external_id"], "token:ci");
        assert_eq!(token["member_of"], json!([company.product]));
        assert_eq!(token["permissions"], json!(["open", "read", "be_known"]));
        assert_eq!(company.as_("nobody").get("/api/v2/users/current").status, 401);
        for Caller { name, client, .. } in &company.callers[1..7] {
            let page = client.page("/").text;
            let address = current(name)["email"].as_str().unwrap().to_owned();
            let who =
                format!("<span class=\"unseen\">You are </span><a href=\"/account\">{address}</a>");
            assert!(page.contains(&who), "{name}: {page}");
            assert!(!page.contains("is the operator"), "{name}: {page}");
        }
    });
}

#[test]
fn nobody_approves_what_they_alone_have_written() {
    Company::each(|company| {
        let abe = company.as_("approver");
        // An approver who is a member as well.
        let members = json!({"people": ["abe@example.com", "mia@example.com"], "groups": []});
        let path = format!("{}/members", company.path());
        assert_eq!(company.as_("operator").send_json("PUT", &path, &[], &members).status, 200);
        let (display_name, configuration) = example_of("glue");
        let new = abe.new_asset(display_name, &configuration);
        let asset = abe.create_asset(&company.product, &new);
        let at = format!("{}/{asset}", assets_of(&company.product));
        let stored = abe.get(&at).ok();
        assert_eq!(stored["status"], "pending");
        assert_eq!(
            (&stored["created_by"], &stored["updated_by"]),
            (&json!("abe@example.com"), &json!("abe@example.com"))
        );
        let move_to = |name: &str, status: &str| {
            company.as_(name).send_json(
                "PUT",
                &format!("{at}/status"),
                &[],
                &json!({"status": status}),
            )
        };
        let refused = move_to("approver", "active");
        assert_eq!(refused.status, 403);
        let said = "you alone wrote the configuration of this technical asset";
        assert!(refused.text.contains(said), "{}", refused.text);
        let page =
            abe.page(&format!("/data_products/{}/technical_assets/{asset}", company.product));
        assert!(page.text.contains("You alone wrote its configuration"), "{}", page.text);
        assert!(!page.text.contains("id=\"status-active\""), "{}", page.text);
        // Others' moves do not make it somebody else's work.
        assert_eq!(move_to("operator", "archived").status, 200);
        assert_eq!(move_to("approver", "pending").status, 200);
        assert_eq!(move_to("approver", "active").status, 403);
        assert_eq!(abe.get(&at).ok()["updated_by"], "abe@example.com");
        // Nor do others' words beside it, nor the same configuration sent by somebody else.
        let put = |name: &str, changed: &Value| {
            company.as_(name).send_json("PUT", &at, &[], changed).status
        };
        assert_eq!(put("member", &json!({"name": "Other", "description": "by mia"})), 200);
        let mut same = json!({"name": "Other", "description": "by mia"});
        same["configuration"] = configuration.clone();
        assert_eq!(put("member", &same), 200);
        assert_eq!(abe.get(&at).ok()["updated_by"], "mia@example.com");
        assert_eq!(move_to("approver", "active").status, 403);
        // Another configuration is another author's, and goes both ways.
        let mut other = same.clone();
        other["configuration"]["table"] = "other".into();
        assert_eq!(put("member", &other), 200);
        assert_eq!(move_to("approver", "active").status, 200);
        assert_eq!(put("approver", &same), 200);
        assert_eq!(abe.get(&at).ok()["status"], "pending");
        assert_eq!(move_to("approver", "active").status, 403);
        assert_eq!(move_to("operator", "active").status, 200);
        // A member of the data product has no say in the custom mapping.
        let refused = move_to("member", "archived");
        assert_eq!(refused.status, 403);
        assert!(
            refused.text.contains("ask approvers of the domain Sales, or an operator"),
            "{}",
            refused.text
        );
        let by_token = company.as_("token of a member").create_asset(&company.product, &{
            let (display_name, configuration) = example_of("redshift");
            abe.new_asset(display_name, &configuration)
        });
        let stored = abe.asset(&company.product, &by_token);
        assert_eq!(stored["created_by"], "token:ci");
    });
}

/// Otherwise an operator would approve their own work by way of a program of theirs.
#[test]
fn token_answers_to_whoever_created_it() {
    Company::each(|company| {
        let olga = company.as_("operator");
        let form = [("name", "helper"), ("role", "operator"), ("expires", "1d")];
        let created = olga.form("/operator/tokens", &form).text;
        let at = created.find("dpp_").unwrap();
        let helper = company.server.with_token(&created[at..at + 68]);
        // Olga wrote the custom asset.
        let path = format!("{}/{}/status", assets_of(&company.product), company.custom);
        let approve = json!({"status": "active"});
        assert_eq!(helper.send_json("PUT", &path, &[], &approve).status, 403);
        let (display_name, configuration) = example_of("snowflake");
        let new = helper.new_asset(display_name, &configuration);
        let asset = helper.create_asset(&company.product, &new);
        assert_eq!(helper.asset(&company.product, &asset)["created_by"], "token:helper");
        let path = format!("{}/{asset}/status", assets_of(&company.product));
        assert_eq!(olga.send_json("PUT", &path, &[], &approve).status, 403);
        let other = company.as_("token of an operator");
        assert_eq!(other.send_json("PUT", &path, &[], &approve).status, 200);
    });
}

#[test]
fn operator_may_allow_to_approve_ones_own() {
    each_database(|database| {
        let company = Company::on(database);
        let mut settings = access();
        settings.self_approval = true;
        apply_access(&mut database.connect(), Some(settings));
        // Olga wrote the custom asset herself.
        let at = format!("{}/{}/status", assets_of(&company.product), company.custom);
        let approve = || {
            company.as_("operator").send_json("PUT", &at, &[], &json!({"status": "active"})).status
        };
        let started = std::time::Instant::now();
        while approve() != 200 {
            assert!(started.elapsed().as_secs() < 5, "it is not allowed");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    });
}

#[test]
fn ones_own_data_products_are_those_one_is_a_member_of() {
    Company::each(|company| {
        let own = |name: &str| company.as_(name).page("/data_products?own=yes").text;
        let has = |page: &str, name: &str| page.contains(&format!(">{name}</a>"));
        for (name, orders, returns) in [
            ("member", true, false),
            ("member by a group", true, false),
            ("member of another one", false, true),
        ] {
            let page = own(name);
            assert_eq!((has(&page, "orders"), has(&page, "returns")), (orders, returns), "{name}");
        }
        assert!(own("viewer").contains("None of them is yours"));
        // Programs have none, and so see all.
        let page = own("token of a viewer");
        assert!(has(&page, "orders") && has(&page, "returns"), "{page}");
        let link = "/data_products?own=yes";
        assert!(company.as_("member").page("/").text.contains(link));
        assert!(!company.as_("token of a viewer").page("/").text.contains(link));
    });
}

#[test]
fn who_creates_data_products_is_the_operators_to_say() {
    each_database(|database| {
        let company = Company::on(database);
        let mut settings = access();
        settings.create_data_products = Some(vec!["staff".to_owned()]);
        apply_access(&mut database.connect(), Some(settings));
        let create = |name: &str| {
            let new = json!({"name": "New", "namespace": name.replace(' ', "-")});
            company.as_(name).post("/api/v2/data_products", &new)
        };
        let started = std::time::Instant::now();
        while create("approver").status != 403 {
            assert!(started.elapsed().as_secs() < 5, "it is not refused");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!((create("viewer").status, create("operator").status), (200, 200));
        assert!(
            !company.as_("approver").page("/data_products").text.contains("/data_products/new")
        );
    });
}

#[test]
fn everybody_may_read_without_being_known_where_the_operator_says_so() {
    each_database(|database| {
        let company = Company::on(database);
        let nobody = company.as_("nobody");
        assert_eq!(nobody.get("/api/v2/data_products").status, 401);
        let mut settings = access();
        settings.anonymous = Some(portal_engine::access::Anonymous::Viewer);
        apply_access(&mut database.connect(), Some(settings));
        let started = std::time::Instant::now();
        while nobody.get("/api/v2/data_products").status != 200 {
            assert!(started.elapsed().as_secs() < 5, "it is not allowed");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(nobody.page(&format!("/data_products/{}", company.product)).status, 200);
        for path in ["/api/v2/users/current", "/operator/tokens", "/data_products/new"] {
            assert_eq!(nobody.get(path).status, 401, "{path}");
        }
        let new = json!({"name": "New", "namespace": "new"});
        assert_eq!(nobody.post("/api/v2/data_products", &new).status, 401);
        // What is wrong is not taken for nothing.
        assert_eq!(nobody.with_token("dpp_0").get("/api/v2/data_products").status, 401);
    });
}

/// Asks for the operator's tokens from an address of the loopback range, as the proxy would for an
/// operator, and returns the status line.
fn ask_from(source: [u8; 4], server: &TestServer) -> String {
    let address: SocketAddr = server.origin().trim_start_matches("http://").parse().unwrap();
    let [person, groups, _] = PROXY;
    let request = format!(
        "GET /operator/tokens HTTP/1.1\r\nhost: {address}\r\n{person}: olga@example.com\r\n{groups}: ops\r\nconnection: close\r\n\r\n"
    );
    rt::System::new().block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        let stream = socket.connect(address).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        let mut stream = stream;
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    })
}

#[test]
fn headers_of_the_proxy_are_believed_from_its_networks_alone() {
    Company::each(|company| {
        assert_eq!(ask_from([127, 0, 0, 1], &company.server), "HTTP/1.1 200 OK");
        for forger in [[127, 0, 0, 2], [127, 1, 2, 3]] {
            let status = ask_from(forger, &company.server);
            assert_eq!(status, "HTTP/1.1 401 Unauthorized", "{forger:?}");
        }
    });
}

#[test]
fn what_a_client_smuggles_past_the_proxy_is_refused() {
    Company::each(|company| {
        let [person, groups, _] = PROXY;
        let ask =
            |headers: &[(&str, &str)]| company.server.send("GET", "/api/v2/users/current", headers);
        for (headers, said) in [
            (
                &[(person, "mia@example.com"), (person, "olga@example.com")][..],
                "came several times",
            ),
            (&[(person, "mia@example.com"), (groups, "x"), (groups, "ops")], "came several times"),
            (&[(person, "mia")], "is no address"),
            (&[(person, "mia@example.com, olga@example.com")], "is no address"),
        ] {
            let answer = ask(headers);
            assert_eq!(answer.status, 401, "{headers:?}");
            assert!(answer.text.contains(said), "{}", answer.text);
        }
        // A proxy that knows nobody says nothing, or nothing between blanks.
        assert_eq!(ask(&[(person, "")]).json()["code"], "unauthenticated");
        assert_eq!(ask(&[(groups, "ops")]).json()["code"], "unauthenticated");
        // It may pass on what it was shown itself.
        let passed = ask(&[(person, "mia@example.com"), ("authorization", "Basic bWlhOng=")]);
        assert_eq!(passed.ok()["email"], "mia@example.com");
    });
}

#[test]
fn application_around_the_portal_says_who_is_there() {
    let registry = Registry::load().unwrap();
    let database = TestDatabase::sqlite();
    let pool = database.migrated(registry);
    let identify = |request: &HttpRequest| {
        let name = request.headers().get("x-session")?.to_str().ok()?;
        let person = Person::new(&format!("{name}@example.com")).in_groups(["staff"]);
        Some(if name == "root" { person.as_operator() } else { person })
    };
    let open = |identity: bool| {
        let portal = Builder::over(pool.clone()).prefix("/portal");
        let portal = if identity { portal.identity(identify) } else { portal };
        // Named hosts are no reason to refuse where the application knows who is there.
        portal.open().unwrap()
    };
    rt::System::new().block_on(async {
        let hello = || web::resource("/hello").to(async || HttpResponse::Ok().body("hello"));
        let app =
            requests::init_service(App::new().service(hello()).service(open(true).scope())).await;
        let plain =
            requests::init_service(App::new().service(hello()).service(open(false).scope())).await;
        let request = |path: &str, session: &str, peer: [u8; 4]| {
            let request = requests::TestRequest::get()
                .uri(path)
                .insert_header(("host", "localhost"))
                .peer_addr((peer, 50_000).into());
            let session = (!session.is_empty()).then_some(("x-session", session));
            session
                .into_iter()
                .fold(request, |request, one| request.insert_header(one))
                .to_request()
        };
        let far = [192, 0, 2, 1];
        for (session, path, status) in [
            ("", "/portal/api/v2/data_products", 401),
            ("", "/hello", 200),
            ("ada", "/portal/api/v2/data_products", 200),
            ("ada", "/portal/operator/tokens", 403),
            ("root", "/portal/operator/tokens", 200),
        ] {
            let answer = requests::call_service(&app, request(path, session, far)).await;
            assert_eq!(answer.status(), status, "{session} {path}");
        }
        // Without an identity and without [access] it answers its own machine alone.
        for (peer, path, status) in [
            ([127, 0, 0, 1], "/portal/api/v2/data_products", 200),
            (far, "/portal/api/v2/data_products", 403),
            (far, "/portal/healthz", 200),
            (far, "/hello", 200),
        ] {
            let answer = requests::call_service(&plain, request(path, "root", peer)).await;
            assert_eq!(answer.status(), status, "{peer:?} {path}");
        }
    });
}
