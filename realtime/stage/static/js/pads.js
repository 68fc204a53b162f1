// Ten styles. Press a pad to play it alone; drag it up to blend it in, down to take it out.

export const STYLES = [
  "break", "pop", "lock", "middle_hiphop", "la_hiphop", "house", "waack", "krump", "street_jazz", "ballet_jazz",
];
const LABELS = {
  break: "Break", pop: "Pop", lock: "Lock", middle_hiphop: "Hip-hop", la_hiphop: "LA", house: "House",
  waack: "Waack", krump: "Krump", street_jazz: "Jazz", ballet_jazz: "Ballet",
};
const DRAG_FROM = 6; // pixels: less is a press
const SEND_EVERY_MS = 40;

export class Pads {
  constructor(root, send) {
    this.send = send;
    this.weights = Object.fromEntries(STYLES.map((style) => [style, 0]));
    this.held = null;
    this.sentAt = -Infinity;
    this.pads = STYLES.map((style, index) => this.build(root, style, (index + 1) % 10));
  }

  build(root, style, key) {
    const pad = document.createElement("div");
    pad.className = "pad";
    pad.tabIndex = 0;
    pad.dataset.style = style;
    const attributes = { role: "slider", "aria-label": LABELS[style], "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-valuenow": 0, "aria-orientation": "vertical", "aria-keyshortcuts": String(key) };
    for (const [name, value] of Object.entries(attributes)) pad.setAttribute(name, value);
    const fill = document.createElement("span");
    fill.className = "fill";
    const name = document.createElement("b");
    name.textContent = LABELS[style];
    const share = document.createElement("small");
    share.textContent = key;
    pad.append(fill, name, share);
    pad.onpointerdown = (event) => this.grab(event, style, pad);
    pad.onpointermove = (event) => this.drag(event, pad);
    pad.onpointerup = (event) => this.drop(event, style);
    pad.onpointercancel = () => { this.held = null; };
    pad.onkeydown = (event) => this.key(event, style);
    root.append(pad);
    return { style, pad, fill, share, key };
  }

  grab(event, style, pad) {
    pad.setPointerCapture(event.pointerId);
    this.held = { style, from: event.clientY, weight: this.weights[style], moved: false, height: pad.clientHeight };
  }

  drag(event) {
    if (!this.held) return;
    const up = this.held.from - event.clientY;
    if (!this.held.moved && Math.abs(up) < DRAG_FROM) return;
    this.held.moved = true;
    this.blend(this.held.style, this.held.weight + up / this.held.height);
  }

  drop(event, style) {
    const held = this.held;
    this.held = null;
    if (!held) return;
    if (held.moved) this.tell(true);
    else if (event.shiftKey) this.add(style);
    else this.solo(style);
  }

  key(event, style) {
    const step = { ArrowUp: 0.05, ArrowRight: 0.05, ArrowDown: -0.05, ArrowLeft: -0.05, PageUp: 0.2, PageDown: -0.2 };
    if (event.key === "Enter") this.solo(style);
    else if (event.key === "Home") this.blend(style, 0);
    else if (event.key === "End") this.blend(style, 1);
    else if (event.key in step) this.blend(style, this.weights[style] + step[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.tell(true);
  }

  solo(style) {
    for (const other of STYLES) this.weights[other] = other === style ? 1 : 0;
    this.draw();
    this.tell(true);
  }

  /** One share more: as loud as the loudest. */
  add(style) {
    this.weights[style] = Math.max(...Object.values(this.weights), 0.01);
    this.normalise();
    this.tell(true);
  }

  /** Give a style a share of the whole; the others keep their proportions. */
  blend(style, share) {
    const wanted = Math.min(1, Math.max(0, share));
    const others = STYLES.filter((other) => other !== style);
    const rest = others.reduce((sum, other) => sum + this.weights[other], 0);
    if (rest === 0) { this.draw(); return; } // the only one cannot leave
    for (const other of others) this.weights[other] *= (1 - wanted) / rest || 0;
    this.weights[style] = wanted;
    this.draw();
    this.tell(false);
  }

  normalise() {
    const sum = Object.values(this.weights).reduce((total, weight) => total + weight, 0);
    for (const style of STYLES) this.weights[style] /= sum;
    this.draw();
  }

  tell(now) {
    if (!now && performance.now() - this.sentAt < SEND_EVERY_MS) return;
    this.sentAt = performance.now();
    this.send({ do: "style", weights: { ...this.weights } });
  }

  /** What the show plays; ignored while a finger is on a pad or a command is on its way. */
  show(weights) {
    if (this.held || performance.now() - this.sentAt < 600) return;
    for (const style of STYLES) this.weights[style] = weights[style] ?? 0;
    this.draw();
  }

  draw() {
    for (const { style, pad, fill, share, key } of this.pads) {
      const percent = Math.round(100 * this.weights[style]);
      fill.style.transform = `scaleY(${this.weights[style]})`;
      pad.classList.toggle("on", percent > 0);
      share.textContent = percent > 0 ? `${percent} %` : key;
      pad.setAttribute("aria-valuenow", percent);
    }
  }
}
