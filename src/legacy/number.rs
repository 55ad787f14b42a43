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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_php() {
        // What `json_encode()` of PHP 8.2 prints without `JSON_PRESERVE_ZERO_FRACTION`.
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (100.0, "100"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (0.00001, "1.0e-5"),
            (-1.25e-7, "-1.25e-7"),
            (1e16, "10000000000000000"),
            (1e17, "1.0e+17"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (12345678901234567.0, "12345678901234568"),
            (5e-324, "5.0e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
        ];
        for (number, text) in cases {
            assert_eq!(float(number, 'e'), text);
        }
        assert_eq!(float(1e25, 'E'), "1.0E+25");
    }

    #[test]
    fn of_two_texts_equally_near_the_even_one_is_taken() {
        assert_eq!(float(-3566930908627505.0 / 4.0, 'e'), "-891732727156876.2");
        // 2^-44 is 5.6843418860808014...e-14, and its neighbour below so near that 5.684341886080801e-14 means that.
        assert_eq!(float(2f64.powi(-44), 'e'), "5.684341886080802e-14");
    }
}
