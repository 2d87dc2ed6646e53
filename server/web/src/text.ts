// Every string that people read, in both languages. A missing translation does not compile.

const en = {
  brand: "Vitrine",
  live: "Live",
  onAir: "On air {time}",
  viewers: "{n} watching",
  oneViewer: "1 watching",
  mute: "Mute (M)",
  unmute: "Sound on (M)",
  volume: "Volume (↑ ↓)",
  pip: "Picture in picture (P)",
  pipEnd: "Leave picture in picture (P)",
  full: "Full screen (F)",
  fullEnd: "Leave full screen (F)",
  stats: "Connection (I)",
  statsEnd: "Hide connection (I)",
  controls: "Player",
  picture: "Live picture",
  tapSound: "Tap for sound",
  tapPlay: "Tap to play",
  joining: "Joining the show",
  joinServer: "The server does not answer. Trying again",
  joinBusy: "The show is full just now. Trying again",
  offline: "You are offline",
  offlineText: "The show comes back with your connection.",
  reconnecting: "Reconnecting",
  interrupted: "The host will be right back",
  interruptedText: "Stay here. The show goes on by itself.",
  lostServer: "The server does not answer",
  waiting: "The show has not begun",
  waitingText: "Stay here. The picture appears by itself as soon as the host is on air.",
  ended: "The show has ended",
  endedText: "Thank you for watching.",
  unknown: "There is no such show",
  unknownText: "Check the address for a slip, or ask the host for a new link.",
  codec: "This browser cannot show this picture",
  codecText: "Open the page in a current Chrome, Edge, Safari or Firefox.",
  unsupported: "This browser cannot play live shows",
  unsupportedText: "Open the page in a current Chrome, Edge, Safari or Firefox.",
  soundOnly: "Sound only",
  playing: "The show is live",
  delay: "Delay",
  roundTrip: "Round trip",
  bitrate: "Bitrate",
  resolution: "Resolution",
  fps: "Frames a second",
  loss: "Loss",
  freezes: "Freezes",
  bandwidth: "Bandwidth",
  copies: "Protection",
  timesCopied: "{n} copies",
  once: "none needed",
  unmeasured: "–",
  quality: "Quality",
  qualityNow: "Quality: {size} (Q)",
  auto: "Automatic",
  autoNow: "Automatic · {size}",
  carries: "Your connection carries {has}.",
  carriesLess: "Your connection carries {has}, not {not}.",
  carriesAll: "Your connection carries the whole show.",
  carriesSound: "Your connection carries sound only now. The picture comes back by itself.",
  losesSome: "Your connection is losing some packets; the picture is protected.",
  losesMuch: "Your connection is losing {share} of its packets; the picture is protected and may be a second late.",
  answersSlowly: "Your connection answers slowly; the show may be a second late.",
  most: "most",
  half: "half",
  third: "a third",
  fifth: "a fifth",
  proof: "What was sold, verified",
  proofReading: "Computing…",
  proofHolds: "The ledger is whole: every entry fits the one before it.",
  proofBroken: "Entry {n} does not fit: the ledger was changed.",
  proofFailed: "The server does not answer. What was read so far holds.",
  proofInsecure: "Your browser computes hashes only on pages with https. Open this page with https.",
  proofRead: "Entries that your own browser has read and computed: {n}",
  proofExplain: "Every reservation, sale, refund and offer of this shop is one entry in a ledger. Each entry names by its fingerprint all entries before it, so that none can be changed, removed or put in later without all later fingerprints changing. Entries of other shows and the names of buyers are hidden, but their fingerprints count.",
  again: "Try again",
  sold: "Sold",
  held: "Held now",
  refused: "Told “sold out”",
  fingerprint: "Fingerprint of the ledger now",
  noted: "A fingerprint that you noted before",
  notedHint: "Note the fingerprint above. Later, put it in here: if it still belongs to the ledger, nothing up to it was changed since.",
  notedOdd: "A fingerprint is a number, a colon and 64 letters and digits.",
  notedHolds: "It belongs to this ledger: nothing up to it was changed since you noted it.",
  notedBroken: "It does not belong to this ledger: something was changed since you noted it.",
  entries: "The newest {n} entries of this show",
  number: "No.",
  when: "When",
  happened: "What happened",
  moved: "No. {n}: {state}",
  offerMade: "Offer “{name}”, {price}",
  offerEnded: "Offer “{name}” is over",
  ordered: "Order {n}, {price}",
  orderIs: "Order {n}: {state}",
  is_held: "held",
  is_frozen: "being paid",
  is_sold: "sold",
  is_sold_out: "sold out",
  is_waiting: "waiting",
  is_lapsed: "lapsed",
  is_released: "given back",
  is_returned: "returned",
} as const;

export type Key = keyof typeof en;

const zh: Record<Key, string> = {
  brand: "Vitrine",
  live: "直播中",
  onAir: "已播 {time}",
  viewers: "{n} 人在看",
  oneViewer: "1 人在看",
  mute: "静音 (M)",
  unmute: "打开声音 (M)",
  volume: "音量 (↑ ↓)",
  pip: "画中画 (P)",
  pipEnd: "退出画中画 (P)",
  full: "全屏 (F)",
  fullEnd: "退出全屏 (F)",
  stats: "连接信息 (I)",
  statsEnd: "隐藏连接信息 (I)",
  controls: "播放器",
  picture: "直播画面",
  tapSound: "点按打开声音",
  tapPlay: "点按播放",
  joining: "正在进入直播间",
  joinServer: "服务器没有响应，正在重试",
  joinBusy: "直播间暂时已满，正在重试",
  offline: "网络已断开",
  offlineText: "网络恢复后，直播会自动继续。",
  reconnecting: "正在重新连接",
  interrupted: "主播马上回来",
  interruptedText: "请稍候，直播会自动继续。",
  lostServer: "服务器没有响应",
  waiting: "直播还没有开始",
  waitingText: "请稍候，主播一开播，画面就会自动出现。",
  ended: "直播已结束",
  endedText: "感谢观看。",
  unknown: "没有这个直播间",
  unknownText: "请检查网址是否有误，或向主播索取新的链接。",
  codec: "此浏览器无法显示该画面",
  codecText: "请使用新版 Chrome、Edge、Safari 或 Firefox 打开。",
  unsupported: "此浏览器无法播放直播",
  unsupportedText: "请使用新版 Chrome、Edge、Safari 或 Firefox 打开。",
  soundOnly: "仅有声音",
  playing: "直播进行中",
  delay: "延迟",
  roundTrip: "往返时间",
  bitrate: "码率",
  resolution: "分辨率",
  fps: "帧率",
  loss: "丢包率",
  freezes: "卡顿次数",
  bandwidth: "带宽",
  copies: "保护",
  timesCopied: "{n} 份",
  once: "无需",
  unmeasured: "–",
  quality: "画质",
  qualityNow: "画质：{size} (Q)",
  auto: "自动",
  autoNow: "自动 · {size}",
  carries: "您的网络可以播放 {has}。",
  carriesLess: "您的网络可以播放 {has}，达不到 {not}。",
  carriesAll: "您的网络可以流畅播放。",
  carriesSound: "您的网络目前只能传送声音，画面会自动恢复。",
  losesSome: "您的网络有少量丢包，画面已受保护。",
  losesMuch: "您的网络丢失了{share}的数据包，画面已受保护，可能会晚一秒左右。",
  answersSlowly: "您的网络响应较慢，直播可能会晚一秒左右。",
  most: "大部分",
  half: "一半",
  third: "三分之一",
  fifth: "五分之一",
  proof: "销售记录验证",
  proofReading: "正在计算…",
  proofHolds: "账本完整：每条记录都与前一条相符。",
  proofBroken: "第 {n} 条记录不符：账本被改动过。",
  proofFailed: "服务器没有响应。已读取的部分完整无误。",
  proofInsecure: "浏览器只在 https 页面上计算哈希，请用 https 打开此页。",
  proofRead: "您的浏览器已自行读取并计算 {n} 条记录。",
  proofExplain: "本店的每一次预留、售出、退款和优惠都是账本中的一条记录。每条记录的指纹都包含之前的所有记录，因此任何一条被修改、删除或补入，之后的所有指纹都会改变。其他直播间的记录和买家姓名不公开，但它们的指纹同样计入。",
  again: "重试",
  sold: "已售出",
  held: "预留中",
  refused: "被告知售罄",
  fingerprint: "账本当前的指纹",
  noted: "您之前记下的指纹",
  notedHint: "请记下上面的指纹。以后填在这里：如果它仍属于账本，说明此前的记录都没有被改动。",
  notedOdd: "指纹由一个数字、一个冒号和 64 个字母或数字组成。",
  notedHolds: "它属于此账本：自您记下以来，此前的记录没有被改动。",
  notedBroken: "它不属于此账本：自您记下以来，有记录被改动。",
  entries: "本直播间最新的 {n} 条记录",
  number: "编号",
  when: "时间",
  happened: "内容",
  moved: "第 {n} 条：{state}",
  offerMade: "优惠“{name}”，{price}",
  offerEnded: "优惠“{name}”已结束",
  ordered: "订单 {n}，{price}",
  orderIs: "订单 {n}：{state}",
  is_held: "预留",
  is_frozen: "付款中",
  is_sold: "售出",
  is_sold_out: "售罄",
  is_waiting: "候补",
  is_lapsed: "已过期",
  is_released: "已放弃",
  is_returned: "已退回",
};

/** The languages of the page, as BCP 47 tags for the document. */
export type Language = "en" | "zh-CN";

/** Picks the first of the viewer's languages that the page has; English if it has none. */
export function choose(wanted: readonly string[]): Language {
  for (const w of wanted) {
    if (/^zh\b/i.test(w)) return "zh-CN";
    if (/^en\b/i.test(w)) return "en";
  }
  return "en";
}

/** Text in one language. */
export class Words {
  readonly #table: Readonly<Record<Key, string>>;
  readonly #count: Intl.NumberFormat;

  constructor(readonly language: Language) {
    this.#table = language === "en" ? en : zh;
    this.#count = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  }

  /** The text of a key, with {name} replaced by values. */
  say(key: Key, values: Readonly<Record<string, string>> = {}): string {
    return this.#table[key].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
  }

  /** A number of viewers, short when it is large. */
  viewers(n: number): string {
    return n === 1 ? this.say("oneViewer") : this.say("viewers", { n: this.#count.format(n) });
  }
}

/** A span in ms as m:ss or h:mm:ss. */
export function duration(span: number): string {
  const s = Math.max(0, Math.floor(span / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}
