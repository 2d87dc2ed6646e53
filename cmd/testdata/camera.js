((hertz) => {
  // A camera and a microphone for the page: pictures with the time code of capture/synthetic, and a tone.
  const CELLS = 48, SYNC = 0b10110010;
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const g = canvas.getContext("2d");
  const crc8 = (bytes) => {
    let c = 0;
    for (const b of bytes) {
      c ^= b;
      for (let i = 0; i < 8; i++) c = c & 0x80 ? ((c << 1) ^ 0x07) & 0xff : (c << 1) & 0xff;
    }
    return c;
  };
  let n = 0;
  const draw = () => {
    const ms = Date.now() % 2 ** 32;
    const bytes = [SYNC, ms >>> 24, (ms >>> 16) & 255, (ms >>> 8) & 255, ms & 255];
    bytes.push(crc8(bytes.slice(1)));
    g.fillStyle = `hsl(${(n += 2) % 360} 60% 45%)`;
    g.fillRect(0, 0, canvas.width, canvas.height);
    const w = canvas.width / CELLS;
    for (let i = 0; i < CELLS; i++) {
      g.fillStyle = (bytes[i >> 3] >> (7 - (i & 7))) & 1 ? "#fff" : "#000";
      g.fillRect(Math.floor(i * w), 0, Math.ceil(w), canvas.height / 16);
    }
    g.fillStyle = "#fff";
    g.font = "bold 160px sans-serif";
    g.fillText(String(Math.floor(ms / 1000) % 100), 540, 420);
  };
  draw();
  setInterval(draw, 33);
  const ctx = new AudioContext({ sampleRate: 48000 });
  const tone = ctx.createOscillator(), gain = ctx.createGain(), out = ctx.createMediaStreamDestination();
  tone.frequency.value = hertz;
  gain.gain.value = 0.2;
  tone.connect(gain).connect(out);
  tone.start();
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.askedFor = 0;
  navigator.mediaDevices.getUserMedia = async (c) => {
    const device = await real(c); // the browser's own devices are asked for, so that its rules count
    window.askedFor++;
    device.getTracks().forEach((t) => t.stop());
    return new MediaStream([
      ...(c.video ? canvas.captureStream(30).getVideoTracks() : []),
      ...(c.audio ? out.stream.getAudioTracks().map((t) => t.clone()) : []),
    ]);
  };
  return true;
})