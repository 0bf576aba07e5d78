// The Go side of the interoperability matrix: go-libp2p, go-libp2p-kad-dht and boxo behind JSON lines.
// The protocol is in ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// request holds the arguments of every operation; each operation reads its own.
type request struct {
	ID        int                 `json:"id"`
	Operation string              `json:"operation"`
	Bytes     map[string]string   `json:"bytes"`   // hex
	Numbers   map[string]string   `json:"numbers"` // decimal
	Texts     map[string]string   `json:"texts"`
	Flags     map[string]bool     `json:"flags"`
	Lists     map[string][]string `json:"lists"`
}

type answer map[string]any

// refusal is a verdict on bytes: the peer ran and said no.
type refusal struct{ error }

type unsupported struct{ reason string }

func (u unsupported) Error() string { return u.reason }

func (r *request) bytes(name string) ([]byte, error) {
	text, ok := r.Bytes[name]
	if !ok {
		return nil, fmt.Errorf("argument %q is missing", name)
	}
	return hex.DecodeString(text)
}

func (r *request) number(name string) (uint64, error) {
	text, ok := r.Numbers[name]
	if !ok {
		return 0, fmt.Errorf("argument %q is missing", name)
	}
	return strconv.ParseUint(text, 10, 64)
}

func (r *request) list(name string) ([][]byte, error) {
	out := [][]byte{}
	for _, text := range r.Lists[name] {
		one, err := hex.DecodeString(text)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

var operations = map[string]func(context.Context, *request) (answer, error){}

func about(context.Context, *request) (answer, error) {
	versions := answer{}
	wanted := map[string]bool{
		"github.com/libp2p/go-libp2p": true, "github.com/libp2p/go-libp2p-kad-dht": true,
		"github.com/libp2p/go-libp2p-record": true, "github.com/ipfs/boxo": true,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if wanted[module.Path] {
				versions[module.Path] = module.Version
			}
		}
		versions["go"] = info.GoVersion
	}
	names := []string{}
	for name := range operations {
		names = append(names, name)
	}
	return answer{"implementation": "go", "versions": versions, "operations": names}, nil
}

func run(r *request) (out answer) {
	defer func() {
		if caught := recover(); caught != nil {
			out = answer{"id": r.ID, "failed": fmt.Sprintf("panic: %v", caught)}
		}
	}()
	operation, ok := operations[r.Operation]
	if !ok {
		return answer{"id": r.ID, "unsupported": "no operation " + r.Operation}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	result, err := operation(ctx, r)
	var no refusal
	var missing unsupported
	switch {
	case err == nil:
		return answer{"id": r.ID, "ok": result}
	case errors.As(err, &no):
		return answer{"id": r.ID, "refused": errorName(no.error)}
	case errors.As(err, &missing):
		return answer{"id": r.ID, "unsupported": missing.reason}
	default:
		return answer{"id": r.ID, "failed": err.Error()}
	}
}

func main() {
	operations["about"] = about
	addKeys()
	addIpns()
	addEnvelopes()
	addRecords()
	addDht()

	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	var writing sync.Mutex
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			stopAll()
			return
		}
		go func() {
			r := &request{}
			var out answer
			if err := json.Unmarshal(line, r); err != nil {
				out = answer{"id": r.ID, "failed": err.Error()}
			} else {
				out = run(r)
			}
			text, _ := json.Marshal(out)
			writing.Lock()
			defer writing.Unlock()
			_, _ = os.Stdout.Write(append(text, '\n'))
		}()
	}
}
