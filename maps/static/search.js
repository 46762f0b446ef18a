/* One box for departments, places, counties, states and ZIP codes: an ARIA combobox.
   An entry is a row of typed arrays that name its texts in the dictionary of names.js; its cost is
   the sum over the words of the query of the least of its texts. */

const CHOICES = 8;
const CANDIDATES = 24; // so many of the best are looked at closer
const BUILDING = 12; // milliseconds at a time
const KIND_ORDER = ["state", "place", "department", "county"];

class Search {
  constructor(records, areas, input, listbox, onChoice) {
    Object.assign(this, {records, areas, input, listbox, onChoice, choices: [], active: -1, index: null, building: null, zips: null});
    this.status = listbox.parentElement.querySelector("[role=status]");
    input.addEventListener("input", () => this.look());
    input.addEventListener("focus", () => { this.prepare(); if (input.value) this.look(); });
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => this.key(event));
    listbox.addEventListener("mousedown", (event) => event.preventDefault());
    listbox.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.place));
    });
  }

  /** Build the index bit by bit, so that the page stays alive meanwhile. */
  prepare() {
    if (this.index || this.building) return;
    this.building = this.build();
    const go = () => {
      const until = performance.now() + BUILDING;
      while (!this.index && performance.now() < until) this.building.next();
      if (!this.index) window.setTimeout(go);
    };
    window.setTimeout(go);
  }

  /** The index; what is still to be built of it is built now. */
  ready() {
    this.prepare();
    while (!this.index) this.building.next();
    return this.index;
  }

  /** Departments by their rows, then places of several departments, then counties and states. */
  * build() {
    const {agencies, n, states, former} = this.records;
    const dictionary = new Dictionary();
    const state = yield* dictionary.numbered(agencies.state.of.map((code) => `${states[code] || ""} ${code}`), false);
    const city = yield* dictionary.numbered(agencies.city.of);
    const county = yield* dictionary.numbered(agencies.county.of);
    const stem = yield* dictionary.numbered(agencies.stem);
    const ending = yield* dictionary.numbered(agencies.ending.of);
    const other = yield* dictionary.numbered(Object.values(former).map((text) => text.replace(/ \(until [^)]*\)/g, "")));
    const places = this.places();
    const named = this.areas.names();
    const areaNames = yield* dictionary.numbered(named.map(({name}) => name));
    const areaStates = yield* dictionary.numbered(named.map((area) => `${states[area.state] || ""} ${area.state}`), false);
    const size = n + places.length + named.length;
    const columns = {};
    for (const name of ["first", "second", "other", "place", "county", "state"]) columns[name] = new Uint32Array(size);
    const kind = new Uint8Array(size).fill(KIND_ORDER.indexOf("department"), 0, n);
    for (let i = 0; i < n; i += 1) {
      columns.first[i] = stem[i];
      columns.second[i] = ending[agencies.ending.at[i]];
      columns.place[i] = city[agencies.city.at[i]];
      columns.county[i] = county[agencies.county.at[i]];
      columns.state[i] = state[agencies.state.at[i]];
    }
    Object.keys(former).forEach((row, at) => { columns.other[row] = other[at]; });
    places.forEach(([one], at) => {
      kind[n + at] = KIND_ORDER.indexOf("place");
      columns.first[n + at] = columns.place[one];
      columns.county[n + at] = columns.county[one];
      columns.state[n + at] = columns.state[one];
    });
    named.forEach((area, at) => {
      const entry = n + places.length + at;
      kind[entry] = KIND_ORDER.indexOf(area.kind);
      columns.first[entry] = area.kind === "state" ? areaStates[at] : areaNames[at];
      columns.state[entry] = area.kind === "state" ? 0 : areaStates[at];
    });
    yield;
    dictionary.close();
    this.index = {
      dictionary, places, areas: named, kind, size, bare: this.bare(places.length, named), ...columns,
      left: new Uint32Array(size), total: new Uint16Array(size), own: new Uint8Array(size), meant: new Uint8Array(size),
      whole: this.stateNames(named, n + places.length),
    };
  }

  /** The departments of each place that has several. */
  places() {
    const {agencies, n} = this.records;
    const one = new Map();
    const several = new Map();
    for (let i = 0; i < n; i += 1) {
      if (!agencies.city.text(i)) continue;
      const place = agencies.city.at[i] * agencies.state.of.length + agencies.state.at[i];
      if (!one.has(place)) one.set(place, i);
      else if (several.has(place)) several.get(place).push(i);
      else several.set(place, [one.get(place), i]);
    }
    return [...several.values()];
  }

  /** 1 for each area of which we know no department, after as many places. */
  bare(before, named) {
    const bare = new Uint8Array(before + named.length);
    const tallies = this.tallies();
    named.forEach(({code}, at) => { bare[before + at] = tallies.get(code) ? 0 : 1; });
    return bare;
  }

  stateNames(named, from) {
    const found = new Map();
    named.forEach(({code, name, kind}, at) => {
      if (kind !== "state") return;
      found.set(code.toLowerCase(), from + at);
      found.set(wordsOf([name])[0].join(" "), from + at);
    });
    return found;
  }

  /** The words of a query: what each text costs for each, and whether it may be left out. */
  asked(words, typos) {
    const {dictionary} = this.index;
    const optional = words.map((word, at) => OPTIONAL_WORDS.some((known) => known === word || WRITTEN_OUT[word]?.[0] === known
      || (at === words.length - 1 && word.length > 2 && known.startsWith(word))));
    const none = optional.every(Boolean);
    const pairs = words.slice(1).map((word, at) => words[at] + word)
      .map((pair) => (pair.length > 3 ? dictionary.costs(pair, false) : null));
    return words.map((word, at) => {
      const mayLack = optional[at] && !none;
      const joined = [pairs[at - 1], pairs[at]].filter(Boolean);
      let costs = dictionary.costs(word, typos && !mayLack);
      if (joined.length) {
        costs = costs.slice();
        for (const other of joined) {
          for (let text = 0; text < costs.length; text += 1) if (other[text] < NONE && other[text] + 1 < costs[text]) costs[text] = other[text] + 1;
        }
      }
      return {costs, mayLack};
    });
  }

  /** The best entries for words, and how many there are without a typo: those are enough where
      they fill the list, which spares most letters the search among all words. */
  find(words) {
    const found = this.matched(words, false);
    return found.exact >= CHOICES ? found : this.matched(words, true);
  }

  matched(words, typos) {
    const {index} = this;
    const {first, second, other, place, county, state, left, total, own, meant} = index;
    let length = index.size;
    for (let entry = 0; entry < length; entry += 1) left[entry] = entry;
    total.fill(0);
    own.fill(0);
    meant.fill(0);
    for (const {costs, mayLack} of this.asked(words, typos)) {
      let kept = 0;
      for (let at = 0; at < length; at += 1) {
        const entry = left[at];
        const name = Math.min(costs[first[entry]], costs[second[entry]]);
        const near = Math.min(name, costs[other[entry]] + 1, costs[place[entry]] + 1, costs[county[entry]] + 2);
        const best = Math.min(near, costs[state[entry]]);
        if (best >= NONE && !mayLack) continue;
        left[kept] = entry;
        kept += 1;
        if (best >= NONE) continue;
        total[entry] += best;
        if (name === best) own[entry] += 1;
        if (near < NONE) meant[entry] = 1;
      }
      length = kept;
    }
    return this.best(words, length);
  }

  best(words, length) {
    const {left, total, meant, whole} = this.index;
    const filtered = this.records.agencies.state.of.indexOf(this.input.form?.elements.state?.value);
    const best = [];
    let exact = 0;
    for (let at = 0; at < length; at += 1) {
      const entry = left[at];
      if (!meant[entry]) continue; // its state alone was meant
      if (total[entry] < TYPO) exact += 1;
      const rank = this.rank(entry, filtered);
      if (best.length === CANDIDATES && rank >= best[CANDIDATES - 1].rank) continue;
      let to = best.length;
      while (to > 0 && best[to - 1].rank > rank) to -= 1;
      best.splice(to, 0, {rank, entry, edits: total[entry] >> 6});
      if (best.length > CANDIDATES) best.pop();
    }
    const asked = words.join(" ");
    const names = wordsOf(best.map(({entry}) => this.name(entry)));
    best.forEach((found, at) => { found.order = names[at].join(" ").startsWith(asked) ? 0 : 1; });
    best.sort((a, b) => a.rank - b.rank || a.order - b.order);
    if (whole.has(asked)) {
      const at = best.findIndex(({entry}) => entry === whole.get(asked));
      if (at < 0) exact += 1;
      best.unshift(at < 0 ? {entry: whole.get(asked), edits: 0} : best.splice(at, 1)[0]);
    }
    return {exact, best: (exact ? best.filter(({edits}) => edits < 2) : best).slice(0, CHOICES)};
  }

  /** Typos, then whether it is in the state of the filter, then how and where it matches, then how
      much of the name was not asked for, then its kind. */
  rank(entry, filtered) {
    const {total, own, kind, first, second, dictionary, bare} = this.index;
    const elsewhere = filtered >= 0 && entry < this.records.n && this.records.agencies.state.at[entry] !== filtered ? 1 : 0;
    let rest = Math.max(0, dictionary.lengths[first[entry]] + dictionary.lengths[second[entry]] - own[entry]);
    if (KIND_ORDER[kind[entry]] === "county") rest += (rest ? 3 : 0) + bare[entry - this.records.n];
    return (((total[entry] >> 6) * 2 + elsewhere) * 64 + (total[entry] & 63)) * 64 + Math.min(rest, 15) * 4 + kind[entry];
  }

  /** What an entry is called, without where it is. */
  name(entry) {
    const {places, areas} = this.index;
    const {agencies, n} = this.records;
    if (entry < n) return agencies.name[entry];
    if (entry < n + places.length) return agencies.city.text(places[entry - n][0]);
    return areas[entry - n - places.length].name;
  }

  /** A choice of the list: what is shown of it, and what `onChoice` gets. */
  choiceOf({entry, edits}, words) {
    const {places, areas} = this.index;
    const {n, former} = this.records;
    const why = edits ? "similar name" : "";
    if (entry < n) {
      const other = former[entry] && this.otherwise(entry, words) ? `also: ${former[entry]}` : "";
      return {label: this.name(entry), hints: [why, this.where(entry), other], entry: {kind: "department", member: entry}};
    }
    if (entry < n + places.length) return this.placeChoice(places[entry - n], why);
    const area = areas[entry - n - places.length];
    const tally = this.tallies().get(area.code) || 0;
    const said = tally ? departments(tally) : "none listed in what we have";
    const where = area.kind === "county" ? `county in ${this.stateName(area.state)}` : "state";
    return {label: area.name, hints: [why, where, said], entry: {kind: area.kind, code: area.code}};
  }

  placeChoice(members, why, zip = "") {
    const {city, state} = this.records.agencies;
    const label = `${city.text(members[0])}, ${this.stateName(state.text(members[0]))}`;
    const shown = zip ? `${zip}: ${label}` : label;
    return {label: shown, hints: [why, "place", departments(members.length)], entry: {kind: "place", members, label}};
  }

  /** Whether a department was found by words that its name does not hold. */
  otherwise(entry, words) {
    const name = ` ${wordsOf([this.name(entry)])[0].join(" ")}`;
    return !words.every((word) => name.includes(` ${word}`));
  }

  where(i) {
    const {city, county, state} = this.records.agencies;
    return [city.text(i) || county.text(i), this.stateName(state.text(i))].filter(Boolean).join(", ");
  }

  stateName(code) {
    return this.records.states[code] || code;
  }

  /** How many departments we know in each state and county. */
  tallies() {
    if (this.tally) return this.tally;
    this.tally = new Map();
    for (const {of, at} of [this.records.agencies.state, this.records.agencies.countyGeoid]) {
      const counts = new Uint32Array(of.length);
      for (let i = 0; i < this.records.n; i += 1) counts[at[i]] += 1;
      of.forEach((code, place) => this.tally.set(code, counts[place]));
    }
    return this.tally;
  }

  /** Departments whose id is this one, or begins so. */
  identified(text) {
    const id = text.trim().toLowerCase();
    if (!/^[a-z]{2}-[a-z0-9-]*$/.test(id)) return [];
    const {agencies, n} = this.records;
    const state = agencies.state.of.indexOf(id.slice(0, 2).toUpperCase());
    const found = [];
    for (let i = 0; i < n; i += 1) {
      if (agencies.state.at[i] === state && idOf(agencies, i).startsWith(id)) found.push(i);
    }
    const entries = found.map((i) => ({kind: idOf(agencies, i) === id ? 0 : 1, entry: i, edits: 0}));
    return entries.sort((a, b) => a.kind - b.kind).slice(0, CHOICES);
  }

  /** What a ZIP code or its beginning leads to. */
  postal(digits) {
    this.zips ||= new ZipCodes(readBlock("zips"));
    const {places, states} = this.zips.find(digits);
    const choices = places.slice(0, CHOICES - 1).map(({zip, members}) => this.placeChoice(members, "", zip));
    for (const code of states) {
      choices.push({label: `Show ${this.stateName(code)}`, hints: ["state"], entry: {kind: "state", code}});
    }
    const named = states.map((code) => this.stateName(code)).join(" or ");
    const [code, theirs] = digits.length === 5 ? [`${digits}: a ZIP code of ${named}`, "its place"] : [`ZIP codes that begin with ${digits} are of ${named}`, "their places"];
    if (!states.length) return {choices, said: ""};
    if (!places.length) return {choices, said: `${code}; no department listed in ${theirs} in what we have.`};
    return {choices, said: `${code}; ${places.length === 1 ? "1 place" : `${number(places.length)} places`} with departments.`};
  }

  /** The choices for what was typed, and a sentence about them. */
  answer(text) {
    const zip = /^\s*(\d{3,5})(?:-\d{0,4})?\s*$/.exec(text);
    const postal = zip ? this.postal(zip[1]) : {choices: [], said: ""};
    const [words] = wordsOf([text.replace(/(?<=\S\s+)\d{5}(?:-\d{4})?\s*$/, "").replace(/^(city|town|village) of /i, "")]);
    this.ready();
    const found = words.length ? this.find(words.slice(0, QUERY_WORDS)) : {exact: 0, best: []};
    const known = this.identified(text);
    const best = [...known, ...found.best.filter(({entry}) => !known.some((other) => other.entry === entry))];
    const exact = found.exact + known.filter(({entry}) => !found.best.some((other) => other.entry === entry && !other.edits)).length;
    const named = best.map((one) => this.choiceOf(one, words));
    const choices = [...postal.choices, ...named].slice(0, CHOICES);
    const said = postal.said || told(exact, best.slice(0, CHOICES).filter(({edits}) => edits).length);
    return {choices, said};
  }

  look() {
    this.active = -1;
    const text = this.input.value;
    const {choices, said} = text.trim() ? this.answer(text) : {choices: [], said: ""};
    this.choices = choices;
    this.listbox.replaceChildren(...choices.map(({label, hints}, place) => make("li",
      {role: "option", id: `choice-${place}`, "data-place": place, "aria-selected": "false"},
      make("span", {class: "choice"}, label),
      make("span", {class: "hint"}, hints.filter(Boolean).join(" · ")))));
    this.status.textContent = said;
    this.listbox.hidden = !choices.length;
    this.input.setAttribute("aria-expanded", String(!this.listbox.hidden));
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.key === "Escape" && (this.status.textContent || !this.listbox.hidden)) {
      event.preventDefault(); // the first one closes the list, the next empties the box
      this.close();
    }
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.listbox.hidden) this.look();
      else this.choose(Math.max(this.active, 0));
    }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    if (this.listbox.hidden) this.look();
    if (this.choices.length) this.point((this.active + step + this.choices.length) % this.choices.length);
  }

  point(place) {
    this.active = place;
    for (const option of this.listbox.children) option.setAttribute("aria-selected", "false");
    const option = this.listbox.children[place];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({block: "nearest"});
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(place) {
    const choice = this.choices[place];
    if (!choice) return;
    this.input.value = choice.entry.label || choice.label;
    this.close();
    this.onChoice(choice.entry);
  }

  close() {
    this.active = -1;
    this.listbox.hidden = true;
    this.status.textContent = "";
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

function departments(count) {
  return count === 1 ? "1 department" : `${number(count)} departments`;
}

/** How many matches there are; nothing found is no finding. */
function told(exact, similar) {
  if (!exact && !similar) return "Nothing of that name in what we have; a department may take part all the same.";
  const names = similar === 1 ? "1 similar name" : `${similar} similar names`;
  if (!exact) return `No exact match; did you mean ${similar === 1 ? "this name" : `one of these ${similar}`}?`;
  const matches = exact === 1 ? "1 match" : `${number(exact)} matches`;
  const first = exact > CHOICES ? `, the first ${CHOICES} are shown` : "";
  return `${matches}${first}${similar ? `, and ${names}` : ""}.`;
}
