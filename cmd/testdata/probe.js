(() => {
  // Layout of the time code: capture/synthetic. Cells over the full width of the top strip, white is 1.
  const CELLS = 48, SYNC = [1, 0, 1, 1, 0, 0, 1, 0], STRIP = 1 / 16;
  const seen = { frames: [], shown: [], unread: 0, beeps: [], first: 0, start: performance.timeOrigin };
  const canvas = document.createElement("canvas");
  canvas.width = CELLS * 4;
  canvas.height = 4;
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const video = () => document.getElementById("picture");

  const crc8 = (bytes) => {
    let c = 0;
    for (const b of bytes) {
      c ^= b;
      for (let i = 0; i < 8; i++) c = c & 0x80 ? ((c << 1) ^ 0x07) & 0xff : (c << 1) & 0xff;
    }
    return c;
  };
  // Part is x, y, width and height of the picture that has the code, in fractions of the whole.
  const readCode = (v, [px0, py0, pw, ph] = [0, 0, 1, 1]) => {
    const h = v.videoHeight * ph * STRIP;
    paper.drawImage(v, px0 * v.videoWidth, py0 * v.videoHeight + h * 0.3, pw * v.videoWidth, h * 0.4, 0, 0, canvas.width, canvas.height);
    const px = paper.getImageData(0, 0, canvas.width, canvas.height).data;
    const bits = [];
    for (let i = 0; i < CELLS; i++) {
      let sum = 0;
      for (let y = 1; y < 3; y++) for (let x = 1; x < 3; x++) sum += px[4 * (y * canvas.width + i * 4 + x) + 1];
      bits.push(sum > 4 * 128 ? 1 : 0);
    }
    if (SYNC.some((b, i) => bits[i] !== b)) return undefined;
    let ms = 0;
    for (let i = 0; i < 32; i++) ms = ms * 2 + bits[8 + i];
    let crc = 0;
    for (let i = 0; i < 8; i++) crc = crc * 2 + bits[40 + i];
    return crc === crc8([ms >>> 24, (ms >>> 16) & 255, (ms >>> 8) & 255, ms & 255]) ? ms : undefined;
  };
  // The code holds the lower 32 bits of the Unix time in ms.
  const whole = (code, near) => near + ((((code - near) % 2 ** 32) + 1.5 * 2 ** 32) % 2 ** 32) - 2 ** 31;

  let watched;
  const onFrame = (_, meta) => {
    const v = video();
    if (v !== watched) return void attach();
    const shown = performance.timeOrigin + meta.expectedDisplayTime;
    seen.shown.push({ At: shown, Presented: meta.presentedFrames, Height: meta.height });
    const code = readCode(v);
    if (code === undefined) seen.unread++;
    else {
      seen.frames.push({ Shown: shown, Code: whole(code, shown) });
      if (!seen.first) seen.first = shown;
    }
    v.requestVideoFrameCallback(onFrame);
  };
  const attach = () => {
    const v = video();
    if (!v) return void setTimeout(attach, 5);
    watched = v;
    v.requestVideoFrameCallback(onFrame);
  };
  attach();

  // A beep is the first loud sample after at least half a second of quiet.
  let ctx, source, stream, analyser, box, last = -1e9;
  const loudness = [];
  const listen = () => {
    const v = video();
    if (v?.srcObject && v.srcObject !== stream && v.srcObject.getAudioTracks().length) {
      stream = v.srcObject;
      ctx ??= new AudioContext({ sampleRate: 48000 });
      source?.disconnect();
      source = ctx.createMediaStreamSource(stream);
      analyser = ctx.createAnalyser();
      analyser.fftSize = 4096;
      box = new Float32Array(analyser.fftSize);
      source.connect(analyser);
    }
    if (!analyser || ctx.state !== "running") return;
    analyser.getFloatTimeDomainData(box);
    const end = performance.timeOrigin + performance.now();
    const fresh = box.subarray(box.length - 480);
    loudness.push({ At: end, RMS: Math.sqrt(fresh.reduce((sum, s) => sum + s * s, 0) / fresh.length) });
    if (loudness.length > 3000) loudness.shift();
    const i = box.findIndex((s) => Math.abs(s) > 0.12);
    if (i < 0) return;
    const at = end - ((box.length - i) * 1000) / ctx.sampleRate;
    if (at - last > 500) seen.beeps.push(at);
    last = Math.max(last, at);
  };
  setInterval(listen, 10);

  // What came up with which picture, in ms since 1970.
  let cards = [];

  // Pictures that are followed beside the player's, by their names.
  const followed = {};
  const heard = {};

  window.vitrineProbe = {
    /** Reads the time codes of another picture, or of a part of one, under a name; once more is nothing. */
    follow(name, selector, part) {
      if (followed[name]) return;
      const codes = (followed[name] = []);
      let at;
      const frame = (_, meta) => {
        const code = at.isConnected ? readCode(at, part) : undefined;
        const shown = performance.timeOrigin + meta.expectedDisplayTime;
        if (code !== undefined) codes.push({ Shown: shown, Code: whole(code, shown) });
        if (at.isConnected) at.requestVideoFrameCallback(frame);
      };
      setInterval(() => {
        const v = document.querySelector(selector);
        if (!v || v === at) return;
        at = v;
        v.requestVideoFrameCallback(frame);
      }, 5);
    },
    /** The time code, its lower 32 bits, that a video shows now; -1 if none can be read. */
    code: (v) => readCode(v) ?? -1,
    /** The codes under a name since it was last asked. */
    codes: (name) => followed[name].splice(0),
    /** How loud a frequency is now in the sound of the element, in dB of full scale, beside the loudest other one more than 100 Hz away. */
    hears(selector, hertz) {
      const stream = document.querySelector(selector)?.srcObject;
      if (!stream?.getAudioTracks().length) return { Level: -200, Others: -200 };
      ctx ??= new AudioContext({ sampleRate: 48000 });
      if (heard[selector]?.stream !== stream) {
        const a = ctx.createAnalyser();
        a.fftSize = 8192;
        a.smoothingTimeConstant = 0;
        ctx.createMediaStreamSource(stream).connect(a);
        heard[selector] = { stream, a };
      }
      const { a } = heard[selector];
      const bins = new Float32Array(a.frequencyBinCount);
      a.getFloatFrequencyData(bins);
      const width = ctx.sampleRate / a.fftSize;
      let level = -200, others = -200;
      bins.forEach((v, i) => (Math.abs(i * width - hertz) <= 100 ? (level = Math.max(level, v)) : i * width > 100 && (others = Math.max(others, v))));
      return { Level: level, Others: others };
    },
    /** What is on screen with something that comes up now: when that is, the picture's time code, and what the page takes its time for; 0 if unknown. */
    now() {
      const up = performance.timeOrigin + performance.now(), code = readCode(video());
      return { Up: up, Code: code === undefined ? 0 : whole(code, up), Shown: vitrine.time.shown() ?? 0 };
    },
    /** Has a card come up with the picture of now, as if the host had asked for it, and the page heard of it at once. */
    card() {
      const media = Date.now(), before = vitrine.time.shown();
      void vitrine.time.when(media).then(() => cards.push({ Media: media, Before: before ?? 0, ...this.now() }));
    },
    /** The cards that have come up since it was last asked. */
    cards() {
      const out = cards;
      cards = [];
      return out;
    },
    /** Mean red, green and blue of a part of the picture, given in fractions of its size. */
    colour(x, y, w, h) {
      const v = video();
      paper.drawImage(v, x * v.videoWidth, y * v.videoHeight, w * v.videoWidth, h * v.videoHeight, 0, 0, 4, 4);
      const px = paper.getImageData(0, 0, 4, 4).data;
      return [0, 1, 2].map((c) => { let n = 0; for (let i = c; i < px.length; i += 4) n += px[i]; return n / 16; });
    },
    /** The strongest frequency now, in Hz, and the level, as RMS of full scale. */
    tone() {
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const top = bins.indexOf(Math.max(...bins));
      return { Hertz: (top * ctx.sampleRate) / analyser.fftSize, RMS: Math.sqrt(box.reduce((sum, s) => sum + s * s, 0) / box.length) };
    },
    /** How loud it was, about every 10 ms. */
    loudness: () => loudness,
    /** When the first readable frame was shown, in ms since 1970; 0 as long as there was none. */
    first: () => seen.first,
    take() {
      const v = video();
      const out = { Frames: seen.frames, Shown: seen.shown, Unread: seen.unread, Beeps: seen.beeps, Width: v?.videoWidth ?? 0, Height: v?.videoHeight ?? 0, First: seen.first, Start: seen.start };
      seen.frames = [];
      seen.shown = [];
      seen.beeps = [];
      seen.unread = 0;
      return out;
    },
  };
  return true;
})()
