//! Items as prettyplease writes them: for `castgate emit`, and for the review of what changes.

use proc_macro2::TokenStream;

/// The items, with air around those of several lines.
pub(super) fn items(items: TokenStream) -> String {
    let Ok(mut file) = syn::parse2::<syn::File>(items.clone()) else {
        // Never so while the tests pass; if ever, rustc says more about it than a panic here would.
        return items.to_string();
    };
    let mut text = String::new();
    let mut was_long = false;
    for item in std::mem::take(&mut file.items) {
        file.items = vec![item];
        let item = prettyplease::unparse(&file);
        let is_long = item.lines().nth(1).is_some();
        if !text.is_empty() && (was_long || is_long) {
            text.push('\n');
        }
        text.push_str(&item);
        was_long = is_long;
    }
    text
}
