//! `section!`: a map with keys of the language.

use super::Kind;
use crate::resolve::cx::{At, Cx};
use crate::yaml::Tree;

/// What a section comes to.
pub(crate) trait Section: Sized {
    /// What serde reads.
    type Written: Clone + Default;

    /// A section over another, key by key.
    fn over(own: Self::Written, base: Self::Written) -> Self::Written;

    /// What is wrong has been reported, and counts as its default.
    fn resolve(cx: &mut Cx<'_>, at: impl Into<At>, written: Option<&Self::Written>) -> Self;

    /// Every key written out.
    fn tree(&self) -> Tree;
}

/// The value of a key: as it was written; its default if it was not, or if what was written has been reported.
pub(crate) fn read<T, K: Kind<T>>(
    cx: &mut Cx<'_>,
    at: &At,
    key: &'static str,
    (kind, written): (&K, Option<&K::Written>),
    default: impl FnOnce() -> T,
) -> T {
    let Some(written) = written else { return default() };
    let at = at.key(cx, key);
    kind.read(cx, &at, written).unwrap_or_else(default)
}

/// Declares a section:
///
/// ```text
/// /// What the section is.
/// Settings / Written => "Facade" {
///     /// What the key means.
///     key: Type = Kind(..), default value, example "4s";
/// }
/// ```
///
/// `Written` is what serde reads, `Settings` what it comes to. With `=> "Facade"` the settings are a constant of that
/// struct of the runtime; `as name` calls the key so there, and `as _` leaves it out. A default may have a proviso,
/// `or value => "words"`, where `value` may use the keys above; `said "words"` replaces what is said of it.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $settings:ident / $written:ident $(=> $facade:literal)? {
            $(
                $(#[doc = $doc:literal])*
                $key:ident: $type:ty = $kind:ident $(($($limit:expr),*))? $(as $code:tt)?,
                default $default:expr
                $(, or $computed:expr => $proviso:literal)?
                $(, said $said:literal)?,
                example $example:literal;
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $written {
            $($(#[doc = $doc])* pub(crate) $key: Option<<$kind as $crate::language::Kind<$type>>::Written>,)*
        }

        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $settings {
            $($(#[doc = $doc])* pub $key: $type,)*
        }

        impl $written {
            /// What there is to know of its keys.
            #[allow(dead_code, reason = "only the command line asks")]
            pub(crate) const KEYS: &'static [$crate::language::KeyMeta] = &[$(
                $crate::language::KeyMeta {
                    name: stringify!($key),
                    doc: &[$($doc),*],
                    shape: || $crate::language::Kind::<$type>::shape(&$kind $(($($limit),*))?),
                    default: || section!(
                        @default ($kind $(($($limit),*))?, $type, $default) [$($proviso)?] [$($said)?]
                    ),
                    example: $example,
                },
            )*];
        }

        impl $crate::language::Section for $settings {
            type Written = $written;

            fn over(own: $written, base: $written) -> $written {
                $written { $($key: own.$key.or(base.$key),)* }
            }

            fn resolve(
                cx: &mut $crate::resolve::cx::Cx<'_>,
                at: impl Into<$crate::resolve::cx::At>,
                written: Option<&$written>,
            ) -> Self {
                let (at, nothing) = (at.into(), $written::default());
                let written = written.unwrap_or(&nothing);
                $(
                    let $key: $type = $crate::language::read(
                        cx,
                        &at,
                        stringify!($key),
                        (&$kind $(($($limit),*))?, written.$key.as_ref()),
                        || section!(@either [$default] [$($computed)?]),
                    );
                )*
                Self { $($key),* }
            }

            fn tree(&self) -> $crate::yaml::Tree {
                $crate::yaml::Tree::map([$(
                    (
                        stringify!($key),
                        $crate::language::Kind::<$type>::tree(&$kind $(($($limit),*))?, &self.$key),
                    ),
                )*])
            }

        }

        section!(@code $settings [$($facade)?] [
            $(($key $(as $code)?: $type = $kind $(($($limit),*))?))*
        ]);

        #[cfg(feature = "cli")]
        impl schemars::JsonSchema for $written {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($written).trim_start_matches("Written").into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::language::section_schema(&[$($about),*], Self::KEYS)
            }
        }
    };

    (@either [$default:expr] []) => { $default };
    (@either [$default:expr] [$computed:expr]) => { $computed };

    (@default ($kind:expr, $type:ty, $default:expr) [] []) => {
        $crate::language::kind::default::<$type, _>(&$kind, &$default, "")
    };
    (@default ($kind:expr, $type:ty, $default:expr) [$proviso:literal] []) => {
        $crate::language::kind::default::<$type, _>(&$kind, &$default, $proviso)
    };
    (@default ($kind:expr, $type:ty, $default:expr) [] [$said:literal]) => { (None, $said.to_owned()) };

    (@code $settings:ident [] [$($field:tt)*]) => {};
    (@code $settings:ident [$facade:literal] [$($field:tt)*]) => {
        impl $settings {
            /// As a constant of the runtime.
            pub(crate) fn value(&self) -> $crate::plan::Value {
                let fields = [$(section!(@field self $field)),*];
                $crate::plan::Value::Struct($facade, fields.into_iter().flatten().collect())
            }
        }
    };
    (@field $self:ident ($key:ident as _: $type:ty = $kind:expr)) => { None };
    (@field $self:ident ($key:ident as $code:ident: $type:ty = $kind:expr)) => {
        Some((stringify!($code), $crate::language::Kind::<$type>::value(&$kind, &$self.$key)))
    };
    (@field $self:ident ($key:ident: $type:ty = $kind:expr)) => {
        Some((stringify!($key), $crate::language::Kind::<$type>::value(&$kind, &$self.$key)))
    };
}

pub(crate) use section;
