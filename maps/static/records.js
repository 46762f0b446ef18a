/* The payload of maps/payload.py, decoded once into typed arrays. */

/** A JSON block of the page; the block is emptied, so that its text does not stay in memory. */
function readBlock(id) {
  const block = document.getElementById(id);
  const data = JSON.parse(block.textContent);
  block.textContent = "";
  return data;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const WORTH = new Uint8Array(128);
for (let digit = 0; digit < DIGITS.length; digit += 1) WORTH[DIGITS.charCodeAt(digit)] = digit;

/** The whole numbers of a text that `packed` in maps/columns.py wrote. */
function unpacked(text) {
  const numbers = new Int32Array(text.length);
  let [length, bits, shift] = [0, 0, 0];
  for (let i = 0; i < text.length; i += 1) {
    const digit = WORTH[text.charCodeAt(i)];
    bits |= (digit & 31) << shift;
    shift += 5;
    if (digit < 32) {
      numbers[length] = (bits >>> 1) ^ -(bits & 1);
      length += 1;
      [bits, shift] = [0, 0];
    }
  }
  return numbers.subarray(0, length);
}

/** A column: one entry a row, also where the payload gives one value for all. */
function column(values, length) {
  return Array.isArray(values) ? values : new Array(length).fill(values);
}

/** A dictionary column: `at` gives each row's place in `of`. */
function coded({of, is}, length) {
  const at = is ? unpacked(is) : new Int32Array(length);
  return {of, at, text: (row) => of[at[row]]};
}

function decode(table, length) {
  const decoded = {n: length};
  for (const [name, values] of Object.entries(table)) {
    const isCoded = values !== null && typeof values === "object" && "of" in values;
    decoded[name] = isCoded ? coded(values, length) : column(values, length);
  }
  return decoded;
}

/** Names in full: a stem, or 0 for the city, and an ending that several names share. */
function named(agencies) {
  const stem = agencies.stem.map((text, i) => (text === 0 ? agencies.city.text(i) : text));
  return {stem, name: stem.map((text, i) => text + agencies.ending.text(i))};
}

/** Our id: the stem of the name goes before what `id` holds where that begins with a hyphen. */
function idOf({stem, id, state}, i) {
  const rest = id.text(i);
  const before = stem[i].toLowerCase().replace(/['.]/g, "").replace(/[^a-z0-9]+/g, "-");
  return `${state.text(i).toLowerCase()}-${rest.startsWith("-") ? before : ""}${rest}`;
}

/** Rows of each department in a table sorted by department: from `[i]` up to before `[i + 1]`. */
function spans(agencies, count) {
  const starts = new Uint32Array(count + 1);
  for (const agency of agencies) starts[agency + 1] += 1;
  for (let i = 0; i < count; i += 1) starts[i + 1] += starts[i];
  return starts;
}

/** Web Mercator, 0 to 1 from the north-western corner; a department without a point is NaN. */
function project(agencies) {
  const x = new Float64Array(agencies.n).fill(NaN);
  const y = new Float64Array(agencies.n).fill(NaN);
  for (let i = 0; i < agencies.n; i += 1) {
    if (agencies.latitude[i] === null || agencies.longitude[i] === null) continue;
    const sine = Math.sin((agencies.latitude[i] / 1e4) * (Math.PI / 180));
    x[i] = agencies.longitude[i] / 1e4 / 360 + 0.5;
    y[i] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  }
  return {x, y};
}

const NO_ROWS = {agency: []};

/** The payload of the map, or the part of it that the filters of the list need. */
function readRecords() {
  const raw = readBlock("records");
  const agencies = decode(raw.agencies, raw.n);
  const {captures = {id: []}, documents = [], ...columns} = raw.listings;
  const listings = decode(columns, columns.agency.length);
  const requests = decode(raw.requests, raw.requests.agency.length);
  const cameras = decode(raw.cameras || NO_ROWS, (raw.cameras || NO_ROWS).agency.length);
  for (const table of [listings, requests, cameras]) table.of = spans(table.agency, raw.n);
  if (agencies.stem) Object.assign(agencies, named(agencies), project(agencies));
  return {
    n: raw.n,
    words: raw.words,
    states: raw.states,
    former: raw.former,
    files: raw.files,
    sources: raw.sources,
    agencies,
    listings,
    requests,
    cameras,
    captures: decode(captures, captures.id.length),
    documents,
  };
}
