//! Quantities with units: `5s`, `10MiB`, `100/s`, `20%`. Text in, number or the reason why not out.

use crate::model::{Rate, Ratio};
use crate::show;
use crate::yaml::trap::sexagesimal;
use std::num::NonZeroU32;
use std::time::Duration;

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnitError {
    /// Only a number; what was most likely meant.
    Missing(String),
    /// A number and something else; the units there are, and the one that was most likely meant.
    Unknown { unit: String, known: String, mend: Option<String> },
    /// Several, one after the other (`1h30m`); all of it in one.
    Sum(String),
    /// `1:30`, which YAML 1.1 took for so many seconds.
    Base60(u64),
    /// No number in front.
    NotANumber,
    /// Larger than can be represented.
    TooLarge,
    /// Not a whole number of these, so that it would be rounded.
    TooFine(&'static str),
}

/// A year: whatever is longer was a slip.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// The units of a quantity.
pub(crate) struct Units {
    /// What is meant where none is written.
    usual: &'static str,
    /// Each as it is written, what it is of the smallest, and what else it is called.
    all: &'static [(&'static str, u64, &'static [&'static str])],
}

pub(crate) const DURATIONS: Units = Units {
    usual: "s",
    all: &[
        ("ms", 1, &["msec", "millis", "milliseconds"]),
        ("s", 1000, &["sec", "secs", "second", "seconds"]),
        ("m", 60_000, &["min", "mins", "minute", "minutes"]),
        ("h", 3_600_000, &["hr", "hour", "hours"]),
        ("d", 86_400_000, &["day", "days"]),
    ],
};

/// Powers of 1000, and with an `i` of 1024.
pub(crate) const SIZES: Units = Units {
    usual: "B",
    all: &[
        ("B", 1, &["byte", "bytes"]),
        ("KB", 1000, &[]),
        ("MB", 1_000_000, &[]),
        ("GB", 1_000_000_000, &[]),
        ("KiB", 1 << 10, &["k"]),
        ("MiB", 1 << 20, &["m"]),
        ("GiB", 1 << 30, &["g"]),
    ],
};

pub(crate) const RATES: Units = Units {
    usual: "/s",
    all: &[
        ("/s", 1, &["/sec", "/second", "/rps", "/r/s"]),
        ("/m", 60, &["/min", "/minute", "/rpm", "/r/m"]),
        ("/h", 3600, &["/hour", "/r/h"]),
        ("/d", 86_400, &["/day", "/r/d"]),
    ],
};

impl Units {
    /// `` `ms`, `s`, `m`, `h`, `d` ``
    pub(crate) fn listed(&self) -> String {
        self.all.iter().map(|(name, ..)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    /// What a unit is of the smallest. In `folded` case and spaces are not as they are written.
    fn factor(&self, number: &Number<'_>, unit: &str, folded: &str) -> Result<u64, UnitError> {
        if unit.is_empty() {
            return Err(UnitError::Missing(format!("{}{}", number.text, self.usual)));
        }
        if let Some((_, factor, _)) = self.all.iter().find(|(name, ..)| *name == unit) {
            return Ok(*factor);
        }
        let is_meant =
            |name: &str, others: &[&str]| name.eq_ignore_ascii_case(folded) || others.contains(&folded);
        let meant = self.all.iter().find(|(name, _, others)| is_meant(name, others));
        Err(self.unknown(unit, meant.map(|(name, ..)| format!("{}{name}", number.text))))
    }

    fn unknown(&self, unit: &str, mend: Option<String>) -> UnitError {
        UnitError::Unknown { unit: unit.to_owned(), known: self.listed(), mend }
    }
}

/// `250ms`, `5s`, `1m`, `2h`, `1d`.
pub(crate) fn duration(text: &str) -> Result<Duration, UnitError> {
    if let Some(seconds) = sexagesimal(text) {
        return Err(UnitError::Base60(seconds));
    }
    let (number, unit) = split(text)?;
    if unit.contains(|char: char| char.is_ascii_digit()) {
        return Err(sum(text).map_or_else(|| DURATIONS.unknown(unit, None), UnitError::Sum));
    }
    let factor = DURATIONS.factor(&number, unit, &unit.to_ascii_lowercase())?;
    // The precision of the timers.
    let millis = number.times(factor, "a millisecond (`1ms`)")?;
    let duration = u64::try_from(millis).map(Duration::from_millis).map_err(|_| UnitError::TooLarge)?;
    if duration > LONGEST { Err(UnitError::TooLarge) } else { Ok(duration) }
}

/// `1h30m` in the smallest of its units.
fn sum(text: &str) -> Option<String> {
    let mut rest = text.trim();
    let mut whole = Duration::ZERO;
    let mut smallest = "";
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit()).filter(|at| *at > 0)?;
        let after = rest[digits..].trim_start();
        let unit = after.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(after.len());
        smallest = &after[..unit];
        whole = whole.checked_add(duration(&format!("{}{smallest}", &rest[..digits])).ok()?)?;
        rest = after[unit..].trim_start();
    }
    let one = duration(&format!("1{smallest}")).ok()?;
    let is_whole = whole.as_nanos().is_multiple_of(one.as_nanos()) && whole <= LONGEST;
    is_whole.then(|| format!("{}{smallest}", whole.as_nanos() / one.as_nanos()))
}

/// `512B`, `8KB`, `32KiB`, `10MiB`, `1GiB`.
pub(crate) fn size(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text)?;
    let bytes = number.times(SIZES.factor(&number, unit, &unit.to_ascii_lowercase())?, "a byte (`1B`)")?;
    u64::try_from(bytes).ok().filter(|bytes| *bytes <= 1 << 40).ok_or(UnitError::TooLarge)
}

/// `100/s`, `5000/m`, `10/h`, `10000/d`, or of any span: `5/15m`. A rate of 0, or in no time, is not a number here.
pub(crate) fn rate(text: &str) -> Result<Rate, UnitError> {
    let (number, unit) = split(text)?;
    // A space may stand around a unit, here as everywhere.
    let per = match unit.strip_prefix('/').map(str::trim_start) {
        Some(span) if span.starts_with(|char: char| char.is_ascii_digit()) => span_of(number.text, span)?,
        per => {
            let spaced = per.map(|per| format!("/{per}"));
            let folded = unit.to_ascii_lowercase().replace(' ', "");
            let folded = format!("/{}", folded.trim_start_matches('/'));
            Duration::from_secs(RATES.factor(&number, spaced.as_deref().unwrap_or(unit), &folded)?)
        }
    };
    if number.decimals > 0 || per.is_zero() {
        return Err(UnitError::NotANumber);
    }
    let count = u32::try_from(number.digits).map_err(|_| UnitError::TooLarge)?;
    let count = NonZeroU32::new(count).ok_or(UnitError::NotANumber)?;
    Ok(Rate { count, per })
}

/// The span of a rate; what is wrong with it is wrong with the whole.
fn span_of(count: &str, span: &str) -> Result<Duration, UnitError> {
    let whole = |mend: String| format!("{count}/{mend}");
    duration(span).map_err(|error| match error {
        UnitError::Missing(mend) => UnitError::Missing(whole(mend)),
        UnitError::Sum(mend) => UnitError::Sum(whole(mend)),
        UnitError::Unknown { unit, known, mend } => UnitError::Unknown { unit, known, mend: mend.map(whole) },
        // YAML 1.1 read no rate so.
        UnitError::Base60(_) => UnitError::NotANumber,
        error @ (UnitError::NotANumber | UnitError::TooLarge | UnitError::TooFine(_)) => error,
    })
}

const HUNDREDTH: &str = "a hundredth of a percent (`0.01%`)";

/// `20%`, `0.5%`; 0 to 100.
pub(crate) fn percent(text: &str) -> Result<Ratio, UnitError> {
    let (number, unit) = split(text)?;
    match unit {
        "%" => {}
        "" => {
            // 0.5 was meant as a share; everything from 1 on as a percentage.
            let is_share = number.decimals > 0 && number.text.starts_with("0.");
            let meant = number.times(10_000, HUNDREDTH).ok().filter(|points| is_share && *points > 0);
            let meant = meant.and_then(|points| u16::try_from(points).ok());
            return Err(UnitError::Missing(meant.map_or_else(
                || format!("{}%", number.text),
                |basis_points| show::ratio(Ratio { basis_points }),
            )));
        }
        _ => return Err(UnitError::Unknown { unit: unit.to_owned(), known: "`%`".to_owned(), mend: None }),
    }
    let points = number.times(100, HUNDREDTH)?;
    match u16::try_from(points) {
        Ok(basis_points) if basis_points <= 10_000 => Ok(Ratio { basis_points }),
        _ => Err(UnitError::TooLarge),
    }
}

/// A decimal number: `digits` divided by 10 to the power of `decimals`.
struct Number<'a> {
    text: &'a str,
    digits: u128,
    decimals: u32,
}

impl Number<'_> {
    /// So many of `smallest`; never rounded.
    fn times(&self, factor: u64, smallest: &'static str) -> Result<u128, UnitError> {
        let parts = 10_u128.checked_pow(self.decimals).ok_or(UnitError::TooFine(smallest))?;
        let product = self.digits.checked_mul(factor.into()).ok_or(UnitError::TooLarge)?;
        if product.is_multiple_of(parts) { Ok(product / parts) } else { Err(UnitError::TooFine(smallest)) }
    }
}

/// The number in front, and what follows it.
fn split(text: &str) -> Result<(Number<'_>, &str), UnitError> {
    let text = text.trim();
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || fraction.contains('.') {
        return Err(UnitError::NotANumber);
    }
    // Zeros at the end say nothing.
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > 18 || fraction.len() > 18 {
        return Err(UnitError::TooLarge);
    }
    let digits = format!("{whole}{fraction}").parse().map_err(|_| UnitError::NotANumber)?;
    let decimals = u32::try_from(fraction.len()).map_err(|_| UnitError::TooLarge)?;
    Ok((Number { text: number, digits, decimals }, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(duration("5"), Err(UnitError::Missing("5s".to_owned())));
        assert!(
            matches!(duration("5 sec"), Err(UnitError::Unknown { mend: Some(mend), .. }) if mend == "5s")
        );
        assert_eq!(duration("1h30m"), Err(UnitError::Sum("90m".to_owned())));
        assert_eq!(duration("1m 500ms"), Err(UnitError::Sum("60500ms".to_owned())));
        assert!(matches!(duration("1h30"), Err(UnitError::Unknown { mend: None, .. })));
        for bad in ["", "s", "-5s", ".5s", "5.s", "1.2.3s", "400d", "99999999999999999999s", "\u{665}s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_decimal_or_binary() {
        assert_eq!(size("8KB"), Ok(8000));
        assert_eq!(size("8KiB"), Ok(8192));
        assert_eq!(size("1.5MiB"), Ok(1_572_864));
        assert_eq!(size("512"), Err(UnitError::Missing("512B".to_owned())));
        assert!(matches!(size("8k"), Err(UnitError::Unknown { mend: Some(mend), .. }) if mend == "8KiB"));
        assert!(size("99999GiB").is_err());
    }

    #[test]
    fn nothing_is_rounded() {
        let is_too_fine = |error: Option<UnitError>| matches!(error, Some(UnitError::TooFine(_)));
        for fine in ["0.0001ms", "0.5ms", "1.0005s", "0.000000001d", "0.0000000000001s"] {
            assert!(is_too_fine(duration(fine).err()), "{fine}");
        }
        for fine in ["0.5B", "1.0001KB", "0.3KiB"] {
            assert!(is_too_fine(size(fine).err()), "{fine}");
        }
        assert!(is_too_fine(percent("0.005%").err()));
        assert_eq!(duration("1.0000000000s"), Ok(Duration::from_secs(1)));
        assert_eq!(duration("0.00001d"), Ok(Duration::from_millis(864)));
        assert_eq!((size("1.0B"), size("0.25KiB")), (Ok(1), Ok(256)));
        assert_eq!(percent("0.555"), Err(UnitError::Missing("55.5%".to_owned())));
    }

    #[test]
    fn rates_are_whole_and_not_zero() {
        let count = NonZeroU32::new(5000).unwrap();
        assert_eq!(rate("5000/m"), Ok(Rate { count, per: Duration::from_secs(60) }));
        assert_eq!(rate("5"), Err(UnitError::Missing("5/s".to_owned())));
        for spaced in ["5 /s", "5/ s", " 5 / s "] {
            assert_eq!(rate(spaced), rate("5/s"));
        }
        for bad in
            ["0/s", "1.5/s", "/s", "5/", "5/w", "5/ms", "5/0s", "-1/s", "99999999999/s", "5/400d", "5/1:30"]
        {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_of_any_span() {
        let of = |count, seconds| {
            Ok(Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(seconds) })
        };
        assert_eq!((rate("10000/d"), rate("5/15m")), (of(10_000, 86_400), of(5, 900)));
        assert_eq!((rate(" 5 / 15 m "), rate("1/1.5h"), rate("3/1s")), (of(5, 900), of(1, 5400), of(3, 1)));
        assert_eq!(rate("5/15"), Err(UnitError::Missing("5/15s".to_owned())));
        assert_eq!(rate("5/1h30m"), Err(UnitError::Sum("5/90m".to_owned())));
        for (text, meant) in [("5/15 min", "5/15m"), ("5/day", "5/d"), ("7 rpm", "7/m")] {
            assert!(
                matches!(rate(text), Err(UnitError::Unknown { mend: Some(mend), .. }) if mend == meant),
                "{text}"
            );
        }
        for text in ["5/15m", "10000/d", "100/s", "7/m", "1/h", "5/90s", "5/100ms", "1/366d"] {
            assert_eq!(rate(text).map(show::rate).as_deref(), Ok(text));
        }
    }

    #[test]
    fn percentages_are_exact_to_a_hundredth() {
        assert_eq!(percent("20%"), Ok(Ratio { basis_points: 2000 }));
        assert_eq!(percent("0.25%"), Ok(Ratio { basis_points: 25 }));
        assert_eq!(percent("0.5"), Err(UnitError::Missing("50%".to_owned())));
        assert_eq!(percent("20"), Err(UnitError::Missing("20%".to_owned())));
        assert!(percent("101%").is_err());
    }
}
