import assert from "node:assert/strict";
import test from "node:test";
import { Tunnel } from "./tunnel";
import joined from "../../wire/testdata/event_joined.json";
import left from "../../wire/testdata/event_left.json";
import link from "../../wire/testdata/event_link.json";
import enter from "../../wire/testdata/wish_enter.json";
import leave from "../../wire/testdata/wish_leave.json";
import ticket from "../../wire/testdata/wish_ticket.json";
import say from "../../wire/testdata/room_say.json";

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function dig() {
  const sent: unknown[] = [];
  const world = { time: 0, tickets: 0, refuses: false };
  const tunnel = new Tunnel({
    ticket: () => {
      world.tickets++;
      return world.refuses ? Promise.reject(new Error("refused")) : Promise.resolve(ticket.ticket);
    },
    now: () => world.time,
  });
  const send = (text: string) => void sent.push(JSON.parse(text));
  const visit = (after?: number) => {
    const heard: unknown[] = [];
    const socket = tunnel.connect(after);
    socket.onmessage = (text) => heard.push(JSON.parse(String(text)));
    socket.onclose = (code) => heard.push(code);
    return { socket, heard };
  };
  return { tunnel, world, sent, send, visit };
}

test("through a tunnel one says who one is, once, enters, asks and leaves, as the server reads it", async () => {
  const { tunnel, sent, send, visit } = dig();
  tunnel.attach(send);
  tunnel.prepare();
  await settle();
  const { socket, heard } = visit(12);
  await settle();
  tunnel.hear(JSON.stringify(joined));
  socket.send(JSON.stringify(say));
  socket.close();
  tunnel.hear(JSON.stringify(joined)); // it was on its way
  assert.deepEqual(sent, [ticket, enter, { type: "room", ask: say }, leave]);
  assert.deepEqual(heard, [joined, 1006]);
});

test("long messages come in pieces, with others between them", async () => {
  const { tunnel, send, visit } = dig();
  tunnel.attach(send);
  const { heard } = visit();
  await settle();
  const text = JSON.stringify(joined);
  const piece = (from: number, to: number, more: boolean, first = false) => tunnel.hear(JSON.stringify({ type: "piece", text: text.slice(from, to), more, first }));
  piece(0, 50, true, true); // of a visit before
  piece(0, 100, true, true);
  tunnel.hear(JSON.stringify(link));
  piece(100, 300, true);
  piece(300, text.length, false);
  assert.deepEqual(heard, [joined]);
});

test("a server that sends away is obeyed, and one that does not know who this is, or a new channel, gets another ticket", async () => {
  const { tunnel, world, send, visit } = dig();
  tunnel.attach(send);
  const slow = visit();
  await settle();
  tunnel.hear(JSON.stringify(left));
  assert.deepEqual(slow.heard, [1013]);
  const stranger = visit();
  await settle();
  assert.equal(world.tickets, 1);
  tunnel.hear(JSON.stringify({ type: "left", code: 4401 }));
  assert.deepEqual(stranger.heard, [4401]);
  world.refuses = true;
  const unproved = visit();
  await settle();
  assert.deepEqual([world.tickets, unproved.heard], [2, [1006]]);
  world.refuses = false;
  tunnel.prepare();
  tunnel.attach((text) => send(text));
  await settle();
  assert.equal(world.tickets, 4);
});

test("where there is no channel, or no more, nobody gets through; what loses much is lossy for a while", async () => {
  const { tunnel, world, send, visit } = dig();
  const none = visit();
  await settle();
  assert.deepEqual(none.heard, [1006]);
  tunnel.attach(send);
  const cut = visit();
  await settle();
  tunnel.detach(send);
  assert.deepEqual(cut.heard, [1006]);
  tunnel.hear("no JSON");
  tunnel.hear(JSON.stringify({ ...link, loss: 0.05 }));
  assert.equal(tunnel.lossy, false);
  tunnel.hear(JSON.stringify({ ...link, loss: 0.6 }));
  assert.equal(tunnel.lossy, true);
  world.time = 6000;
  assert.equal(tunnel.lossy, false);
});
