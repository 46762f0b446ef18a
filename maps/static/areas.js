/* States, and counties when near, drawn on one canvas and shaded by the chosen measure. */

const COUNTIES_FROM = 6.5; // zoom at which a county is some 30 pixels wide
const FINE = 2 ** 20; // paths count in pixels of zoom 12, from their own corner: Chromium keeps float32
const HATCH = {size: 8, paper: "#efeee8", line: "#a9a79d"};
const DASHES = [4, 3];
const BORDERS = {county: "#ffffff", state: "#5b6b78", chosen: "#1c2b36", small: "#1c2b36"};

/** A state or county. A ring is a list of numbers of lines, twice each, plus one if backwards. */
class Area {
  constructor(code, name, state, lines, rings) {
    Object.assign(this, {code, name, state, lines, rings, drawn: null});
    this.kind = kindOf(code);
    [this.west, this.north, this.east, this.south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) for (const side of ring) this.reach(lines[side >> 1]);
  }

  reach(line) {
    for (let i = 0; i < line.length; i += 2) {
      if (line[i] < this.west) this.west = line[i];
      if (line[i] > this.east) this.east = line[i];
      if (line[i + 1] < this.north) this.north = line[i + 1];
      if (line[i + 1] > this.south) this.south = line[i + 1];
    }
  }

  get path() {
    this.drawn ??= traced(this, this.rings);
    return this.drawn;
  }
}

/** Rings, or lines of an area that are none, as one path from its north-western corner. */
function traced({lines, west, north}, rings) {
  const path = new Path2D();
  for (const ring of rings) {
    let begun = false;
    for (const side of ring) {
      const line = lines[side >> 1];
      const step = side & 1 ? -2 : 2;
      for (let i = step > 0 ? 0 : line.length - 2; i >= 0 && i < line.length; i += step) {
        if (begun) path.lineTo(line[i] - west, line[i + 1] - north);
        else path.moveTo(line[i] - west, line[i + 1] - north);
        begun = true;
      }
    }
  }
  return path;
}

/** Steps in thousandths of a degree as places in Web Mercator, in units of a FINEth of the world. */
function placed(steps) {
  const line = new Float64Array(steps.length);
  let [east, north] = [0, 0];
  for (let i = 0; i < steps.length; i += 2) {
    east += steps[i];
    north += steps[i + 1];
    const sine = Math.sin(north * (Math.PI / 180000));
    line[i] = (east / 360000 + 0.5) * FINE;
    line[i + 1] = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * FINE;
  }
  return line;
}

function readStates() {
  const states = new Map();
  for (const [code, {name, rings}] of Object.entries(readBlock("shapes"))) {
    const lines = rings.map((ring) => placed(unpacked(ring)));
    states.set(code, new Area(code, name, code, lines, lines.map((_, i) => [2 * i])));
  }
  return states;
}

/** The counties of `maps.shapes.counties`, and for each state its borders within and without. */
function readCounties() {
  const raw = readBlock("counties");
  const points = placed(unpacked(raw.points));
  let [end, side, ring] = [0, 0, 0];
  const lines = Array.from(unpacked(raw.lengths), (length) => points.subarray(2 * end, 2 * (end += length)));
  const followed = summed(unpacked(raw.arcs), 2);
  const rings = Array.from(unpacked(raw.sides), (length) => followed.subarray(side, side += length));
  const geoids = summed(unpacked(raw.geoid));
  const [stem, ending] = [coded(raw.stem, geoids.length), coded(raw.ending, geoids.length)];
  const found = Array.from(unpacked(raw.rings), (length, i) => {
    const code = String(geoids[i]).padStart(5, "0");
    const own = rings.slice(ring, ring += length);
    return new Area(code, stem.text(i) + ending.text(i), raw.states[code.slice(0, 2)], lines, own);
  });
  return {areas: new Map(found.map((area) => [area.code, area])), whole: wholeStates(found, lines)};
}

/** The states as their counties make them: the lines where two counties meet, and those round it. */
function wholeStates(counties, lines) {
  const owners = lines.map(() => []);
  for (const {state, rings} of counties) {
    for (const ring of rings) for (const side of ring) owners[side >> 1].push(state);
  }
  const sides = new Map(counties.map(({state}) => [state, {within: [], round: []}]));
  owners.forEach((states, line) => {
    const part = states.length > 1 && states.every((state) => state === states[0]) ? "within" : "round";
    for (const state of new Set(states)) sides.get(state)[part].push(line);
  });
  return [...sides].map(([state, {within, round}]) => {
    const area = new Area(state, "", state, lines, closed(round, lines));
    return Object.assign(area, {within: null, meeting: within.map((line) => [2 * line])});
  });
}

/** Rings made of lines; where several meet any way on will do, as rings are filled even-odd. Ends
    that meet no other (borders rounded apart, in TX and OR) come first: a ring closes between them. */
function closed(numbers, lines) {
  const ends = (line) => [`${line[0]},${line[1]}`, `${line[line.length - 2]},${line[line.length - 1]}`];
  const meeting = new Map();
  for (const number of numbers) {
    ends(lines[number]).forEach((end, last) => {
      if (!meeting.has(end)) meeting.set(end, []);
      meeting.get(end).push(2 * number + last);
    });
  }
  const left = new Set(numbers);
  const alone = [...meeting.values()].filter((sides) => sides.length % 2).map(([side]) => side);
  const rings = [];
  for (const first of [...alone, ...numbers.map((number) => 2 * number)]) {
    const ring = [];
    for (let side = left.has(first >> 1) ? first : undefined; side !== undefined;) {
      ring.push(side);
      left.delete(side >> 1);
      const end = ends(lines[side >> 1])[side & 1 ? 0 : 1];
      side = meeting.get(end).find((next) => left.has(next >> 1));
    }
    if (ring.length) rings.push(ring);
  }
  return rings;
}

/** Below the departments; `paint(pen, view)` draws what is in view. The states stand on it after
    32 ms, where as SVG they took 120 (medians of six on a busy machine, 2026-11-23). */
const AreaCanvas = CanvasLayer.extend({
  options: {pane: "areas", padding: 0.1, className: "areas-canvas"},

  initialize(paint) {
    CanvasLayer.prototype.initialize.call(this);
    this.paint = paint;
  },

  drawOn(pen, {left, top, width, height, scale: worldScale, density}) {
    const scale = worldScale / FINE;
    pen.lineJoin = "bevel";
    this.paint(pen, {
      left, top, density,
      holds: ({west, north, east, south}) => east * scale >= left && south * scale >= top
        && west * scale <= left + width && north * scale <= top + height,
      matrix: ({west, north}) => new DOMMatrix([scale, 0, 0, scale, west * scale - left, north * scale - top]),
      on(area, path = area.path) {
        const own = new Path2D();
        own.addPath(path, this.matrix(area));
        return own;
      },
    });
  },
});

class Areas {
  constructor(map, records, measures) {
    this.map = map;
    this.stateNames = records.states;
    this.measures = measures;
    this.states = readStates();
    this.read = null;
    this.visible = null;
    this.choice = null;
    this.marked = "";
    this.few = new Map();
    this.tester = document.createElement("canvas").getContext("2d");
    this.canvas = new AreaCanvas((pen, view) => this.paint(pen, view)).addTo(map);
  }

  /** The counties are read when first asked for: 220 kB that the first view does not need. */
  get counties() {
    this.read ??= readCounties();
    return this.read;
  }

  get near() {
    return this.map.getZoom() >= COUNTIES_FROM;
  }

  get kind() {
    return this.near ? "county" : "state";
  }

  get drawn() {
    return this.near ? this.counties.areas : this.states;
  }

  area(code) {
    return (/^\d{5}$/.test(code) ? this.counties.areas : this.states).get(code);
  }

  show(visible, choice) {
    this.visible = visible;
    this.choice = choice;
    this.measure();
    this.canvas.draw();
  }

  measure() {
    this.measures.use(this.visible, this.choice, this.kind);
    this.few = bordersOf([...this.drawn.values()].filter(({code}) => this.measures.small(code)));
  }

  /** The areas outlined: those the reader has chosen, and the one marked. */
  get outlined() {
    const codes = [this.choice.get("state"), this.choice.get("subject"), this.marked];
    return [...new Set(codes)].filter((code) => /^([A-Z]{2}|\d{5})$/.test(code));
  }

  /** Outline an area beside those the reader has chosen; "" outlines none. */
  highlight(code) {
    const before = this.visible && String(this.outlined);
    this.marked = code;
    if (this.visible && String(this.outlined) !== before) this.canvas.draw();
  }

  /** Each area is filled by itself: 1,500 counties so take 22 ms, as one path 54 (2026-11-23). */
  paint(pen, view) {
    if (!this.visible) return;
    if (this.kind !== this.measures.shading.kind) this.measure();
    const {measures} = this;
    const seen = [...this.drawn.values()].filter(view.holds);
    const levels = new Map(seen.map((area) => [area, measures.level(area.code)]));
    const whole = this.near ? this.counties.whole.filter(view.holds) : seen;
    const unknown = new Set(seen.filter((area) => levels.get(area) < 0).map(({state}) => state));
    pen.fillStyle = hatching(pen, view);
    for (const state of whole) if (unknown.has(state.state)) pen.fill(view.on(state), "evenodd");
    for (const [area, level] of levels) {
      if (level < 0) continue;
      pen.fillStyle = FILLS[level];
      pen.fill(view.on(area), "evenodd");
    }
    if (this.near) outline(pen, whole.map((state) => view.on(state, within(state))), BORDERS.county, 1);
    outline(pen, whole.map((state) => view.on(state)), this.near ? BORDERS.state : BORDERS.county, 1);
    pen.setLineDash(DASHES);
    outline(pen, seen.filter((area) => this.few.has(area)).map((area) => view.on(area, this.few.get(area))), BORDERS.small, 1);
    pen.setLineDash([]);
    const chosen = this.outlined.map((code) => this.area(code)).filter((area) => area && view.holds(area));
    outline(pen, chosen.map((area) => view.on(area)), BORDERS.chosen, 2.5);
    this.tell(seen, view);
  }

  /** Tells whoever listens (tests, embedding pages) what is drawn where, in pixels of the container. */
  tell(seen, view) {
    const offset = this.map.containerPointToLayerPoint([0, 0]).add(this.map.getPixelOrigin());
    const told = () => seen.map((area) => {
      const {a: scale, e, f} = view.matrix(area);
      const [left, top] = [e + view.left - offset.x, f + view.top - offset.y];
      return {
        code: area.code, level: this.measures.level(area.code), small: this.measures.small(area.code),
        left, top, right: left + (area.east - area.west) * scale, bottom: top + (area.south - area.north) * scale,
      };
    });
    this.map.getContainer().dispatchEvent(new CustomEvent("shaded", {bubbles: true, detail: told}));
  }

  /** The county at a point of the container where counties are drawn, else the state; or "". */
  codeAt(containerPoint) {
    const point = this.map.containerPointToLayerPoint(containerPoint).add(this.map.getPixelOrigin());
    const scale = FINE / this.map.options.crs.scale(this.map.getZoom());
    const [x, y] = [point.x * scale, point.y * scale];
    for (const area of this.drawn.values()) {
      if (x < area.west || x > area.east || y < area.north || y > area.south) continue;
      if (this.tester.isPointInPath(area.path, x - area.west, y - area.north, "evenodd")) return area.code;
    }
    return "";
  }

  bounds(code) {
    const area = this.area(code);
    if (!area?.rings.length) return null;
    const corner = (x, y) => this.map.unproject([(x / FINE) * 256, (y / FINE) * 256], 0);
    return L.latLngBounds(corner(area.west, area.south), corner(area.east, area.north));
  }

  /** "Illinois", "DuPage County, Illinois", or "" where there is no such area. */
  name(code) {
    const area = this.area(code);
    if (!area) return "";
    return area.kind === "state" ? area.name : `${area.name}, ${this.stateNames[area.state]}`;
  }

  sentence(code) {
    return this.measures.sentence(code, this.name(code));
  }

  names() {
    const areas = [...this.states.values(), ...this.counties.areas.values()];
    return areas.map(({code, name, state, kind}) => ({code, name, state, kind}));
  }
}

/** Lines across what is not known; they stay where they are on the ground while the map is panned. */
function hatching(pen, {left, top, density}) {
  const {size, paper, line} = HATCH;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(size * density);
  const brush = tile.getContext("2d");
  brush.scale(tile.width / size, tile.width / size);
  brush.fillStyle = paper;
  brush.fillRect(0, 0, size, size);
  brush.strokeStyle = line;
  brush.lineWidth = 1.2;
  for (const from of [-size, 0, size]) {
    brush.moveTo(from - 1, size + 1);
    brush.lineTo(from + size + 1, -1);
  }
  brush.stroke();
  const pattern = pen.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix([size / tile.width, 0, 0, size / tile.width, -left % size, -top % size]));
  return pattern;
}

function outline(pen, paths, color, width) {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  for (const path of paths) pen.stroke(path);
}

/** The lines in a state where two of its counties meet. */
function within(state) {
  state.within ??= traced(state, state.meeting);
  return state.within;
}

/** The lines round areas, each once, because the dashes of two neighbours would fill their gaps. */
function bordersOf(areas) {
  const done = new Set();
  return new Map(areas.map((area) => {
    const sides = area.rings.flatMap((ring) => [...ring]).filter((side) => !done.has(area.lines[side >> 1]));
    for (const side of sides) done.add(area.lines[side >> 1]);
    return [area, traced(area, sides.map((side) => [side]))];
  }));
}
