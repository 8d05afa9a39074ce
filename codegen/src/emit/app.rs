//! The target enum, and the one `impl` of a generated file.

use crate::plan::Plan;
use proc_macro2::TokenStream;
use quote::quote;

/// `GATEWAY`, its type, and its `impl App`.
pub(super) fn app(plan: &Plan) -> TokenStream {
    let aliases: Vec<_> = plan.stacks.iter().map(|stack| &stack.alias).collect();
    let routes = match plan.tables.as_slice() {
        [_] => quote! {
            fn routes(&self, _: usize) -> &'static RouteIndex<Target> {
                &INDEX
            }
        },
        _ => quote! {
            fn routes(&self, listener: usize) -> &'static RouteIndex<Target> {
                LISTENERS[listener]
            }
        },
    };
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

            #routes

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
