/* The departments that pass the filters as a list: the way to each of them without a mouse. */

const RESULTS_PAGE = 50;
const SURENESS = {
  2: "Perhaps listed on that day: how exactly it is dated does not tell",
  3: "Last seen listed before that day",
};

class Results {
  constructor(records, root, onChoice) {
    Object.assign(this, {records, root, onChoice, visible: null, chosen: -1, shown: [], next: 0, left: 0});
    this.details = new Details(records);
    this.list = root.querySelector("ol");
    this.more = root.querySelector("button");
    this.none = root.querySelector("p");
    this.select = root.querySelector("select");
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.onChoice(Number(button.dataset.row));
    });
    this.more.addEventListener("click", () => {
      const from = this.shown.length;
      this.add(this.page());
      this.list.children[from]?.querySelector("button").focus();
    });
    this.select.addEventListener("focus", () => this.byName()); // while the reader chooses
    this.select.addEventListener("change", () => this.show(this.visible));
  }

  /** @param visible per department 0 hidden, 1 shown, and on a day 2 or 3 (see SURENESS)
      @param order "state" (that of the payload) or "name" */
  show(visible, order = this.select.value) {
    this.visible = visible;
    this.select.value = order;
    this.order = order === "name" ? this.byName() : null;
    this.left = 0;
    for (let i = 0; i < visible.length; i += 1) if (visible[i]) this.left += 1;
    this.none.hidden = this.left > 0;
    this.next = 0;
    const rows = this.page();
    const same = rows.length === this.shown.length && rows.every(([i, sure], at) => i === this.shown[at][0] && sure === this.shown[at][1]);
    if (same) {
      this.left -= rows.length;
      this.tell();
      return;
    }
    if (this.shown.length) this.list.scrollTop = 0; // asked of an empty list it costs a layout of the page
    this.shown = [];
    this.list.replaceChildren();
    this.add(rows);
  }

  /** The next rows that are visible, each with how sure it is. */
  page() {
    const rows = [];
    const n = this.visible.length;
    while (this.next < n && rows.length < RESULTS_PAGE) {
      const i = this.order ? this.order[this.next] : this.next;
      if (this.visible[i]) rows.push([i, this.visible[i]]);
      this.next += 1;
    }
    return rows;
  }

  add(rows) {
    this.list.append(...rows.map(([i, sure]) => this.item(i, sure)));
    this.shown.push(...rows);
    this.left -= rows.length;
    this.tell();
  }

  tell() {
    this.more.hidden = this.left === 0;
    this.more.textContent = `Show more (${number(this.left)} not shown yet)`;
  }

  item(i, sure) {
    const {agencies, states} = this.records;
    const state = agencies.state.text(i);
    const where = [agencies.city.text(i) || agencies.county.text(i), states[state] || state].filter(Boolean).join(", ");
    const button = make("button", {type: "button", "data-row": i},
      make("span", {class: "choice"}, agencies.name[i]),
      make("span", {class: "hint"}, where),
      SURENESS[sure] ? make("span", {class: "hint sure"}, SURENESS[sure]) : "",
      ...this.standing(i).map((words) => make("span", {class: "hint"}, words)));
    if (i === this.chosen) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  }

  /** What is said of the newest spell in each programme, without what stands in brackets. */
  standing(i) {
    const {listings, words} = this.records;
    const said = new Map();
    for (let row = listings.of[i]; row < listings.of[i + 1]; row += 1) {
      const dates = {};
      for (const name of ["to", "last", "missing"]) dates[name] = listings[name].text(row);
      const status = this.details.fill(words.status[listings.toKind.text(row)], dates);
      said.set(words.programmes[listings.programme.text(row)], status);
    }
    return [...said].map(([programme, status]) => `${withoutBrackets(programme)}: ${withoutBrackets(status)}`);
  }

  /** Mark the department that is open; -1 is none. */
  mark(i) {
    this.chosen = i;
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.list.querySelector(`[data-row="${i}"]`)?.setAttribute("aria-current", "true");
  }

  /** All rows by name, sorted when first asked for. An array's own sort goes by the runs it finds,
      and the rows of each state are one: 100,000 take 113 ms, as typed array 132 (2026-11-23). */
  byName() {
    if (!this.named) {
      const names = this.records.agencies.name.map((name) => name.toLowerCase());
      const rows = [...names.keys()].sort((a, b) => (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : 0));
      this.named = Uint32Array.from(rows);
    }
    return this.named;
  }
}

function withoutBrackets(text) {
  return text.split(" (")[0];
}
