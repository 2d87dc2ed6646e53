// Those on stage, each in their place, and the battle above them.

import { useEffect, useRef } from "preact/hooks";
import { counts, sides } from "../battle";
import type { Feed } from "../feed";
import { HOST, initials, type Placard, type Spot } from "../scene";
import { styleOf, type Stage } from "../stage";
import type { BattleCorner } from "../stagewire";
import { Contest, Points } from "./battle";
import { Silence } from "./icons";
import { Crown, Mic, Shop } from "./stageicons";

export function Scene({ stage }: { stage: Stage }) {
  const place = useRef<HTMLDivElement>(null);
  const seen = stage.seen.value;
  const there = seen !== undefined && seen.kind !== "";
  useEffect(() => {
    const whole = place.current?.parentElement; // tiles have no box of their own
    if (!whole) return;
    const sized = new ResizeObserver(([e]) => (stage.height.value = e!.contentRect.height));
    sized.observe(whole);
    return () => sized.disconnect();
  }, [stage, there]);
  if (!there) return null;
  const battle = stage.battle.value;
  return (
    <div class="tiles" ref={place} data-kind={seen.kind} data-program={seen.program}>
      {seen.spots.map((s) => s.box && <Tile key={s.id} stage={stage} spot={s} fade={seen.fade} />)}
      {battle && <Contest stage={stage} battle={battle} />}
      <Rising stage={stage} spots={seen.spots} />
    </div>
  );
}

function Tile({ stage, spot, fade }: { stage: Stage; spot: Spot; fade: number }) {
  const feed = stage.feeds.value.get(spot.media);
  const battle = stage.battle.value;
  const corner = battle?.corners.find((c) => c.id === (spot.kind === "host" ? battle.us : spot.id));
  const desk = stage.desk.value;
  const own = spot.mine && desk !== undefined && desk.sending.value !== "";
  const bare = seenOf(stage, spot, feed, own);
  const won = battle?.phase === "lap" && battle.result && corner && battle.result.winner === corner.team;
  return (
    <section
      class="tile"
      aria-label={spot.mine ? stage.words.say("you") : spot.name}
      data-spot={spot.id}
      data-kind={spot.kind}
      data-bare={bare !== ""}
      data-right={(spot.box?.x ?? 0) >= 0.5}
      data-speaks={feed?.speaks.value ?? false}
      style={styleOf(spot, fade)}
    >
      {feed && stage.seen.value?.program === false && <Moving video={feed.video} />}
      {own && desk && !desk.dark.value && <Mirror stream={desk.camera.preview} />}
      {bare !== "" && <Blank stage={stage} name={spot.name} why={bare} />}
      <p class="who">
        {won && <Crown />}
        {spot.muted && <Mic off />}
        <span>{spot.mine ? stage.words.say("you") : spot.name}</span>
        {corner?.heard === "ducked" && (
          <span class="hush" title={stage.words.say("ducked")}>
            <Silence />
            <span class="spoken">{stage.words.say("ducked")}</span>
          </span>
        )}
      </p>
      {corner && battle && counts(battle) && <Best stage={stage} corner={corner} />}
      {corner && battle && counts(battle) && sides(battle).length > 2 && <Points stage={stage} battle={battle} corner={corner} />}
      {spot.kind === "corner" && corner && !stage.onStage.value && <Visit stage={stage} corner={corner} />}
    </section>
  );
}

/** Why there is no picture to see; "" if there is one. */
function seenOf(stage: Stage, spot: Spot, feed: Feed | undefined, own: boolean): Placard {
  if (stage.seen.value?.program) return "";
  if (own) return stage.desk.value?.dark.value ? "dark" : "";
  if (spot.id === HOST) return stage.store.snapshot.value.state === "interrupted" ? "away" : stage.store.snapshot.value.soundOnly ? "dark" : "";
  if (spot.placard !== "") return spot.placard;
  if (spot.media === "") return "dark";
  return feed?.seen.value ? "" : "connecting";
}

/** A picture that belongs to its feed. */
function Moving({ video }: { video: HTMLVideoElement }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.append(video);
    void video.play().catch(() => undefined); // whoever was moved in the document stops
  }, [video]);
  return <div class="moving" ref={place} />;
}

/** Oneself, as in a mirror. */
export function Mirror({ stream }: { stream: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video class="mirror" ref={video} autoplay muted playsInline aria-hidden="true" />;
}

function Blank({ stage, name, why }: { stage: Stage; name: string; why: Placard }) {
  const said = why === "" ? "" : stage.words.say(`placard_${why}`);
  return (
    <div class="blank">
      <span class="letters" aria-hidden="true">
        {initials(name)}
      </span>
      <small>{said}</small>
    </div>
  );
}

/** Those who gave most and do not mind to be named. */
function Best({ stage, corner }: { stage: Stage; corner: BattleCorner }) {
  if (corner.best.length === 0) return null;
  const { words } = stage;
  return (
    <ol class="best" aria-label={words.say("best", { name: corner.room.name })}>
      {corner.best.slice(0, 3).map((f) => (
        <li key={f.name} title={words.say("scoreOf", { name: f.name, n: words.short(f.points) })}>
          <span class="letters" aria-hidden="true">
            {initials(f.name)}
          </span>
          <span class="spoken">{words.say("scoreOf", { name: f.name, n: String(f.points) })}</span>
        </li>
      ))}
    </ol>
  );
}

/** One tap to the other host's shop; on another server it is a page of its own. */
function Visit({ stage, corner }: { stage: Stage; corner: BattleCorner }) {
  const to = stage.shopOf(corner);
  const name = stage.words.say("visit", { name: to.name });
  if (to.server !== "") {
    return (
      <a class="visit" href={`${to.server}/watch/${encodeURIComponent(to.show)}`} target="_blank" rel="noopener" aria-label={name} title={name}>
        <Shop />
      </a>
    );
  }
  return (
    <button type="button" class="visit" aria-label={name} title={name} onClick={() => stage.visit(to)}>
      <Shop />
    </button>
  );
}

/** What flies to a side: points that it wins, and this room's gifts. */
function Rising({ stage, spots }: { stage: Stage; spots: readonly Spot[] }) {
  return (
    <div class="rising" aria-hidden="true">
      {stage.rising.value.map((r) => {
        const box = spots.find((s) => s.id === r.spot)?.box;
        return (
          box && (
            <span key={r.key} class={r.gift ? "gift" : "points"} style={{ "--x": box.x + box.w / 2, "--y": box.y + box.h / 2 }} onAnimationEnd={() => stage.landed(r.key)}>
              {r.text}
            </span>
          )
        );
      })}
    </div>
  );
}
