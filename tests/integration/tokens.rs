//! Tokens of programs: made, shown once, used, ended; what wrong ones get, and where none is found.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use portal_engine::access::TOKEN_PATTERN;
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Answer, Client, Company, PROXY, Process, Ran, access, apply_access, command_on, refusal,
    refusal_sentence,
};
use serde_json::json;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// Creates a token on the command line.
fn create(database: &TestDatabase, name: &str, rest: &[&str]) -> String {
    let token = Ran::ok(portal(database, &["tokens", "create", "--name", name]).args(rest));
    let token = token.trim_end().to_owned();
    let digits = token.strip_prefix("dpp_").unwrap();
    assert!(digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    assert_eq!(TOKEN_PATTERN, "dpp_[0-9a-f]{64}");
    token
}

/// Waits until a client is answered with a status, and says how long that took: a second is promised,
/// and a busy machine may take longer.
fn soon(client: &Client, status: u16) -> Duration {
    let started = Instant::now();
    while client.get("/api/v2/data_products").status != status {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{status} takes longer than ten seconds"
        );
        thread::sleep(Duration::from_millis(10));
    }
    started.elapsed()
}

#[test]
fn token_is_made_listed_used_and_revoked_on_the_command_line() {
    each_database(|database| {
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        let server = Process::serve(&mut portal(database, &["serve", "--demo"]));
        apply_access(&mut database.connect(), Some(access()));
        let client = server.client();
        soon(client, 401);
        let token = create(database, "ci", &["--role", "viewer"]);
        let reader = client.with_token(&token);
        soon(&reader, 200);
        let list = || Ran::of(&mut portal(database, &["tokens", "list", "--json"])).json();
        let listed = list();
        assert_eq!(listed[0]["name"], "ci");
        assert_eq!(listed[0]["role"], "viewer");
        // It lasts as long as is said in the help.
        let end = listed[0]["expires_at"].as_str().unwrap();
        let end: chrono::NaiveDateTime = end.parse().unwrap();
        let days = (end - chrono::Utc::now().naive_utc()).num_hours();
        assert!((90 * 24 - 1..=90 * 24).contains(&days), "{days}");
        // Its use is kept soon, and then once a minute at most.
        let started = Instant::now();
        while list()[0]["last_used_at"].is_null() {
            assert!(started.elapsed() < Duration::from_secs(5), "its use is not kept");
            thread::sleep(Duration::from_millis(100));
        }
        let used = list()[0]["last_used_at"].clone();
        thread::sleep(Duration::from_millis(1_100));
        assert_eq!(reader.get("/api/v2/data_products").status, 200);
        thread::sleep(Duration::from_millis(1_100));
        assert_eq!(list()[0]["last_used_at"], used);
        let table = Ran::ok(&mut portal(database, &["tokens", "list"]));
        assert!(table.contains("ci") && table.contains("LAST USED"), "{table}");
        assert_eq!(
            refusal(
                portal(database, &["tokens", "create", "--name", "ci", "--role"]).arg("viewer")
            ),
            "error: /name: there is a token \"ci\" already (revoke it first, or choose another name)\n"
        );
        assert_eq!(Ran::ok(&mut portal(database, &["tokens", "revoke", "ci"])), "revoked ci\n");
        soon(&reader, 401);
        assert_eq!(
            refusal_sentence(&mut portal(database, &["tokens", "revoke", "ci"])),
            "no token is called \"ci\""
        );
        // Its name is free again, and it is not what it was.
        assert_ne!(create(database, "ci", &["--role", "viewer", "--expires", "never"]), token);
        assert_eq!(reader.get("/api/v2/data_products").status, 401);
    });
}

#[test]
fn wrong_arguments_are_told_all_at_once() {
    let database = TestDatabase::sqlite();
    Ran::ok(&mut portal(&database, &["migrations", "run"]));
    let token = |rest: &[&str]| {
        let ran = Ran::of(portal(&database, &["tokens", "create"]).args(rest));
        (ran.code, ran.err)
    };
    let (code, said) = token(&["--name", "ci", "--role", "member"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--data-product"), "{said}");
    let (code, said) = token(&[
        "--name",
        " ",
        "--role",
        "operator",
        "--data-product",
        "orders",
        "--expires",
        "0s",
    ]);
    assert_eq!(code, Some(1));
    for part in ["/name: the name of the token is empty", "/data_product: ", "/expires: "] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let (_, said) = token(&["--name", "ci", "--role", "member", "--data-product", "nothing"]);
    assert!(said.contains("no data product has the namespace \"nothing\""), "{said}");
    let (_, said) = token(&["--name", "ci", "--role", "viewer", "--expires", "soon"]);
    assert!(said.contains("write a time such as 90d or 12h, or never"), "{said}");
}

/// What every refusal of credentials looks like.
fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer realm=\"portal\", error=\"invalid_token\"", "{what}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.len() < 200 && !detail.contains('\n'), "{what}: {detail}");
    assert!(!detail.contains("dpp_"), "{what}: {detail}");
}

/// The status line that a token of a megabyte gets; `None` when the connection ends before it can be
/// read, because the server has not read all of it.
fn status_of_long_token(server: &Client) -> Option<String> {
    let address = server.origin().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        format!("GET /api/v2/data_products HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer ");
    stream.write_all(head.as_bytes()).unwrap();
    // The server may stop reading before all of it is sent.
    let _ = stream.write_all("x".repeat(1_000_000).as_bytes());
    let _ = stream.write_all(b"\r\n\r\n");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}

#[test]
fn whatever_makes_nobody_known_is_refused_in_one_sentence() {
    each_database(|database| {
        let company = Company::on(database);
        let server = &company.server;
        let token = create(database, "ci-2", &["--role", "viewer"]);
        let short = create(database, "short", &["--role", "viewer", "--expires", "1s"]);
        let good = server.with_token(&token);
        soon(&good, 200);
        thread::sleep(Duration::from_millis(1_100));
        let path = "/api/v2/data_products";
        for (what, wrong) in [
            ("unknown", format!("dpp_{}", "0".repeat(64))),
            ("cut off", token[..60].to_owned()),
            ("longer", format!("{token}0")),
            ("in capitals", token.to_uppercase()),
            ("without its prefix", token[4..].to_owned()),
            ("expired", short),
            ("empty", String::new()),
            ("long", "x".repeat(60_000)),
        ] {
            assert_refused(&server.with_token(&wrong).get(path), what);
            assert_eq!(server.with_token(&wrong).page("/").status, 401, "{what}");
        }
        let bearer = format!("Bearer {token}");
        let twice =
            server.send("GET", path, &[("authorization", &bearer), ("authorization", &bearer)]);
        assert_refused(&twice, "twice");
        assert_refused(&server.send("GET", path, &[("authorization", &token)]), "without a scheme");
        assert_refused(&server.send("GET", path, &[("authorization", "Basic YTpi")]), "basic");
        assert_eq!(
            server
                .send("GET", path, &[("authorization", &bearer.replace("Bearer", "bearer"))])
                .status,
            200
        );
        // What an address holds is in logs already.
        for query in [
            format!("access_token={token}"),
            format!("q={token}"),
            format!("x=Bearer%20{}", &token[..30]),
            format!("next=%2Fx%3Ft%3Ddpp%5F{}", &token[4..]),
        ] {
            assert_refused(&good.get(&format!("{path}?{query}")), &query);
        }
        // A request may hold so much before anybody looks at it (RFC 6585, section 5).
        if let Some(status) = status_of_long_token(server) {
            assert_eq!(status, "HTTP/1.1 431 Request Header Fields Too Large");
        }
        assert_eq!(good.get(path).status, 200);
        Ran::ok(&mut portal(database, &["tokens", "revoke", "ci-2"]));
        soon(&good, 401);
        assert_refused(&good.get(path), "revoked");
    });
}

#[test]
fn client_that_sends_too_many_wrong_ones_waits_and_nobody_else_does() {
    each_database(|database| {
        let company = Company::on(database);
        let mut settings = access();
        settings.failures_per_minute = Some(3);
        apply_access(&mut database.connect(), Some(settings));
        // A server that knows the token has read these settings with it.
        let token = create(database, "ci-2", &["--role", "viewer"]);
        soon(&company.server.with_token(&token), 200);
        let [_, _, header] = PROXY;
        let ask = |client: &str, token: &str| {
            let bearer = format!("Bearer {token}");
            let headers = [(header, client), ("authorization", bearer.as_str())];
            company.server.send("GET", "/api/v2/data_products", &headers)
        };
        let statuses = |client| [0; 5].map(|_| ask(client, "dpp_wrong").status);
        assert_eq!(statuses("192.0.2.1"), [401, 401, 401, 429, 429]);
        let waits = ask("192.0.2.1", "dpp_wrong");
        assert_eq!(waits.json()["code"], "too_many_failures");
        let seconds: u64 = waits.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        // Right ones go through, from there as well; others have a count of their own.
        assert_eq!(ask("192.0.2.1", &token).status, 200);
        assert_eq!(ask("192.0.2.2", "dpp_wrong").status, 401);
        // What the client claims in front of the proxy's own word does not count.
        assert_eq!(ask("192.0.2.9, 192.0.2.1", "dpp_wrong").status, 429);
        assert_eq!(ask("192.0.2.1, 127.0.0.1", "dpp_wrong").status, 429);
        assert_eq!(ask("192.0.2.1, 192.0.2.3:4711", "dpp_wrong").status, 401);
        let page = company.server.send(
            "GET",
            "/",
            &[("accept", "text/html"), (header, "192.0.2.1"), ("authorization", "Bearer x")],
        );
        assert_eq!(page.status, 429);
        assert!(page.header("retry-after").is_some() && page.text.contains("Too many attempts"));
    });
}

#[test]
fn token_that_is_revoked_at_one_server_is_refused_at_the_other_within_a_second() {
    each_database(|database| {
        drop(Company::on(database));
        let token = create(database, "shared", &["--role", "operator"]);
        let servers: Vec<Process> =
            (0..2).map(|_| Process::serve(&mut portal(database, &["serve"]))).collect();
        let [one, other] = [0, 1].map(|at| servers[at].client().with_token(&token));
        assert_eq!(other.get("/api/v2/data_products").status, 200);
        assert_eq!(one.form("/operator/tokens/revoke", &[("name", "shared")]).status, 303);
        let took = soon(&other, 401);
        assert!(took < Duration::from_secs(1), "{took:?}");
        soon(&one, 401);
    });
}

#[test]
fn operator_makes_and_ends_tokens_on_the_page_and_sees_each_once() {
    Company::each(|company| {
        let olga = company.as_("operator");
        let path = "/operator/tokens";
        let fields = [
            ("name", "Deploy bot"),
            ("role", "member"),
            ("data_product", "orders"),
            ("expires", "12h"),
        ];
        let created = olga.form(path, &fields);
        assert_eq!((created.status, created.header("cache-control")), (200, Some("no-store")));
        let at = created.text.find("dpp_").unwrap();
        let secret = &created.text[at..at + 68];
        let bot = company.server.with_token(secret);
        soon(&bot, 200);
        assert_eq!(bot.get("/api/v2/users/current").ok()["first_name"], "Deploy bot");
        let listed = olga.page(path).text;
        assert!(listed.contains("Deploy bot") && listed.contains("olga@example.com"), "{listed}");
        assert!(!listed.contains(secret) && !listed.contains("dpp_"), "{listed}");
        // No database can store or look for such a text.
        let refused = olga.form(path, &[("name", "a\0b"), ("role", "viewer"), ("expires", "1d")]);
        assert_eq!(refused.status, 422);
        assert_eq!(olga.form(&format!("{path}/revoke"), &[("name", "a\0b")]).status, 404);
        for (fields, said) in [
            (
                &[("name", ""), ("role", "viewer"), ("expires", "1d")][..],
                "name of the token is empty",
            ),
            (&[("name", "Deploy bot"), ("role", "viewer"), ("expires", "1d")], "is a token"),
            (&[("name", "x"), ("role", "member"), ("expires", "1d")], "none is named"),
            (
                &[("name", "x"), ("role", "king"), ("expires", "later")],
                "2 things are not right yet",
            ),
        ] {
            let refused = olga.form(path, fields);
            assert_eq!(refused.status, 422, "{fields:?}");
            assert!(refused.text.contains(said), "{said} is not in {}", refused.text);
        }
        let ended = olga.form(&format!("{path}/revoke"), &[("name", "Deploy bot")]);
        assert_eq!((ended.status, ended.header("location")), (303, Some(path)));
        soon(&bot, 401);
        assert_eq!(olga.form(&format!("{path}/revoke"), &[("name", "Deploy bot")]).status, 404);
    });
}

#[test]
fn token_ends_with_its_data_product_and_its_data_with_nobody_else() {
    Company::each(|company| {
        let ci = company.as_("token of a member");
        let changed = json!({"name": "By a program", "description": ""});
        let at = format!("{}/technical_assets/{}", company.path(), company.asset);
        assert_eq!(ci.send_json("PUT", &at, &[], &changed).status, 200);
        let stored = ci.get(&at).ok();
        assert_eq!(stored["created_by"], "olga@example.com");
        assert_eq!(stored["updated_by"], "token:ci");
    });
}

#[test]
fn token_is_found_nowhere_but_where_it_was_shown() {
    each_database(|database| {
        let folder = tempfile::tempdir().unwrap();
        drop(Company::on(database));
        let token = create(database, "canary", &["--role", "operator"]);
        let wrong = format!("dpp_{}", "c0ffee00".repeat(8));
        let mut emitted = String::new();
        let server = {
            let mut serve = portal(database, &["serve"]);
            serve.env("RUST_LOG", "trace");
            Process::serve(&mut serve)
        };
        let client = server.client().with_token(&token);
        let mut paths =
            vec!["/operator/tokens".to_owned(), "/operator".to_owned(), "/nothing".to_owned()];
        let document = client.get("/api/openapi.json").ok();
        paths.extend(document["paths"].as_object().unwrap().keys().cloned());
        for path in &paths {
            for client in [&client, &server.client().with_token(&wrong)] {
                for answer in [client.get(path), client.page(path), client.post(path, &json!({}))] {
                    emitted.push_str(&answer.text);
                    for (name, value) in &answer.headers {
                        emitted.push_str(&format!("{name}: {value}\n"));
                    }
                }
            }
            emitted.push_str(&client.get(&format!("{path}?access_token={token}")).text);
        }
        // Its use is written before the server ends.
        thread::sleep(Duration::from_millis(1_200));
        server.terminate();
        emitted.push_str(&server.wait().1);
        let file = folder.path().join("export.json");
        for arguments in [
            vec!["tokens", "list"],
            vec!["tokens", "list", "--json"],
            vec!["config", "export"],
            vec!["config", "export", "--json"],
            vec!["plugins", "uninstall", "s3", "--plan"],
            vec!["plugins", "uninstall", "s3", "--export", file.to_str().unwrap()],
        ] {
            let ran = Ran::of(&mut portal(database, &arguments));
            emitted.push_str(&ran.out);
            emitted.push_str(&ran.err);
        }
        emitted.push_str(&fs::read_to_string(&file).unwrap_or_default());
        emitted.push_str(&stored(database));
        assert!(emitted.contains("canary"), "nothing was looked at");
        for secret in [&token[4..], &wrong[4..]] {
            for part in [secret, &secret[..32], &secret[32..]] {
                assert!(!emitted.contains(part), "{part} got out");
            }
        }
    });
}

/// All that the database holds of tokens, as text.
fn stored(database: &TestDatabase) -> String {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let connection = &mut database.connect();
    let query = "SELECT name || ' ' || hash || ' ' || role AS text FROM tokens";
    let rows: Vec<Row> = diesel::sql_query(query).load(connection).unwrap();
    assert!(rows.iter().any(|row| row.text.starts_with("canary ")));
    rows.into_iter().map(|row| row.text).collect()
}
