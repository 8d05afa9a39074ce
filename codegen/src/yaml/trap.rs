//! What YAML 1.1 read otherwise: words for booleans, octal by a leading zero, underscores, base 60.

/// A scalar whose author had another YAML in mind.
pub(crate) struct Trap {
    /// One line, without a full stop.
    pub(crate) title: String,
    /// A few words.
    pub(crate) label: String,
    /// What to write instead, and what that is.
    pub(crate) mends: Vec<(String, String)>,
}

/// For a value that is a boolean.
pub(crate) fn boolean(written: &str) -> Option<Trap> {
    let mend = match written.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" => "true",
        "no" | "off" | "n" => "false",
        _ => return None,
    };
    Some(Trap {
        title: format!("`{written}` is text, not a boolean"),
        label: "YAML 1.2 has only `true` and `false`".to_owned(),
        mends: vec![("write a boolean".to_owned(), mend.to_owned())],
    })
}

/// For a value that is a whole number.
pub(crate) fn number(written: &str) -> Option<Trap> {
    let mend = |what: &str, number: u64| (what.to_owned(), number.to_string());
    if let Some(seconds) = sexagesimal(written) {
        return Some(Trap {
            title: format!("`{written}` is text, not a number"),
            label: format!("YAML 1.1 read this as {seconds}, in base 60"),
            mends: vec![mend("write a number", seconds)],
        });
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if written.contains('_') {
        let plain = Some(written.replace('_', "")).filter(|plain| is_number(plain))?;
        return Some(Trap {
            title: format!("`{written}` is text, not a number"),
            label: "only YAML 1.1 had underscores in numbers".to_owned(),
            mends: vec![mend("write a number", plain.parse().ok()?)],
        });
    }
    if written.starts_with('0') && is_number(written) {
        let octal = u64::from_str_radix(written, 8).ok();
        let read = octal.map_or_else(
            || "is no number with a zero in front".to_owned(),
            |octal| format!("YAML 1.1 read this as octal: {octal}"),
        );
        let decimal = mend("if it is decimal", written.parse().ok()?);
        let octal = octal.filter(|octal| octal.to_string() != decimal.1);
        return Some(Trap {
            title: format!("`{written}` is text, not a number"),
            label: read,
            mends: [decimal].into_iter().chain(octal.map(|octal| mend("if it is octal", octal))).collect(),
        });
    }
    let float = written.parse::<f64>().ok().filter(|_| written.contains(['e', 'E']) && written.is_ascii())?;
    if float.fract() != 0.0 || !(0.0..1e15).contains(&float) {
        return None;
    }
    Some(Trap {
        title: format!("`{written}` is a floating-point number"),
        label: "expected a whole number".to_owned(),
        mends: vec![("write it out".to_owned(), float.to_string())],
    })
}

/// `1:30` is 90.
pub(crate) fn sexagesimal(text: &str) -> Option<u64> {
    let parts = text.split(':');
    let mut value: u64 = 0;
    let mut count = 0;
    for part in parts {
        let is_part = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = part.parse().ok().filter(|number| is_part && (count == 0 || *number < 60))?;
        value = value * 60 + number;
        count += 1;
    }
    (2..=4).contains(&count).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::sexagesimal;

    #[test]
    fn base_60_is_what_yaml_1_1_made_of_it() {
        assert_eq!(sexagesimal("1:30"), Some(90));
        assert_eq!(sexagesimal("1:00:00"), Some(3600));
        for text in ["", "1", "1:", ":1", "1:60", "a:1", "1:2:3:4:5", "::1"] {
            assert_eq!(sexagesimal(text), None, "{text}");
        }
    }
}
