use libp2p::Multiaddr;
use libp2p::core::{PeerRecord, SignedEnvelope};
use serde_json::json;

use crate::arguments::{Failure, Outcome, Request, failed, refused};
use crate::keys::private_key;

pub fn seal(request: &Request) -> Outcome {
    let envelope = SignedEnvelope::new(
        &private_key(request)?,
        request.text("domain").to_owned(),
        request.bytes("payloadType")?,
        request.bytes("payload")?,
    )
    .map_err(failed)?;
    Ok(json!({ "envelope": hex::encode(envelope.into_protobuf_encoding()) }))
}

fn read(request: &Request) -> Result<SignedEnvelope, Failure> {
    SignedEnvelope::from_protobuf_encoding(&request.bytes("envelope")?).map_err(refused)
}

pub fn open(request: &Request) -> Outcome {
    let envelope = read(request)?;
    let payload_type = request.bytes("payloadType")?;
    let (payload, signer) =
        envelope.payload_and_signing_key(request.text("domain").to_owned(), &payload_type).map_err(refused)?;
    Ok(json!({
        "public": hex::encode(signer.encode_protobuf()),
        "signer": hex::encode(signer.to_peer_id().to_bytes()),
        "payload": hex::encode(payload),
        "payloadType": hex::encode(&payload_type),
    }))
}

/// rust-libp2p picks the sequence itself (seconds since the epoch) and signs for itself only.
pub fn seal_peer_record(request: &Request) -> Outcome {
    if request.texts.contains_key("subject") {
        return Err(Failure::Unsupported("libp2p-core signs a peer record only for its signer".into()));
    }
    let mut addresses: Vec<Multiaddr> = Vec::new();
    for text in request.lists.get("addresses").into_iter().flatten() {
        addresses.push(text.parse().map_err(failed)?);
    }
    let key = private_key(request)?;
    let legacy = request.flags.get("legacy").copied().unwrap_or(false);
    let record = if legacy { PeerRecord::new(&key, addresses) } else { PeerRecord::new_interop(&key, addresses) }
        .map_err(failed)?;
    let sequence = record.seq().to_string();
    let envelope = record.into_signed_envelope().into_protobuf_encoding();
    Ok(json!({ "envelope": hex::encode(envelope), "sequence": sequence }))
}

pub fn open_peer_record(request: &Request) -> Outcome {
    let envelope = read(request)?;
    let legacy = request.flags.get("legacy").copied().unwrap_or(false);
    let record = if legacy {
        PeerRecord::from_signed_envelope(envelope)
    } else {
        PeerRecord::from_signed_envelope_interop(envelope)
    }
    .map_err(refused)?;
    let addresses: Vec<String> = record.addresses().iter().map(ToString::to_string).collect();
    let peer = hex::encode(record.peer_id().to_bytes());
    Ok(json!({
        "subject": peer,
        "signer": peer,
        "sequence": record.seq().to_string(),
        "addresses": addresses,
    }))
}
