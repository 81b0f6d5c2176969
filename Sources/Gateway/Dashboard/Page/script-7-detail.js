// One function: its times, its memory, its answers, its log.

const answerWords = { "2xx": "Succeeded", "3xx": "Redirected", "4xx": "Refused", "5xx": "Failed", gone: "Caller left" };

class Detail {
  constructor(place, name) {
    this.name = name;
    this.title = element("h1", { tabindex: "-1" }, name);
    this.tenant = element("span", { class: "muted" });
    this.revision = element("span", { class: "revision mono" });
    this.tiles = new Tiles(
      `${name} in numbers`,
      [
        ["rate", "Requests per second"], ["errors", "Errors"], ["running", "Running"], ["machines", "Machines"], ["warm", "Warm p50"],
        ["cold", "Cold p50"]]);
    this.latency = element("div", { class: "inside" });
    this.times = element("tbody");
    this.memory = element("div", { class: "inside" });
    this.answers = element("div", { class: "inside" });
    this.log = new LogView(name);
    place.replaceChildren(
      element("a", { class: "back", href: "#/" }, "← All functions"),
      element("div", { class: "head" }, this.title, this.tenant, this.revision),
      this.tiles.place,
      element(
        "div", { class: "pair" }, this.panel("From the request to the program’s beginning", this.latency),
        element("div", {}, this.panel("Memory", this.memory), this.panel("Answers", this.answers))),
      this.makeTimes(),
      this.log.place);
  }

  makeTimes() {
    const titles = ["", "Count", "p50", "p90", "p99", "Longest"];
    const heads = titles.map(
      (title, index) => (
        index ? element("th", { scope: "col", class: ["p90", "Longest"].includes(title) ? "secondary" : null }, title) : element("td")));
    return element(
      "section", { class: "panel" }, element("header", {}, element("h2", { id: "times-title" }, "Times")),
      element(
        "div", { class: "scroll" },
        element("table", { "aria-labelledby": "times-title" }, element("thead", {}, element("tr", {}, ...heads)), this.times)));
  }

  panel(title, content) {
    return element("section", { class: "panel" }, element("header", {}, element("h2", {}, title)), content);
  }

  /** `item` is missing where there is no such function any more. */
  show(item) {
    if (!item) {
      setText(this.tenant, "is not deployed on this node, or not for this token.");
      return;
    }
    setText(this.tenant, `of tenant ${item.tenant}`);
    setText(this.revision, item.revision ? `Revision ${item.revision}` : "");
    this.tiles.remember(item.requestsPerSecond);
    this.tiles.set("rate", wordsForRate(item.requestsPerSecond), "", `${wordsForCount(item.requests)} since the start`);
    this.tiles.set(
      "errors", wordsForCount(item.errors), "",
      item.requests ? `${((100 * item.errors) / item.requests).toFixed(item.errors ? 2 : 0)}% of all` : "", item.errorsPerSecond > 0);
    this.tiles.set("running", wordsForCount(item.running), "", item.queued ? `${wordsForCount(item.queued)} wait` : "none waits");
    this.tiles.set("machines", wordsForCount(item.machines), "", item.machines ? "running or ready" : "scaled to zero");
    for (const kind of ["warm", "cold"]) {
      const summary = item[kind];
      const reused = kind === "warm" && item.reused ? `, ${wordsForCount(item.reused)} by reused instances` : "";
      if (summary?.count) this.tiles.set(kind, ...wordsForTime(summary.p50).split(" "), `p99 ${wordsForTime(summary.p99)}${reused}`);
      else this.tiles.set(kind, "–", "", "none yet");
    }
    this.showLatency(item);
    this.showTimes(item);
    this.showMemory(item);
    this.showAnswers(item);
  }

  showLatency(item) {
    const kinds = [["warm", "Warm", "a machine stood ready", item.warm], ["cold", "Cold", "a machine had to be made", item.cold]];
    const width = Math.max(280, this.latency.clientWidth - 36);
    const words = JSON.stringify([width, item.warm, item.cold]);
    if (this.latency.dataset.words === words) return;
    this.latency.dataset.words = words;
    const range = usedBuckets([item.warm, item.cold]);
    this.latency.replaceChildren(...kinds.map(([key, title, meaning, summary]) => {
      const requests = plural(summary?.count ?? 0, "request", "requests");
      const numbers = summary?.count ? `${requests} · p50 ${wordsForTime(summary.p50)} · p99 ${wordsForTime(summary.p99)}` : "";
      const content = range && summary?.count
        ? drawHistogram(summary, range, `${title} starts: ${numbers}, longest ${wordsForTime(summary.max)}`, width)
        : element("div", { class: "nothing" }, `No ${key} start yet`);
      return element(
        "div", { class: `facet ${key}` },
        element(
          "div", { class: "facet-head" }, element("b", {}, title), element("span", { class: "muted" }, meaning),
          element("span", { class: "muted" }, numbers)), content);
    }));
  }

  showTimes(item) {
    const rows = [
      ["Warm start", item.warm], ["Cold start", item.cold], ["Waiting for a turn", item.queue], ["Program", item.run],
      ["Whole request", item.request]];
    this.times.replaceChildren(...rows.map(([title, summary]) => element(
      "tr", {}, element("th", { scope: "row" }, title), element("td", {}, wordsForCount(summary?.count ?? 0)),
      ...["p50", "p90", "p99", "max"].map(
        (key) => element(
          "td", { class: ["p90", "max"].includes(key) ? "secondary" : null }, summary?.count ? wordsForTime(summary[key]) : "–")))));
  }

  showMemory(item) {
    const total = item.templateBytes + item.cloneBytes;
    if (!total) {
      this.memory.replaceChildren(element("div", { class: "nothing" }, "None: no machine, no template"));
      return;
    }
    const parts = [
      ["fill-template", "Template, shared by all clones", item.templateBytes], ["fill-clone", "Clones’ own", item.cloneBytes],
    ];
    this.memory.replaceChildren(stack(parts, total), key(parts, wordsForBytes));
    if (item.machines > 1 && item.templateBytes) {
      const apart = item.templateBytes * item.machines + item.cloneBytes;
      const together = `${plural(item.machines, "machine", "machines")} in ${wordsForBytes(total)}.`;
      this.memory.append(element("p", { class: "remark" }, `${together} Without sharing they would take ${wordsForBytes(apart)}.`));
    }
  }

  showAnswers(item) {
    const known = Object.entries(item.answers ?? {}).filter(([, count]) => count > 0);
    if (!known.length) {
      this.answers.replaceChildren(element("div", { class: "nothing" }, "No request yet"));
      return;
    }
    const parts = known.map(
      ([status, count]) => [
        answerWords[status] ? `fill-${status}` : "fill-gone", answerWords[status] ? `${answerWords[status]} (${status})` : status, count]);
    this.answers.replaceChildren(stack(parts, known.reduce((sum, [, count]) => sum + count, 0)), key(parts, wordsForCount));
  }

  close() {
    this.log.close();
  }
}

function stack(parts, total) {
  return element("div", { class: "stack", "aria-hidden": "true" }, ...parts.map(([fill, , value]) => {
    const part = element("span", { class: fill });
    part.style.flexGrow = String(value / total);
    return part;
  }));
}

function key(parts, words) {
  return element(
    "div", { class: "key" },
    ...parts.flatMap(
      ([fill, title, value]) => [
        element("i", { class: fill }), element("span", {}, title), element("span", { class: "number" }, words(value))]));
}
