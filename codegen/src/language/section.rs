//! `section!`: a map with keys of the language.

use super::{Kind, SectionMeta};
use crate::plan::Value;
use crate::resolve::cx::{At, Cx};
use crate::source::ConfigPath;
use crate::yaml::Tree;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// What a section comes to.
pub(crate) trait Section: Sized {
    /// What serde reads.
    type Written: Clone + Default;

    /// Why it may come to nothing: [`Reported`] if a key is required, `Infallible` if none is.
    type Failure;

    /// What there is to know of it.
    const META: &'static SectionMeta;

    /// A section over another, key by key.
    fn over(own: Self::Written, base: Self::Written) -> Self::Written;

    /// What is wrong has been reported, and counts as if it were not there.
    fn resolve(
        cx: &mut Cx<'_>,
        at: impl Into<At>,
        written: Option<&Self::Written>,
    ) -> Result<Self, Self::Failure>;

    /// One of which no key is required, so that it need not be there itself.
    fn with_defaults(cx: &mut Cx<'_>, at: impl Into<At>, written: Option<&Self::Written>) -> Self
    where
        Self: Section<Failure = Infallible>,
    {
        let Ok(settings) = Self::resolve(cx, at, written);
        settings
    }

    /// The keys that have a value, and how it is written.
    fn keys(&self) -> Vec<(&'static str, Tree)>;

    /// Every key written out.
    fn tree(&self) -> Tree {
        self.tree_with([])
    }

    /// The same, but these as they are given here; what a step of its own has read is there only then.
    fn tree_with(&self, own: impl IntoIterator<Item = (&'static str, Tree)>) -> Tree {
        let mut keys: BTreeMap<&str, Tree> = self.keys().into_iter().collect();
        keys.retain(|_, tree| !matches!(tree, Tree::Remark(_)));
        keys.extend(own);
        let known = Self::META.keys.iter().map(|key| key.name);
        Tree::Map(known.filter_map(|key| Some((key.to_owned(), keys.remove(key)?))).collect())
    }
}

/// A section which the runtime has, too, as a struct.
pub(crate) trait Facade: Section {
    /// That struct.
    const STRUCT: &'static str;

    /// Its fields, as far as the section has them.
    fn fields(&self) -> Vec<(&'static str, Value)>;

    /// As a constant.
    fn value(&self) -> Value {
        self.value_with(Vec::new())
    }

    /// As a constant of a struct which has these fields, too.
    fn value_with(&self, mut fields: Vec<(&'static str, Value)>) -> Value {
        fields.extend(self.fields());
        Value::Struct(Self::STRUCT, fields)
    }
}

/// What is wrong has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported;

/// The value of a key which may be left out; what is wrong has been reported, and counts as left out.
pub(crate) fn read<T, K: Kind<T>>(
    cx: &mut Cx<'_>,
    at: &At,
    key: &'static str,
    (kind, written): (&K, Option<&K::Written>),
) -> Option<T> {
    written.and_then(|written| kind.read_key(cx, at, key, written))
}

/// The value of a key; nothing if what was written is wrong.
pub(crate) fn checked<T, K: Kind<T>>(
    cx: &mut Cx<'_>,
    at: &At,
    key: &'static str,
    (kind, written): (&K, Option<&K::Written>),
    default: impl FnOnce() -> T,
) -> Option<T> {
    match written {
        Some(written) => kind.read_key(cx, at, key, written),
        // What could not be read has been reported.
        None => (!cx.source.is_written(&at.key(cx, key))).then(default),
    }
}

/// The value of a key whose default knows its place.
pub(crate) fn placed<T, K: Kind<T>>(
    cx: &mut Cx<'_>,
    at: &At,
    key: &'static str,
    value: (&K, Option<&K::Written>),
    default: impl FnOnce(&Cx<'_>, &ConfigPath) -> T,
) -> T {
    read(cx, at, key, value).unwrap_or_else(|| default(cx, &at.key(cx, key)))
}

/// The value of a key which has to be there.
pub(crate) fn required<T, K: Kind<T>>(
    cx: &mut Cx<'_>,
    at: &At,
    key: &'static str,
    (kind, written): (&K, Option<&K::Written>),
    help: &str,
) -> Option<T> {
    if written.is_none() {
        at.missing(cx, key, help);
    }
    read(cx, at, key, (kind, written))
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
/// `Written` is what serde reads, `Settings` what it comes to. A kind is a type of [`super::kind`] with what it needs
/// to know: `Number(1, 10)`, `ListOf<Word>(Word)`. What holds where the key is not written is said in one of seven ways:
///
/// | way | the settings have | |
/// |---|---|---|
/// | `default value` | a `Type` | also where what was written is wrong |
/// | `checked value` | an `Option<Type>` | as `default`, but `None` where what was written is wrong |
/// | `placed function` | a `Type` | as `default`, made of the place where it would be written |
/// | `required "for example ..."` | a `Type` | without it there are no settings, and the text is the help |
/// | `needed "for example ..."` | an `Option<Type>` | as `required`, but all the rest goes on without it |
/// | `optional "any number"` | an `Option<Type>` | in words; `""` if there is nothing to say, or a `Without` |
/// | `defaults` | a `Type`, which is a section | all of its defaults |
///
/// A default may have a proviso, `or value => "words"`, where `value` may use the keys above (a required one is an
/// `Option` there); `said "words"`, or a `Without`, replaces what is said of it. A key that Rust has no name for is `name "its-name"`.
///
/// With `=> "Facade"` the settings are a constant of that struct of the runtime; `as name` calls the key so there, and
/// `as _` leaves it out. `Written::key` is the name of a key, for steps that look at several.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $settings:ident / $written:ident $(=> $facade:literal)? {
            $(
                $(#[doc = $doc:literal])*
                $key:ident $($name:literal)?:
                $type:ty = $kind:ident $(<$of:ident>)? $(($($limit:expr),*))? $(as $code:tt)?,
                $without:ident $($value:expr)?
                $(, or $computed:expr => $proviso:literal)?
                $(, said $said:expr)?,
                example $example:literal;
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        #[allow(unreachable_pub, reason = "some are not seen from outside")]
        pub struct $written {
            $(
                $(#[doc = $doc])*
                $(#[serde(rename = $name)])?
                pub(crate) $key:
                    $crate::ast::Lenient<<$kind $(<$of>)? as $crate::language::Kind<$type>>::Written>,
            )*
        }

        #[allow(non_upper_case_globals, dead_code, reason = "they are named like the fields; few steps ask")]
        impl $written {
            $(pub(crate) const $key: &'static str = section!(@name $key $($name)?);)*

            /// The keys that were written, and could be read.
            pub(crate) fn those_read(&self) -> Vec<&'static str> {
                let keys = [$(self.$key.get().map(|_| Self::$key)),*];
                keys.into_iter().flatten().collect()
            }
        }

        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(unreachable_pub, reason = "some are not seen from outside")]
        pub struct $settings {
            $($(#[doc = $doc])* pub $key: section!(@type $without $type),)*
        }

        impl $crate::language::Section for $settings {
            type Written = $written;
            type Failure = section!(@failure $($without)*);

            const META: &'static $crate::language::SectionMeta = &$crate::language::SectionMeta {
                written: stringify!($written),
                about: &[$($about),*],
                keys: &[$(
                    $crate::language::KeyMeta {
                        name: $written::$key,
                        doc: &[$($doc),*],
                        shape: || $crate::language::Kind::<$type>::shape(&$kind $(($($limit),*))?),
                        codes: || $crate::language::Kind::<$type>::codes(&$kind $(($($limit),*))?),
                        without: || section!(
                            @without $without ($kind $(($($limit),*))?, $type) [$($value)?] [$($proviso)?] [$($said)?]
                        ),
                        example: $example,
                    },
                )*],
            };

            fn over(own: $written, base: $written) -> $written {
                $written {
                    $($key: $crate::ast::Lenient(
                        <$kind $(<$of>)? as $crate::language::Kind<$type>>::over(own.$key.0, base.$key.0),
                    ),)*
                }
            }

            fn resolve(
                cx: &mut $crate::resolve::cx::Cx<'_>,
                at: impl Into<$crate::resolve::cx::At>,
                written: Option<&$written>,
            ) -> Result<Self, Self::Failure> {
                let (at, nothing) = (at.into(), $written::default());
                let written = written.unwrap_or(&nothing);
                $(
                    let $key = section!(
                        @read $without $type, (cx, &at, $written::$key),
                        (&$kind $(($($limit),*))?, written.$key.get()), [$($value)?] [$($computed)?]
                    );
                )*
                Ok(Self { $($key: section!(@whole $without $key)),* })
            }

            fn keys(&self) -> Vec<(&'static str, $crate::yaml::Tree)> {
                let keys = [$(section!(
                    @tree $without self, $key, ($written::$key, $type, $kind $(($($limit),*))?)
                )),*];
                keys.into_iter().flatten().collect()
            }
        }

        section!(@constant $settings [$($facade)?] [
            $(($key $(as $code)?: $type = $kind $(($($limit),*))?))*
        ]);
    };

    (@name $key:ident) => { stringify!($key) };
    (@name $key:ident $name:literal) => { $name };

    (@type optional $type:ty) => { Option<$type> };
    (@type checked $type:ty) => { Option<$type> };
    (@type needed $type:ty) => { Option<$type> };
    (@type $without:ident $type:ty) => { $type };

    (@failure) => { std::convert::Infallible };
    (@failure required $($more:ident)*) => { $crate::language::Reported };
    (@failure $without:ident $($more:ident)*) => { section!(@failure $($more)*) };

    (@without default ($kind:expr, $type:ty) [$default:expr] [] []) => {
        $crate::language::Without::default::<$type, _>(&$kind, &$default, "")
    };
    (@without default ($kind:expr, $type:ty) [$default:expr] [$proviso:literal] []) => {
        $crate::language::Without::default::<$type, _>(&$kind, &$default, $proviso)
    };
    (@without default ($kind:expr, $type:ty) [$default:expr] [] [$said:expr]) => {
        $crate::language::Without::from($said)
    };
    (@without placed ($kind:expr, $type:ty) [$default:expr] [] [$said:expr]) => {
        $crate::language::Without::from($said)
    };
    (@without checked $($default:tt)*) => { section!(@without default $($default)*) };
    (@without required ($kind:expr, $type:ty) [$help:expr] [] []) => { $crate::language::Without::Required };
    (@without needed $($help:tt)*) => { section!(@without required $($help)*) };
    (@without optional ($kind:expr, $type:ty) [$without:expr] [] []) => {
        $crate::language::Without::from($without)
    };
    (@without defaults ($kind:expr, $type:ty) [] [] []) => { $crate::language::Without::Nothing };

    (@read default $type:ty, ($cx:ident, $at:expr, $name:expr), $value:expr, [$default:expr] []) => {
        $crate::language::read::<$type, _>($cx, $at, $name, $value).unwrap_or_else(|| $default)
    };
    (@read default $type:ty, $place:tt, $value:expr, [$default:expr] [$computed:expr]) => {
        section!(@read default $type, $place, $value, [$computed] [])
    };
    (@read placed $type:ty, ($cx:ident, $at:expr, $name:expr), $value:expr, [$default:expr] []) => {
        $crate::language::placed::<$type, _>($cx, $at, $name, $value, $default)
    };
    (@read checked $type:ty, ($cx:ident, $at:expr, $name:expr), $value:expr, [$default:expr] []) => {
        $crate::language::checked::<$type, _>($cx, $at, $name, $value, || $default)
    };
    (@read required $type:ty, ($cx:ident, $at:expr, $name:expr), $value:expr, [$help:expr] []) => {
        $crate::language::required::<$type, _>($cx, $at, $name, $value, $help)
    };
    (@read needed $($value:tt)*) => { section!(@read required $($value)*) };
    (@read optional $type:ty, ($cx:ident, $at:expr, $name:expr), $value:expr, [$without:expr] []) => {
        $crate::language::read::<$type, _>($cx, $at, $name, $value)
    };
    (@read defaults $type:ty, ($cx:ident, $at:expr, $name:expr), ($kind:expr, $written:expr), [] []) => {
        <$type as $crate::language::Section>::with_defaults($cx, $at.section($name), $written)
    };

    (@whole required $key:ident) => { $key.ok_or($crate::language::Reported)? };
    (@whole $without:ident $key:ident) => { $key };

    (@tree optional $self:ident, $key:ident, ($name:expr, $type:ty, $kind:expr)) => {
        $self.$key.as_ref().map(|value| ($name, $crate::language::Kind::<$type>::tree(&$kind, value)))
    };
    (@tree checked $($key:tt)*) => { section!(@tree optional $($key)*) };
    (@tree needed $($key:tt)*) => { section!(@tree optional $($key)*) };
    (@tree $without:ident $self:ident, $key:ident, ($name:expr, $type:ty, $kind:expr)) => {
        Some(($name, $crate::language::Kind::<$type>::tree(&$kind, &$self.$key)))
    };

    (@constant $settings:ident [] [$($field:tt)*]) => {};
    (@constant $settings:ident [$facade:literal] [$($field:tt)*]) => {
        impl $crate::language::Facade for $settings {
            const STRUCT: &'static str = $facade;

            fn fields(&self) -> Vec<(&'static str, $crate::plan::Value)> {
                [$(section!(@field self $field)),*].into_iter().flatten().collect()
            }
        }
    };
    (@field $self:ident ($key:ident as _: $type:ty = $kind:expr)) => { None };
    (@field $self:ident ($key:ident as $code:ident: $type:ty = $kind:expr)) => {
        Some((stringify!($code), $crate::language::Constant::<$type>::value(&$kind, &$self.$key)))
    };
    (@field $self:ident ($key:ident: $type:ty = $kind:expr)) => {
        Some((stringify!($key), $crate::language::Constant::<$type>::value(&$kind, &$self.$key)))
    };
}

pub(crate) use section;
