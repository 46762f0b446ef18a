/* Going through the months: a slider with the marks of what befell the programmes, a button that
   plays, a field for an exact day, and in words how the departments stood then. */

const PACE = {moving: 125, still: 1000}; // milliseconds a month while playing
const SETTLED = 1000; // milliseconds after which another move is another step of the back button
const MARK_ROOM = 28; // pixels from one mark to the next
const YEARS_SHOWN = 9; // labels that stand side by side on a telephone
const YEAR_ROOM = 4; // months; a label closer to the end would not fit
const THUMB = 24; // pixels, as in time.css: the line begins and ends half of it inside
const PIECE = 8; // milliseconds of counting at a time

/** The number of an ISO month or day, from the year 0. */
function monthOf(text) {
  return Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;
}

class Time {
  constructor(root, moments, choice) {
    Object.assign(this, {root, moments, choice, asked: "", frame: 0, moving: false, settling: 0});
    Object.assign(this, {bars: [], sketched: "", sketching: 0});
    this.details = new Details(moments.records);
    this.events = readBlock("events");
    const last = this.events.reduce((month, [date]) => laterMonth(month, date), moments.last);
    this.first = monthOf(moments.first);
    this.count = monthOf(last) - this.first + 1;
    this.slider = root.querySelector("[type=range]");
    this.date = root.querySelector("[type=date]");
    this.player = root.querySelector(".play");
    this.said = root.querySelector("output");
    this.curve = root.querySelector("canvas");
    this.slider.max = this.count - 1;
    this.date.min = `${moments.first}-01`;
    this.date.max = new Date(daysOf(last)[1] * DAY_LENGTH).toISOString().slice(0, 10);
    this.mark();
    this.listen();
  }

  listen() {
    const {root, slider, date, player, choice} = this;
    for (const kind of ["pointerdown", "click", "input"]) {
      root.addEventListener(kind, (event) => { if (!player.contains(event.target)) this.pause(); });
    }
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.pause(); });
    slider.addEventListener("input", () => this.go(Number(slider.value)));
    slider.addEventListener("change", () => this.settle());
    date.addEventListener("change", () => { if (date.validity.valid) choice.set({at: date.value}); });
    player.addEventListener("click", () => (this.frame ? this.pause() : this.play()));
    root.querySelector(".all").addEventListener("click", () => choice.set({at: ""}));
    for (const button of root.querySelectorAll(".step")) {
      button.addEventListener("click", () => {
        this.go(this.next(Number(button.dataset.step)));
        this.settle();
      });
    }
    new ResizeObserver(() => { this.arrange(); this.draw(); }).observe(root.querySelector(".years"));
  }

  /** Where a date stands on the line, on which each month stands for its last day. */
  place(text) {
    const [first, last] = daysOf(text);
    const [from, to] = daysOf(text.slice(0, 7));
    return monthOf(text) - this.first - 1 + ((first + last) / 2 - from + 1) / (to - from + 1);
  }

  percent(place) {
    return `${((100 * place) / Math.max(this.count - 1, 1)).toFixed(3)}%`;
  }

  mark() {
    const {root, count} = this;
    this.marks = root.querySelector(".marks");
    this.placed = [];
    const items = [];
    for (const [date, words, source] of this.events) {
      const month = date.length < 8;
      const when = this.details.day(date) + (month ? " (no source states the day)" : "");
      const at = date.length > 4 ? monthOf(date) - this.first : -1;
      const shape = `mark${month ? " month" : ""}`;
      let badge = "";
      if (at >= 0 && at < count) {
        const name = String(this.placed.length + 1);
        const button = make("button", {type: "button", class: shape, "aria-label": `${name}: ${when}: ${words}`, title: `${when}: ${words}`}, name);
        button.addEventListener("click", () => this.choice.set({at: date}));
        this.placed.push({date, button, place: this.place(date)});
        badge = make("span", {class: shape}, name);
      }
      items.push(make("li", {}, badge, badge && " ", `${when}: ${words}. `, source && make("a", {href: `about.html#source-${source}`}, `Source ${source}`)));
    }
    this.marks.append(...this.placed.map(({button}) => button));
    root.querySelector(".events").append(...items);
    root.querySelector("summary").textContent = `What befell the programmes (${items.length})`;
    root.querySelector("details").hidden = this.marks.hidden = !items.length;
    const years = Math.ceil(count / 12);
    for (let year = 0; year < years; year += Math.ceil(years / YEARS_SHOWN)) {
      if (count - 12 * year < YEAR_ROOM) break;
      const label = make("span", {}, String(this.first / 12 + year));
      label.style.left = this.percent(Math.max(12 * year - 1, 0));
      root.querySelector(".years").append(label);
    }
  }

  /** Marks in as few rows as keep them apart, whatever the width. */
  arrange() {
    const width = this.marks.clientWidth;
    const rows = [];
    for (const {button, place} of this.placed) {
      const left = (width * place) / Math.max(this.count - 1, 1);
      let row = rows.findIndex((end) => end <= left);
      if (row < 0) row = rows.length;
      rows[row] = left + MARK_ROOM;
      button.style.left = this.percent(place);
      button.style.setProperty("--row", row);
      button.style.zIndex = this.placed.length - row; // its line goes behind the marks above it
    }
    this.marks.style.height = `${MARK_ROOM * rows.length}px`;
    this.marks.style.setProperty("--month", `${width / Math.max(this.count - 1, 1)}px`);
  }

  /** The month so many steps on; before the first step back from all times stands the last. */
  next(step) {
    const chosen = this.root.classList.contains("chosen");
    const at = chosen ? Number(this.slider.value) + step : this.count + Math.min(step, 0);
    return Math.min(Math.max(at, 0), this.count - 1);
  }

  text(place) {
    const month = this.first + place;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`;
  }

  /** Choose a month. The first step of a move is one for the back button, the rest take its place. */
  go(place) {
    this.asked = this.text(place);
    window.clearTimeout(this.settling);
    const push = !this.moving;
    this.moving = true;
    this.choice.set({at: this.asked}, {push});
  }

  settle() {
    window.clearTimeout(this.settling);
    this.settling = window.setTimeout(() => this.rest(), SETTLED);
  }

  rest() {
    this.moving = false;
    this.said.removeAttribute("aria-live");
  }

  play() {
    const pace = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? PACE.still : PACE.moving;
    const atEnd = !this.root.classList.contains("chosen") || Number(this.slider.value) >= this.count - 1;
    let place = atEnd ? 0 : this.next(1);
    let due = 0;
    const step = (now) => {
      this.frame = window.requestAnimationFrame(step);
      if (now < due) return;
      due = now + pace;
      this.go(place);
      place += 1;
      if (place >= this.count) this.pause();
    };
    this.rest();
    this.said.setAttribute("aria-live", "off"); // eight sentences a second are none
    this.frame = window.requestAnimationFrame(step);
    this.player.textContent = "Pause";
    this.player.classList.add("playing");
  }

  pause() {
    if (!this.frame) return;
    window.cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.rest();
    this.player.textContent = "Play";
    this.player.classList.remove("playing");
    this.said.textContent = this.said.textContent; // told once more, now aloud
  }

  /** After the filters ran: thumb, marks and words of what is chosen. */
  show(filters) {
    const at = this.choice.get("at");
    const day = this.moments.day(at);
    const chosen = day !== null;
    if (at !== this.asked) {
      this.pause();
      this.rest();
      this.asked = at;
    }
    this.root.classList.toggle("chosen", chosen);
    const place = chosen ? monthOf(at) - this.first : this.count - 1;
    this.slider.value = place;
    this.slider.setAttribute("aria-valuetext", chosen ? this.named(at) : "all times");
    this.date.value = chosen && at.length > 7 ? at : "";
    for (const button of this.root.querySelectorAll(".step")) {
      const end = button.dataset.step === "1" ? place >= this.count - 1 : chosen && place <= 0;
      button.setAttribute("aria-disabled", String(end));
    }
    for (const {date, button} of this.placed) {
      if (date === at) button.setAttribute("aria-current", "date");
      else button.removeAttribute("aria-current");
    }
    this.said.textContent = chosen
      ? `${this.named(at)}: ${this.sentence(filters, at)}`
      : "No day is chosen: the map shows who was listed at any time.";
    const sought = JSON.stringify(filters.wanted());
    if (sought === this.sketched) return;
    this.sketched = sought;
    this.bars = [];
    window.clearTimeout(this.sketching);
    this.sketching = window.setTimeout(() => this.sketch(filters), 2 * PACE.moving);
  }

  named(at) {
    return at.length > 7 ? this.details.day(at) : `End of ${this.details.day(at)}`;
  }

  sentence(filters, at) {
    const {visible} = filters;
    const [, certain, perhaps, before] = counted(visible);
    const open = new Uint8Array(visible.length);
    filters.pass(filters.wanted(), this.moments.undated(at), open);
    const undated = open.filter((mark, i) => mark && !visible[i]).length;
    return [
      certain ? `${number(certain)} ${certain === 1 ? "department" : "departments"} listed for certain` : "no department listed for certain",
      perhaps ? `, ${number(perhaps)} perhaps (start known only by month or year, or no longer listed at the next look)` : "",
      before ? `, ${number(before)} last seen listed earlier` : "",
      undated ? `; ${number(undated)} more have no stated start` : "",
    ].join("");
  }

  /** How many departments that pass the other filters stood listed in each month: counted after
      the page has shown what matters more, and in pieces, for 100,000 take a while. */
  sketch(filters) {
    const wanted = filters.wanted();
    const marks = new Uint8Array(filters.visible.length);
    const until = performance.now() + PIECE;
    while (this.bars.length < this.count && performance.now() < until) {
      marks.fill(0);
      filters.pass(wanted, this.moments.at(this.text(this.bars.length)), marks);
      const [, certain, ...less] = counted(marks);
      this.bars.push([certain, less[0] + less[1]]);
    }
    if (this.bars.length === this.count) this.draw();
    else this.sketching = window.setTimeout(() => this.sketch(filters));
  }

  draw() {
    const {clientWidth: width, clientHeight: height} = this.curve;
    const density = window.devicePixelRatio || 1;
    this.curve.width = Math.round(width * density);
    this.curve.height = Math.round(height * density);
    const pen = this.curve.getContext("2d");
    pen.scale(density, density);
    const highest = Math.max(1, ...this.bars.map(([certain, less]) => certain + less));
    const step = (width - THUMB) / Math.max(this.count - 1, 1);
    this.bars.forEach(([certain, less], at) => {
      const [left, right] = [at - 1, at].map((place) => Math.round((THUMB / 2 + step * place) * density) / density);
      const [low, top] = [certain, certain + less].map((total) => (total * height) / highest);
      pen.fillStyle = FADED;
      pen.fillRect(left, height - top, right - left, top - low);
      pen.fillStyle = INK;
      pen.fillRect(left, height - low, right - left, low);
    });
  }
}

/** How many marks there are of each kind from 0 to 3. */
function counted(marks) {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < marks.length; i += 1) counts[marks[i]] += 1;
  return counts;
}
