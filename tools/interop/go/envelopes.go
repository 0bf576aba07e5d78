package main

import (
	"context"
	"encoding/hex"
	"strconv"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/multiformats/go-multiaddr"
)

// blob is a record of any domain and payload type, its payload kept as it is.
type blob struct {
	domain  string
	codec   []byte
	payload []byte
}

func (b *blob) Domain() string                 { return b.domain }
func (b *blob) Codec() []byte                  { return b.codec }
func (b *blob) MarshalRecord() ([]byte, error) { return b.payload, nil }
func (b *blob) UnmarshalRecord(payload []byte) error {
	b.payload = payload
	return nil
}

func describeEnvelope(envelope *record.Envelope) (answer, error) {
	public, err := crypto.MarshalPublicKey(envelope.PublicKey)
	if err != nil {
		return nil, err
	}
	signer, err := peer.IDFromPublicKey(envelope.PublicKey)
	if err != nil {
		return nil, err
	}
	return answer{
		"public":      hex.EncodeToString(public),
		"signer":      hex.EncodeToString([]byte(signer)),
		"payload":     hex.EncodeToString(envelope.RawPayload),
		"payloadType": hex.EncodeToString(envelope.PayloadType),
	}, nil
}

func addEnvelopes() {
	operations["envelope.seal"] = func(_ context.Context, r *request) (answer, error) {
		private, err := privateKey(r)
		if err != nil {
			return nil, err
		}
		payloadType, err := r.bytes("payloadType")
		if err != nil {
			return nil, err
		}
		payload, err := r.bytes("payload")
		if err != nil {
			return nil, err
		}
		envelope, err := record.Seal(&blob{r.Texts["domain"], payloadType, payload}, private)
		if err != nil {
			return nil, err
		}
		encoded, err := envelope.Marshal()
		if err != nil {
			return nil, err
		}
		return answer{"envelope": hex.EncodeToString(encoded)}, nil
	}
	// Go's typed opening leaves comparing the payload type to its caller: so does this operation
	operations["envelope.open"] = func(_ context.Context, r *request) (answer, error) {
		encoded, err := r.bytes("envelope")
		if err != nil {
			return nil, err
		}
		payloadType, err := r.bytes("payloadType")
		if err != nil {
			return nil, err
		}
		envelope, err := record.ConsumeTypedEnvelope(encoded, &blob{domain: r.Texts["domain"], codec: payloadType})
		if err != nil {
			return nil, refusal{err}
		}
		return describeEnvelope(envelope)
	}
	operations["peerRecord.seal"] = func(_ context.Context, r *request) (answer, error) {
		private, err := privateKey(r)
		if err != nil {
			return nil, err
		}
		id, err := peer.IDFromPrivateKey(private)
		if err != nil {
			return nil, err
		}
		sequence, err := r.number("sequence")
		if err != nil {
			return nil, err
		}
		rec := &peer.PeerRecord{PeerID: id, Seq: sequence}
		if subject := r.Texts["subject"]; subject != "" {
			if rec.PeerID, err = peer.Decode(subject); err != nil {
				return nil, err
			}
		}
		for _, text := range r.Lists["addresses"] {
			address, err := multiaddr.NewMultiaddr(text)
			if err != nil {
				return nil, err
			}
			rec.Addrs = append(rec.Addrs, address)
		}
		envelope, err := record.Seal(rec, private)
		if err != nil {
			return nil, err
		}
		encoded, err := envelope.Marshal()
		if err != nil {
			return nil, err
		}
		return answer{"envelope": hex.EncodeToString(encoded)}, nil
	}
	operations["peerRecord.open"] = func(_ context.Context, r *request) (answer, error) {
		encoded, err := r.bytes("envelope")
		if err != nil {
			return nil, err
		}
		envelope, consumed, err := record.ConsumeEnvelope(encoded, peer.PeerRecordEnvelopeDomain)
		if err != nil {
			return nil, refusal{err}
		}
		rec, ok := consumed.(*peer.PeerRecord)
		if !ok {
			return nil, unsupported{"consumed something that is no peer record"}
		}
		out, err := describeEnvelope(envelope)
		if err != nil {
			return nil, err
		}
		addresses := []string{}
		for _, address := range rec.Addrs {
			addresses = append(addresses, address.String())
		}
		out["subject"] = hex.EncodeToString([]byte(rec.PeerID))
		out["sequence"] = strconv.FormatUint(rec.Seq, 10)
		out["addresses"] = addresses
		return out, nil
	}
}
