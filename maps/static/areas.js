/* States, and counties when near, drawn on one canvas and shaded by the chosen measure. */

const COUNTIES_FROM = 6.5; // zoom at which a county is some 30 pixels wide
const HATCH = {size: 8, paper: "#efeee8", line: "#a9a79d"};
const DASHES = [4, 3];
const BORDERS = {county: "#ffffff", state: "#5b6b78", chosen: "#1c2b36", small: "#1c2b36"};

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
