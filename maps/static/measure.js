/* What areas are shaded by, what may be said of each, and the legend that says so. */

const MEASURES = ["departments", "rate", "requests"]; // the first is meant where none is chosen
const FILLS = ["#f6f4ec", "#d9e6f2", "#b9d1e6", "#94b8d8", "#6f9dc8"]; // none or zero, then few to many
const NOTHING = {departments: "Listed, but none match the filters", requests: "0, as stated"};
const UNKNOWN = {
  departments: "None listed in what we have",
  rate: "None listed in what we have, or residents not known",
  requests: "Not known",
};
const FEW_DEPARTMENTS = 3; // below that a rate, or a sum of counts, rests on few: a choice of ours
const FEW_RESIDENTS = 20000; // below that one department more or less moves a rate by 5: a choice of ours
const SHARES = [20, 6, 2]; // parts of the largest value at which classes begin

/** Two digits of a rate, or all of those before the point. */
function rounded(rate) {
  return decimal(rate < 10 ? Number(rate.toPrecision(2)) : Math.round(rate));
}

function decimal(value) {
  return Number.isInteger(value) ? number(value) : String(value);
}

/** What numbers add up to, one after another; the lowest digit of each may say something else. */
function summed(steps, beside = 1) {
  let sum = 0;
  return steps.map((step) => {
    const own = ((step % beside) + beside) % beside;
    sum += step - own;
    return sum + own;
  });
}

/** Where classes begin: above nothing, then at round parts of the largest value. */
function breaksOf(largest, whole) {
  const breaks = [whole ? 1 : 0];
  for (const share of SHARES) {
    const part = largest / share;
    const round = whole && part < 10 ? Math.round(part) : Number(part.toPrecision(1));
    if (round > breaks[breaks.length - 1]) breaks.push(round);
  }
  return breaks;
}

/** Residents and totals by the code of an area. */
function readMeasures() {
  const raw = readBlock("measures");
  const counties = Array.from(summed(unpacked(raw.counties)), (geoid) => String(geoid).padStart(5, "0"));
  const codes = [...raw.states, ...counties];
  const year = coded(raw.year, codes.length);
  const residents = new Map();
  unpacked(raw.population).forEach((count, i) => {
    if (count) residents.set(codes[i], {count: count - 1, year: year.text(i)});
  });
  const totals = raw.totals.map((total) => {
    const [known, all] = [unpacked(total.n_known), unpacked(total.n_total)];
    let next = 0;
    const areas = Array.from(summed(unpacked(total.areas)), (place, row) => {
      const value = known[row] ? total.values[next] : null;
      if (known[row]) next += 1;
      return [codes[place], {value, known: known[row], total: all[row]}];
    });
    return {...total, areas: new Map(areas)};
  });
  return {residents, totals, first: raw.first, source: raw.source};
}

const kindOf = (code) => (code.length === 2 ? "state" : "county");
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

class Measures {
  constructor(records) {
    this.agencies = records.agencies;
    this.everybody = new Uint8Array(records.n).fill(1);
    this.listed = {};
    this.read = null;
    this.listeners = [];
    this.shading = null;
  }

  /** Residents and totals, read when first asked for. */
  get numbers() {
    this.read ??= readMeasures();
    return this.read;
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  /** How many of the departments marked each area of a kind has; "" are those in none we know. */
  tally(marks, kind) {
    const {at, of} = this.agencies[kind === "state" ? "state" : "countyGeoid"];
    const counts = new Uint32Array(of.length);
    for (let i = 0; i < marks.length; i += 1) if (marks[i]) counts[at[i]] += 1;
    return new Map(of.map((code, place) => [code, counts[place]]));
  }

  /** All departments by area, whatever is chosen. */
  all(kind) {
    this.listed[kind] ??= this.tally(this.everybody, kind);
    return this.listed[kind];
  }

  /** Those shown by area. */
  shown(kind) {
    this.shading.counts[kind] ??= this.tally(this.shading.visible, kind);
    return this.shading.counts[kind];
  }

  /** Shade areas of this kind ("state" or "county") by what is chosen, of the departments marked.
      While a day is chosen the classes are those of all departments, so that days compare. The
      largest value is one that does not rest on few, where there is any. */
  use(visible, choice, kind) {
    const measure = MEASURES.includes(choice.get("measure")) ? choice.get("measure") : MEASURES[0];
    const total = measure === "requests" ? this.total(choice.get("period")) : null;
    this.shading = {visible, kind, measure, total, day: choice.get("at"), counts: {}};
    const counts = this.shading.day ? this.all(kind) : this.shown(kind);
    const known = [...(total ? total.areas : counts).keys()]
      .filter((code) => code && kindOf(code) === kind && this.value(code, counts) !== null);
    const sure = known.filter((code) => !this.small(code, counts));
    const largest = (sure.length ? sure : known).reduce((most, code) => Math.max(most, this.value(code, counts)), 0);
    this.shading.breaks = breaksOf(largest, measure !== "rate");
    for (const listener of this.listeners) listener();
  }

  total(key) {
    const {totals, first} = this.numbers;
    return totals.find((total) => total.key === key) || totals[first] || null;
  }

  /** What an area is shaded by; null where it is not known. */
  value(code, counts = this.shown(kindOf(code))) {
    const {measure, total} = this.shading;
    if (measure === "requests") return total?.areas.get(code)?.value ?? null;
    if (!this.all(kindOf(code)).get(code)) return null;
    const count = counts.get(code) || 0;
    if (measure === "departments") return count;
    const residents = this.numbers.residents.get(code)?.count;
    return residents ? (count / residents) * 1e5 : null;
  }

  /** -1 for what is not known, 0 for none or a zero, then the class. */
  level(code) {
    const value = this.value(code);
    if (value === null) return -1;
    return value ? 1 + this.shading.breaks.slice(1).filter((least) => value >= least).length : 0;
  }

  /** Whether the number of an area rests on few. */
  small(code, counts = this.shown(kindOf(code))) {
    const {measure, total} = this.shading;
    if (measure === "departments" || this.value(code, counts) === null) return false;
    if (measure === "requests") return total.areas.get(code).known < FEW_DEPARTMENTS;
    const shown = counts.get(code) || 0;
    return shown > 0 && (shown < FEW_DEPARTMENTS || this.numbers.residents.get(code).count < FEW_RESIDENTS);
  }

  /** What is known of an area, in a sentence; none listed is never told as a zero. */
  sentence(code, name) {
    const said = this.shading.measure === "requests" ? this.requested(code) : this.departments(code);
    return `${name}: ${said}${this.small(code) ? " (small number)" : ""}`;
  }

  departments(code) {
    const listed = this.all(kindOf(code)).get(code) || 0;
    const shown = this.shown(kindOf(code)).get(code) || 0;
    if (!listed) return "none listed in what we have";
    const said = shown === listed
      ? `${plural(listed, "department")} listed`
      : `${shown ? number(shown) : "none"} of ${plural(listed, "department")} match the filters`;
    if (this.shading.measure === "departments") return said;
    const residents = this.numbers.residents.get(code);
    if (!residents) return `${said}; how many live there is not known to us`;
    const rate = shown ? `${rounded(this.value(code))} per 100,000 of ` : "";
    return `${said}; ${rate}${number(residents.count)} residents (${residents.year})`;
  }

  requested(code) {
    const {total} = this.shading;
    if (!total) return "no count of requests is known to us";
    const found = total.areas.get(code);
    if (!found) {
      if (!this.all(kindOf(code)).get(code)) return "none listed in what we have";
      if (kindOf(code) === "county") return `${total.name}: known of none of its departments`;
      return `${total.name}: no department was listed there by then in what we have`;
    }
    if (!found.known) return `${total.name}: known of none of ${plural(found.total, "department")}`;
    const rests = `known of ${number(found.known)} of ${plural(found.total, "department")}`;
    if (!found.value) return `0 ${total.name}, as stated; ${rests}`;
    return `at least ${decimal(found.value)} ${total.name}; ${rests}`;
  }

  /** The classes of the legend: the level of each, and what it means. */
  classes() {
    const {breaks, measure} = this.shading;
    const rows = breaks.map((least, place) => [place + 1, rangeOf(breaks, place, measure === "rate")]);
    return [[0, NOTHING[measure === "requests" ? "requests" : "departments"]], ...rows, [-1, UNKNOWN[measure]]];
  }

  /** What the shades mean, of how much, and where the numbers come from. */
  note() {
    const {measure, kind, total, day} = this.shading;
    if (measure === "requests") {
      if (!total) return "No count of requests is known to us.";
      return `At least so many ${total.name}, known of ${number(total.known)} of ${plural(total.total, "department")} in all. Counts are added up as published and nothing is filled in; the filters do not change them.`;
    }
    const nowhere = kind === "county" ? this.shown(kind).get("") || 0 : 0;
    return [
      measure === "rate" ? this.numbers.source : "",
      nowhere ? `${plural(nowhere, "department")} shown are in none: the county is not known.` : "",
      day ? "Of the chosen day, those listed for certain, perhaps and last seen before it all count; the classes are those of all days." : "",
    ].filter(Boolean).join(" ");
  }

  /** What the mark of a small number stands for, or "" where no number is marked. */
  few() {
    const {measure} = this.shading;
    if (measure === "departments") return "";
    const residents = measure === "rate" ? ` or ${number(FEW_RESIDENTS)} residents` : "";
    return `Small number: rests on fewer than ${FEW_DEPARTMENTS} departments${residents} (limits we chose)`;
  }
}

/** A class in words: "10 to 39", "100 or more"; of rates "0.1 to below 0.5". */
function rangeOf(breaks, place, open) {
  const [least, next] = [breaks[place], breaks[place + 1]];
  if (open && !least) return next === undefined ? "more than 0" : `below ${decimal(next)}`;
  if (next === undefined) return `${decimal(least)} or more`;
  if (open) return `${decimal(least)} to below ${decimal(next)}`;
  return least === next - 1 ? decimal(least) : `${decimal(least)} to ${decimal(next - 1)}`;
}

/** The legend: what areas are shaded by, its classes, and what the marks mean. */
class Legend {
  constructor(root, measures, choice) {
    this.measures = measures;
    this.choice = choice;
    this.measure = root.querySelector("[name=measure]");
    this.period = root.querySelector("[name=period]");
    this.title = root.querySelector(".measured");
    this.classes = root.querySelector(".classes");
    this.note = root.querySelector(".note");
    this.measure.addEventListener("change", () => choice.set({measure: this.measure.value === MEASURES[0] ? "" : this.measure.value, period: ""}));
    this.period.addEventListener("change", () => choice.set({period: this.period.value}));
    measures.listen(() => this.show());
  }

  show() {
    const {measures} = this;
    const {measure, kind, total} = measures.shading;
    this.measure.value = measure;
    this.period.parentElement.hidden = measure !== "requests";
    if (total) {
      if (!this.period.options.length) {
        this.period.append(...measures.numbers.totals.map(({key, name}) => make("option", {value: key}, capital(name))));
      }
      this.period.value = total.key;
    }
    const what = this.measure.selectedOptions[0].textContent;
    this.title.textContent = `${what}, by ${kind}`;
    const rows = measures.classes().map(([level, words]) => swatch(level < 0 ? "unknown" : "", FILLS[level], words));
    if (measures.few()) rows.push(swatch("small", "", measures.few()));
    this.classes.replaceChildren(...rows);
    this.note.textContent = measures.note();
  }
}

/** A row of the legend: a patch in a colour, hatched or dashed by its class, and its words. */
function swatch(look, fill, words) {
  const patch = make("span", {class: `swatch ${look}`.trim(), "aria-hidden": "true"});
  if (fill) patch.style.backgroundColor = fill;
  return make("li", {}, patch, words);
}
