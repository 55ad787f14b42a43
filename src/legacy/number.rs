//! Floating point numbers as PHP writes them with `serialize_precision = -1`.

/// A finite number in the fewest digits that give it back, laid out as PHP's `smart_str_append_double` does: `0.0001`,
/// `1.0e-5`, `10000000000000000`, `1.0e+17`. JSON has a small `exponent` letter, `serialize()` a capital one.
pub(super) fn float(number: f64, exponent: char) -> String {
    let text = fewest_digits(number);
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

/// As `-1.25e-7`. Where two of the shortest texts are equally near, PHP takes the even one, as rounding does, and Rust
/// the other.
fn fewest_digits(number: f64) -> String {
    let shortest = format!("{number:e}");
    let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{number:.*e}", digits - 1);
    // Just above a power of two the nearest text may be another number's.
    if rounded.parse() == Ok(number) { rounded } else { shortest }
}
