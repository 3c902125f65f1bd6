//! The SQL of the sealed token rows in WordPress' own tables.

use mysql_async::{Params, Value};

use super::MySqlStore;
use super::rows::{Tables, column};
use super::session::Repeat;
use crate::Result;
use crate::store::TokenRow;

/// How one kind of token row is found. `wp_usermeta` has no unique key; like WordPress, the row with the lowest id
/// counts.
struct Place<'a> {
    table: &'a str,
    id: &'static str,
    value: &'static str,
    condition: &'static str,
    insert: &'static str,
    keys: Vec<Value>,
    inserted: Vec<Value>,
}

impl<'a> Place<'a> {
    fn of(tables: &'a Tables, row: &TokenRow) -> Self {
        match row {
            TokenRow::UserMeta { user_id, key } => {
                let keys = vec![Value::from(*user_id), Value::from(key)];
                Self {
                    table: &tables.usermeta,
                    id: "umeta_id",
                    value: "meta_value",
                    condition: "user_id = ? AND meta_key = ?",
                    insert: "(user_id, meta_key, meta_value) SELECT ?, ?, ?",
                    inserted: keys.clone(),
                    keys,
                }
            }
            TokenRow::Option { name } => {
                let keys = vec![Value::from(name)];
                Self {
                    table: &tables.options,
                    id: "option_id",
                    value: "option_value",
                    condition: "option_name = ?",
                    insert: "(autoload, option_name, option_value) SELECT 'no', ?, ?",
                    inserted: keys.clone(),
                    keys,
                }
            }
        }
    }

    /// Replaces the value of the first row where `test` holds for it.
    fn update(&self, test: &str) -> String {
        let Self {
            table,
            id,
            value,
            condition,
            ..
        } = self;
        format!(
            "UPDATE {table} AS target JOIN (SELECT MIN({id}) AS id FROM {table} WHERE {condition}) AS lowest \
             ON target.{id} = lowest.id SET target.{value} = ? WHERE {test}"
        )
    }
}

fn values(keys: &[Value], more: &[&str]) -> Params {
    Params::Positional(
        keys.iter()
            .cloned()
            .chain(more.iter().map(|text| Value::from(*text)))
            .collect(),
    )
}

pub(super) async fn read(store: &MySqlStore, row: &TokenRow) -> Result<Option<String>> {
    let Place {
        table,
        id,
        value,
        condition,
        keys,
        ..
    } = Place::of(&store.tables, row);
    let sql = format!("SELECT {value} FROM {table} WHERE {condition} ORDER BY {id} LIMIT 1");
    let reply = store.run(sql, Params::Positional(keys), Repeat::Harmless).await?;
    let sealed = reply
        .rows
        .first()
        .map(|row| column::<String>(row, 0))
        .transpose()?
        .flatten();
    Ok(sealed.filter(|sealed| !sealed.is_empty()))
}

pub(super) async fn swap(
    store: &MySqlStore,
    row: &TokenRow,
    expected: Option<&str>,
    sealed: &str,
) -> Result<bool> {
    let place = Place::of(&store.tables, row);
    let Place {
        table,
        value,
        condition,
        insert,
        keys,
        inserted,
        ..
    } = &place;
    // Repeating is never harmless here: a swap that did happen would be reported as lost to somebody else.
    if let Some(expected) = expected {
        // Bytes are compared; the columns' collations would take texts for equal that differ in case. The conversion
        // makes them the bytes that `read` returned, whatever the table's charset is.
        let test = format!("CAST(CONVERT(target.{value} USING utf8mb4) AS BINARY) = CAST(? AS BINARY)");
        let values = values(keys, &[sealed, expected]);
        return Ok(store
            .run(place.update(&test), values, Repeat::Never)
            .await?
            .affected
            > 0);
    }
    let sql = format!(
        "INSERT INTO {table} {insert} FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {condition})"
    );
    let mut parameters = inserted.clone();
    parameters.push(Value::from(sealed));
    parameters.extend_from_slice(keys);
    if store
        .run(sql, Params::Positional(parameters), Repeat::Never)
        .await?
        .affected
        > 0
    {
        return Ok(true);
    }
    // A row that is there but empty counts as absent, as it does for `read`.
    let test = format!("(target.{value} IS NULL OR target.{value} = '')");
    Ok(store
        .run(place.update(&test), values(keys, &[sealed]), Repeat::Never)
        .await?
        .affected
        > 0)
}
