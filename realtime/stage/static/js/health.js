// How the show is: latency part by part, the three live failures, lights.

const HUES = ["#5ec8f2", "#7ee0a1", "#f2b84b", "#f28b5e", "#e56b8f", "#b58cf5", "#8fa3ff", "#9fb0b8", "#d8c27a", "#6fd3c9"];

export const number = (value, digits = 0) => (typeof value === "number" ? value.toFixed(digits) : "–");

export function item(tag, text, name) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

export class Health {
  constructor(roots) {
    this.roots = roots;
    this.here = null; // what this page measures of its own sound: early, network, buffer in ms
    this.shown = {};
  }

  show(state) {
    this.latency(this.heardHere(state.latency_ms ?? {}));
    this.counts(state);
    this.targets(state.osc ?? []);
  }

  /**
   * The way to this page's loudspeaker: packets leave before the stage's queue and device would have
   * played them, so what is sent early is taken off the end of the stage's parts.
   */
  heardHere(parts) {
    if (!this.here) return parts;
    const here = { ...parts };
    let early = this.here.early;
    for (const name of Object.keys(here).reverse()) {
      const taken = Math.min(early, here[name] ?? 0);
      here[name] -= taken;
      early -= taken;
    }
    return { ...here, network: this.here.network, "jitter buffer": this.here.buffer };
  }

  /** Draw a list only when it changed: a screen reader and the layout are grateful. */
  changed(name, value) {
    const text = JSON.stringify(value);
    if (this.shown[name] === text) return false;
    this.shown[name] = text;
    return true;
  }

  latency(parts) {
    const known = Object.entries(parts).filter(([, ms]) => typeof ms === "number" && ms > 0)
      .map(([name, ms]) => [name, Math.round(ms)]);
    if (!this.changed("latency", known)) return;
    const sum = known.reduce((total, [, ms]) => total + ms, 0);
    this.roots.sum.textContent = known.length ? `${sum} ms` : "–";
    this.roots.bar.replaceChildren(...known.map(([, ms], index) => {
      const part = item("span", "");
      part.style.flexGrow = ms;
      part.style.background = HUES[index % HUES.length];
      return part;
    }));
    this.roots.bar.setAttribute("aria-label", `Latency: ${known.map(([name, ms]) => `${name} ${ms} ms`).join(", ")}`);
    this.roots.legend.replaceChildren(...known.map(([name, ms], index) => {
      const entry = item("li", "");
      const dot = item("i", "");
      dot.style.background = HUES[index % HUES.length];
      entry.append(dot, `${name} ${ms}`);
      return entry;
    }));
  }

  counts(state) {
    const rows = [
      ["Late hops", number(state.late_hops), state.late_hops > 0],
      ["Underruns", number(state.underruns), state.underruns > 0],
      ...(state.cards ?? []).map((card) => [`Underruns, ${card.name}`, card.present ? number(card.underruns) : "lost",
        card.underruns > 0 || !card.present]),
      ["Dropped", number(state.dropped_frames), false],
      ["Hop, ms", `${number(state.hop_ms)} / ${number(state.budget_ms)}`, state.hop_ms > state.budget_ms],
      ["Reserve", `${number(state.reserve_ms)} ms`, false],
      ["Camera", `${number(state.source_fps)} fps`, false],
      ["Pose", `${number(state.pose_ms)} ms`, false],
    ];
    if (!this.changed("counts", rows)) return;
    this.roots.counts.replaceChildren(...rows.map(([name, value, bad]) => {
      const row = document.createElement("div");
      row.title = name;
      row.append(item("dt", name), item("dd", value, bad ? "bad" : ""));
      return row;
    }));
  }

  targets(targets) {
    if (!this.changed("osc", targets)) return;
    const lines = targets.map((target) => {
      const failed = target.connected === false || target.last_error;
      const entry = item("li", "", failed ? "bad" : "good");
      entry.append(item("b", target.name ?? "target"), item("span", failed ? target.last_error || "not connected" : "connected"),
        item("small", `${target.profile ?? ""} ${target.transport ?? ""} · ${number(target.sent)} sent, ${number(target.late)} late, ${number(target.dropped)} dropped`.trim()));
      return entry;
    });
    this.roots.osc.replaceChildren(...(lines.length ? lines : [item("li", "No lights are connected", "none")]));
  }
}
