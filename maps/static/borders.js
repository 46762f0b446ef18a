/* States and counties as lines: read from the blocks of maps/shapes.py, and traced as paths. */

const FINE = 2 ** 20; // paths count in pixels of zoom 12, from their own corner: Chromium keeps float32

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
