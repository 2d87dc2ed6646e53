package trust

import (
	"container/list"
	"sync"
)

// keysMost bounds how many keys anything in memory remembers, which takes about ten megabytes each.
const keysMost = 1 << 16

// recent remembers a value a key, of the keysMost keys that were used last. The mutex is its user's to hold.
type recent[V any] struct {
	mu  sync.Mutex
	all map[string]*list.Element
	old list.List // of *remembered[V], the longest unused first
}

type remembered[V any] struct {
	key   string
	value V
}

// at returns the key's value, which is V's zero for a key that is not remembered.
func (r *recent[V]) at(key string) *V {
	if e, ok := r.all[key]; ok {
		r.old.MoveToBack(e)
		return &e.Value.(*remembered[V]).value
	}
	if r.all == nil {
		r.all = map[string]*list.Element{}
	}
	if r.old.Len() >= keysMost {
		delete(r.all, r.old.Remove(r.old.Front()).(*remembered[V]).key)
	}
	m := &remembered[V]{key: key}
	r.all[key] = r.old.PushBack(m)
	return &m.value
}

func (r *recent[V]) forget(key string) {
	if e, ok := r.all[key]; ok {
		r.old.Remove(e)
		delete(r.all, key)
	}
}
