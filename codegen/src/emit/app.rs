//! The target enum, and the one `impl` of a generated file.

use crate::plan::Plan;
use proc_macro2::TokenStream;
use quote::quote;

/// `GATEWAY`, its type, and its `impl App`.
pub(super) fn app(plan: &Plan) -> TokenStream {
    let Plan { stacks, tables, answers_preflights, speaks_http2, .. } = plan;
    let aliases: Vec<_> = stacks.iter().map(|stack| &stack.alias).collect();
    let routes = match tables.as_slice() {
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

            const ANSWERS_PREFLIGHTS: bool = #answers_preflights;

            const SPEAKS_HTTP2: bool = #speaks_http2;

            fn settings(&self) -> &'static Settings {
                &SETTINGS
            }

            #routes

            #[allow(clippy::manual_async_fn, reason = "an `async fn` moves its arguments once more")]
            fn serve(
                &self,
                target: &'static Target,
                request: Request,
                cx: &mut Context<'_>,
            ) -> impl Future<Output = Result<Response, Error>> {
                async move {
                    match *target {
                        #(Target::#aliases(stack) => stack.serve(request, cx).await,)*
                    }
                }
            }

            async fn reject(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
                UNMATCHED.serve(request, cx).await
            }
        }
    }
}
