//! `words!`: an enumeration of the language.

/// Declares an enumeration: its words, and what they are in the runtime, if they are anything there.
///
/// ```text
/// /// What is chosen.
/// Name, "what it is called in reports" {
///     /// What the word means.
///     Variant = "word" => "Facade::Path";
/// }
/// ```
macro_rules! words {
    (
        $(#[doc = $about:literal])*
        $name:ident, $what:literal {
            $($(#[doc = $doc:literal])* $variant:ident = $word:literal $(=> $code:literal)?;)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)*
        }

        impl $crate::language::Words for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }

        /// As it is written.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::language::Words::as_str(*self))
            }
        }

        words!(@code $name $($variant [$($code)?])*);
    };

    (@code $name:ident $($variant:ident [$code:literal])*) => {
        impl $crate::language::Coded for $name {
            fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
    (@code $name:ident $($variant:ident [])*) => {};
}

pub(crate) use words;
