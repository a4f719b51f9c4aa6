//! A form as a browser sends it.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::{InternalError, UrlencodedError};
use actix_web::{FromRequest, HttpRequest, web};

use super::filled::Filled;
use crate::body::{BODY_MAX, BodyPatience};
use crate::error::Explained;
use crate::frame::to_explain;
use crate::media::Media;

/// How forms are read. The limit is that of the API.
pub(in crate::pages) fn config() -> web::FormConfig {
    web::FormConfig::default().limit(BODY_MAX).error_handler(|error, _| unreadable(error))
}

impl FromRequest for Filled {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if let Err(sentence) = Media::Form.check(request.headers()) {
            let page = to_explain(Explained::unsupported_media(sentence.clone()));
            return Box::pin(async { Err(InternalError::from_response(sentence, page).into()) });
        }
        let pairs = web::Form::<Vec<(String, String)>>::from_request(request, payload);
        let pairs = BodyPatience::wait(request, pairs);
        Box::pin(async {
            let pairs = pairs.await.map_err(|why| {
                InternalError::from_response(why.sentence.clone(), to_explain(why))
            })?;
            Ok(Filled::sent(pairs?.into_inner()))
        })
    }
}

/// For a form that cannot be read at all.
fn unreadable(error: UrlencodedError) -> actix_web::Error {
    let why = match &error {
        UrlencodedError::Overflow { .. } => {
            Explained::too_large(format!("the form is larger than {BODY_MAX} bytes"))
        }
        UrlencodedError::ContentType => Explained::unsupported_media(
            "the form has an unknown charset: send it in utf-8".to_owned(),
        ),
        _ => Explained::unreadable(format!("the form cannot be read: {error}")),
    };
    InternalError::from_response(error, to_explain(why)).into()
}
