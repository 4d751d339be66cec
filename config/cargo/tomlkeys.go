package cargo

import (
	"bytes"
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxKeyWork bounds the time that a file takes: decoding compares each key
// with all before it, since any may be given twice. It is enough for 3000
// dependencies that are tables and for 10 000 features, several times what the
// greatest manifests have, and for any number of packages in a lock, which are
// forgotten one after another.
const maxKeyWork = 50_000_000

var errTooManyKeys = errors.New("too many keys: no manifest, lock or configuration that cargo reads has as many")

// keyWork adds up the keys that the decoder of TOML compares.
type keyWork struct {
	sum int
	// live are the keys that count at this point, recent those of them since
	// the last header.
	live, recent int
	// list is the name of the last header if it was that of a list.
	list string
}

// checkKeys refuses a file that would take minutes to decode. What is no TOML
// is left to the decoder to complain about.
func checkKeys(data []byte) error {
	var p unstable.Parser
	p.Reset(data)
	var w keyWork
	for p.NextExpression() {
		expr := p.Expression()
		switch expr.Kind {
		case unstable.Table, unstable.ArrayTable:
			w.header(expr)
		case unstable.KeyValue:
			w.keyValue(expr)
		}
		if w.sum > maxKeyWork {
			return errTooManyKeys
		}
	}
	return nil
}

// header counts a table. The keys of one in a list are forgotten when the next
// one of the same list starts.
func (w *keyWork) header(node *unstable.Node) {
	name := ""
	if node.Kind == unstable.ArrayTable {
		var parts [][]byte
		for it := node.Key(); it.Next(); {
			parts = append(parts, it.Node().Data)
		}
		name = string(bytes.Join(parts, []byte{0}))
		w.sum += w.live // they are looked through for what is to be forgotten
	}
	if name != "" && name == w.list {
		w.live -= w.recent
	}
	w.list, w.recent = name, 0
	w.key(node)
}

// key counts each part of a key.
func (w *keyWork) key(node *unstable.Node) {
	for it := node.Key(); it.Next(); {
		w.sum += w.live
		w.live++
		w.recent++
	}
}

func (w *keyWork) keyValue(node *unstable.Node) {
	w.key(node)
	w.value(node.Value())
}

// value counts the keys of tables in a value.
func (w *keyWork) value(node *unstable.Node) {
	switch node.Kind {
	case unstable.InlineTable:
		for it := node.Children(); it.Next(); {
			w.keyValue(it.Node())
		}
	case unstable.Array:
		for it := node.Children(); it.Next(); {
			if kind := it.Node().Kind; kind == unstable.InlineTable || kind == unstable.Array {
				w.live++
				w.recent++
				w.value(it.Node())
			}
		}
	}
}
