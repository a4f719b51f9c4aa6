//! An application of one's own: its own page at `/hello`, and the portal under `/portal`, with the
//! bundled plugins and S3.

use std::env;
use std::error::Error;

use actix_web::{App, HttpServer, get};
use portal_server::Builder;

#[get("/hello")]
async fn hello() -> &'static str {
    "Hello from beside the portal"
}

fn variable(name: &str, otherwise: &str) -> String {
    env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = variable("DATABASE_URL", "sqlite://portal.db");
    let portal = Builder::new(database)
        .plugins(portal_server::plugins!(s3_plugin))
        .prefix("/portal")
        .open()?;
    let server = HttpServer::new(move || App::new().service(hello).service(portal.scope()))
        .bind(variable("PORTAL_BIND", "127.0.0.1:8080"))?;
    for address in server.addrs() {
        println!("serving on http://{address}");
    }
    server.run().await?;
    Ok(())
}
