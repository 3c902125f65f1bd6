//! Users of a Zoom account, whom an administrator approves for doctors.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};

use super::classes::Config;
use super::convert::{self, Array};
use super::guard::guarded;
use crate::error::{Result, invalid_input};
use crate::runtime;
use crate::site::SiteSettings;

/// Who is who in a server-to-server app's Zoom account.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\ZoomUsers")]
pub struct ZoomUsers(SiteSettings);

#[php_impl]
impl ZoomUsers {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Looks users up by e-mail address or id. Keys as Telemed::probe() without host. Returns as probe(), with users: a
    /// list in the order of the question, each with state ("done" or "refused"), reason, message and user (id, email,
    /// type).
    pub fn look_up(&self, keys: &ZendHashTable, users: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let (keys, telemed) = (convert::app_keys(keys)?, self.0.telemed()?);
            let asked: Vec<String> = users.values().map(text).collect::<Result<_>>()?;
            let found = runtime::run(async move { telemed.zoom_users(&keys, asked).await })?;
            convert::verdict(found, |array, found| {
                let all = found.into_iter().map(|one| {
                    convert::verdict(one, |array, user| {
                        convert::put(array, "user", convert::user(&user)?)
                    })
                });
                convert::put(array, "users", all.collect::<Result<Vec<Array>>>()?)
            })
        })
    }
}

fn text(value: &Zval) -> Result<String> {
    value
        .string()
        .ok_or_else(|| invalid_input("every user must be text"))
}
