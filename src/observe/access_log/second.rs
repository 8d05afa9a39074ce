//! The time of a line, to the second. Most lines share theirs with the line before, so a text is kept.

/// How every line of a second begins, up to its method.
const BEGINNING: [u8; 50] = *br#"{"timestamp":"0000-00-00T00:00:00.000Z","method":""#;
/// Where in it the date is,
const DATE: usize = 14;
/// and where the milliseconds are.
const MILLIS: usize = 34;

/// The beginning of the lines of a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    number: u64,
    text: [u8; BEGINNING.len()],
}

impl Default for Second {
    fn default() -> Self {
        format(0)
    }
}

impl Second {
    /// This one, if it is the second of that number since 1970, or else that one.
    #[inline]
    pub(crate) fn or_of(self, number: u64) -> Self {
        if self.number == number { self } else { format(number) }
    }

    /// How a line begins that is of so many milliseconds in it.
    #[inline]
    pub(crate) fn beginning(&self, millis: [u8; 3]) -> [u8; BEGINNING.len()] {
        let mut beginning = self.text;
        beginning[MILLIS..MILLIS + 3].copy_from_slice(&millis);
        beginning
    }
}

/// The beginning with `YYYY-MM-DDTHH:MM:SS` in UTC (the date from days by Hinnant's algorithm for the proleptic Gregorian calendar).
fn format(second: u64) -> Second {
    let (days, rest) = (second / 86_400, second % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let mut text = BEGINNING;
    let mut put = |at: usize, length: usize, mut number: u64| {
        for place in (DATE + at..DATE + at + length).rev() {
            text[place] = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, rest / 3600);
    put(14, 2, rest / 60 % 60);
    put(17, 2, rest % 60);
    Second { number: second, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let mut second = Second::default();
        for (number, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_771_436_700, "2026-02-18T17:45:00"),
            (4_102_444_799, "2099-12-31T23:59:59"),
        ] {
            second = second.or_of(number);
            let beginning = format!(r#"{{"timestamp":"{text}.045Z","method":""#);
            assert_eq!(std::str::from_utf8(&second.beginning(*b"045")), Ok(beginning.as_str()));
        }
    }
}
