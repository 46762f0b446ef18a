/* One canvas for all departments: a dot for one, a numbered circle for a group. */

const INK = "#7c2d12";
const PAPER = "#ffffff";
const FADED = "#efd0bf";

/** Of a group or of one, by the bits of how its members stood on the chosen day (moments.js):
    full where one was listed for certain, a broken ring where one was perhaps, else faded. */
function appearance(standings) {
  if (standings & 2) return {fill: INK, ring: PAPER, words: PAPER, dash: []};
  if (standings & 4) return {fill: PAPER, ring: INK, words: INK, dash: [4, 3]};
  return {fill: FADED, ring: INK, words: INK, dash: []};
}

const DepartmentLayer = CanvasLayer.extend({
  options: {pane: "departments", padding: 0.15, cell: 58, className: "departments-canvas"},

  initialize(records, visible) {
    CanvasLayer.prototype.initialize.call(this);
    this.points = {x: records.agencies.x, y: records.agencies.y};
    this.pointKind = records.agencies.point;
    this.visible = visible;
    this.groups = [];
  },

  drawOn(pen, view) {
    Object.assign(this, groupPoints(this.points, this.visible, view, this.options.cell));
    this.corner = L.point(view.left, view.top);
    for (let i = this.groups.length - 1; i >= 0; i -= 1) this.drawGroup(pen, this.groups[i]);
    this.tell();
  },

  drawGroup(pen, group) {
    const left = group.x - this.corner.x;
    const top = group.y - this.corner.y;
    const {fill, ring, words, dash} = appearance(group.standings);
    pen.beginPath();
    pen.setLineDash(dash);
    if (group.count === 1) return this.drawOne(pen, group, left, top);
    pen.arc(left, top, radius(group.count), 0, 2 * Math.PI);
    pen.fillStyle = fill;
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = ring;
    pen.stroke();
    pen.fillStyle = words;
    pen.font = "600 12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(short(group.count), left, top + 0.5);
    return undefined;
  },

  /** A dot for a place, a ring for a county, a diamond for a state: how precise the point is. */
  drawOne(pen, {any, standings}, left, top) {
    const kind = this.pointKind.text(any);
    const {fill, ring} = appearance(standings);
    if (kind === "state") {
      pen.moveTo(left, top - 8);
      pen.lineTo(left + 8, top);
      pen.lineTo(left, top + 8);
      pen.lineTo(left - 8, top);
      pen.closePath();
    } else {
      pen.arc(left, top, 6, 0, 2 * Math.PI);
    }
    const hollow = kind !== "place_centroid";
    pen.fillStyle = hollow && fill === INK ? PAPER : fill;
    pen.strokeStyle = hollow ? INK : ring;
    pen.lineWidth = hollow ? 2.5 : 1.5;
    pen.fill();
    pen.stroke();
  },

  /** The group under a point of the map's container, or -1. */
  hit(containerPoint) {
    const point = this._map.containerPointToLayerPoint(containerPoint).add(this._map.getPixelOrigin());
    let best = -1;
    let nearest = Infinity;
    this.groups.forEach((group, number) => {
      const distance = Math.hypot(group.x - point.x, group.y - point.y);
      const limit = (group.count === 1 ? 7 : radius(group.count)) + 3;
      if (distance <= limit && distance < nearest) [best, nearest] = [number, distance];
    });
    return best;
  },

  members(number) {
    return membersOf(number, this.grid, this.points, this.visible);
  },

  latLng(group) {
    return this._map.unproject([group.x, group.y]);
  },

  /** Tells whoever listens (tests, embedding pages) what stands where, in pixels of the container. */
  tell() {
    const groups = () => this.groups.map((group) => {
      const point = this._map.layerPointToContainerPoint(
        L.point(group.x, group.y).subtract(this._map.getPixelOrigin()),
      );
      return {x: point.x, y: point.y, count: group.count};
    });
    this._map.getContainer().dispatchEvent(new CustomEvent("drawn", {bubbles: true, detail: groups}));
  },
});

function radius(count) {
  return 10 + 4.5 * Math.log10(count * 2);
}

function short(count) {
  return count < 10000 ? String(count) : `${Math.round(count / 1000)}k`;
}
