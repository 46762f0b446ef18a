/* Names found by what people type: whole words, their beginnings, what is written for short, typing
   errors; and places by their ZIP codes. Distinct texts stand once in a dictionary of their words,
   each word with the texts that hold it; a query word gives each text a cost. */

const QUERY_WORDS = 8;
const SLICE = 2000; // texts at a time
const NONE = 255;
const SHORT = 1; // the cost of a word that was abbreviated: CO is Colorado rather than a county
const BEGUN = 4; // the cost of a word that only begins so; one that is the same costs nothing
const TYPO = 64; // the cost of a letter missing, added, wrong or swapped with its neighbour
const LONGEST_TYPED = 40; // letters; nobody types a longer word and means another

/** What people and sources write for short. */
const WRITTEN_OUT = {
  co: ["county"], cnty: ["county"], dept: ["department"], dpt: ["department"], dps: ["public", "safety"], ft: ["fort"], hwy: ["highway"],
  mt: ["mount"], mtn: ["mountain"], pd: ["police", "department"], so: ["sheriff", "office"],
  sherif: ["sheriff"], sheriffs: ["sheriff"], st: ["saint"], ste: ["saint"], sainte: ["saint"], twp: ["township"],
  twsp: ["township"], univ: ["university"], uni: ["university"],
};
const FIRST_WORDS = {n: "north", s: "south", so: "south", e: "east", w: "west"};
/** Words that may be typed or left out: a sheriff's office is as often called a department. */
const OPTIONAL_WORDS = ["department", "office", "of", "the", "and"];

/** The words of each text, without case, accents, apostrophes and full stops. */
function wordsOf(texts) {
  return texts.map((text) => text.replaceAll("\n", " ")).join("\n").toLowerCase().normalize("NFD")
    .replace(/[\p{M}'\u2018\u2019.]/gu, "").replace(/[^\p{L}\p{N}\n]+/gu, " ").split("\n")
    .map((text) => text.split(" ").filter(Boolean));
}

/** Which letters a word has, a bit each; digits and other letters share the rest. */
function lettersIn(word) {
  let letters = 0;
  for (let i = 0; i < word.length; i += 1) {
    const place = word.charCodeAt(i) - 97;
    letters |= 1 << (place >= 0 && place < 26 ? place : 26 + (((place % 6) + 6) % 6));
  }
  return letters;
}

function bitsIn(number) {
  let count = 0;
  for (let rest = number; rest; rest &= rest - 1) count += 1;
  return count;
}

const ROWS = [0, 1, 2].map(() => new Uint8Array(LONGEST_TYPED + 3));

/** What it costs to have meant `other` or its beginning: letters missing, added, wrong or swapped
    (Damerau and Levenshtein, a pair swapped once); NONE above `reach` of them. */
function typoCost(word, other, reach) {
  const width = Math.min(other.length, word.length + reach);
  let [before, row, next] = ROWS;
  for (let j = 0; j <= width; j += 1) row[j] = j;
  let least = 0;
  for (let i = 1; i <= word.length; i += 1) {
    const letter = word.charCodeAt(i - 1);
    let smallest = i;
    next[0] = i;
    for (let j = 1; j <= width; j += 1) {
      const wanted = other.charCodeAt(j - 1);
      let cost = Math.min(row[j], next[j - 1]) + 1;
      cost = Math.min(cost, row[j - 1] + (letter === wanted ? 0 : 1));
      if (i > 1 && j > 1 && letter === other.charCodeAt(j - 2) && word.charCodeAt(i - 2) === wanted) {
        cost = Math.min(cost, before[j - 2] + 1);
      }
      next[j] = cost;
      if (cost < smallest) smallest = cost;
    }
    if (smallest > reach && least > reach) return NONE;
    least = smallest;
    [before, row, next] = [row, next, before];
  }
  if (width === other.length && row[width] <= reach) return row[width] * TYPO;
  if (word.length < 5) return NONE;
  let edits = NONE;
  for (let j = 0; j <= width; j += 1) if (row[j] < edits) edits = row[j];
  return edits <= reach ? edits * TYPO + BEGUN : NONE;
}

/** Distinct texts, found by their words. Number 0 is the empty text, which nothing finds. */
class Dictionary {
  constructor() {
    this.numbers = new Map([["", 0]]);
    this.lengths = [0];
    this.places = new Map();
    this.pairs = [[], []];
    this.known = new Map();
  }

  /** The number of each text; stops now and then, for whoever builds it to take breath. */
  * numbered(texts, writtenOut = true) {
    const found = new Uint32Array(texts.length);
    for (let from = 0; from < texts.length; from += SLICE) {
      const fresh = [];
      for (let i = from; i < Math.min(from + SLICE, texts.length); i += 1) {
        let place = this.numbers.get(texts[i]);
        if (place === undefined) {
          place = this.numbers.size;
          this.numbers.set(texts[i], place);
          fresh.push(texts[i]);
        }
        found[i] = place;
      }
      if (fresh.length) wordsOf(fresh).forEach((words) => this.add(words, writtenOut));
      yield;
    }
    return found;
  }

  /** Words as they are, written out, and joined: De Kalb is DeKalb, Winston-Salem Winstonsalem. */
  add(words, writtenOut) {
    const text = this.lengths.length;
    this.lengths.push(words.length);
    const all = new Set(words);
    if (writtenOut) {
      words.forEach((word, at) => {
        if (at === 0 && words.length > 1 && FIRST_WORDS[word]) all.add(FIRST_WORDS[word]);
        else for (const long of WRITTEN_OUT[word] || []) all.add(long);
      });
    }
    if (words.length > 1 && words.length < 4) all.add(words.join(""));
    for (const word of all) {
      if (!this.places.has(word)) this.places.set(word, this.places.size);
      this.pairs[0].push(this.places.get(word));
      this.pairs[1].push(text);
    }
  }

  /** No more texts: the words in order, and the texts of each. */
  close() {
    this.words = [...this.places.keys()].sort();
    const rank = new Uint32Array(this.words.length);
    this.words.forEach((word, at) => { rank[this.places.get(word)] = at; });
    this.starts = new Uint32Array(this.words.length + 1);
    for (const place of this.pairs[0]) this.starts[rank[place] + 1] += 1;
    for (let at = 0; at < this.words.length; at += 1) this.starts[at + 1] += this.starts[at];
    const next = this.starts.slice();
    this.texts = new Uint32Array(this.pairs[1].length);
    this.pairs[0].forEach((place, pair) => {
      this.texts[next[rank[place]]] = this.pairs[1][pair];
      next[rank[place]] += 1;
    });
    this.letters = Int32Array.from(this.words, lettersIn);
    this.lengths = Uint8Array.from(this.lengths, (length) => Math.min(length, NONE));
    this.numbers = null;
    this.places = null;
    this.pairs = null;
  }

  /** What each text costs for a word of the query: NONE where nothing in it could be meant. */
  costs(word, typos) {
    const reach = !typos || word.length < 4 || word.length > LONGEST_TYPED || /\p{N}/u.test(word) ? 0 : word.length < 8 ? 1 : 2;
    const key = `${reach}${word}`;
    if (this.known.has(key)) return this.known.get(key);
    const costs = reach ? this.costs(word, false).slice() : new Uint8Array(this.lengths.length).fill(NONE);
    const mark = (at, cost) => {
      for (let k = this.starts[at]; k < this.starts[at + 1]; k += 1) {
        if (cost < costs[this.texts[k]]) costs[this.texts[k]] = cost;
      }
    };
    if (reach) this.markTypos(word, reach, mark);
    else this.markForms(word, mark);
    if (this.known.size > 4 * QUERY_WORDS) this.known.clear();
    this.known.set(key, costs);
    return costs;
  }

  markForms(word, mark) {
    for (const form of [word, WRITTEN_OUT[word]?.[0], FIRST_WORDS[word]]) {
      if (!form) continue;
      for (let at = this.first(form); at < this.words.length && this.words[at].startsWith(form); at += 1) {
        mark(at, this.words[at] === form ? (form === word ? 0 : SHORT) : BEGUN);
      }
    }
  }

  markTypos(word, reach, mark) {
    const letters = lettersIn(word);
    const least = word.length - reach;
    for (let at = 0; at < this.words.length; at += 1) {
      if (bitsIn(letters & ~this.letters[at]) > reach || this.words[at].length < least) continue;
      const cost = typoCost(word, this.words[at], reach);
      if (cost < NONE) mark(at, cost);
    }
  }

  /** The place of the first word not before `word`. */
  first(word) {
    let [low, high] = [0, this.words.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle] < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** ZIP codes of the places where departments are, and the states of three-digit prefixes: the
    block of maps/zips.py. */
class ZipCodes {
  constructor({places, runs, states, prefixes}) {
    this.members = [];
    const rows = unpacked(places);
    for (let at = 0; at < rows.length; at += 1 + rows[at]) {
      let row = 0;
      this.members.push(Array.from(rows.subarray(at + 1, at + 1 + rows[at]), (step) => { row += step; return row; }));
    }
    this.runs = [];
    let [start, place] = [0, 0];
    const steps = unpacked(runs);
    for (let at = 0; at < steps.length; at += 3) {
      start += steps[at];
      place += steps[at + 2];
      this.runs.push([start, start + steps[at + 1], place]);
    }
    this.states = new Map();
    const spans = unpacked(prefixes);
    let prefix = 0;
    for (let at = 0; at < spans.length; at += 2) {
      for (let more = spans[at]; more > 0; more -= 1, prefix += 1) {
        if (states[spans[at + 1]]) this.states.set(prefix, states[spans[at + 1]].split(" "));
      }
    }
  }

  /** Of codes that begin with these three to five digits: the first of each place, the states. */
  find(digits) {
    const low = Number(digits.padEnd(5, "0"));
    const high = Number(digits.padEnd(5, "9"));
    const places = new Map();
    for (const [first, last, place] of this.runs) {
      if (last < low || first > high || places.has(place)) continue;
      places.set(place, String(Math.max(first, low)).padStart(5, "0"));
    }
    return {
      places: [...places].map(([place, zip]) => ({zip, members: this.members[place]})),
      states: this.states.get(Number(digits.slice(0, 3))) || [],
    };
  }
}
