package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/ipfs/boxo/ipns"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

func describeKey(public crypto.PubKey) (answer, error) {
	encoded, err := crypto.MarshalPublicKey(public)
	if err != nil {
		return nil, err
	}
	id, err := peer.IDFromPublicKey(public)
	if err != nil {
		return nil, err
	}
	return answer{
		"public": hex.EncodeToString(encoded),
		"peer":   hex.EncodeToString([]byte(id)),
		"text":   id.String(),
		"name":   ipns.NameFromPeer(id).String(),
	}, nil
}

func privateKey(r *request) (crypto.PrivKey, error) {
	encoded, err := r.bytes("private")
	if err != nil {
		return nil, err
	}
	private, err := crypto.UnmarshalPrivateKey(encoded)
	if err != nil {
		return nil, refusal{err}
	}
	return private, nil
}

func publicKey(r *request) (crypto.PubKey, error) {
	encoded, err := r.bytes("public")
	if err != nil {
		return nil, err
	}
	public, err := crypto.UnmarshalPublicKey(encoded)
	if err != nil {
		return nil, refusal{err}
	}
	return public, nil
}

func addKeys() {
	operations["key.generate"] = func(_ context.Context, r *request) (answer, error) {
		types := map[string]int{"RSA": crypto.RSA, "Ed25519": crypto.Ed25519, "Secp256k1": crypto.Secp256k1, "ECDSA": crypto.ECDSA}
		private, public, err := crypto.GenerateKeyPairWithReader(types[r.Texts["type"]], 2048, rand.Reader)
		if err != nil {
			return nil, err
		}
		encoded, err := crypto.MarshalPrivateKey(private)
		if err != nil {
			return nil, err
		}
		out, err := describeKey(public)
		if err == nil {
			out["private"] = hex.EncodeToString(encoded)
		}
		return out, err
	}
	operations["key.fromPrivate"] = func(_ context.Context, r *request) (answer, error) {
		private, err := privateKey(r)
		if err != nil {
			return nil, err
		}
		encoded, err := crypto.MarshalPrivateKey(private)
		if err != nil {
			return nil, err
		}
		out, err := describeKey(private.GetPublic())
		if err == nil {
			out["private"] = hex.EncodeToString(encoded)
		}
		return out, err
	}
	operations["key.fromPublic"] = func(_ context.Context, r *request) (answer, error) {
		public, err := publicKey(r)
		if err != nil {
			return nil, err
		}
		return describeKey(public)
	}
	operations["key.sign"] = func(_ context.Context, r *request) (answer, error) {
		private, err := privateKey(r)
		if err != nil {
			return nil, err
		}
		message, err := r.bytes("message")
		if err != nil {
			return nil, err
		}
		signature, err := private.Sign(message)
		if err != nil {
			return nil, err
		}
		return answer{"signature": hex.EncodeToString(signature)}, nil
	}
	operations["key.verify"] = func(_ context.Context, r *request) (answer, error) {
		public, err := publicKey(r)
		if err != nil {
			return nil, err
		}
		message, err := r.bytes("message")
		if err != nil {
			return nil, err
		}
		signature, err := r.bytes("signature")
		if err != nil {
			return nil, err
		}
		valid, err := public.Verify(message, signature)
		return answer{"valid": valid && err == nil}, nil
	}
	operations["peer.parse"] = func(_ context.Context, r *request) (answer, error) {
		id, err := peer.Decode(r.Texts["text"])
		if err != nil {
			return nil, refusal{err}
		}
		return answer{"peer": hex.EncodeToString([]byte(id)), "text": id.String(), "name": ipns.NameFromPeer(id).String()}, nil
	}
	operations["peer.check"] = func(_ context.Context, r *request) (answer, error) {
		encoded, err := r.bytes("peer")
		if err != nil {
			return nil, err
		}
		id, err := peer.IDFromBytes(encoded)
		if err != nil {
			return nil, refusal{err}
		}
		return answer{"text": id.String()}, nil
	}
}
