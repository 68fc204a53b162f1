// Who dances: a button a place; the one that is pressed is the one this page shows and hears.

export class Dancers {
  /** @param choose (place) shows another dancer */
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    this.shown = "";
  }

  /** Nothing is shown while there is one place only. */
  show(dancers, place) {
    this.root.hidden = dancers.length < 2;
    const texts = dancers.map((dancer) => (dancer.bpm > 0 ? `${dancer.bpm.toFixed(0)} BPM` : "free"));
    const text = JSON.stringify([texts, place]);
    if (this.root.hidden || text === this.shown) return;
    this.shown = text;
    if (this.root.children.length !== dancers.length) {
      this.root.replaceChildren(...dancers.map((_, index) => {
        const button = document.createElement("button");
        button.type = "button";
        button.onclick = () => this.choose(index);
        return button;
      }));
    }
    texts.forEach((said, index) => {
      const button = this.root.children[index];
      button.textContent = `${index + 1} · ${said}`;
      button.setAttribute("aria-pressed", String(index === place));
      button.classList.toggle("quietly", !(dancers[index].bpm > 0));
    });
  }
}
