//! The PHP extension: what is registered, and what phpinfo() shows.

// ext-php-rs' macros expect owned arguments and generate code these lints do not see through.
#![allow(clippy::needless_pass_by_value, clippy::must_use_candidate, missing_docs)]

mod calendar;
mod classes;
mod connect;
mod convert;
mod exceptions;
mod guard;
mod meet;
mod people;
mod queue;
mod upkeep;

use ext_php_rs::prelude::*;
use ext_php_rs::zend::ModuleEntry;
use ext_php_rs::{info_table_end, info_table_row, info_table_start};

/// Version of the extension; the plugin works with exactly its own.
#[php_function]
#[php(name = "KiviCare\\Telemed\\Native\\version")]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Panics on purpose, so that the tests can prove that a worker survives it.
#[cfg(feature = "fault-injection")]
#[php_function]
#[php(name = "KiviCare\\Telemed\\Native\\panic_on_purpose")]
pub fn panic_on_purpose(inside_runtime: bool) -> PhpResult<()> {
    guard::guarded(|| {
        if inside_runtime {
            return crate::runtime::run(async { panic_now() });
        }
        panic_now()
    })
}

#[cfg(feature = "fault-injection")]
#[allow(clippy::panic, reason = "the point of the function")]
fn panic_now<T>() -> T {
    panic!("on purpose")
}

/// RSHUTDOWN: sessions of the database do not outlive the request that needed them where visitors may.
extern "C" fn request_shutdown(_type: i32, _module: i32) -> i32 {
    let _ = std::panic::catch_unwind(crate::site::request_over);
    0
}

/// MSHUTDOWN: the runtime's threads are told to end; nothing waits for them.
extern "C" fn module_shutdown(_type: i32, _module: i32) -> i32 {
    crate::runtime::shutdown();
    0
}

/// MINFO. Nothing here depends on a site's settings, so nothing can leak.
extern "C" fn module_info(_module: *mut ModuleEntry) {
    info_table_start!();
    info_table_row!("KiviCare Telemed", "enabled");
    info_table_row!("Version", env!("CARGO_PKG_VERSION"));
    info_table_row!("Build", env!("KIVICARE_TELEMED_BUILD"));
    info_table_row!("Providers", "Zoom, Google Meet");
    info_table_row!("TLS", "rustls (ring), TLS 1.2 and 1.3");
    info_table_end!();
}

/// Parents before children: PHP needs the parent class entry first.
#[php_module]
pub fn get_module(module: ModuleBuilder) -> ModuleBuilder {
    let module = module
        .name("kivicare_telemed")
        .info_function(module_info)
        .shutdown_function(module_shutdown)
        .request_shutdown_function(request_shutdown)
        .class::<exceptions::TelemedException>()
        .class::<exceptions::ConfigurationException>()
        .class::<exceptions::PausedException>()
        .class::<exceptions::InvalidInputException>()
        .class::<exceptions::VaultException>()
        .class::<exceptions::StoreException>()
        .class::<exceptions::AuthorizationException>()
        .class::<exceptions::ProviderException>()
        .class::<exceptions::NotFoundException>()
        .class::<exceptions::RateLimitException>()
        .class::<exceptions::InternalException>()
        .class::<classes::Config>()
        .class::<classes::Vault>()
        .class::<classes::Telemed>()
        .class::<connect::Consent>()
        .class::<connect::Webhook>()
        .class::<classes::ZoomClient>()
        .class::<meet::MeetClient>()
        .class::<calendar::Calendar>()
        .class::<queue::Queue>()
        .class::<classes::MappingStore>()
        .class::<classes::OperationJournal>()
        .class::<upkeep::Upkeep>()
        .class::<people::ZoomUsers>()
        .function(wrap_function!(version));
    #[cfg(feature = "fault-injection")]
    let module = module.function(wrap_function!(panic_on_purpose));
    module
}
