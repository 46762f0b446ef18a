/* Which departments are shown: one listing must pass programme, status, year and day together. */

const OF_LISTINGS = ["programme", "status", "year"];
const OF_DEPARTMENTS = ["state", "kind", "counts", "documents"];

class Filters {
  constructor(records, choice, moments) {
    const {listings, agencies, n} = records;
    const none = listings.links.of.indexOf("");
    Object.assign(this, {records, choice, moments});
    this.visible = new Uint8Array(n).fill(1);
    this.shown = n;
    this.values = {
      programme: {of: listings.programme.of, at: listings.programme.at},
      status: distinctOf(listings.toKind, (kind) => records.words.groups[kind]),
      year: distinctOf(listings.from, (start) => start.slice(0, 4) || "unknown"),
      state: {of: agencies.state.of, at: agencies.state.at},
      kind: {of: agencies.kind.of, at: agencies.kind.at},
      counts: yesOrNo(n, records.requests.agency.filter((_, row) => records.requests.asks[row] && records.requests.known[row])),
      documents: yesOrNo(n, listings.agency.filter((_, row) => listings.links.at[row] !== none)),
    };
  }

  /** Anew after a choice. */
  update() {
    const standing = this.moments.at(this.choice.get("at"));
    this.standing = standing;
    const wanted = this.wanted();
    this.visible.fill(0);
    this.pass(wanted, standing, this.visible);
    this.shown = 0;
    for (let i = 0; i < this.visible.length; i += 1) if (this.visible[i]) this.shown += 1;
  }

  /** For each filter in force, the place of what is chosen among its values; -1 is nowhere. */
  wanted() {
    const wanted = {};
    for (const name of [...OF_LISTINGS, ...OF_DEPARTMENTS]) {
      const chosen = this.choice.get(name);
      if (chosen) wanted[name] = this.values[name].of.indexOf(chosen);
    }
    return wanted;
  }

  /** Mark the departments that pass: 1 where no day is chosen, else how sure it is (moments.js). */
  pass(wanted, standing, marks) {
    const {listings} = this.records;
    const ofListings = OF_LISTINGS.filter((name) => name in wanted).map((name) => [this.values[name].at, wanted[name]]);
    if (!ofListings.length && !standing) {
      marks.fill(1);
    } else {
      for (let row = 0; row < listings.n; row += 1) {
        const sure = standing ? standing[row] : 1;
        const i = listings.agency[row];
        if (!sure || (marks[i] && marks[i] <= sure)) continue;
        if (ofListings.every(([at, place]) => at[row] === place)) marks[i] = sure;
      }
    }
    for (const name of OF_DEPARTMENTS) {
      if (!(name in wanted)) continue;
      const {at} = this.values[name];
      for (let i = 0; i < marks.length; i += 1) if (at[i] !== wanted[name]) marks[i] = 0;
    }
  }

  /** How many departments each value of a filter would leave, all other filters kept. */
  tally(name) {
    const wanted = this.wanted();
    delete wanted[name];
    const marks = new Uint8Array(this.visible.length);
    const {of, at} = this.values[name];
    const counts = new Map(of.map((value) => [value, 0]));
    if (OF_DEPARTMENTS.includes(name)) {
      this.pass(wanted, this.standing, marks);
      const found = new Uint32Array(of.length);
      for (let i = 0; i < marks.length; i += 1) if (marks[i]) found[at[i]] += 1;
      of.forEach((value, place) => counts.set(value, found[place]));
      return counts;
    }
    of.forEach((value, place) => {
      marks.fill(0);
      this.pass({...wanted, [name]: place}, this.standing, marks);
      let found = 0;
      for (let i = 0; i < marks.length; i += 1) if (marks[i]) found += 1;
      counts.set(value, found);
    });
    return counts;
  }
}

/** A dictionary column by what its texts mean. */
function distinctOf(column, meaning) {
  const meant = column.of.map(meaning);
  const of = [...new Set(meant)].sort();
  const places = new Map(of.map((value, place) => [value, place]));
  const placed = meant.map((value) => places.get(value));
  return {of, at: column.at.map((place) => placed[place])};
}

function yesOrNo(n, rows) {
  const at = new Int32Array(n);
  for (const i of rows) at[i] = 1;
  return {of: ["no", "yes"], at};
}
