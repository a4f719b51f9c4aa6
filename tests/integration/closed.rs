//! A server that cannot be open by accident, and one that nobody is locked out of by accident.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Client, Process, Ran, TestServer, apply_access, command_on, each_server, refusal,
    refusal_sentence,
};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// A section by which an operator is known, so that it locks nobody out.
const ACCESS: &str = "[access]\noperators = [\"ops\"]\n\n[access.proxy]\nnetworks = [\"127.0.0.1\"]\naddress_header = \"X-Person\"\ngroups_header = \"X-Groups\"\n";

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// A folder with an operator's file in it.
fn file_with(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portal.toml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// Waits until something holds: a second is promised, and a busy machine may take longer.
fn soon(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{what} takes longer than ten seconds"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// A client whose requests say who sends them, as the proxy in front would.
fn olga(client: &Client) -> Client {
    client.with(&[("x-person", "olga@example.com"), ("x-groups", "ops")])
}

#[test]
fn server_that_others_reach_starts_only_with_access_or_when_that_is_meant() {
    let database = TestDatabase::sqlite();
    for (reached, how) in [
        (["--bind", "0.0.0.0:0"], "listening on 0.0.0.0:0"),
        (["--bind", "[::]:0"], "listening on [::]:0"),
        (["--allowed-host", "portal.example"], "the allowed host portal.example"),
    ] {
        let said = refusal(portal(&database, &["serve"]).args(reached));
        let said = said.lines().last().unwrap();
        assert_eq!(
            said,
            format!(
                "error: {how} lets others than this machine in, and everybody would be the operator: write the section [access] into portal.toml and apply it, or start with --open-to-everybody if that is meant"
            )
        );
    }
    // Those who mean it, and those who say who may do what.
    let meant = ["serve", "--allowed-host", "portal.example", "--open-to-everybody"];
    let server = Process::serve(&mut portal(&database, &meant));
    let page = server.client().send("GET", "/", &[("host", "portal.example")]);
    assert!(page.text.contains("the portal was opened to everybody on purpose"), "{}", page.text);
    let forwarded = [("host", "portal.example"), ("x-forwarded-for", "192.0.2.1")];
    assert_eq!(server.client().send("GET", "/api/v2/data_products", &forwarded).status, 200);
    drop(server);
    let (_folder, file) = file_with(ACCESS);
    let closed = ["serve", "--allowed-host", "portal.example", "--config", &file];
    let server = Process::serve(&mut portal(&database, &closed));
    assert_eq!(server.client().get("/api/v2/data_products").status, 401);
    assert_eq!(olga(server.client()).get("/api/v2/data_products").status, 200);
}

#[test]
fn every_page_of_a_server_on_loopback_says_that_it_is_open() {
    each_server(|server| {
        let product = server.create_product("orders");
        for path in [
            "/",
            "/operator",
            "/operator/tokens",
            "/data_products",
            "/data_products/new",
            &format!("/data_products/{product}"),
            &format!("/data_products/{product}/members"),
            "/plugins/s3",
            "/plugins/nothing",
            "/nothing",
            "/api/docs",
        ] {
            let page = server.page(path);
            let line =
                "Everybody on this machine is the operator: portal.toml has no section [access].";
            assert_eq!(page.text.matches(line).count(), 1, "{path}: {}", page.text);
        }
        let refused = server.send("GET", "/", &[("accept", "text/html"), ("host", "evil.example")]);
        assert!(refused.text.contains("Everybody on this machine"), "{}", refused.text);
    });
}

#[test]
fn proxied_request_does_not_make_everybody_the_operator() {
    each_server(|server| {
        for header in
            ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "x-forwarded-user"]
        {
            for (method, path) in [("GET", "/api/v2/data_products"), ("GET", "/operator")] {
                let answer = server.send(method, path, &[(header, "anything")]);
                assert_eq!(answer.status, 403, "{header}");
                assert!(answer.text.contains(" proxy has sent this"), "{}", answer.text);
                assert!(answer.text.contains(&header.to_lowercase()), "{}", answer.text);
            }
            assert_eq!(server.send("GET", "/healthz", &[(header, "anything")]).status, 200);
        }
    });
}

#[test]
fn nobody_is_answered_once_access_is_gone_from_a_server_that_others_reach() {
    each_database(|database| {
        let (_folder, file) = file_with(ACCESS);
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        Ran::ok(&mut portal(database, &["config", "apply", &file]));
        let server =
            Process::serve(&mut portal(database, &["serve", "--allowed-host", "portal.example"]));
        let (client, olga) = (server.client(), olga(server.client()));
        assert_eq!(olga.get("/api/v2/data_products").status, 200);
        let (_empty, without) = file_with("");
        let refused = refusal(&mut portal(database, &["config", "apply", &without]));
        assert_eq!(
            refused,
            "error: the file omits the section `access`: running servers answer nobody from then on, and one that starts on loopback takes everybody there for the operator: add --allow-remove to do so, or put them back\n"
        );
        Ran::ok(&mut portal(database, &["config", "apply", &without, "--allow-remove"]));
        soon("the 503", || olga.get("/api/v2/data_products").status == 503);
        let answer = client.get("/api/v2/data_products");
        assert_eq!(answer.json()["code"], "access_not_configured");
        assert!(answer.text.contains("apply a portal.toml that says who may do what"));
        assert_eq!(answer.header("retry-after"), Some("60"));
        let page = olga.page("/");
        assert_eq!(page.status, 503);
        assert!(page.text.contains("Closed for now"), "{}", page.text);
        // The load balancer hears of it as well, and whoever restarts it.
        assert_eq!(client.get("/healthz").status, 200);
        let ready = client.get("/readyz");
        assert_eq!(
            (ready.status, ready.json()["code"].clone()),
            (503, "access_not_configured".into())
        );
        assert!(
            refusal(&mut portal(
                database,
                &["serve", "--allowed-host", "portal.example", "--bind", "127.0.0.1:0"]
            ))
            .contains("the allowed host portal.example")
        );
        Ran::ok(&mut portal(database, &["config", "apply", &file]));
        soon("the return", || olga.get("/api/v2/data_products").status == 200);
        assert_eq!(client.get("/readyz").status, 200);
    });
}

#[test]
fn server_on_loopback_closes_as_soon_as_somebody_says_who_may_do_what() {
    each_database(|database| {
        let server = Process::serve(&mut portal(database, &["serve", "--demo"]));
        let client = server.client();
        assert_eq!(client.get("/api/v2/data_products").status, 200);
        let exported = Ran::ok(&mut portal(database, &["config", "export"]));
        let (_folder, file) = file_with(&format!("{ACCESS}\n{exported}"));
        let told = Ran::ok(&mut portal(database, &["config", "apply", &file]));
        assert_eq!(told, "add who may do what: operators +ops, another `proxy`\n");
        soon("the 401", || client.get("/api/v2/data_products").status == 401);
        assert_eq!(olga(client).get("/api/v2/data_products").status, 200);
        // What is stored says it again.
        let exported = Ran::ok(&mut portal(database, &["config", "export"]));
        let (_again, stored) = file_with(&exported);
        let told = Ran::ok(&mut portal(database, &["config", "apply", &stored]));
        assert_eq!(told, "nothing to change\n");
        // A proxy may stand in front of it by now, so it never becomes open again.
        let (_open, without) = file_with("");
        let remove = ["config", "apply", &without, "--allow-remove"];
        Ran::ok(&mut portal(database, &remove));
        soon("the 503", || client.get("/api/v2/data_products").status == 503);
        Ran::ok(&mut portal(database, &["config", "apply", &stored]));
        soon("the return", || olga(client).get("/api/v2/data_products").status == 200);
    });
}

#[test]
fn demo_leaves_it_as_it_is_who_may_do_what() {
    let database = TestDatabase::sqlite();
    Ran::ok(&mut portal(&database, &["migrations", "run"]));
    apply_access(&mut database.connect(), Some(portal_tests::harness::access()));
    let server = Process::serve(&mut portal(&database, &["serve", "--demo"]));
    assert_eq!(server.client().get("/api/v2/data_products").status, 401);
}

#[test]
fn group_that_is_taken_out_of_the_file_has_no_say_on_any_server_within_a_second() {
    each_database(|database| {
        let (_folder, file) = file_with(ACCESS);
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        Ran::ok(&mut portal(database, &["config", "apply", &file]));
        let servers: Vec<Process> =
            (0..2).map(|_| Process::serve(&mut portal(database, &["serve"]))).collect();
        let clients: Vec<Client> = servers.iter().map(|server| olga(server.client())).collect();
        assert!(clients.iter().all(|client| client.page("/operator/tokens").status == 200));
        fs::write(&file, ACCESS.replace("\"ops\"", "\"others\"")).unwrap();
        let told = Ran::ok(&mut portal(database, &["config", "apply", &file]));
        assert_eq!(told, "change who may do what: operators +others -ops\n");
        let started = Instant::now();
        for client in &clients {
            soon("the refusal", || client.page("/operator/tokens").status == 403);
        }
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    });
}

#[test]
fn file_that_locks_everybody_out_is_warned_of_and_refused() {
    let locked = [
        ("[access]\n", "it names no operators"),
        ("[access]\noperators = [\"ops\"]\n", "it says nowhere how people are known"),
        (
            "[access]\noperators = [\"ops\", \"group:x@example.com\"]\n[access.proxy]\nnetworks = [\"127.0.0.1\"]\naddress_header = \"X-Person\"\n",
            "it names groups alone, and the proxy has no `groups_header`",
        ),
    ];
    each_database(|database| {
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        for (text, why) in locked {
            let (_folder, file) = file_with(text);
            let checked = Ran::of(&mut portal(database, &["config", "check", &file]));
            assert_eq!(checked.code, Some(0), "{}", checked.err);
            let warning =
                format!("{file}:1: access: nobody can become operator by this file, because {why}");
            assert!(checked.err.contains(&warning), "{}", checked.err);
            let refused = refusal(&mut portal(database, &["config", "apply", &file]));
            assert!(refused.contains("or add --allow-lockout\n"), "{refused}");
            let served = ["serve", "--bind", "127.0.0.1:0", "--config", &file];
            let refused = refusal(&mut portal(database, &served));
            assert!(refused.contains("config apply --allow-lockout"), "{refused}");
        }
        let (_folder, file) = file_with(locked[1].0);
        // A token of an operator is a way in, as long as it lasts.
        let create = |name: &str, lasts: &str| {
            let role = ["--role", "operator", "--expires", lasts];
            Ran::ok(portal(database, &["tokens", "create", "--name", name]).args(role));
        };
        create("short", "1s");
        thread::sleep(Duration::from_millis(1_100));
        refusal(&mut portal(database, &["config", "apply", &file]));
        create("admin", "1d");
        Ran::ok(&mut portal(database, &["config", "apply", &file]));
        // Somebody may mean it; and once it is stored, it is no change any more.
        Ran::ok(&mut portal(database, &["tokens", "revoke", "admin"]));
        let (_other, file) = file_with(locked[0].0);
        Ran::ok(&mut portal(database, &["config", "apply", &file, "--allow-lockout"]));
        assert_eq!(
            Ran::ok(&mut portal(database, &["config", "apply", &file])),
            "nothing to change\n"
        );
        let server = Process::serve(&mut portal(database, &["serve", "--config", &file]));
        assert_eq!(server.client().get("/").status, 401);
    });
}

#[test]
fn stored_access_that_cannot_be_read_opens_nothing() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    apply_access(&mut database.connect(), Some(portal_tests::harness::access()));
    soon("the 401", || server.get("/api/v2/data_products").status == 401);
    let connection = &mut database.connect();
    portal_tests::harness::execute(
        connection,
        "UPDATE access SET settings = '{'; UPDATE configuration_revision SET revision = revision + 1",
    );
    soon("the 503", || server.get("/api/v2/data_products").status == 503);
    assert_eq!(server.get("/readyz").status, 503);
    let said = refusal_sentence(&mut portal(&database, &["serve", "--bind", "127.0.0.1:0"]));
    assert!(said.contains("who may do what cannot be read"), "{said}");
}

#[test]
fn mistakes_of_the_section_are_told_at_their_places() {
    let text = r#"[access]
operators = ["ops", "data platform", "ada@", ""]
anonymus = "viewer"
anonymous = "operator"
failures_per_minute = 0

[access.approvers]
Sales = ["a,b"]

[access.proxy]
networks = ["10.0.0.0/40", "0.0.0.0/0"]
groups_header = "X Groups"
client_header = "x-person"
"#;
    let (_folder, file) = file_with(text);
    let told = refusal(portal(&TestDatabase::sqlite(), &["config", "check"]).arg(&file));
    for mistake in [
        ":2: access.operators.1: the group \"data platform\" contains a blank",
        ":2: access.operators.2: \"ada@\" is no address",
        ":2: access.operators.3: the name of the group is empty",
        ":3: access.anonymus: the field \"anonymus\" is unknown (did you mean anonymous?",
        ":4: access.anonymous: \"operator\" is not one of the allowed values",
        ":5: access.failures_per_minute: ",
        ":8: access.approvers.Sales.0: the group \"a,b\" contains a comma",
        "access.proxy.address_header: the field \"address_header\" is required",
        ":11: access.proxy.networks.0: \"10.0.0.0/40\" is no network",
        ":11: access.proxy.networks.1: \"0.0.0.0/0\" holds every address",
        ":12: access.proxy.groups_header: \"X Groups\" is no name of a header",
    ] {
        assert!(told.contains(mistake), "{mistake} is not in {told}");
    }
}
