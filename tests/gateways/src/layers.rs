//! The gateway of `configs/limits.yml` with a layer written by hand that does with bodies what the request's `X-Layer` says: a list of
//! words, the innermost first.

use castgate::bytes::Bytes;
use castgate::{
    Body, Context, Error, Fields, Filter, Frames, Layered, Policy, Reason, Refusal, Request, RequestBody,
    Response, Routed, Service,
};

use crate::cast::limits::{Compiled, GATEWAY};

/// The gateway.
pub(crate) static LAYERS: Layered<Compiled, Bodies<Routed<Compiled>>> =
    Layered::new(&GATEWAY, Bodies, &[&FILTERS]);

/// It had half of it.
static HALF: Refusal = Refusal::new("half", 422, "Half of it was enough")
    .counted("gateway_half_total", "Bodies that broke off.");

/// What is counted of the filters.
struct Filters;

static FILTERS: Filters = Filters;

impl Policy for Filters {
    fn counted(&self) -> Vec<&'static Refusal> {
        vec![&HALF]
    }
}

/// The layer.
pub(crate) struct Bodies<S>(S);

impl<S: Service> Service for Bodies<S> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let words = String::from_utf8_lossy(request.fields.get("x-layer").unwrap_or_default()).into_owned();
        for word in words.split(' ') {
            let body = std::mem::replace(&mut request.body, RequestBody::empty());
            request.body = of_request(word, body, cx).await;
        }
        let mut response = self.0.serve(request, cx).await?;
        for word in words.split(' ') {
            response.body = of_response(word, response.body);
            if let Some(status) = word.strip_prefix("as-") {
                response.status = status.parse().expect("a status");
            }
        }
        Ok(response)
    }
}

async fn of_request(word: &str, mut body: RequestBody, cx: &mut Context<'_>) -> RequestBody {
    match word {
        "up-grow" => body.filtered(Grow),
        "up-half" => body.filtered(Half::default()),
        "up-hold" => body.filtered(Hold::default()),
        "up-collect" => match body.collect(1024).await {
            Ok(collected) => RequestBody::from(Bytes::from([&b"<"[..], &collected, b">"].concat())),
            Err(error) => {
                cx.refuse(error);
                body
            }
        },
        // What a layer does after a failure, and should not.
        "up-stubborn" => {
            let _ = body.collect(4).await;
            body
        }
        "up-replace" => RequestBody::from(Bytes::from_static(b"another")),
        "up-replay" => body.replayable(1024),
        "up-refuse" => {
            cx.refuse(&HALF);
            body
        }
        _ => body,
    }
}

fn of_response(word: &str, body: Body) -> Body {
    match word {
        "grow" => body.filtered(Grow),
        "shrink" => body.filtered(Shrink),
        "half" => body.filtered(Half::default()),
        "hold" => body.filtered(Hold::default()),
        "gather" => body.filtered(Gather::default()),
        "sum" => body.filtered(Sum::default()),
        "drop" => body.filtered(Drop),
        "empty" => Body::empty(),
        _ => body,
    }
}

/// Says every byte twice, in capitals.
struct Grow;

impl Filter for Grow {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        let grown = data.to_ascii_uppercase().iter().flat_map(|&byte| [byte, byte]).collect::<Vec<u8>>();
        out.data(grown);
        Ok(())
    }
}

/// Takes the vowels out.
struct Shrink;

impl Filter for Shrink {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        let is_vowel = |byte: &u8| b"aeiou".contains(&byte.to_ascii_lowercase());
        out.data(data.iter().copied().filter(|byte| !is_vowel(byte)).collect::<Vec<u8>>());
        Ok(())
    }
}

/// Takes everything out.
struct Drop;

impl Filter for Drop {
    fn data(&mut self, _: Bytes, _: &mut Frames) -> Result<(), Reason> {
        Ok(())
    }
}

/// Fails behind the fifth byte.
#[derive(Default)]
struct Half(usize);

impl Filter for Half {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        self.0 += data.len();
        if self.0 > 5 {
            return Err(Reason::from(&HALF));
        }
        out.data(data);
        Ok(())
    }
}

/// Holds everything until nothing more comes for now.
#[derive(Default)]
struct Hold(Vec<u8>);

impl Filter for Hold {
    fn data(&mut self, data: Bytes, _: &mut Frames) -> Result<(), Reason> {
        self.0.extend_from_slice(&data);
        Ok(())
    }

    fn end(&mut self, _: Option<Fields>, out: &mut Frames) -> Result<(), Reason> {
        self.pause(out)
    }

    fn pause(&mut self, out: &mut Frames) -> Result<(), Reason> {
        if !self.0.is_empty() {
            out.data([b"[", self.0.as_slice(), b"]"].concat());
            self.0.clear();
        }
        Ok(())
    }
}

/// Holds everything to the end, and hands it out in pieces of three.
#[derive(Default)]
struct Gather(Vec<u8>);

impl Filter for Gather {
    fn data(&mut self, data: Bytes, _: &mut Frames) -> Result<(), Reason> {
        self.0.extend_from_slice(&data);
        Ok(())
    }

    fn end(&mut self, _: Option<Fields>, out: &mut Frames) -> Result<(), Reason> {
        self.0.chunks(3).for_each(|piece| out.data(piece.to_vec()));
        Ok(())
    }
}

/// Says the sum of the bytes behind them, and what may not be said there.
#[derive(Default)]
struct Sum(u64);

impl Filter for Sum {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        self.0 += data.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        out.data(data);
        Ok(())
    }

    fn end(&mut self, trailers: Option<Fields>, out: &mut Frames) -> Result<(), Reason> {
        let mut trailers = trailers.unwrap_or_default();
        let sum = self.0.into();
        trailers.append(&castgate::http::HeaderName::from_static("x-sum"), &sum);
        trailers.append(&castgate::http::header::CONTENT_LENGTH, &sum);
        out.trailers(trailers);
        Ok(())
    }
}
