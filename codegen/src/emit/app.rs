//! The target enum, and the one `impl` of a generated file.

use crate::plan::Stack;
use proc_macro2::TokenStream;
use quote::quote;

/// `GATEWAY`, its type, and its `impl App`.
pub(super) fn app(stacks: &[Stack]) -> TokenStream {
    let aliases: Vec<_> = stacks.iter().map(|stack| &stack.alias).collect();
    quote! {
        pub(crate) static GATEWAY: Compiled = Compiled;

        #[derive(Debug)]
        pub(crate) struct Compiled;

        pub(crate) enum Target {
            #(#aliases(&'static #aliases),)*
        }

        impl App for Compiled {
            type Target = Target;

            fn settings(&self) -> &'static Settings {
                &SETTINGS
            }

            fn routes(&self) -> &'static RouteIndex<Target> {
                &INDEX
            }

            async fn serve(
                &self,
                target: &'static Target,
                request: Request,
                cx: &mut Context<'_>,
            ) -> Result<Response, Error> {
                match *target {
                    #(Target::#aliases(stack) => stack.serve(request, cx).await,)*
                }
            }

            async fn reject(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
                UNMATCHED.serve(request, cx).await
            }
        }
    }
}
