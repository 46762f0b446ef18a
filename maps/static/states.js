/* State shapes, shaded by the number of listed departments that pass the filters. */

const HATCH = "url(#hatch)";

class StateLayer {
  constructor(map, records, onClick) {
    const {shapes, breaks, fills} = readBlock("shapes");
    this.breaks = breaks;
    this.fills = fills;
    this.records = records;
    this.listed = this.tally(new Uint8Array(records.n).fill(1));
    this.counts = this.listed;
    this.paths = new Map();
    this.hovered = "";
    const renderer = L.svg({pane: "states", padding: 0.4});
    for (const [state, shape] of Object.entries(shapes)) {
      const path = L.polygon(shape.rings.map(unrolled), {
        renderer, pane: "states", smoothFactor: 0.6, color: "#ffffff", weight: 1, fillOpacity: 1,
        bubblingMouseEvents: true,
      });
      path.on("mouseover", () => { this.hovered = state; });
      path.on("mouseout", () => { this.hovered = ""; });
      path.on("click", (event) => onClick(state, event));
      path.addTo(map);
      this.paths.set(state, {path, name: shape.name});
    }
    this.shade();
  }

  tally(visible) {
    const {state} = this.records.agencies;
    const counts = new Map();
    for (let i = 0; i < visible.length; i += 1) {
      if (visible[i]) counts.set(state.at[i], (counts.get(state.at[i]) || 0) + 1);
    }
    return new Map([...counts].map(([place, count]) => [state.of[place], count]));
  }

  show(visible, chosen) {
    this.counts = this.tally(visible);
    this.shade(chosen);
  }

  shade(chosen = "") {
    for (const [state, {path}] of this.paths) {
      const count = this.counts.get(state) || 0;
      const level = this.breaks.filter((least) => count >= least).length;
      const empty = this.listed.has(state) ? "#f4f3ee" : HATCH;
      const marked = state === chosen;
      path.setStyle({
        fillColor: level ? this.fills[level - 1] : empty,
        color: marked ? "#1c2b36" : "#ffffff",
        weight: marked ? 2.5 : 1,
      });
      if (marked) path.bringToFront();
    }
  }

  /** What is known of a state, in a sentence; none listed is never told as a zero. */
  sentence(state) {
    const {name} = this.paths.get(state);
    const listed = this.listed.get(state);
    if (!listed) return `${name}: none listed in what we have`;
    const shown = this.counts.get(state) || 0;
    const noun = listed === 1 ? "department" : "departments";
    if (shown === listed) return `${name}: ${number(listed)} ${noun} listed`;
    return `${name}: ${shown ? number(shown) : "none"} of ${number(listed)} ${noun} match the filters`;
  }

  bounds(state) {
    const shape = this.paths.get(state);
    return shape ? shape.path.getBounds() : null;
  }
}

/** A packed ring as latitudes and longitudes. */
function unrolled(text) {
  const steps = unpacked(text);
  const ring = [];
  let [east, north] = [0, 0];
  for (let i = 0; i < steps.length; i += 2) {
    east += steps[i];
    north += steps[i + 1];
    ring.push([north / 1000, east / 1000]);
  }
  return ring;
}

/* A whole number with commas; toLocaleString would load its tables first: 36 ms (2026-11-23). */
function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
