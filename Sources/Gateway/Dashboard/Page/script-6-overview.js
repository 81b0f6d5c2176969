// The first view: what the node does, its functions, its monitor processes.

const pageSize = 50;

const columns = [
  { key: "name", title: "Function", sort: "name" },
  { key: "requests", title: "Requests", sort: "requests", level: "secondary" },
  { key: "rate", title: "Per second" },
  { key: "errors", title: "Errors", sort: "errors" },
  { key: "running", title: "Running", sort: "running", level: "secondary" },
  { key: "queued", title: "Queued", sort: "queued", level: "optional" },
  { key: "machines", title: "Machines", sort: "machines", level: "optional" },
  { key: "warm", title: "Warm p50" },
  { key: "cold", title: "Cold p50", level: "secondary" },
  { key: "memory", title: "Memory", sort: "memory", level: "optional" },
  { key: "revision", title: "Revision", level: "optional" },
];

class Overview {
  constructor(place, onQuery) {
    this.query = { filter: "", sort: "requests", offset: 0 };
    this.onQuery = onQuery;
    this.rows = new Map();
    this.tiles = new Tiles(
      "The node in numbers",
      [
        ["rate", "Requests per second"], ["errors", "Errors per second"], ["running", "Running"], ["machines", "Machines"],
        ["memory", "Functions’ memory"], ["functions", "Functions"]]);
    place.append(element("h1", { class: "skip" }, "Node"), this.tiles.place, this.makeFunctions(), this.makeMonitors());
  }

  makeFunctions() {
    this.filter = element(
      "input",
      {
        type: "search", id: "filter", placeholder: "Find a function", "aria-label": "Find a function by its name",
        title: "Press / to come here"
      });
    let timer;
    this.filter.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.ask({ filter: this.filter.value.trim().toLowerCase(), offset: 0 }), 200);
    });
    this.count = element("span", { class: "count" });
    this.range = element("span");
    this.before = element(
      "button",
      {
        class: "quiet", type: "button", "aria-label": "Functions before",
        onclick: () => this.ask({ offset: Math.max(0, this.query.offset - pageSize) })
      }, "‹");
    this.after = element(
      "button",
      {
        class: "quiet", type: "button", "aria-label": "Functions after", onclick: () => this.ask({ offset: this.query.offset + pageSize })
      }, "›");
    this.pager = element("div", { class: "pager", hidden: true }, this.before, this.range, this.after);
    this.heads = columns.map((column) => {
      const title = column.sort ? element(
        "button",
        { type: "button", title: `Order by ${column.title.toLowerCase()}`, onclick: () => this.ask({ sort: column.sort, offset: 0 }) },
        column.title) : column.title;
      return element("th", { scope: "col", class: column.level }, title);
    });
    this.body = element("tbody", { class: "open" });
    this.table = element(
      "table", { "aria-labelledby": "functions-title" }, element("thead", {}, element("tr", {}, ...this.heads)), this.body);
    this.empty = element("div", { class: "empty", hidden: true });
    this.markOrder();
    return element(
      "section", { class: "panel" },
      element("header", {}, element("h2", { id: "functions-title" }, "Functions", this.count), this.pager, this.filter),
      element("div", { class: "scroll" }, this.table), this.empty);
  }

  makeMonitors() {
    this.monitorRows = element("tbody");
    this.monitorCount = element("span", { class: "count" });
    const titles = ["Process", "Tenant", "Slots in use", "Memory", "Locks"];
    this.monitors = element(
      "section", { class: "panel", id: "monitors" },
      element("header", {}, element("h2", { id: "monitors-title" }, "Monitor processes", this.monitorCount)),
      element("div", { class: "scroll" }, element(
        "table", { "aria-labelledby": "monitors-title" },
        element(
          "thead", {},
          element(
            "tr", {},
            ...titles.map(
              (title, index) => element(
                "th", { scope: "col", class: index === 3 ? "secondary" : `left${index === 4 ? " secondary" : ""}` }, title)))),
        this.monitorRows)));
    return this.monitors;
  }

  ask(change) {
    this.query = { ...this.query, ...change };
    this.markOrder();
    this.onQuery();
  }

  markOrder() {
    columns.forEach((column, index) => {
      if (column.sort === this.query.sort) this.heads[index].setAttribute("aria-sort", column.sort === "name" ? "ascending" : "descending");
      else this.heads[index].removeAttribute("aria-sort");
    });
  }

  show(data) {
    this.showTiles(data);
    this.showFunctions(data);
    this.showMonitors(data.node.monitors);
  }

  showTiles({ totals, node }) {
    this.tiles.remember(totals.requestsPerSecond);
    this.tiles.set("rate", wordsForRate(totals.requestsPerSecond), "", `${wordsForCount(totals.requests)} since the start`);
    this.tiles.set(
      "errors", wordsForRate(totals.errorsPerSecond), "", `${wordsForCount(totals.errors)} since the start`, totals.errorsPerSecond > 0);
    this.tiles.set("running", wordsForCount(totals.running), "", totals.queued ? `${wordsForCount(totals.queued)} wait` : "none waits");
    const slots = node.monitors.reduce((sum, monitor) => sum + monitor.slots, 0);
    this.tiles.set("machines", wordsForCount(totals.machines), "", slots ? `in ${plural(slots, "slot", "slots")}` : "");
    this.tiles.set("memory", ...partsOfBytes(totals.templateBytes + totals.cloneBytes), `${wordsForBytes(totals.templateBytes)} shared`);
    this.tiles.set("functions", wordsForCount(totals.functions), "", `${wordsForCount(totals.functions - totals.called)} idle since start`);
  }

  showFunctions(data) {
    setText(this.count, wordsForCount(data.matching));
    this.pager.hidden = data.matching <= pageSize;
    const last = Math.min(data.offset + data.functions.length, data.matching);
    setText(this.range, data.functions.length ? `${counts.format(data.offset + 1)} – ${counts.format(last)}` : "none");
    this.before.disabled = data.offset === 0;
    this.after.disabled = last >= data.matching;
    this.table.parentElement.hidden = data.functions.length === 0;
    this.empty.hidden = data.functions.length > 0;
    if (!data.functions.length) {
      if (this.query.filter) this.empty.replaceChildren(`No function’s name has “${this.query.filter}” in it.`);
      else if (data.matching) this.empty.replaceChildren("There are no more functions here.");
      else this.empty.replaceChildren("Nothing is deployed yet.", element("br"), element("code", {}, "coffer deploy hello hello.trustlet"));
    }
    const tenants = new Set(data.functions.map((item) => item.tenant));
    const seen = new Set();
    data.functions.forEach((item, index) => {
      seen.add(item.name);
      let row = this.rows.get(item.name);
      if (!row) {
        row = this.makeRow(item.name);
        this.rows.set(item.name, row);
      }
      this.fill(row.cells, item, tenants.size > 1);
      if (this.body.children[index] !== row) this.body.insertBefore(row, this.body.children[index] ?? null);
    });
    for (const [name, row] of this.rows) {
      if (!seen.has(name)) {
        row.remove();
        this.rows.delete(name);
      }
    }
  }

  makeRow(name) {
    const address = `#/functions/${encodeURIComponent(name)}`;
    const row = element("tr", {}, ...columns.map((column) => element("td", { class: column.level })));
    row.cells[0].classList.add("name-cell");
    row.cells[0].append(element("a", { class: "name", href: address }, name), element("span", { class: "tenant" }));
    row.cells[columns.length - 1].append(element("span", { class: "mono" }));
    // The whole row for a pointer; the link in it for everyone.
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a") && !getSelection()?.toString()) location.hash = address;
    });
    return row;
  }

  fill(cells, item, hasTenants) {
    const isIdle = item.requests === 0;
    setText(cells[0].lastChild, hasTenants ? item.tenant : "");
    const memory = item.templateBytes + item.cloneBytes;
    const values = [
      wordsForCount(item.requests), wordsForRate(item.requestsPerSecond), wordsForCount(item.errors), wordsForCount(item.running),
      wordsForCount(item.queued), wordsForCount(item.machines), item.warm?.count ? wordsForTime(item.warm.p50) : "–",
      item.cold?.count ? wordsForTime(item.cold.p50) : "–", memory ? wordsForBytes(memory) : "–",
    ];
    values.forEach((text, index) => {
      setText(cells[index + 1], text);
      setClass(cells[index + 1], "zero", text === "0" || text === "–");
    });
    setClass(cells[3], "bad", item.errorsPerSecond > 0);
    setClass(cells[1], "idle", isIdle);
    const revision = cells[columns.length - 1].firstChild;
    setText(revision, shortRevision(item.revision));
    revision.title = item.revision;
  }

  showMonitors(monitors) {
    setText(this.monitorCount, String(monitors.length));
    this.monitors.hidden = monitors.length === 0;
    while (this.monitorRows.children.length > monitors.length) this.monitorRows.lastChild.remove();
    monitors.forEach((monitor, index) => {
      let row = this.monitorRows.children[index];
      if (!row) {
        const meter = element("span", { class: "meter", "aria-hidden": "true" }, element("span"));
        row = element(
          "tr", {}, element("td", { class: "left mono" }), element("td", { class: "left" }),
          element("td", { class: "left" }, meter, element("span")), element("td", { class: "secondary" }),
          element("td", { class: "left secondary" }));
        this.monitorRows.append(row);
      }
      setText(row.cells[0], String(monitor.pid));
      setText(row.cells[1], monitor.tenant || "ready for any tenant");
      setClass(row.cells[1], "idle", !monitor.tenant);
      row.cells[2].firstChild.firstChild.style.width = `${monitor.slots ? (100 * monitor.busy) / monitor.slots : 0}%`;
      setText(row.cells[2].lastChild, `${monitor.busy} of ${monitor.slots}`);
      setText(row.cells[3], wordsForBytes(monitor.residentBytes));
      const words = JSON.stringify([monitor.locks, monitor.missing]);
      if (row.dataset.locks !== words) {
        row.dataset.locks = words;
        row.cells[4].replaceChildren(element(
          "span", { class: "chips" },
          ...monitor.locks.map((lock) => element("span", { class: "chip" }, lock)),
          ...monitor.missing.map((lock) => element("span", { class: "chip missing" }, `without ${lock}`))));
      }
    });
  }
}
