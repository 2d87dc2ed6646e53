import { useEffect, useRef } from "preact/hooks";
import type { Store } from "../store";
import { size } from "../verdict";

/** Opens the choice of quality, and says which is on; there is none where the picture comes in one size. */
export function Choose({ store }: { store: Store }) {
  if (!store.canChoose.value) return null;
  const { words, panel } = store;
  const open = panel.value === "quality";
  const shown = current(store) || words.say("auto");
  const name = words.say("qualityNow", { size: shown });
  return (
    <button type="button" class="tool size" title={name} aria-label={name} aria-expanded={open} onClick={() => store.togglePanel("quality")}>
      {shown}
    </button>
  );
}

/** The size that is sent now; "" while none is. */
function current({ snapshot }: Store): string {
  const layers = snapshot.value.layers;
  const now = layers?.layers.find((l) => l.id === layers.current);
  return now ? size(now.height) : "";
}

/** The choice itself: radio buttons, so that arrows, screen readers and fingers know it. */
export function Quality({ store }: { store: Store }) {
  const group = useRef<HTMLFieldSetElement>(null);
  const pointed = useRef(false);
  const open = store.panel.value === "quality" && store.canChoose.value;
  useEffect(() => {
    if (!open) return;
    const back = document.activeElement;
    group.current?.querySelector<HTMLInputElement>(":checked")?.focus();
    return () => back instanceof HTMLElement && back.isConnected && back.focus();
  }, [open]);
  if (!open) return null;
  const { words, layer, snapshot } = store;
  const now = current(store);
  const sizes = (snapshot.value.layers?.layers ?? []).map((l) => [l.id, size(l.height)] as const).reverse();
  // Arrows go from one choice to the next and are not done with the first; who points has chosen.
  const choose = (id: string) => {
    store.pin(id);
    if (pointed.current) store.closePanel();
  };
  const keyed = (e: KeyboardEvent) => {
    pointed.current = false;
    if (e.key === "Enter") store.closePanel();
  };
  const automatic = layer.value === "" && now !== "" ? words.say("autoNow", { size: now }) : words.say("auto");
  return (
    <aside class="panel quality" aria-label={words.say("quality")} onKeyDown={keyed} onPointerDown={() => (pointed.current = true)}>
      <fieldset ref={group}>
        <legend>{words.say("quality")}</legend>
        {([["", automatic], ...sizes] as const).map(([id, text]) => (
          <label key={id}>
            <input type="radio" name="quality" checked={layer.value === id} onClick={() => choose(id)} />
            {text}
          </label>
        ))}
      </fieldset>
    </aside>
  );
}
