// Runs before the page's own scripts: knows the page's connections, so that it can say what came for whom on a stage (W3C webrtc-stats). It
// changes nothing.
(() => {
  const peers = new Set();
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      peers.add(this);
    }
  };

  const videoOf = (tile) => (tile.dataset.kind === "host" ? document.getElementById("picture") : tile.querySelector(".moving video"));

  // What came over the connection that feeds an element: pictures decoded, and packets, bytes and height of the picture; packets of the sound.
  const came = async (video) => {
    const track = video?.srcObject?.getVideoTracks()[0];
    const seat = { Frames: 0, Height: 0, Packets: 0, Bytes: 0, Sound: 0 };
    for (const p of peers) {
      if (!track || !p.getReceivers().some((r) => r.track === track)) continue;
      for (const s of (await p.getStats()).values()) {
        if (s.type !== "inbound-rtp") continue;
        if (s.kind === "video") Object.assign(seat, { Frames: s.framesDecoded, Height: s.frameHeight ?? 0, Packets: s.packetsReceived, Bytes: s.bytesReceived });
        else seat.Sound = s.packetsReceived;
      }
    }
    return seat;
  };

  window.vitrineRoster = {
    /** Everybody on stage: where they are seen, in pixels, and what came of them. */
    seats: () =>
      Promise.all(
        [...document.querySelectorAll(".tile")].map(async (tile) => {
          const { width, height } = tile.getBoundingClientRect();
          return { Spot: tile.dataset.spot, Bare: tile.dataset.bare === "true", W: width, H: height, ...(await came(videoOf(tile))) };
        }),
      ),
    /** The time code that somebody's picture shows now, -1 if none can be read. */
    code: (spot) => vitrineProbe.code(videoOf(document.querySelector(`.tile[data-spot="${spot}"]`))),
  };
})();
