/* Tables that sort by their heads, and the table of all departments, which is filtered as the map
   is. As the page comes, department i of the records is the i-th of its rows. */

const GROUP = 50; // departments of one body of the table, as in rows.html: it is laid out when seen

/** The heads of a table as buttons; what they sort by is in the address, `-` before it downwards. */
class SortHeads {
  constructor(table, choice, standard) {
    Object.assign(this, {choice, standard, heads: new Map()});
    for (const head of table.tHead.rows[0].cells) {
      const name = head.dataset.sort;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => choice.set({sort: this.following(name)}));
      head.append(button);
      this.heads.set(name, head);
    }
  }

  get chosen() {
    const text = this.choice.get("sort");
    const name = text.replace(/^-/, "");
    return this.heads.has(name) ? {name, down: text !== name} : {name: this.standard, down: false};
  }

  /** What a head chooses: its order upwards, and where that stands already, downwards. */
  following(name) {
    const {name: now, down} = this.chosen;
    if (name === now && !down) return `-${name}`;
    return name === this.standard ? "" : name;
  }

  show() {
    const {name, down} = this.chosen;
    for (const [key, head] of this.heads) {
      if (key === name) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }
}

/** Places in the order of their keys, equal ones as they stood; "" is unknown and always last. */
function orderBy(keys, down) {
  const places = new Map();
  keys.forEach((key, place) => {
    if (places.has(key)) places.get(key).push(place);
    else places.set(key, [place]);
  });
  const known = [...places.keys()].filter((key) => key !== "").sort((a, b) => (a < b ? -1 : 1));
  if (down) known.reverse();
  return [...known, ""].flatMap((key) => places.get(key) || []);
}

/** Letters as they are compared: small, without their marks. */
function plainLetters(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

const STATUS_ORDER = ["listed", "unknown", "delisted", "ended", "programme_ended"];

/** By which value each department is sorted; dates are those of its earliest start, newest look. */
class DepartmentKeys {
  constructor(records, cells) {
    Object.assign(this, {records, cells, known: new Map()});
  }

  of(name) {
    if (!this.known.has(name)) this.known.set(name, this.found(name));
    return this.known.get(name);
  }

  found(name) {
    const {records} = this;
    const {listings, requests} = records;
    if (name === "since") return this.least((row) => listings.from.text(row));
    if (name === "last") return this.least((row) => listings.last.text(row), (a, b) => a > b);
    if (name === "status") {
      return this.least((row) => STATUS_ORDER.indexOf(records.words.groups[listings.toKind.text(row)]));
    }
    if (name === "counts") {
      const keys = new Array(records.n).fill(1);
      requests.agency.forEach((i, row) => { if (requests.asks[row] && requests.known[row]) keys[i] = 0; });
      return keys;
    }
    return plainLetters(this.cells(name).map((text) => text.replaceAll("\n", " ")).join("\n")).split("\n");
  }

  /** The least of each department's listings, "" where it has none. */
  least(value, before = (a, b) => a < b) {
    const keys = new Array(this.records.n).fill("");
    const {listings} = this.records;
    for (let row = 0; row < listings.n; row += 1) {
      const i = listings.agency[row];
      const key = value(row);
      if (key !== "" && (keys[i] === "" || before(key, keys[i]))) keys[i] = key;
    }
    return keys;
  }
}

class DepartmentTable {
  constructor(table, filters, choice, words) {
    Object.assign(this, {table, filters, choice, words});
    this.heads = new SortHeads(table, choice, "state");
    this.rows = [];
    for (const body of table.tBodies) {
      for (const row of body.rows) {
        if (row.firstElementChild.tagName === "TH") this.rows.push([row]);
        else this.rows.at(-1).push(row);
      }
    }
    this.order = [...this.rows.keys()];
    this.shown = this.order;
    this.keys = new DepartmentKeys(filters.records, (name) => this.cells(name));
  }

  /** A column: the text of the first line of each department. */
  cells(name) {
    const place = this.heads.heads.get(name).cellIndex;
    return this.rows.map(([row]) => row.children[place].textContent);
  }

  /** What the words of the reader are sought in, once they are. */
  get sought() {
    const columns = ["name", "place", "county"].map((name) => this.keys.of(name));
    this.letters ||= this.rows.map((_, i) => columns.map((texts) => texts[i]).join(" "));
    return this.letters;
  }

  sort() {
    const {name, down} = this.heads.chosen;
    this.order = orderBy(this.keys.of(name), down);
    this.heads.show();
  }

  /** Show whoever passes the filters and has all words, in order; how many they are. */
  filter() {
    const {visible} = this.filters;
    const words = plainLetters(this.words.value).split(/\s+/).filter(Boolean);
    const passes = (i) => visible[i] && words.every((word) => this.sought[i].includes(word));
    this.draw(this.order.filter(passes));
    return this.shown.length;
  }

  /** New bodies with the rows of these departments; the others are in none. */
  draw(shown) {
    if (shown.length === this.shown.length && shown.every((i, at) => i === this.shown[at])) return;
    this.shown = shown;
    for (const body of [...this.table.tBodies]) body.remove();
    for (let from = 0; from < shown.length; from += GROUP) {
      const body = document.createElement("tbody");
      body.append(...shown.slice(from, from + GROUP).flatMap((i) => this.rows[i]));
      this.table.append(body);
    }
  }
}

/** The filters in force in one line, for paper, which has no controls; "" where there are none. */
function sentenceOf(form, choice, words, count) {
  const parts = [...form.querySelectorAll("select")].filter((select) => select.value).map((select) => (
    `${select.labels[0].firstChild.textContent}: ${select.selectedOptions[0].dataset.label}`));
  if (choice.get("at")) parts.push(`Listed on: ${choice.get("at")}`);
  if (words) parts.push(`Words: ${words}`);
  return parts.length ? `${count}. ${parts.join("; ")}.` : "";
}

function startList() {
  const [form, count, none, line, onMap, words] = ["filters", "count", "none", "in-force", "same-map", "words"].map((id) => document.getElementById(id));
  const records = readRecords();
  const choice = new Choice();
  const filters = new Filters(records, choice, new Moments(records));
  const fields = new FilterForm(form, filters, choice);
  const table = new DepartmentTable(document.querySelector(".departments"), filters, choice, words);
  const show = () => {
    filters.update();
    fields.show();
    const shown = table.filter();
    if (words.value) form.classList.add("filtered");
    none.hidden = shown > 0;
    count.textContent = `${number(shown)} of ${number(records.n)} departments`;
    line.textContent = sentenceOf(form, choice, words.value.trim(), count.textContent);
    line.hidden = !line.textContent;
    onMap.hash = fragmentOf(choice.chosen);
  };
  document.getElementById("panel").open = window.matchMedia("(min-width: 60rem)").matches;
  let waiting = 0;
  words.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(show, 120);
  });
  form.addEventListener("reset", () => {
    words.value = "";
    show();
  });
  choice.listen((changed) => {
    if (changed.has("sort")) table.sort();
    if (changed.size > 1 || !changed.has("sort")) show();
    else table.filter();
  });
  if (choice.get("sort")) table.sort();
  else table.heads.show();
  show();
  document.documentElement.dataset.ready = String(records.n);
}

/** The table of states; a cell is sorted by its `data-value`, a head by its words. */
function startStates() {
  const table = document.querySelector(".sorted");
  const choice = new Choice();
  const heads = new SortHeads(table, choice, "name");
  const rows = [...table.tBodies[0].rows];
  const sort = () => {
    const {name, down} = heads.chosen;
    const place = heads.heads.get(name).cellIndex;
    const keys = rows.map((row) => (place ? valueOf(row.cells[place]) : plainLetters(row.cells[0].textContent)));
    table.tBodies[0].append(...orderBy(keys, down).map((i) => rows[i]));
    heads.show();
  };
  choice.listen((changed) => { if (changed.has("sort")) sort(); });
  sort();
  document.documentElement.dataset.ready = String(rows.length);
}

/** The number of a cell, or its day; "" where there is none. */
function valueOf(cell) {
  const text = cell?.dataset.value || "";
  return text === "" || text.includes("-") ? text : Number(text);
}
