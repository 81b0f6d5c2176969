// What this page asks the node. A stream is read with fetch, not EventSource: that one cannot carry a token.

const tokenKey = "coffer-token";

const access = {
  /** A token in the address is for this tab only, and does not stay there. */
  takeFromAddress() {
    const found = /^#token=([^&]+)/.exec(location.hash);
    if (!found) return;
    let token = found[1];
    try {
      token = decodeURIComponent(token);
    } catch {
      // As it stands, then.
    }
    sessionStorage.setItem(tokenKey, token);
    history.replaceState(null, "", location.pathname + "#/");
  },
  get token() {
    return sessionStorage.getItem(tokenKey);
  },
  set token(token) {
    sessionStorage.setItem(tokenKey, token);
  },
  forget() {
    sessionStorage.removeItem(tokenKey);
  },
};

class Refused extends Error {}

/** An answer that was not 200, in words. */
async function failure(response) {
  let detail = "";
  try {
    const problem = await response.json();
    detail = String(problem.detail || problem.title || problem.error?.message || "");
  } catch {
    // No words of its own.
  }
  if (response.status === 401 || response.status === 403) return new Refused(detail || "The node does not accept this token.");
  return new Error(detail || `The node answers ${response.status}.`);
}

/** Calls `each` with every line, until the answer ends. */
async function readLines(path, signal, each) {
  const response = await fetch(path, {
    signal, cache: "no-store", credentials: "omit", redirect: "error", headers: { Authorization: `Bearer ${access.token}` },
  });
  if (!response.ok) throw await failure(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) each(line);
  }
}

/** Server-sent events: `each(kind, data)`. */
function readEvents(path, signal, each) {
  let kind = "message";
  return readLines(path, signal, (line) => {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) {
      each(kind, JSON.parse(line.slice(6)));
      kind = "message";
    }
  });
}

const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
