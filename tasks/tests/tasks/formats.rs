//! Files that other programs wrote.

use std::path::Path;

use harness_tasks::data::read_rows;
use serde_json::{Value, json};

/// The rows that pyarrow was given, with the schema that the hub gives its
/// converted datasets: large strings, lists, structures, dictionaries.
fn rows() -> [Value; 3] {
    [
        json!({"id": "a", "question": "מי כתב?", "choices": ["א", "ב"], "label": 1,
            "answers": {"text": ["x", "y"], "answer_start": [0, 3]}, "score": 0.5, "ok": true,
            "opt": null, "tag": "t1", "when": null}),
        json!({"id": "b", "question": "誰が？", "choices": [], "label": 0,
            "answers": {"text": [], "answer_start": []}, "score": 2.0, "ok": false,
            "opt": "z", "tag": "t1", "when": 7}),
        json!({"id": "c", "question": "", "choices": ["c"], "label": 3,
            "answers": {"text": ["w"], "answer_start": [9]}, "score": -1.25, "ok": true,
            "opt": null, "tag": "t2", "when": null}),
    ]
}

#[test]
fn parquet_of_pyarrow_in_three_compressions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats");
    for compression in ["snappy", "zstd", "gzip"] {
        let read = read_rows(&folder.join(format!("pyarrow-{compression}.parquet"))).unwrap();
        let read: Vec<Value> = read.into_iter().map(|row| row.fields.into()).collect();
        assert_eq!(read, rows(), "{compression}");
    }
}
