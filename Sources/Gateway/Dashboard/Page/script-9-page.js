// Which view is shown, with what the node sends each second.

const page = {
  overview: null,
  detail: null,
  stream: null,
  lastWord: 0,

  begin() {
    access.takeFromAddress();
    theme.begin();
    byId("leave").addEventListener("click", () => this.askForToken(""));
    byId("entrance-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const token = byId("token").value.trim();
      if (!token) return;
      access.token = token;
      byId("token").value = "";
      this.enter();
    });
    addEventListener("hashchange", () => {
      if (location.hash.startsWith("#token=")) {
        access.takeFromAddress();
        this.enter();
      } else if (access.token) this.follow();
    });
    addEventListener("keydown", (event) => this.onKey(event));
    setInterval(() => this.watch(), 1000);
    if (access.token) this.enter();
    else this.askForToken("");
  },

  askForToken(wrong) {
    this.stream?.abort();
    this.stream = null;
    access.forget();
    this.detail?.close();
    this.detail = null;
    this.overview = null;
    for (const id of ["overview", "detail"]) {
      byId(id).replaceChildren();
      byId(id).hidden = true;
    }
    for (const id of ["platform", "trouble", "leave"]) byId(id).hidden = true;
    setText(byId("facts"), "");
    this.say("", "");
    document.title = "Coffer";
    byId("entrance").hidden = false;
    setText(byId("entrance-wrong"), wrong);
    byId("token").focus();
  },

  enter() {
    setText(byId("entrance-wrong"), "");
    if (!this.overview) {
      byId("overview").replaceChildren();
      this.overview = new Overview(byId("overview"), () => this.follow());
    }
    this.follow();
  },

  /** The function in the address, if there is one. */
  get chosen() {
    const found = /^#\/functions\/([^/]+)$/.exec(location.hash);
    try {
      return found ? decodeURIComponent(found[1]) : null;
    } catch {
      return null;
    }
  },

  async follow() {
    this.stream?.abort();
    const stop = new AbortController();
    this.stream = stop;
    const name = this.chosen;
    const { filter, sort, offset } = this.overview.query;
    const query = new URLSearchParams(name ? { limit: 0, function: name } : { sort, offset, limit: pageSize, filter });
    let wait = 1000;
    let isEnding = false;
    while (!stop.signal.aborted) {
      try {
        await readEvents(`/v1/events?${query}`, stop.signal, (kind, data) => {
          if (stop.signal.aborted) return;
          if (kind === "end") isEnding = true;
          if (kind !== "statistics") return;
          wait = 1000;
          isEnding = false;
          this.show(data, name);
        });
        if (!stop.signal.aborted) this.trouble(
          isEnding ? "The node is ending. This page looks for it again." : "The node closed the connection.");
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof Refused) {
          this.askForToken(error.message);
          return;
        }
        this.trouble(error instanceof TypeError ? "The node does not answer." : error.message);
      }
      this.say("lost", "Not connected");
      await pause(wait, stop.signal);
      wait = Math.min(wait * 2, 15000);
    }
  },

  show(data, name) {
    this.lastWord = Date.now();
    this.say("live", "Live");
    byId("entrance").hidden = true;
    byId("trouble").hidden = true;
    byId("leave").hidden = false;
    setClass(byId("content"), "stale", false);
    this.showNode(data.node);
    if (name) {
      if (this.detail?.name !== name) {
        this.detail?.close();
        this.detail = new Detail(byId("detail"), name);
        document.title = `${name} · Coffer`;
        this.turnTo("detail");
        this.detail.title.focus({ preventScroll: true });
      }
      this.detail.show(data.function);
    } else {
      const isBack = this.detail !== null;
      this.detail?.close();
      const left = this.detail?.name;
      this.detail = null;
      document.title = "Coffer";
      this.overview.show(data);
      this.turnTo("overview");
      // Back where one came from.
      if (isBack) this.overview.rows.get(left)?.querySelector("a").focus();
    }
  },

  turnTo(view) {
    if (!byId(view).hidden) return;
    byId("overview").hidden = view !== "overview";
    byId("detail").hidden = view !== "detail";
    if (view === "detail") scrollTo(0, 0);
  },

  showNode(node) {
    const isolation = { kvm: "virtual machines (kvm)", process: "locked processes" }[node.machine] ?? node.machine;
    setText(byId("facts"), [location.host, isolation, `up ${wordsForDuration(node.uptime)}`].filter(Boolean).join("  ·  "));
    const platform = byId("platform");
    platform.hidden = node.confidential === true;
    if (!platform.hidden && !platform.firstChild) {
      platform.append(
        element(
          "div", {}, element("strong", {}, "Nothing here is confidential. "),
          `This node’s platform is ${node.platform}: whoever runs the machine can read everything in it. For development only.`));
    }
  },

  trouble(text) {
    byId("trouble").hidden = false;
    byId("trouble").replaceChildren(element("div", {}, text));
    setClass(byId("content"), "stale", Boolean(this.overview));
  },

  say(state, text) {
    const place = byId("connection");
    if (place.dataset.state !== state) place.dataset.state = state;
    setText(place, text);
  },

  /** A connection that is open and silent is no connection. */
  watch() {
    if (!this.lastWord || byId("connection").dataset.state !== "live") return;
    const silence = Math.round((Date.now() - this.lastWord) / 1000);
    if (silence > 4) this.trouble(`The node has said nothing for ${silence} seconds.`);
  },

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      if (event.key === "Escape" && event.target.id === "filter") event.target.blur();
      return;
    }
    if (event.key === "/" && !byId("overview").hidden) {
      event.preventDefault();
      byId("filter").focus();
    } else if (event.key === "Escape" && this.chosen) location.hash = "#/";
  },
};

const theme = {
  key: "coffer-theme",
  words: { system: "System", light: "Light", dark: "Dark" },

  begin() {
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.apply());
    byId("theme").addEventListener("click", () => {
      const order = Object.keys(this.words);
      localStorage.setItem(this.key, order[(order.indexOf(this.choice) + 1) % order.length]);
      this.apply();
    });
    this.apply();
  },

  get choice() {
    const kept = localStorage.getItem(this.key);
    return kept in this.words ? kept : "system";
  },

  apply() {
    const isDark = this.choice === "dark" || (this.choice === "system" && this.dark.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    setText(byId("theme"), `◐ ${this.words[this.choice]}`);
    byId("theme").setAttribute("aria-label", `Colours: ${this.words[this.choice]}`);
  },
};

page.begin();
