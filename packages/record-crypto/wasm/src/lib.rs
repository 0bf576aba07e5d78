//! Ed25519 of ed25519-dalek for WebAssembly. `tools/build-wasm.ts` builds it.
//!
//! The caller writes the input of a function behind the memory that this module uses, and passes its address. A key and a signature
//! come first, and then the message.
#![no_std]

use core::slice;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Whether a signature satisfies S·B = R + k·A, without the cofactor, and S is below L.
/// The input is the public key (32 bytes), the signature (64 bytes) and the message.
#[no_mangle]
pub unsafe extern "C" fn verify(input: *const u8, message_length: usize) -> bool {
    let signature = Signature::from_bytes(&*(input.add(32) as *const [u8; 64]));
    let message = slice::from_raw_parts(input.add(96), message_length);
    match VerifyingKey::from_bytes(&*(input as *const [u8; 32])) {
        Ok(key) => key.verify(message, &signature).is_ok(),
        Err(_) => false,
    }
}

/// Replaces a seed (32 bytes) by its public key.
#[no_mangle]
pub unsafe extern "C" fn public_key(input: *mut u8) {
    let seed = &mut *(input as *mut [u8; 32]);
    *seed = SigningKey::from_bytes(seed).verifying_key().to_bytes();
}

/// Writes a signature to the second part of the input, which is a seed (32 bytes), 64 bytes of any value, and the message.
#[no_mangle]
pub unsafe extern "C" fn sign(input: *mut u8, message_length: usize) {
    let key = SigningKey::from_bytes(&*(input as *const [u8; 32]));
    let message = slice::from_raw_parts(input.add(96), message_length);
    *(input.add(32) as *mut [u8; 64]) = key.sign(message).to_bytes();
}
