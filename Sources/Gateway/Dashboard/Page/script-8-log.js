// The live log of one function.

const logLimit = 1000;

class LogView {
  constructor(name) {
    this.name = name;
    this.stop = new AbortController();
    this.isPaused = false;
    this.held = [];
    this.lines = element("div", { class: "log", role: "log", tabindex: "0", "aria-live": "off", "aria-labelledby": "log-title" });
    this.waiting = element("p", { class: "waiting" }, "No lines yet. What the program writes to standard error appears here.");
    this.lines.append(this.waiting);
    this.state = element("span", { class: "muted" });
    this.button = element("button", { class: "quiet", type: "button", "aria-pressed": "false", onclick: () => this.toggle() }, "Pause");
    this.place = element(
      "section", { class: "panel" }, element("header", {}, element("h2", { id: "log-title" }, "Log"), this.state, this.button),
      this.lines);
    this.follow();
  }

  toggle() {
    this.isPaused = !this.isPaused;
    this.button.setAttribute("aria-pressed", String(this.isPaused));
    setText(this.button, this.isPaused ? "Go on" : "Pause");
    if (!this.isPaused) this.add(this.held.splice(0));
    this.say();
  }

  say(text) {
    setText(
      this.state, text ?? (this.isPaused ? (this.held.length ? `${plural(this.held.length, "line", "lines")} held back` : "paused") : ""));
  }

  async follow() {
    const signal = this.stop.signal;
    let wait = 1000;
    while (!signal.aborted) {
      let isFirst = true;
      let pending = [];
      const flush = () => {
        const lines = pending;
        pending = [];
        if (isFirst) this.lines.replaceChildren(this.waiting);
        isFirst = false;
        this.take(lines);
      };
      try {
        await readLines(`/v1/functions/${encodeURIComponent(this.name)}/logs?tail=200&follow=true`, signal, (line) => {
          wait = 1000;
          if (line) {
            // Many lines at once are shown at once.
            if (!pending.length) queueMicrotask(flush);
            pending.push(JSON.parse(line));
          }
        });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refused) {
          this.say("not for this token");
          return;
        }
      }
      this.say("waiting for the node");
      await pause(wait, signal);
      wait = Math.min(wait * 2, 15000);
      this.say();
    }
  }

  take(lines) {
    if (!this.isPaused) {
      this.add(lines);
      return;
    }
    this.held.push(...lines);
    if (this.held.length > logLimit) this.held.splice(0, this.held.length - logLimit);
    this.say();
  }

  add(lines) {
    if (!lines.length) return;
    const isAtEnd = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < 40;
    this.waiting.remove();
    this.lines.append(...lines.slice(-logLimit).map((line) => this.makeLine(line)));
    while (this.lines.children.length > logLimit) this.lines.firstChild.remove();
    if (isAtEnd) this.lines.scrollTop = this.lines.scrollHeight;
  }

  makeLine(line) {
    const time = new Date(line.time);
    const milliseconds = String(time.getMilliseconds()).padStart(3, "0");
    const clock = Number.isNaN(time.getTime()) ? "" : `${time.toLocaleTimeString("en-GB", { hour12: false })}.${milliseconds}`;
    const about = [
      line.request && `request ${line.request}`, line.revision && `revision ${shortRevision(line.revision)}`].filter(Boolean).join(", ");
    const kind = line.lost ? "lost" : ["end", "node"].includes(line.stream) ? line.stream : "stderr";
    return element(
      "p", { class: kind, title: about }, element("time", { datetime: line.time }, clock),
      element("span", { class: "stream" }, line.lost ? "" : line.stream ?? ""),
      element("span", { class: "text" }, line.cut ? `${line.text} …` : line.text));
  }

  close() {
    this.stop.abort();
  }
}
