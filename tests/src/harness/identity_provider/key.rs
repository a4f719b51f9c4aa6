//! Keys, and what they sign.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, RSA_PKCS1_SHA256};
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair, RsaKeyPair};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};

use super::Signing;

/// A signing key and its `kid`.
#[derive(Debug)]
pub struct Key {
    id: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

impl Default for Key {
    fn default() -> Self {
        Key::rs256()
    }
}

impl Key {
    pub fn rs256() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        Key { id: random(), pair: Pair::Rs256(pair) }
    }

    pub fn es256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Key { id: random(), pair: Pair::Es256(pair.expect("a key can be made")) }
    }

    pub fn header(&self) -> Value {
        let algorithm = match self.pair {
            Pair::Rs256(_) => "RS256",
            Pair::Es256(_) => "ES256",
        };
        json!({"alg": algorithm, "kid": self.id, "typ": "JWT"})
    }

    pub fn token(&self, header: &Value, claims: &Value, signing: &Signing) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = match (signing, &self.pair) {
            (Signing::Current, _) => self.sign(message.as_bytes()),
            (Signing::Other, Pair::Rs256(_)) => Key::rs256().sign(message.as_bytes()),
            (Signing::Other, Pair::Es256(_)) => Key::es256().sign(message.as_bytes()),
            (Signing::Secret(secret), _) => {
                let key = hmac::Key::new(HMAC_SHA256, secret);
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            (Signing::Nothing, _) => Vec::new(),
        };
        format!("{message}.{}", base64url(&signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("it signs");
                signature
            }
            Pair::Es256(pair) => pair.sign(&random, message).expect("it signs").as_ref().to_vec(),
        }
    }

    pub fn jwk(&self) -> Value {
        let (key, algorithm) = match &self.pair {
            Pair::Rs256(pair) => {
                (DecodingKey::from_rsa_der(pair.public_key().as_ref()), Algorithm::RS256)
            }
            Pair::Es256(pair) => {
                (DecodingKey::from_ec_der(pair.public_key().as_ref()), Algorithm::ES256)
            }
        };
        let mut jwk = Jwk::from_decoding_key(&key, Some(algorithm)).expect("the key is whole");
        jwk.common.key_id = Some(self.id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        json!(jwk)
    }

    pub fn public_forms(&self) -> Vec<Vec<u8>> {
        let (bytes, der) = match &self.pair {
            Pair::Rs256(pair) => (pair.public_key().as_ref(), pair.public_key().as_der()),
            Pair::Es256(pair) => (pair.public_key().as_ref(), pair.public_key().as_der()),
        };
        let der = der.expect("the key is whole").as_ref().to_vec();
        let text = padded(&base64url(&der)).replace('-', "+").replace('_', "/");
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        let lines = lines.join("\n");
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----");
        let (jwk, with_end) = (self.jwk(), format!("{pem}\n"));
        let jwks = json!({"keys": [jwk]});
        let mut forms = vec![bytes.to_vec(), der];
        forms.extend([pem, with_end, jwk.to_string(), jwks.to_string()].map(String::into_bytes));
        for member in ["n", "e", "x", "y"].iter().filter_map(|name| jwk[name].as_str()) {
            let bytes = EncodingKey::from_urlsafe_base64_secret(&padded(member));
            forms.push(member.as_bytes().to_vec());
            forms.push(bytes.expect("a member of a JWK is Base64").as_bytes().to_vec());
        }
        forms
    }
}

/// 128 bits that nobody can guess, as text.
pub fn random() -> String {
    let mut bytes = [0; 16];
    fill(&mut bytes).expect("there is randomness");
    base64url(&bytes)
}

/// Base64 for URLs, without padding.
pub fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |at| char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]);
        text.extend((0..=chunk.len()).map(digit));
    }
    text
}

/// Base64 with its padding.
fn padded(base64: &str) -> String {
    format!("{base64:=<width$}", width = base64.len().next_multiple_of(4))
}
