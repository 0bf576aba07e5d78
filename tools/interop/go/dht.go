package main

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	network "github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/libp2p/go-libp2p/core/routing"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
)

// signedEnvelopes is the namespace /interop: a value is an envelope under RecordKit's domain, opened with the code that
// go-libp2p has for envelopes.
type signedEnvelopes struct{}

func (signedEnvelopes) Validate(_ string, value []byte) error {
	_, err := record.ConsumeTypedEnvelope(value, &blob{domain: "recordkit-signed-record"})
	return err
}

func (signedEnvelopes) Select(string, [][]byte) (int, error) { return 0, nil }

type node struct {
	host host.Host
	dht  *dht.IpfsDHT
}

var nodes = struct {
	sync.Mutex
	one *node
}{}

func theNode() (*node, error) {
	nodes.Lock()
	defer nodes.Unlock()
	if nodes.one == nil {
		return nil, errors.New("no node is running")
	}
	return nodes.one, nil
}

func stopAll() {
	nodes.Lock()
	defer nodes.Unlock()
	if nodes.one != nil {
		_ = nodes.one.dht.Close()
		_ = nodes.one.host.Close()
		nodes.one = nil
	}
}

func start(text string) (*node, error) {
	prefix, found := strings.CutSuffix(text, "/kad/1.0.0")
	if !found {
		return nil, errors.New("the protocol does not end in /kad/1.0.0")
	}
	manager, err := connmgr.NewConnManager(50, 100)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		libp2p.ConnectionManager(manager),
		libp2p.ResourceManager(&network.NullResourceManager{}),
	)
	if err != nil {
		return nil, err
	}
	d, err := dht.New(h, dht.Mode(dht.ModeServer), dht.ProtocolPrefix(protocol.ID(prefix)), dht.BootstrapPeers(),
		dht.NamespacedValidator("interop", signedEnvelopes{}))
	if err != nil {
		_ = h.Close()
		return nil, err
	}
	return &node{h, d}, nil
}

func addDht() {
	operations["dht.start"] = func(_ context.Context, r *request) (answer, error) {
		stopAll()
		n, err := start(r.Texts["protocol"])
		if err != nil {
			return nil, err
		}
		nodes.Lock()
		nodes.one = n
		nodes.Unlock()
		addresses := []string{}
		for _, address := range n.host.Addrs() {
			addresses = append(addresses, address.String()+"/p2p/"+n.host.ID().String())
		}
		return answer{"peer": n.host.ID().String(), "addresses": addresses}, nil
	}
	operations["dht.stop"] = func(context.Context, *request) (answer, error) {
		stopAll()
		return answer{}, nil
	}
	operations["dht.connect"] = func(ctx context.Context, r *request) (answer, error) {
		n, err := theNode()
		if err != nil {
			return nil, err
		}
		info, err := peer.AddrInfoFromString(r.Texts["address"])
		if err != nil {
			return nil, err
		}
		if err := n.host.Connect(ctx, *info); err != nil {
			return nil, err
		}
		for n.dht.RoutingTable().Find(info.ID) == "" {
			select {
			case <-ctx.Done():
				return nil, errors.New("the peer did not enter the routing table")
			case <-time.After(20 * time.Millisecond):
			}
		}
		return answer{}, nil
	}
	operations["dht.put"] = func(ctx context.Context, r *request) (answer, error) {
		n, err := theNode()
		if err != nil {
			return nil, err
		}
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		value, err := r.bytes("value")
		if err != nil {
			return nil, err
		}
		if err := n.dht.PutValue(ctx, string(key), value); err != nil {
			return nil, refusal{err}
		}
		return answer{}, nil
	}
	operations["dht.get"] = func(ctx context.Context, r *request) (answer, error) {
		n, err := theNode()
		if err != nil {
			return nil, err
		}
		key, err := r.bytes("key")
		if err != nil {
			return nil, err
		}
		value, err := n.dht.GetValue(ctx, string(key))
		if errors.Is(err, routing.ErrNotFound) {
			return answer{}, nil
		}
		if err != nil {
			return nil, err
		}
		return answer{"value": hex.EncodeToString(value)}, nil
	}
	operations["dht.provide"] = func(ctx context.Context, r *request) (answer, error) {
		n, err := theNode()
		if err != nil {
			return nil, err
		}
		multihash, err := r.bytes("multihash")
		if err != nil {
			return nil, err
		}
		return answer{}, n.dht.Provide(ctx, cid.NewCidV1(cid.Raw, multihash), true)
	}
	operations["dht.findProviders"] = func(ctx context.Context, r *request) (answer, error) {
		n, err := theNode()
		if err != nil {
			return nil, err
		}
		multihash, err := r.bytes("multihash")
		if err != nil {
			return nil, err
		}
		found, err := n.dht.FindProviders(ctx, cid.NewCidV1(cid.Raw, multihash))
		if err != nil {
			return nil, err
		}
		providers := []string{}
		for _, one := range found {
			providers = append(providers, one.ID.String())
		}
		return answer{"providers": providers}, nil
	}
}
