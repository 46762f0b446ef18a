/* What a popup tells of a department, built from the payload when it is opened; text stays text. */

/** An element with attributes and children; strings become text nodes. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

/** A link, only where the address is a web address; else the words alone. */
function link(url, words) {
  if (!/^https?:\/\//i.test(url)) return document.createTextNode(words);
  return make("a", {href: url, rel: "noopener noreferrer"}, words);
}

/** Attributes of a link that must not open inside the frame of another page. */
function elsewhere() {
  return window.self === window.top ? {} : {target: "_blank", rel: "noopener"};
}

function hostOf(url) {
  try {
    return new URL(url).hostname;
  } catch {
    return url;
  }
}

class Details {
  constructor(records) {
    this.records = records;
    this.words = records.words;
  }

  /** An ISO date as precise as it is: 5 June 2019, June 2020, 2019. */
  day(text) {
    const [year, month, date] = text.split("-");
    if (!year) return "not stated";
    if (!month) return year;
    const named = `${this.words.months[Number(month) - 1]} ${year}`;
    return date ? `${Number(date)} ${named}` : named;
  }

  fill(sentence, dates) {
    return sentence.replace(/\{(\w+)\}/g, (_, name) => this.day(dates[name]));
  }

  place(i) {
    const {city, county, state} = this.records.agencies;
    return [city.text(i), county.text(i), this.records.states[state.text(i)] || state.text(i)]
      .filter(Boolean).join(", ");
  }

  /** The address of the department's own page. */
  page(i) {
    return `agency/${this.records.files[i] || `${idOf(this.records.agencies, i)}.html`}`;
  }

  department(i) {
    const {agencies} = this.records;
    return make("article", {class: "details"},
      make("h2", {tabindex: "-1"}, agencies.name[i]),
      make("p", {class: "where"}, `${this.words.kinds[agencies.kind.text(i)]} · ${this.place(i)}`),
      this.records.former[i] ? make("p", {class: "fine"}, `Other names: ${this.records.former[i]}`) : "",
      make("p", {class: "more"}, make("a", {href: this.page(i), ...elsewhere()}, "All about this department")),
      ...this.listings(i),
      ...this.requests(i),
      this.cameras(i),
      make("p", {class: "fine"}, this.words.points[agencies.point.text(i)], make("br"),
        `Our id: ${idOf(agencies, i)}`),
    );
  }

  listings(i) {
    const {of} = this.records.listings;
    const parts = [];
    for (let row = of[i]; row < of[i + 1]; row += 1) parts.push(this.listing(row));
    return parts.length ? parts : [make("p", {}, "Not listed in any programme we know of.")];
  }

  listing(row) {
    const {listings, words} = {listings: this.records.listings, words: this.words};
    const dates = {};
    for (const name of ["from", "to", "first", "last", "missing"]) dates[name] = listings[name].text(row);
    const again = row > listings.of[listings.agency[row]] && listings.programme.at[row] === listings.programme.at[row - 1];
    const later = again ? "" : listings.otherFrom.text(row);
    const kind = listings.toKind.text(row);
    const doubted = kind !== "delisted_observed" && dates.missing
      ? ` Not found at a look on ${this.day(dates.missing)}, which alone ends nothing.` : "";
    return make("section", {},
      make("h3", {}, `${again ? "Listed again" : "Listed"} in ${words.programmes[listings.programme.text(row)]}`),
      make("p", {}, capital(this.fill(words.since[listings.precision.text(row)], dates)), ".",
        later ? ` Sources also give ${later.split(" ").map((text) => this.day(text)).join(" and ")}.` : ""),
      make("p", {class: "status"}, `${this.fill(words.status[kind], dates)}.${doubted}`),
      this.evidence(row),
    );
  }

  evidence(row) {
    const {listings, captures, documents, sources} = this.records;
    const places = (text) => (text ? text.split(" ").map(Number) : []);
    const items = places(listings.sources.text(row)).map((place) => {
      const source = sources[place];
      return make("li", {}, "Source: ", link(source.homepage, source.title));
    });
    for (const place of places(listings.evidence.text(row))) {
      const address = captures.url.text(place);
      const original = captures.original.text(place);
      const gone = captures.observed[place] > listings.last.text(row) ? " (not listed there)" : "";
      items.push(make("li", {},
        `${sources[captures.source[place]].title} as of `, this.day(captures.observed[place]), gone, ", captured ", this.day(captures.fetched[place]),
        address ? " from " : "", address ? link(address, hostOf(address)) : "",
        original ? `, an archived copy of ${hostOf(original)}` : "",
        make("span", {class: "evidence"}, `evidence ${captures.id[place]} · sha256 ${captures.sha256[place]}…`)));
    }
    const shown = places(listings.evidence.text(row)).length;
    if (listings.seen[row] > shown) {
      items.push(make("li", {}, `and ${number(listings.seen[row] - shown)} earlier captures, see the table evidence`));
    }
    for (const place of places(listings.links.text(row))) {
      const [url, title] = documents[place];
      items.push(make("li", {}, "The source points to: ", link(url, title || hostOf(url))));
    }
    return make("ul", {}, ...items);
  }

  requests(i) {
    const {requests} = this.records;
    const asking = [];
    const other = [];
    for (let row = requests.of[i]; row < requests.of[i + 1]; row += 1) {
      (requests.asks[row] ? asking : other).push(this.request(row));
    }
    const nothing = make("p", {}, "No request counts published.");
    return [
      asking.length ? make("section", {}, make("h3", {}, "Published request counts"), make("ul", {}, ...asking)) : nothing,
      other.length ? make("section", {}, make("h3", {}, "Other posts, none of which asks for footage"), make("ul", {}, ...other)) : "",
    ];
  }

  /** A count by period, with what was given before and how it is known. */
  request(row) {
    const {requests, sources} = this.records;
    const earlier = requests.earlier.text(row);
    const how = [requests.basis.text(row), sources[requests.source[row]].title].filter(Boolean).join("; ");
    return make("li", {}, `${capital(requests.period.text(row))}, ${requests.what.text(row)}: `,
      make("strong", {}, requests.amount.text(row)), earlier ? `, ${earlier}` : "",
      ` (${how}, as of ${this.day(requests.observed.text(row))})`);
  }

  cameras(i) {
    const {cameras} = this.records;
    if (cameras.of[i] === cameras.of[i + 1]) return "";
    const items = [];
    let shared = false;
    for (let row = cameras.of[i]; row < cameras.of[i + 1]; row += 1) {
      shared ||= !cameras.additive[row];
      items.push(make("li", {}, `${capital(cameras.what.text(row))}: ${cameras.amount.text(row)}`,
        ` (as of ${this.day(cameras.observed.text(row))})`));
    }
    return make("section", {}, make("h3", {}, "Cameras the community states"), make("ul", {}, ...items),
      shared ? make("p", {class: "fine"}, "Not additive: communities see each other's cameras, so these numbers cannot be summed.") : "");
  }
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
