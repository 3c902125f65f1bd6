//! Certificate authorities: the system's, and those of a file that wp-config.php names.

use std::io::ErrorKind as IoKind;
use std::path::Path;

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};

use crate::error::{Error, Result, configuration};

/// The system's authorities, those alone that can be used.
pub fn system() -> Vec<CertificateDer<'static>> {
    usable(rustls_native_certs::load_native_certs().certs)
}

/// The authorities of a PEM file; `constant` is named in complaints.
pub fn from_file(path: &Path, constant: &str) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let no_pem = || -> Error {
        configuration(format!(
            "the CA file {shown} holds no certificate in PEM form; correct {constant} in wp-config.php"
        ))
    };
    let text = std::fs::read(path).map_err(|error| {
        configuration(match error.kind() {
            IoKind::PermissionDenied => {
                format!("the CA file {shown} may not be read by this process; give it read permission ({constant})")
            }
            IoKind::NotFound => {
                format!("the CA file {shown} does not exist; correct {constant} in wp-config.php")
            }
            _ => format!("the CA file {shown} cannot be read; correct {constant} in wp-config.php"),
        })
    })?;
    let found = CertificateDer::pem_slice_iter(&text)
        .collect::<std::result::Result<Vec<CertificateDer<'static>>, _>>()
        .map_err(|_| no_pem())?;
    let found = usable(found);
    if found.is_empty() {
        Err(no_pem())
    } else {
        Ok(found)
    }
}

/// Without what the TLS library cannot parse, which would make it refuse all of them.
pub fn usable(found: Vec<CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    found
        .into_iter()
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_file_is_named_with_its_constant() {
        let not_pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        for (path, complaint) in [
            (not_pem.as_path(), "holds no certificate"),
            (Path::new("/nonexistent/ca.pem"), "does not exist"),
            (Path::new("/"), "cannot be read"),
        ] {
            let error = from_file(path, "SOME_CONSTANT").unwrap_err().to_string();
            assert!(
                error.contains(complaint) && error.contains("SOME_CONSTANT"),
                "{error}"
            );
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
