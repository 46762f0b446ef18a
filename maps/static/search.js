/* One box for departments, places and states: an ARIA combobox over the payload's names. */

const CHOICES = 8;
const SHORT_FORMS = {pd: "police", so: "sheriff", dept: "department", st: "saint", mt: "mount", ft: "fort", co: "county"};
const SHORT_FORM = new RegExp(`(?<= )(?:${Object.keys(SHORT_FORMS).join("|")})(?= |$)`, "gm");

/** Texts without case, accents and marks, short forms spelled out, each begun by a space:
    "St. John's PD" and "saint johns police" are the same. All at once: 100,000 take 0.3 s. */
function plain(texts) {
  return texts.map((text) => ` ${text.replaceAll("\n", " ")}`).join("\n").normalize("NFD")
    .replace(/[\u0300-\u036f'\u2019]/g, "").toLowerCase().replace(/[^\p{L}\p{N}\n]+/gu, " ")
    .replace(SHORT_FORM, (word) => SHORT_FORMS[word]).split("\n");
}

class Search {
  constructor(records, input, listbox, onChoice) {
    Object.assign(this, {records, input, listbox, onChoice, choices: [], active: -1, entries: null});
    input.addEventListener("input", () => this.look());
    input.addEventListener("focus", () => this.look());
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => this.key(event));
    listbox.addEventListener("mousedown", (event) => event.preventDefault());
    listbox.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.place));
    });
  }

  /** Everything that can be found: states, then places, then departments, each with its words. */
  index() {
    if (this.entries) return this.entries;
    const {agencies, n, states} = this.records;
    const named = agencies.state.of.map((state) => states[state] || state);
    const entries = plain(named.map((name, at) => `${name} ${agencies.state.of[at]}`))
      .map((text, at) => ({label: named[at], kind: "state", state: agencies.state.of[at], text}));
    const places = new Map();
    const wheres = [];
    for (let i = 0; i < n; i += 1) {
      const city = agencies.city.text(i);
      wheres.push(`${city}, ${agencies.state.text(i)}`);
      if (!city) continue;
      if (places.has(wheres[i])) places.get(wheres[i]).push(i);
      else places.set(wheres[i], [i]);
    }
    const labels = [...places.keys()];
    const placed = new Map(plain(labels).map((text, at) => [labels[at], text]));
    for (const [label, members] of places) entries.push({label, kind: "place", members, text: placed.get(label)});
    plain(agencies.name).forEach((text, i) => {
      const whole = text + (placed.get(wheres[i]) || ` ${agencies.state.text(i).toLowerCase()}`);
      entries.push({label: agencies.name[i], note: wheres[i], kind: "department", member: i, text: whole});
    });
    this.entries = entries;
    return entries;
  }

  find(query) {
    const wanted = plain([query])[0].split(" ").filter(Boolean).map((word) => ` ${word}`);
    if (!wanted.length) return [];
    const found = [];
    for (const entry of this.index()) {
      if (wanted.every((word) => entry.text.includes(word))) found.push(entry);
      if (found.length === 400) break;
    }
    const rank = (entry) => (entry.text.startsWith(wanted.join("")) ? 0 : 1);
    return found.map((entry, at) => [rank(entry), at, entry])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, CHOICES).map(([, , entry]) => entry);
  }

  look() {
    this.choices = this.find(this.input.value);
    this.active = -1;
    this.listbox.replaceChildren(...this.choices.map((entry, place) => make("li",
      {role: "option", id: `choice-${place}`, "data-place": place, "aria-selected": "false"},
      make("span", {class: "choice"}, entry.label),
      make("span", {class: "hint"}, entry.note || this.hint(entry)))));
    if (!this.choices.length && this.input.value.trim()) {
      this.listbox.replaceChildren(make("li", {class: "nothing"}, "Nothing of that name in what we have"));
    }
    this.listbox.hidden = !this.listbox.childElementCount;
    this.input.setAttribute("aria-expanded", String(!this.listbox.hidden));
    this.input.removeAttribute("aria-activedescendant");
  }

  hint(entry) {
    if (entry.kind === "state") return "state";
    return `place, ${entry.members.length === 1 ? "1 department" : `${entry.members.length} departments`}`;
  }

  key(event) {
    if (event.key === "Escape") this.close();
    if (event.key === "Enter" && !this.listbox.hidden) {
      event.preventDefault();
      this.choose(Math.max(this.active, 0));
    }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    if (this.listbox.hidden) this.look();
    if (!this.choices.length) return;
    this.active = (this.active + step + this.choices.length) % this.choices.length;
    for (const option of this.listbox.children) option.setAttribute("aria-selected", "false");
    const option = this.listbox.children[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({block: "nearest"});
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(place) {
    const entry = this.choices[place];
    if (!entry) return;
    this.input.value = entry.label;
    this.close();
    this.onChoice(entry);
  }

  close() {
    this.listbox.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
