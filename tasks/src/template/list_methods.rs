//! Methods of Python's lists.

use minijinja::value::{ValueKind, from_args};
use minijinja::{Error, ErrorKind, Value};

/// Calls a method of a list; `None` if it is not one of ours.
pub(super) fn call(value: &Value, method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    let list = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    (list && method == "index").then(|| index(value, args))
}

fn index(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let (wanted,): (&Value,) = from_args(args)?;
    let position = value.try_iter()?.position(|item| item == *wanted);
    position.map(Value::from).ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("{wanted} is not in the list"))
    })
}
