//! Arrays of expert ids: NumPy's `.npy`, raw little-endian int32, either of them in Base64.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ImportError;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Ids of one text, `[tokens][layers][top_k]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ids {
    pub(super) tokens: usize,
    pub(super) layers: usize,
    pub(super) top_k: usize,
    pub(super) ids: Vec<i64>,
}

/// Reads an array. `raw` is (layers, top-k) of arrays without a header.
pub(super) fn read(path: &Path, raw: Option<(usize, usize)>) -> Result<Ids, ImportError> {
    let bytes = std::fs::read(path)
        .map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    let wrong = |problem: String| ImportError::Content {
        path: path.to_owned(),
        place: "the array".to_owned(),
        problem,
    };
    decode(&bytes, raw).map_err(wrong)
}

fn decode(bytes: &[u8], raw: Option<(usize, usize)>) -> Result<Ids, String> {
    if bytes.starts_with(MAGIC) {
        return npy(bytes);
    }
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // Raw ids below 2^24 have zero bytes, which Base64 never has.
    match STANDARD.decode(&text) {
        Ok(inner) if !text.is_empty() && inner.starts_with(MAGIC) => npy(&inner),
        Ok(inner) if !text.is_empty() => raw_ids(&inner, raw),
        _ => raw_ids(bytes, raw),
    }
}

fn raw_ids(bytes: &[u8], raw: Option<(usize, usize)>) -> Result<Ids, String> {
    let (layers, top_k) = raw.ok_or(
        "has no NumPy header; for raw int32 (SGLang) give --layers (all hidden layers) and --top-k",
    )?;
    let row = layers * top_k * 4;
    if row == 0 || bytes.is_empty() || !bytes.len().is_multiple_of(row) {
        return Err(format!(
            "holds {} bytes, which is no multiple of {layers} layers × {top_k} experts × 4 bytes",
            bytes.len()
        ));
    }
    let ids =
        bytes.chunks_exact(4).map(|b| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    Ok(Ids { tokens: bytes.len() / row, layers, top_k, ids: ids.collect() })
}

/// Format versions 1 to 3 (numpy/lib/format.py), C order, unsigned or signed integers.
fn npy(bytes: &[u8]) -> Result<Ids, String> {
    let cut = || "is cut short".to_owned();
    let version = *bytes.get(6).ok_or_else(cut)?;
    let (length, start) = match version {
        1 => (usize::from(u16::from_le_bytes(array(bytes, 8).ok_or_else(cut)?)), 10),
        _ => (u32::from_le_bytes(array(bytes, 8).ok_or_else(cut)?) as usize, 12),
    };
    let header = bytes.get(start..start + length).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    if field(&header, "fortran_order").is_none_or(|order| !order.starts_with("False")) {
        return Err("is in Fortran order; save it with numpy.ascontiguousarray".to_owned());
    }
    let shape = shape(&header)?;
    let [tokens, layers, top_k] = shape;
    let count = tokens.checked_mul(layers).and_then(|x| x.checked_mul(top_k)).ok_or_else(cut)?;
    let ids = integers(&header, &bytes[start + length..])?;
    if ids.len() != count || count == 0 {
        return Err(format!(
            "holds {} numbers where its header says {tokens} × {layers} × {top_k}",
            ids.len()
        ));
    }
    Ok(Ids { tokens, layers, top_k, ids })
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// What follows a key of the header, a Python dictionary.
fn field<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let after = header.split_once(&format!("'{key}':"))?.1;
    Some(after.trim_start())
}

fn shape(header: &str) -> Result<[usize; 3], String> {
    let inside = field(header, "shape").and_then(|text| text.strip_prefix('(')?.split_once(')'));
    let numbers = inside.map(|(inside, _)| {
        inside.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
    });
    let numbers: Option<Vec<usize>> = numbers.and_then(Result::ok);
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| "does not have the shape (tokens, layers, top-k)".to_owned())
}

fn integers(header: &str, data: &[u8]) -> Result<Vec<i64>, String> {
    let kind = field(header, "descr").and_then(|text| text.get(1..)?.split('\'').next());
    let kind = kind.unwrap_or_default();
    let wide = |width: usize, number: fn(&[u8]) -> i64| {
        if data.len().is_multiple_of(width) {
            Ok(data.chunks_exact(width).map(number).collect())
        } else {
            Err("is cut short".to_owned())
        }
    };
    match kind {
        "|u1" => wide(1, |b| i64::from(b[0])),
        "<u2" => wide(2, |b| i64::from(u16::from_le_bytes([b[0], b[1]]))),
        "<i2" => wide(2, |b| i64::from(i16::from_le_bytes([b[0], b[1]]))),
        "<i4" => wide(4, |b| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        "<u4" => wide(4, |b| i64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        "<i8" => wide(8, |b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])),
        other => Err(format!("holds `{other}`; expert ids are uint8, uint16, int32 or int64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as `numpy.save` writes it.
    fn numpy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let mut header =
            format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn encodings_of_both_servers() {
        let expected = Ids { tokens: 2, layers: 1, top_k: 2, ids: vec![3, 1, 0, 200] };
        let vllm = numpy("|u1", "(2, 1, 2)", &[3, 1, 0, 200]);
        assert_eq!(decode(&vllm, None), Ok(expected.clone()));
        assert_eq!(decode(STANDARD.encode(&vllm).as_bytes(), None), Ok(expected.clone()));
        let wide: Vec<u8> = [3_u16, 1, 0, 200].iter().flat_map(|id| id.to_le_bytes()).collect();
        assert_eq!(decode(&numpy("<u2", "(2, 1, 2)", &wide), None), Ok(expected.clone()));
        let raw: Vec<u8> = [3_i32, 1, 0, 200].iter().flat_map(|id| id.to_le_bytes()).collect();
        assert_eq!(decode(&raw, Some((1, 2))), Ok(expected.clone()));
        assert_eq!(decode(STANDARD.encode(&raw).as_bytes(), Some((1, 2))), Ok(expected));
    }

    #[test]
    fn broken_arrays_are_refused() {
        let good = numpy("|u1", "(2, 1, 2)", &[3, 1, 0, 200]);
        for cut in 0..good.len() {
            assert!(decode(&good[..cut], Some((7, 13))).is_err(), "cut at {cut}");
        }
        assert!(decode(&numpy("<f4", "(1, 1, 1)", &[0; 4]), None).unwrap_err().contains("<f4"));
        assert!(decode(&numpy("|u1", "(4,)", &[0; 4]), None).unwrap_err().contains("shape"));
        assert!(decode(&[1, 2, 3], None).unwrap_err().contains("--layers"));
        assert!(decode(&[1, 2, 3], Some((1, 1))).unwrap_err().contains("3 bytes"));
    }
}
