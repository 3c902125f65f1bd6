//! The exception tree, and the one mapping from error kinds to it.
//!
//! ```text
//! \Exception
//! └─ TelemedException              catch this for everything
//!    ├─ ConfigurationException     an administrator must act
//!    ├─ PausedException            this may be a copy of the site; an administrator must say what it is
//!    ├─ InvalidInputException      the caller passed something unusable
//!    ├─ VaultException             a secret cannot be sealed or opened
//!    ├─ StoreException             the database refuses, is away, or a lock is held
//!    ├─ AuthorizationException     the doctor must connect again
//!    ├─ ProviderException          the provider or the way to it
//!    │  ├─ NotFoundException       meeting or host unknown there
//!    │  └─ RateLimitException      too many requests, now or today
//!    └─ InternalException          a defect of ours, panics included
//! ```

use ext_php_rs::class::RegisteredClass;
use ext_php_rs::exception::PhpException;
use ext_php_rs::prelude::*;
use ext_php_rs::zend::ce;

use crate::error::{Error, ErrorKind};

macro_rules! exception {
    ($(#[$doc:meta])* $name:ident, $php:literal, $($extends:tt)+) => {
        $(#[$doc])*
        #[php_class]
        #[php(name = $php)]
        #[php(extends($($extends)+))]
        #[derive(Default)]
        pub struct $name;
    };
}

exception!(
    /// Base of every exception the extension throws.
    TelemedException, "KiviCare\\Telemed\\Native\\Exception\\TelemedException", ce = ce::exception, stub = "\\Exception"
);
exception!(
    /// The site is not set up; the message names the remedy.
    ConfigurationException, "KiviCare\\Telemed\\Native\\Exception\\ConfigurationException", TelemedException
);
exception!(
    /// The site is paused: it may be a copy, and an administrator must say what it is.
    PausedException, "KiviCare\\Telemed\\Native\\Exception\\PausedException", TelemedException
);
exception!(
    /// The caller passed something unusable.
    InvalidInputException, "KiviCare\\Telemed\\Native\\Exception\\InvalidInputException", TelemedException
);
exception!(
    /// A secret cannot be sealed or opened.
    VaultException, "KiviCare\\Telemed\\Native\\Exception\\VaultException", TelemedException
);
exception!(
    /// The database refuses, cannot be reached, or another process holds a lock.
    StoreException, "KiviCare\\Telemed\\Native\\Exception\\StoreException", TelemedException
);
exception!(
    /// The connection to the provider ended or lacks a permission; connect again.
    AuthorizationException, "KiviCare\\Telemed\\Native\\Exception\\AuthorizationException", TelemedException
);
exception!(
    /// The provider refused, is down, or its answer was lost.
    ProviderException, "KiviCare\\Telemed\\Native\\Exception\\ProviderException", TelemedException
);
exception!(
    /// The provider does not know the meeting or the host.
    NotFoundException, "KiviCare\\Telemed\\Native\\Exception\\NotFoundException", ProviderException
);
exception!(
    /// Too many requests, this second or today.
    RateLimitException, "KiviCare\\Telemed\\Native\\Exception\\RateLimitException", ProviderException
);
exception!(
    /// A defect of the extension, panics included.
    InternalException, "KiviCare\\Telemed\\Native\\Exception\\InternalException", TelemedException
);

/// The exception for `error`: exhaustive on purpose, a new kind must choose its class here.
pub fn to_php(error: &Error) -> PhpException {
    fn of<T: RegisteredClass>(error: &Error) -> PhpException {
        PhpException::from_class::<T>(error.to_string())
    }
    match error.kind() {
        ErrorKind::Configuration
        | ErrorKind::ClientRefused
        | ErrorKind::AccountRefused
        | ErrorKind::Blocked => of::<ConfigurationException>(error),
        ErrorKind::InvalidInput | ErrorKind::State => of::<InvalidInputException>(error),
        ErrorKind::Vault => of::<VaultException>(error),
        ErrorKind::Store | ErrorKind::Busy => of::<StoreException>(error),
        ErrorKind::Reauthorize | ErrorKind::Scope => of::<AuthorizationException>(error),
        ErrorKind::NotFound | ErrorKind::HostNotFound => of::<NotFoundException>(error),
        ErrorKind::RateLimited | ErrorKind::DailyLimit => of::<RateLimitException>(error),
        ErrorKind::Rejected | ErrorKind::Unavailable | ErrorKind::Ambiguous | ErrorKind::Pending => {
            of::<ProviderException>(error)
        }
        ErrorKind::SitePaused => of::<PausedException>(error),
        ErrorKind::Internal => of::<InternalException>(error),
    }
}
