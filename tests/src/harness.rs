//! What the tests need around the portal: servers in this process and in others, and requests.

mod client;
mod company;
mod crawl;
mod data;
mod form;
mod identity_provider;
mod keep_alive;
mod measure;
mod process;
mod proxy;
mod ran;
mod server;
mod signing_in;
mod workspace;

pub use client::{Answer, Client, assets_of};
pub use company::{Caller, Company, PROXY, access, apply_access, token_for};
pub use crawl::Crawl;
pub use data::{
    FIVE, KeptResult, bundled_and, count_rows, example_of, execute, kept_results, output_ids,
    product_with, texts_of, without_ids,
};
pub use form::{Fields, Form, control_tag, field_part, fixture_fields, with_fields};
pub use identity_provider::{CLIENT_ID, CLIENT_SECRET, Fault, IdentityProvider, Signing};
pub use keep_alive::{KeepAlive, get_request, post_request, with_header, with_token};
pub use measure::{per_second, quartiles, serve_bare};
pub use process::{Process, command, command_on, refusal, refusal_sentence};
pub use proxy::Proxy;
pub use ran::Ran;
pub use server::{TestServer, each_server};
pub use signing_in::{
    AUDIENCE, Browser, PUBLIC, SESSION_KEY, SigningIn, access_by, access_by_issuer,
};
pub use workspace::Workspace;
