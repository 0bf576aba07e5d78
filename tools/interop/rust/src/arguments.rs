//! One request, and the four ways to answer it.
use std::collections::HashMap;
use std::error::Error;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Request {
    pub id: u64,
    pub operation: String,
    pub bytes: HashMap<String, String>,
    pub numbers: HashMap<String, String>,
    pub texts: HashMap<String, String>,
    pub flags: HashMap<String, bool>,
    pub lists: HashMap<String, Vec<String>>,
}

pub enum Failure {
    /// A verdict on bytes: it ran and said no.
    Refused(String),
    Unsupported(String),
    Failed(String),
}

pub type Outcome = Result<Value, Failure>;

/// An error with everything that it says caused it.
pub fn refused(error: impl Error) -> Failure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Failure::Refused(text)
}

pub fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}

impl Request {
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let text = self.bytes.get(name).ok_or_else(|| Failure::Failed(format!("argument {name} is missing")))?;
        hex::decode(text).map_err(failed)
    }

    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map(String::as_str).unwrap_or("")
    }
}
