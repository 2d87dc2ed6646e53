package wire

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestAParityHeaderReadsAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, ParityShards).Draw(t, "shards")
		want := Parity{
			rapid.Uint32().Draw(t, "stream"), rapid.Uint16().Draw(t, "first"), uint8(rapid.IntRange(1, ParityPackets).Draw(t, "packets")),
			uint8(shards), uint8(rapid.IntRange(0, shards-1).Draw(t, "index")),
		}
		shard := rapid.SliceOfN(rapid.Byte(), shardHeader, 50).Draw(t, "shard")
		got, rest, ok := ReadParity(append(want.Append(nil), shard...))
		if !ok || got != want || !bytes.Equal(rest, shard) {
			t.Fatalf("%+v %x %v, want %+v %x", got, rest, ok, want, shard)
		}
	})
}

func TestAShardReadsAsItWasWrittenHoweverItIsPadded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		time, marker := rapid.Uint32().Draw(t, "time"), rapid.Bool().Draw(t, "marker")
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		shard := append(AppendShard(nil, time, marker, payload), make([]byte, rapid.IntRange(0, 9).Draw(t, "padding"))...)
		gotTime, gotMarker, got, ok := ReadShard(shard)
		if !ok || gotTime != time || gotMarker != marker || !bytes.Equal(got, payload) {
			t.Fatalf("%d %v %x %v", gotTime, gotMarker, got, ok)
		}
	})
}

func FuzzParity(f *testing.F) {
	f.Add(Parity{1, 2, 3, 4, 2}.Append(nil))
	f.Add(append(Parity{1, 2, ParityPackets, ParityShards, 0}.Append(nil), AppendShard(nil, 5, true, []byte("payload"))...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, shard, ok := ReadParity(raw)
		if ok && (p.Packets < 1 || p.Packets > ParityPackets || p.Index >= p.Shards || p.Shards > ParityShards) {
			t.Errorf("%+v", p)
		}
		if _, _, payload, ok := ReadShard(shard); ok && len(payload) > len(shard) {
			t.Error("a payload longer than its shard")
		}
	})
}
