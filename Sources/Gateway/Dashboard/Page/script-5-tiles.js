// A row of numbers, the first with the line of its last two minutes.

const historySize = 120;

class Tiles {
  constructor(label, titles) {
    this.place = element("dl", { class: "tiles", "aria-label": label });
    this.values = new Map();
    for (const [key, title] of titles) {
      const value = element("dd", { class: "value" });
      const about = element("dd", { class: "about" });
      this.values.set(key, { value, about });
      this.place.append(element("div", { class: "tile" }, element("dt", {}, title), value, about));
    }
    this.history = [];
    this.line = element("div", { "aria-hidden": "true" });
    this.place.firstChild.append(this.line);
  }

  remember(number) {
    this.history.push(number);
    if (this.history.length > historySize) this.history.shift();
    this.line.replaceChildren(drawLine(this.history, historySize));
  }

  set(key, number, unit, about, isBad = false) {
    const { value, about: aboutPlace } = this.values.get(key);
    const text = `${number}|${unit}`;
    if (value.dataset.text !== text) {
      value.dataset.text = text;
      value.replaceChildren(number, ...(unit ? [element("span", { class: "unit" }, unit)] : []));
    }
    setClass(value, "bad", isBad);
    setText(aboutPlace, about);
  }
}
