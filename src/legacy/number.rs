//! Floating point numbers as PHP writes them with `serialize_precision = -1`.

/// The shortest digits that give the number back, laid out as PHP's `smart_str_append_double` does: `0.0001`,
/// `1.0e-5`, `10000000000000000`, `1.0e+17`. JSON has a small `exponent` letter, `serialize()` a capital one. The
/// number has to be finite.
pub(super) fn float(number: f64, exponent: char) -> String {
    // Rust finds the same digits: "-1.25e-7" is the sign, d.ddd and the exponent of ten.
    let text = format!("{number:e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let power: i32 = power.parse().unwrap_or(0);
    let point = power + 1;
    match point {
        ..-3 | 18.. => {
            let (first, rest) = digits.split_at(1);
            let rest = if rest.is_empty() { "0" } else { rest };
            format!("{sign}{first}.{rest}{exponent}{power:+}")
        }
        -3..=0 => format!("{sign}0.{digits:0>width$}", width = digits.len() + point.unsigned_abs() as usize),
        _ => {
            let point = point as usize;
            match digits.split_at_checked(point) {
                Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
                _ => format!("{sign}{digits:0<point$}"),
            }
        }
    }
}
