/* Who was listed on a day: the rule of analysis/standing.py on typed arrays, days as whole numbers. */

const FIRST_MONTH = "2018-01"; // the first programme began in March of that year
const DAY_LENGTH = 86_400_000; // milliseconds
const NO_DAY = 2 ** 31 - 1; // later than any

/** First and last day of an ISO date, as precise as it is; null where the text is no date. */
function daysOf(text) {
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text);
  if (!found) return null;
  const [year, month, day] = [found[1], found[2] || 1, found[3] || 1].map(Number);
  const first = Date.UTC(year, month - 1, day);
  if (!new Date(first).toISOString().startsWith(text)) return null; // the 31st of February
  const last = found[3] ? first : Date.UTC(year, found[2] ? month : 12, 0);
  return [first / DAY_LENGTH, last / DAY_LENGTH];
}

/** The later of a month and of the month of a date; a year is no month. */
function laterMonth(month, date) {
  return date.length > 4 && date.slice(0, 7) > month ? date.slice(0, 7) : month;
}

class Moments {
  constructor(records) {
    this.records = records;
    this.first = FIRST_MONTH;
    this.last = FIRST_MONTH;
    for (const text of records.listings.last.of) this.last = laterMonth(this.last, text);
  }

  /** The day a choice means: the last one of a month; null where it means none. */
  day(text) {
    return text.length > 4 ? daysOf(text)?.[1] ?? null : null;
  }

  /** How each listing stood on a day: 0 not listed or not known, 1 listed for certain, 2 perhaps,
      3 last seen listed before that day. Null where no day is chosen. */
  at(text) {
    const day = this.day(text);
    if (day === null) return null;
    const {begins, certain, last, ends, after} = this.turns();
    const standing = new Uint8Array(after.length);
    for (let row = 0; row < standing.length; row += 1) {
      if (day < begins[row] || day >= ends[row]) continue;
      if (day < certain[row]) standing[row] = 2;
      else standing[row] = day <= last[row] ? 1 : after[row];
    }
    return standing;
  }

  /** 1 for each listing whose start nobody stated and which was first seen later than that day:
      whether it was listed then is not known. A return tells that it was not listed before. */
  undated(text) {
    const {from, precision, n} = this.records.listings;
    const {begins, ends} = this.turns();
    const day = this.day(text);
    const unstated = from.of.indexOf("");
    const again = precision.of.indexOf("again");
    const rows = new Uint8Array(n);
    for (let row = 0; row < n; row += 1) {
      if (from.at[row] !== unstated || precision.at[row] === again) continue;
      if (day < begins[row] && day < ends[row]) rows[row] = 1;
    }
    return rows;
  }

  /** For each listing the days on which its standing changes, worked out when first asked for. */
  turns() {
    if (this.known) return this.known;
    const {listings} = this.records;
    const {n} = listings;
    const days = {};
    for (const name of ["from", "to", "first", "last", "missing"]) days[name] = listings[name].of.map(daysOf);
    const delisted = listings.toKind.of.map((kind) => kind === "delisted_observed");
    const [begins, certain, last, ends] = [0, 0, 0, 0].map(() => new Int32Array(n));
    const after = new Uint8Array(n);
    for (let row = 0; row < n; row += 1) {
      const [seen] = days.first[listings.first.at[row]];
      const [start, startsBy] = days.from[listings.from.at[row]] || [seen, seen];
      const [seenLast] = days.last[listings.last.at[row]];
      const to = days.to[listings.to.at[row]];
      const missing = days.missing[listings.missing.at[row]];
      const gone = delisted[listings.toKind.at[row]];
      begins[row] = start;
      certain[row] = seen >= start ? Math.min(startsBy, seen) : startsBy;
      last[row] = seenLast;
      ends[row] = Math.min(to ? to[1] + 1 : NO_DAY, gone && missing ? Math.max(missing[0], seenLast + 1) : NO_DAY);
      after[row] = gone ? 2 : 3;
    }
    this.known = {begins, certain, last, ends, after};
    return this.known;
  }
}
