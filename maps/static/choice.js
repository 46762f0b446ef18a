/* What the reader has chosen. It lives in the address, so that a view can be sent on and the back
   button leads through it; the controls and the map follow. */

const CHOICES_KNOWN = [
  "subject", "state", "programme", "status", "kind", "year", "counts", "documents", "at", "measure", "period", "sort",
];
const LONGEST_CHOICE = 400; // letters; ids are the longest honest values

/** What an address says: `#IL&year=2019` is a state and a year. Whatever is no choice is left out. */
function choicesOf(fragment) {
  const found = new Map();
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const [name, value] = part.includes("=") ? [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)] : ["subject", part];
    let text;
    try {
      text = decodeURIComponent(value.replaceAll("+", " "));
    } catch {
      continue;
    }
    if (text && text.length <= LONGEST_CHOICE && CHOICES_KNOWN.includes(name) && !found.has(name)) found.set(name, text);
  }
  const subject = found.get("subject") || "";
  if (/^[a-z]{2}$/i.test(subject)) {
    found.set("state", subject.toUpperCase());
    found.delete("subject");
  } else if (!/^(\d{5}|[a-z]{2}-[\w-]+)$/.test(subject)) {
    found.delete("subject");
  }
  if (found.has("state")) found.set("state", found.get("state").toUpperCase());
  return found;
}

/** The address of choices; a state stands alone in front where no department or county does. */
function fragmentOf(choices) {
  const parts = [];
  const subject = choices.get("subject") || choices.get("state");
  if (subject) parts.push(encodeURIComponent(subject));
  for (const name of CHOICES_KNOWN.slice(1)) {
    if (name === "state" && !choices.get("subject")) continue;
    if (choices.get(name)) parts.push(`${name}=${encodeURIComponent(choices.get(name))}`);
  }
  return parts.join("&");
}

class Choice {
  constructor() {
    this.chosen = choicesOf(window.location.hash);
    this.listeners = [];
    window.addEventListener("hashchange", () => this.read());
    window.addEventListener("popstate", () => this.read());
  }

  get(name) {
    return this.chosen.get(name) || "";
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  /** Choose; "" means no choice. A step of the back button, or in place of where the reader is. */
  set(changes, {push = true} = {}) {
    const next = new Map(this.chosen);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    if (!this.take(next)) return;
    const fragment = fragmentOf(next);
    const address = fragment ? `#${fragment}` : window.location.pathname + window.location.search;
    try {
      window.history[push ? "pushState" : "replaceState"](null, "", address);
    } catch {
      if (push) window.location.hash = fragment; // a browser that keeps no history for files
    }
  }

  read() {
    this.take(choicesOf(window.location.hash));
  }

  take(next) {
    const changed = new Set(CHOICES_KNOWN.filter((name) => (next.get(name) || "") !== this.get(name)));
    if (!changed.size) return false;
    this.chosen = next;
    for (const listener of this.listeners) listener(changed);
    return true;
  }
}
