// Runs before the page's own scripts: holds the player's first request until the network is as a test wants it, and keeps
// the counters of all its connections (W3C webrtc-stats). It changes nothing else.
(() => {
  const EVERY = 250; // ms
  const peers = [];
  const series = [];
  const sessions = [];
  const now = () => performance.timeOrigin + performance.now();

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      peers.push({ peer: this, counts: {} });
    }
  };

  let open, asked;
  const gate = new Promise((done) => (open = done));
  const waiting = new Promise((done) => (asked = done));
  const send = window.fetch;
  window.fetch = async (...args) => {
    const joins = args[1]?.method === "POST";
    if (joins) asked(true);
    await gate;
    const response = await send(...args);
    const session = joins && response.headers.get("Location");
    if (session) sessions.push(new URL(session, response.url));
    return response;
  };

  const count = (report) => {
    const c = {};
    for (const s of report.values()) {
      if (s.type !== "inbound-rtp") continue;
      if (s.kind === "video") Object.assign(c, { Frames: s.framesDecoded, Freezes: s.freezeCount, Frozen: s.totalFreezesDuration });
      else Object.assign(c, { Samples: s.totalSamplesReceived, Concealed: s.concealedSamples, Silent: s.silentConcealedSamples, Gaps: s.concealmentEvents });
    }
    return c;
  };
  // What a closed connection counted stays counted.
  const look = async () => {
    for (const p of peers) if (p.peer.connectionState !== "closed") p.counts = count(await p.peer.getStats());
    const sum = { At: now(), Sessions: peers.length };
    for (const p of peers) for (const [k, v] of Object.entries(p.counts)) sum[k] = (sum[k] ?? 0) + (v ?? 0);
    series.push(sum);
    setTimeout(look, EVERY);
  };
  void look();

  let went = 0;
  window.vitrineTap = {
    /** Resolves when the player waits at the gate. */
    waiting,
    go() {
      went = now();
      open();
      return went;
    },
    /** Time from go to the first picture in ms; -1 if it takes longer than so many ms. */
    joined: (most) => new Promise((done) => {
      const look = () => {
        const first = vitrineProbe.first();
        if (first) done(first - went);
        else if (now() - went > most) done(-1);
        else setTimeout(look, 10);
      };
      look();
    }),
    series: () => series,
    /** Ends all sessions at the server, which else notices late that a page has gone. */
    leave: () => Promise.all(sessions.map((s) => send(s, { method: "DELETE" }))),
  };
})();
