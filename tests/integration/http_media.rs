//! Bodies that are refused for what the request says of them, before anything of them is read.

use std::fs;
use std::io::Write;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use portal_testing::TestDatabase;
use portal_tests::harness::{Client, Process, assets_of, command_on, each_server};
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Paths that take JSON, and paths that take forms.
fn paths(server: &Client) -> ([String; 3], [String; 3]) {
    let product = server.create_product("orders");
    let new = format!("/data_products/{product}/technical_assets/new/s3");
    (
        [
            "/api/v2/data_products".to_owned(),
            assets_of(&product),
            "/api/v2/plugins/render_technical_asset_access_path".to_owned(),
        ],
        ["/data_products/new".to_owned(), format!("{new}/preview"), new],
    )
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_body_is_refused_on_the_api_and_on_forms() {
    each_server(|server| {
        let (api, forms) = paths(server);
        let cases =
            api.iter().map(|path| (path, JSON)).chain(forms.iter().map(|path| (path, FORM)));
        for (path, media) in cases {
            let body = packed(br#"{"name": "Packed", "namespace": "packed"}"#);
            for coding in ["gzip", "identity, gzip", "br", "unheard-of"] {
                let headers = [media, ("content-encoding", coding)];
                let answer = server.post_as(path, &headers, &body);
                assert_eq!(answer.status, 415, "{path} {coding}: {}", answer.text);
                if media == JSON {
                    assert_eq!(answer.json()["code"], "unsupported_media_type", "{path}");
                } else {
                    assert!(answer.text.contains("<h1>"), "{path}: {}", answer.text);
                }
                assert!(answer.text.contains("without that header"), "{}", answer.text);
            }
        }
        let body = json!({"name": "Plain", "namespace": "plain"});
        let identity = [("content-encoding", "identity")];
        server.send_json("POST", "/api/v2/data_products", &identity, &body).ok();
    });
}

#[test]
fn body_of_another_type_is_refused_with_the_type_to_send() {
    each_server(|server| {
        let (api, forms) = paths(server);
        let body = br#"{"name": "Orders", "namespace": "other"}"#;
        for path in &api {
            for headers in [
                &[][..],
                &[("content-type", "text/plain")],
                &[FORM],
                &[("content-type", "multipart/form-data; boundary=x")],
                &[JSON, JSON],
            ] {
                let answer = server.post_as(path, headers, body);
                assert_eq!(answer.status, 415, "{path} {headers:?}: {}", answer.text);
                assert_eq!(answer.json()["code"], "unsupported_media_type");
                assert!(answer.text.contains("send it as application/json"), "{}", answer.text);
            }
        }
        for path in &forms {
            for headers in [
                &[][..],
                &[JSON],
                &[("content-type", "multipart/form-data; boundary=x")],
                &[("content-type", "application/x-www-form-urlencoded; charset=unheard-of")],
            ] {
                let answer = server.post_as(path, headers, b"name=Orders");
                assert_eq!(answer.status, 415, "{path} {headers:?}: {}", answer.text);
                assert!(answer.text.contains("<h1>"), "{path}: {}", answer.text);
            }
        }
        for (index, media) in
            ["application/json; charset=utf-8", "application/vnd.portal+json"].iter().enumerate()
        {
            let namespace = format!("other-{index}");
            let body = json!({"name": "Orders", "namespace": namespace}).to_string();
            let headers = [("content-type", *media)];
            server.post_as("/api/v2/data_products", &headers, body.as_bytes()).ok();
        }
    });
}

/// What a process has taken of memory at most, in megabytes; `None` where nobody says.
fn most_memory(process: &Process) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

#[test]
fn forty_packed_bodies_at_once_take_no_memory_and_keep_nobody_waiting() {
    let database = TestDatabase::sqlite();
    let process = Process::serve(&mut command_on(env!("CARGO_BIN_EXE_test-portal"), &database));
    let client = process.client();
    // Far below the limit on what arrives, and 64 MB each.
    let bomb = &packed(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                let headers = [JSON, ("content-encoding", "gzip")];
                assert_eq!(client.post_as("/api/v2/data_products", &headers, bomb).status, 415);
            });
        }
        for _ in 0..20 {
            assert_eq!(client.get("/api/v2/data_products").status, 200);
        }
    });
    if let Some(megabytes) = most_memory(&process) {
        assert!(megabytes < 100, "the server took {megabytes} MB");
    }
}
