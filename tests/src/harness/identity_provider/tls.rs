//! Connections under a certificate that no public authority has signed.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::CertifiedKey;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A certificate for 127.0.0.1, signed by itself, and its key.
#[derive(Debug)]
pub struct Tls {
    certificate: String,
    config: Arc<ServerConfig>,
}

impl Tls {
    pub fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key)
            });
        Tls { certificate: cert.pem(), config: Arc::new(config.expect("key and certificate fit")) }
    }

    /// As PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    pub fn over(&self, client: TcpStream) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
        let session = ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        Ok(StreamOwned::new(session, client))
    }
}
