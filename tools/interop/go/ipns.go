package main

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/path"
	record "github.com/libp2p/go-libp2p-record"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	libp2precord "github.com/libp2p/go-libp2p/core/record"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
)

var named = []struct {
	name string
	err  error
}{
	{"ErrExpiredRecord", ipns.ErrExpiredRecord},
	{"ErrUnrecognizedValidity", ipns.ErrUnrecognizedValidity},
	{"ErrInvalidValidity", ipns.ErrInvalidValidity},
	{"ErrRecordSize", ipns.ErrRecordSize},
	{"ErrInvalidRecord", ipns.ErrInvalidRecord},
	{"ErrDataMissing", ipns.ErrDataMissing},
	{"ErrPublicKeyMismatch", ipns.ErrPublicKeyMismatch},
	{"ErrPublicKeyNotFound", ipns.ErrPublicKeyNotFound},
	{"ErrInvalidPublicKey", ipns.ErrInvalidPublicKey},
	{"ErrSignature", ipns.ErrSignature},
	{"ErrInvalidName", ipns.ErrInvalidName},
	{"ErrInvalidPath", ipns.ErrInvalidPath},
	{"ErrInvalidRecordType", record.ErrInvalidRecordType},
	{"ErrInvalidSignature", libp2precord.ErrInvalidSignature},
	{"ErrPayloadTypeNotRegistered", libp2precord.ErrPayloadTypeNotRegistered},
	{"ErrNoPublicKey", peer.ErrNoPublicKey},
}

// errorName is the sentinels in the error's chain, joined by "+", or its text where it has none.
func errorName(err error) string {
	names := []string{}
	for _, one := range named {
		if errors.Is(err, one.err) {
			names = append(names, one.name)
		}
	}
	if len(names) == 0 {
		return err.Error()
	}
	return strings.Join(names, "+")
}

func addIpns() {
	operations["ipns.make"] = func(_ context.Context, r *request) (answer, error) {
		private, err := privateKey(r)
		if err != nil {
			return nil, err
		}
		value, err := path.NewPath(r.Texts["value"])
		if err != nil {
			return nil, err
		}
		sequence, err := r.number("sequence")
		if err != nil {
			return nil, err
		}
		validity, err := time.Parse(time.RFC3339Nano, r.Texts["validity"])
		if err != nil {
			return nil, err
		}
		ttl, err := r.number("ttl")
		if err != nil {
			return nil, err
		}
		options := []ipns.Option{ipns.WithV1Compatibility(!r.Flags["v2Only"])}
		if extra := r.Texts["extra"]; extra != "" {
			options = append(options, ipns.WithMetadata(map[string]any{"_extra": extra}))
		}
		made, err := ipns.NewRecord(private, value, sequence, validity, time.Duration(ttl), options...)
		if err != nil {
			return nil, err
		}
		encoded, err := ipns.MarshalRecord(made)
		if err != nil {
			return nil, err
		}
		id, err := peer.IDFromPrivateKey(private)
		if err != nil {
			return nil, err
		}
		name := ipns.NameFromPeer(id)
		return answer{
			"record": hex.EncodeToString(encoded),
			"key":    hex.EncodeToString(name.RoutingKey()),
			"name":   name.String(),
		}, nil
	}
	operations["ipns.judge"] = func(_ context.Context, r *request) (answer, error) {
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		encoded, err := r.bytes("record")
		if err != nil {
			return nil, err
		}
		known, err := r.list("keyBook")
		if err != nil {
			return nil, err
		}
		book, err := pstoremem.NewPeerstore()
		if err != nil {
			return nil, err
		}
		defer book.Close()
		for _, one := range known {
			public, err := crypto.UnmarshalPublicKey(one)
			if err != nil {
				return nil, err
			}
			id, err := peer.IDFromPublicKey(public)
			if err != nil {
				return nil, err
			}
			if err := book.AddPubKey(id, public); err != nil {
				return nil, err
			}
		}
		if err := (ipns.Validator{KeyBook: book}).Validate(string(key), encoded); err != nil {
			return nil, refusal{err}
		}
		rec, err := ipns.UnmarshalRecord(encoded)
		if err != nil {
			return nil, err
		}
		out := answer{}
		if value, err := rec.Value(); err != nil {
			out["valueError"] = errorName(err)
		} else {
			out["value"] = value.String()
		}
		if sequence, err := rec.Sequence(); err != nil {
			out["sequenceError"] = errorName(err)
		} else {
			out["sequence"] = strconv.FormatUint(sequence, 10)
		}
		if validity, err := rec.Validity(); err == nil {
			out["validity"] = validity.UTC().Format(time.RFC3339Nano)
		}
		if ttl, err := rec.TTL(); err == nil {
			out["ttl"] = strconv.FormatInt(ttl.Nanoseconds(), 10)
		}
		if extra, err := rec.Metadata("_extra"); err == nil {
			if text, err := extra.AsString(); err == nil {
				out["extra"] = text
			}
		}
		return out, nil
	}
	operations["ipns.select"] = func(_ context.Context, r *request) (answer, error) {
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		values, err := r.list("records")
		if err != nil {
			return nil, err
		}
		index, err := ipns.Validator{}.Select(string(key), values)
		if err != nil {
			return nil, refusal{err}
		}
		return answer{"index": index}, nil
	}
}
