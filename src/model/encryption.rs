//! Takes bodies of messages of an encrypted queue, and the operator's key.
//! Gives what is stored of them, and the bodies back.
//! Never draws randomness: the initialization vector is handed in.

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::store::Form;
use crate::protocol::Secret;

const IV_BYTES: usize = 16;

/// The text that is stored for a body: base64 of the vector and of AES-256-CBC of a text's own bytes, or of anything
/// else as JSON, under the digest of the operator's key. Observed: zaqar 23.0.1, but for the JSON: there it is Python's
/// own format.
pub(super) fn encrypt(key: &Secret, iv: [u8; IV_BYTES], body: &Value) -> (Form, String) {
    let (form, plain) = match body {
        Value::String(text) => (Form::Text, text.clone()),
        other => (Form::Document, other.to_string()),
    };
    let cipher = cbc::Encryptor::<Aes256>::new(&digest(key), &iv.into());
    let mut bytes = iv.to_vec();
    bytes.extend(cipher.encrypt_padded_vec_mut::<Pkcs7>(plain.as_bytes()));
    (form, STANDARD.encode(bytes))
}

/// The body again; `None` if the text is none that this key made.
pub(super) fn decrypt(key: &Secret, form: Form, stored: &str) -> Option<Value> {
    let bytes = STANDARD.decode(stored).ok()?;
    let (iv, secret) = bytes.split_at_checked(IV_BYTES)?;
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&digest(key), iv).ok()?;
    let plain = String::from_utf8(cipher.decrypt_padded_vec_mut::<Pkcs7>(secret).ok()?).ok()?;
    match form {
        Form::Document => serde_json::from_str(&plain).ok(),
        Form::Plain | Form::Text => Some(plain.into()),
    }
}

fn digest(key: &Secret) -> aes::cipher::Key<Aes256> {
    Sha256::digest(key.reveal()).as_slice().iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value) {
        let key = Secret::from("AES256");
        let (form, stored) = encrypt(&key, [7; IV_BYTES], body);
        assert_eq!(decrypt(&key, form, &stored).as_ref(), Some(body), "{stored}");
        assert_ne!(decrypt(&Secret::from("other"), form, &stored).as_ref(), Some(body));
    }

    #[test]
    fn every_body_comes_back() {
        check(&json!("text"));
        check(&json!(""));
        check(&json!(null));
        check(&json!({"n": [1, "two", {"three": 3.5}], "ä": "\u{1f600}"}));
    }

    /// Made with Python's `cryptography` as the reference does it.
    #[test]
    fn a_text_is_stored_as_the_reference_stores_it() {
        let (_, stored) = encrypt(&Secret::from("AES256"), [0; IV_BYTES], &json!("hello"));
        assert_eq!(stored, "AAAAAAAAAAAAAAAAAAAAAIe/vesIfJIAS9ossHD4vYo=");
    }
}
