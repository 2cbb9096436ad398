//! Takes a stream of bytes to a subscriber, and the name that stands in its address.
//! Gives the stream encrypted, once the other end has proved that it has this name.
//! Never lets a certificate pass that nobody trusted has signed.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls_native_certs::load_native_certs;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How subscribers at `https://` are reached. Source: zaqar 23.0.1, whose HTTP client verifies certificates and names.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl Tls {
    /// Trusts whom the platform trusts: its own certificates, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    ///
    /// # Errors
    /// If there are none, what reading them ended with.
    ///
    /// # Panics
    /// If the cryptography knows of no version of TLS.
    pub fn of_the_platform() -> Result<Self, String> {
        let found = load_native_certs();
        let mut trusted = RootCertStore::empty();
        // Platforms have some that nobody can read; the others are as good without them.
        trusted.add_parsable_certificates(found.certs);
        if trusted.is_empty() {
            let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            return Err(if errors.is_empty() { "there are none".into() } else { errors.join("; ") });
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has TLS 1.2 and 1.3")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self(Arc::new(config).into()))
    }

    /// Encrypts a stream to the host of this name or address, as it stands in a URL.
    pub(super) async fn encrypt<S>(&self, host: &str, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.0.connect(name, stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
