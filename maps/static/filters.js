/* Which departments are shown: one listing must pass programme and year together. */

class Filters {
  constructor(records, form, onChange) {
    this.records = records;
    this.form = form;
    this.visible = new Uint8Array(records.n).fill(1);
    this.shown = records.n;
    this.years = records.listings.from.of.map((text) => text.slice(0, 4) || "unknown");
    form.addEventListener("change", (event) => {
      if (event.target.matches("select")) this.apply(onChange);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => this.apply(onChange)));
    this.changed = onChange;
  }

  get choice() {
    const choice = {};
    for (const select of this.form.querySelectorAll("select")) choice[select.name] = select.value;
    return choice;
  }

  set(name, value) {
    const select = this.form.elements[name];
    select.value = value;
    if (select.value !== value) select.value = "";
    this.apply(this.changed);
  }

  clear() {
    for (const select of this.form.querySelectorAll("select")) select.value = "";
    this.apply(this.changed);
  }

  apply(onChange) {
    const {agencies, listings, n} = this.records;
    const {state, kind, programme, year} = this.choice;
    const stateAt = agencies.state.of.indexOf(state);
    const kindAt = agencies.kind.of.indexOf(kind);
    const programmeAt = listings.programme.of.indexOf(programme);
    this.visible.fill(programme || year ? 0 : 1);
    if (programme || year) {
      for (let row = 0; row < listings.n; row += 1) {
        if (programme && listings.programme.at[row] !== programmeAt) continue;
        if (year && this.years[listings.from.at[row]] !== year) continue;
        this.visible[listings.agency[row]] = 1;
      }
    }
    this.shown = 0;
    for (let i = 0; i < n; i += 1) {
      if (state && agencies.state.at[i] !== stateAt) this.visible[i] = 0;
      if (kind && agencies.kind.at[i] !== kindAt) this.visible[i] = 0;
      this.shown += this.visible[i];
    }
    onChange(this);
  }
}
