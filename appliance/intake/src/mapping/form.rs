//! How a source looks in TOML: the name of one column, or a table.

use serde::{Deserialize, Serialize};

use super::Source;
use crate::{Century, DateFormat};

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum SourceForm {
    Column(String),
    Full(Full),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Full {
    columns: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    date: Vec<DateFormat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    century: Option<Century>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    otherwise: Option<String>,
}

impl From<SourceForm> for Source {
    fn from(form: SourceForm) -> Self {
        match form {
            SourceForm::Column(name) => Self::column(&name),
            SourceForm::Full(full) => Self {
                columns: full.columns,
                date: full.date,
                century: full.century,
                values: full.values,
                otherwise: full.otherwise,
            },
        }
    }
}

impl From<Source> for SourceForm {
    fn from(source: Source) -> Self {
        let Source { columns, date, century, values, otherwise } = source;
        let plain = date.is_empty() && century.is_none() && values.is_none() && otherwise.is_none();
        match columns.as_slice() {
            [only] if plain => Self::Column(only.clone()),
            _ => Self::Full(Full { columns, date, century, values, otherwise }),
        }
    }
}
