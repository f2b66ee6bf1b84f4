//! Whom TLS connections believe. The one place that names the cryptographic library.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Believes what this machine believes (its own store, or where `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` point), and the authorities of a further file. A machine that believes nobody
/// can still speak plain HTTP; what it lacks is told when a certificate is not believed.
pub(super) fn configure(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let fail = |error: &dyn std::fmt::Display| {
            format!("the file of authorities {} cannot be used: {error}", path.display())
        };
        let pem = fs::read(path).map_err(|error| fail(&error))?;
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| fail(&error))?;
            roots.add(certificate).map_err(|error| fail(&error))?;
            count += 1;
        }
        if count == 0 {
            return Err(fail(&"it holds no certificate in PEM form"));
        }
    }
    with(roots)
}

/// Believes nobody: for connections that are not encrypted.
pub(super) fn without_roots() -> Result<ClientConfig, String> {
    with(RootCertStore::empty())
}

fn with(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut configuration = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(configuration)
}
