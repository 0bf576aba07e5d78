package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"time"

	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/namesys"
	"github.com/ipfs/boxo/util"
	datastore "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/ipfs/go-datastore/sync"
	"github.com/libp2p/go-libp2p-kad-dht/records"
	record "github.com/libp2p/go-libp2p-record"
	recordpb "github.com/libp2p/go-libp2p-record/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"google.golang.org/protobuf/proto"
)

type acceptAll struct{}

func (acceptAll) Validate(string, []byte) error        { return nil }
func (acceptAll) Select(string, [][]byte) (int, error) { return 0, nil }

func newDatastore() datastore.Batching { return sync.MutexWrap(datastore.NewMapDatastore()) }

// onlyEntry is the one entry of a datastore that has just been written to.
func onlyEntry(ctx context.Context, store datastore.Batching) (string, []byte, error) {
	results, err := store.Query(ctx, query.Query{})
	if err != nil {
		return "", nil, err
	}
	entries, err := results.Rest()
	if err != nil {
		return "", nil, err
	}
	if len(entries) != 1 {
		return "", nil, errors.New("the datastore does not hold one entry")
	}
	return entries[0].Key, entries[0].Value, nil
}

func addRecords() {
	operations["key.split"] = func(_ context.Context, r *request) (answer, error) {
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		namespace, path, err := record.SplitKey(string(key))
		if err != nil {
			return nil, refusal{err}
		}
		return answer{"namespace": hex.EncodeToString([]byte(namespace)), "path": hex.EncodeToString([]byte(path))}, nil
	}
	operations["pk.judge"] = func(_ context.Context, r *request) (answer, error) {
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		value, err := r.bytes("value")
		if err != nil {
			return nil, err
		}
		if err := (record.PublicKeyValidator{}).Validate(string(key), value); err != nil {
			return nil, refusal{err}
		}
		return answer{}, nil
	}
	operations["record.encode"] = func(_ context.Context, r *request) (answer, error) {
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		value, err := r.bytes("value")
		if err != nil {
			return nil, err
		}
		made := record.MakePutRecord(string(key), value)
		made.TimeReceived = r.Texts["timeReceived"]
		encoded, err := proto.Marshal(made)
		if err != nil {
			return nil, err
		}
		return answer{"record": hex.EncodeToString(encoded)}, nil
	}
	operations["record.decode"] = func(_ context.Context, r *request) (answer, error) {
		encoded, err := r.bytes("record")
		if err != nil {
			return nil, err
		}
		read := &recordpb.Record{}
		if err := proto.Unmarshal(encoded, read); err != nil {
			return nil, refusal{err}
		}
		return answer{
			"key": hex.EncodeToString(read.GetKey()), "value": hex.EncodeToString(read.GetValue()),
			"timeReceived": read.GetTimeReceived(),
		}, nil
	}
	operations["time.format"] = func(_ context.Context, r *request) (answer, error) {
		nanoseconds, ok := new(big.Int).SetString(r.Numbers["time"], 10)
		if !ok {
			return nil, errors.New("time is no number")
		}
		seconds, rest := new(big.Int).DivMod(nanoseconds, big.NewInt(1e9), new(big.Int))
		return answer{"text": util.FormatRFC3339(time.Unix(seconds.Int64(), rest.Int64()))}, nil
	}
	operations["time.parse"] = func(_ context.Context, r *request) (answer, error) {
		read, err := util.ParseRFC3339(r.Texts["text"])
		if err != nil {
			return nil, refusal{err}
		}
		nanoseconds := new(big.Int).Mul(big.NewInt(read.Unix()), big.NewInt(1e9))
		return answer{"time": nanoseconds.Add(nanoseconds, big.NewInt(int64(read.Nanosecond()))).String()}, nil
	}
	operations["datastore.value"] = func(ctx context.Context, r *request) (answer, error) {
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		store := newDatastore()
		values := records.NewValueStore(store, acceptAll{}, 0)
		if err := values.Put(ctx, string(key), record.MakePutRecord(string(key), []byte("x"))); err != nil {
			return nil, err
		}
		name, _, err := onlyEntry(ctx, store)
		return answer{"key": name}, err
	}
	operations["datastore.provider"] = func(ctx context.Context, r *request) (answer, error) {
		multihash, err := r.bytes("multihash")
		if err != nil {
			return nil, err
		}
		provider, err := peer.Decode(r.Texts["provider"])
		if err != nil {
			return nil, err
		}
		book, err := pstoremem.NewPeerstore()
		if err != nil {
			return nil, err
		}
		defer book.Close()
		store := newDatastore()
		manager, err := records.NewProviderManager(provider, book, store)
		if err != nil {
			return nil, err
		}
		before := time.Now()
		if err := manager.AddProvider(ctx, multihash, peer.AddrInfo{ID: provider}); err != nil {
			return nil, err
		}
		if err := manager.Close(); err != nil {
			return nil, err
		}
		name, value, err := onlyEntry(ctx, store)
		if err != nil {
			return nil, err
		}
		stamp, length := binary.Varint(value)
		now := length == len(value) && stamp >= before.UnixNano() && stamp <= time.Now().UnixNano()
		return answer{"key": name, "zigzagNanoseconds": now}, nil
	}
	// the stamp of a provider record: zig-zag varint of ns, as records.ProviderManager writes and `datastore.provider` proves
	operations["datastore.providerTime"] = func(_ context.Context, r *request) (answer, error) {
		nanoseconds, err := r.number("time")
		if err != nil {
			return nil, err
		}
		return answer{"value": hex.EncodeToString(binary.AppendVarint(nil, int64(nanoseconds)))}, nil
	}
	operations["datastore.published"] = func(_ context.Context, r *request) (answer, error) {
		id, err := peer.Decode(r.Texts["peer"])
		if err != nil {
			return nil, err
		}
		return answer{"key": namesys.IpnsDsKey(ipns.NameFromPeer(id)).String()}, nil
	}
}
