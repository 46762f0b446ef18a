/* Puts the parts together; called at the end of the page with folium's Leaflet map. */

const VIEWS = [
  ["Lower 48", [[24.4, -125], [49.4, -66.9]]],
  ["Alaska", [[51, -179], [71.5, -130]]],
  ["Hawaii", [[18.8, -160.5], [22.4, -154.6]]],
  ["Puerto Rico", [[17.8, -67.4], [18.6, -65.1]]],
];
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
const WIDE = window.matchMedia("(min-width: 60rem)");
const FILTERING = ["state", "programme", "status", "kind", "year", "counts", "documents", "at"];

/** The map and its popups: what is opened, where it looks. */
class Stage {
  constructor(map, records, choice) {
    Object.assign(this, {map, records, choice});
    this.details = new Details(records);
    this.popup = L.popup({maxWidth: 340, minWidth: 220, autoPanPaddingTopLeft: [16, 16], autoPanPaddingBottomRight: [64, 16]});
    this.rows = null;
    this.moving = false;
    map.on("popupclose", () => {
      if (!this.moving && choice.get("subject")) choice.set({subject: ""}, {push: false});
    });
  }

  fit(bounds, maxZoom = 12) {
    this.map.fitBounds(bounds, {maxZoom, padding: [24, 24], animate: !STILL.matches});
  }

  pointOf(i) {
    const {latitude, longitude} = this.records.agencies;
    return L.latLng(latitude[i] / 1e4, longitude[i] / 1e4);
  }

  /** The row of a department by its id, or -1. */
  rowOf(id) {
    if (!this.rows) {
      this.rows = new Map();
      for (let i = 0; i < this.records.n; i += 1) this.rows.set(idOf(this.records.agencies, i), i);
    }
    return this.rows.get(id) ?? -1;
  }

  choose(i) {
    this.choice.set({subject: idOf(this.records.agencies, i)});
  }

  open(latLng, content) {
    const room = this.map.getSize();
    this.popup.options.maxHeight = Math.max(160, room.y - 70);
    this.popup.options.maxWidth = Math.min(340, room.x - 60);
    // the map takes a click on a button that the click replaces for one outside the popup
    content.addEventListener("click", (event) => event.stopPropagation());
    this.moving = true;
    this.popup.setLatLng(latLng).setContent(content).openOn(this.map);
    this.moving = false;
    content.querySelector("[tabindex]")?.focus({preventScroll: true});
  }

  close() {
    this.moving = true;
    this.map.closePopup();
    this.moving = false;
  }

  openDepartment(i, hidden) {
    const content = this.details.department(i);
    if (hidden) content.append(make("p", {class: "fine"}, "The filters in force hide it on the map."));
    const many = this.many?.members.includes(i) ? this.many : null;
    if (many) {
      const back = make("button", {type: "button", class: "quiet"}, "Back to the list");
      back.addEventListener("click", () => {
        this.openMany(many.members, many.latLng);
        this.choice.set({subject: ""}, {push: false});
      });
      content.prepend(back);
    }
    if (Number.isNaN(this.records.agencies.x[i])) {
      this.open(this.map.getCenter(), content);
      return;
    }
    const point = many ? many.latLng : this.pointOf(i);
    if (!this.map.getBounds().contains(point) || this.map.getZoom() < 7) {
      this.moving = true;
      this.map.setView(point, Math.max(this.map.getZoom(), 8), {animate: false});
      this.moving = false;
    }
    this.open(point, content);
  }

  /** Departments that no zoom can part: all of them, by name. */
  openMany(members, latLng) {
    this.many = {members, latLng};
    const names = make("ol", {class: "many"});
    const more = make("button", {type: "button", class: "quiet"}, "Show more");
    let shown = 0;
    const add = () => {
      for (const i of members.slice(shown, shown + 100)) {
        const button = make("button", {type: "button"}, this.records.agencies.name[i]);
        button.addEventListener("click", () => this.choose(i));
        names.append(make("li", {}, button));
      }
      shown += 100;
      more.hidden = shown >= members.length;
    };
    add();
    more.addEventListener("click", add);
    this.open(latLng, make("article", {class: "details"},
      make("h2", {tabindex: "-1"}, `${number(members.length)} departments at this point`), names, more));
  }
}

/** What the mouse does on the map: a click looks closer or opens, a rest tells. */
function listenTo(map, stage, layer, areas) {
  const tip = L.tooltip({direction: "top", offset: [0, -10], opacity: 1});
  map.on("click", (event) => {
    const at = layer.hit(event.containerPoint);
    if (at < 0) {
      const code = areas.codeAt(event.containerPoint);
      if (code) openArea(stage, areas, code, event.latlng);
      return;
    }
    const group = layer.groups[at];
    if (group.count === 1) {
      stage.many = null;
      stage.choose(group.any);
      return;
    }
    const {members, box} = layer.members(at);
    const onePlace = box.east - box.west < 1e-9 && box.south - box.north < 1e-9;
    if (onePlace || map.getZoom() >= map.getMaxZoom()) {
      stage.openMany(members, layer.latLng(group));
    } else {
      const scale = map.options.crs.scale(0);
      stage.fit(L.latLngBounds(map.unproject([box.west * scale, box.south * scale], 0), map.unproject([box.east * scale, box.north * scale], 0)), 14);
    }
  });
  map.on("mousemove", (event) => {
    const at = layer.hit(event.containerPoint);
    const group = layer.groups[at];
    map.getContainer().classList.toggle("pointing", at >= 0);
    if (stage.popup.isOpen()) {
      map.closeTooltip(tip);
      return;
    }
    const code = group ? "" : areas.codeAt(event.containerPoint);
    const words = group
      ? (group.count === 1 ? stage.records.agencies.name[group.any] : `${number(group.count)} departments: click to look closer`)
      : code && areas.sentence(code);
    if (!words) {
      map.closeTooltip(tip);
      return;
    }
    tip.setLatLng(group ? layer.latLng(group) : event.latlng).setContent(document.createTextNode(words));
    if (!map.hasLayer(tip)) map.openTooltip(tip);
  });
  map.on("mouseout popupopen", () => map.closeTooltip(tip));
}

function openArea(stage, areas, code, latLng) {
  const said = areas.sentence(code);
  const content = make("article", {class: "details"}, make("h2", {tabindex: "-1"}, said));
  if (said.includes("none listed")) {
    content.append(make("p", {}, "That is no finding: a department may be listed where we have not looked."));
  } else if (code.length === 2) {
    const only = make("button", {type: "button"}, `Show only ${areas.name(code)}`);
    only.addEventListener("click", () => stage.choice.set({state: code, subject: ""}));
    content.append(only);
  }
  if (code.length === 2) {
    content.append(make("p", {class: "more"}, make("a", {href: `state/${code.toLowerCase()}.html`, ...elsewhere()}, `All about ${areas.name(code)}`)));
  }
  stage.open(latLng, content);
}

function addViews(map, stage) {
  const views = L.control({position: "bottomleft"});
  views.onAdd = () => {
    const bar = make("div", {class: "views", role: "group", "aria-label": "Parts of the map"});
    for (const [name, bounds] of VIEWS) {
      const button = make("button", {type: "button"}, name);
      button.addEventListener("click", () => stage.fit(bounds));
      bar.append(button);
    }
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  views.addTo(map);
}

/** The panel beside the map: search, filters, the departments shown. */
function addSide(stage, filters, areas) {
  const form = document.getElementById("filters");
  const panel = document.getElementById("panel");
  const adapt = () => { panel.open = WIDE.matches; };
  WIDE.addEventListener("change", adapt);
  adapt();
  const {choice, map} = stage;
  new Search(stage.records, areas, document.getElementById("search"), document.getElementById("choices"), (entry) => {
    if (entry.kind === "state") choice.set({state: entry.code, subject: ""});
    if (entry.kind === "county") choice.set({subject: entry.code});
    if (entry.kind === "department" || entry.members?.length === 1) stage.choose(entry.member ?? entry.members[0]);
    else if (entry.kind === "place") {
      const members = entry.members.filter((i) => !Number.isNaN(stage.records.agencies.x[i]));
      const where = members.length ? stage.pointOf(members[0]) : map.getCenter();
      map.setView(where, Math.max(map.getZoom(), 10), {animate: false});
      stage.openMany(entry.members, where);
    }
  });
  const results = new Results(stage.records, document.getElementById("results"), (i) => stage.choose(i));
  return {form: new FilterForm(form, filters, choice), results};
}

function start(map, part) {
  const records = readRecords();
  const choice = new Choice();
  const moments = new Moments(records);
  const filters = new Filters(records, choice, moments);
  const measures = new Measures(records);
  for (const [name, level] of [["areas", 350], ["departments", 450]]) map.createPane(name).style.zIndex = level;
  map.getPane("departments").style.pointerEvents = "none";
  map.getContainer().classList.toggle("streets", Boolean(map.options.attributionControl));
  new ResizeObserver(() => map.invalidateSize({animate: false, pan: false})).observe(map.getContainer());
  map.invalidateSize({animate: false});
  map.fitBounds(VIEWS[0][1], {animate: false});

  const stage = new Stage(map, records, choice);
  const areas = new Areas(map, records, measures);
  const layer = new DepartmentLayer(records, filters.visible);
  filters.update();
  layer.addTo(map);
  listenTo(map, stage, layer, areas);
  addViews(map, stage);
  const whole = part === "map";
  const side = whole ? addSide(stage, filters, areas) : null;
  const legend = whole ? new Legend(document.getElementById("legend"), measures, choice) : null;
  const time = whole ? new Time(document.getElementById("time"), moments, choice) : null;

  const look = (changed) => {
    const county = /^\d{5}$/.test(choice.get("subject")) ? choice.get("subject") : "";
    const chosen = county || choice.get("state");
    if (changed.has("state") || (changed.has("subject") && county)) {
      stage.fit(areas.bounds(chosen) || VIEWS[0][1]);
    }
    areas.highlight(chosen);
    if (!changed.has("subject")) return;
    const i = county ? -1 : stage.rowOf(choice.get("subject"));
    if (i >= 0) stage.openDepartment(i, !filters.visible[i]);
    else if (stage.popup.isOpen() && !stage.popup.getContent().querySelector(".many")) stage.close();
    side?.results.mark(i);
  };
  const show = () => {
    layer.visible = filters.visible;
    layer.draw();
    areas.show(filters.visible, choice);
    side?.results.show(filters.visible);
    legend?.show();
    time?.show(filters);
    side?.form.show();
    if (!whole) document.getElementById("count").textContent = `${number(filters.shown)} of ${number(records.n)} departments`;
    const fragment = fragmentOf(choice.chosen);
    for (const [id, page] of [["same-list", "list.html"], ["whole", "index.html"]]) {
      document.getElementById(id)?.setAttribute("href", fragment ? `${page}#${fragment}` : page);
    }
  };
  choice.listen((changed) => {
    if (FILTERING.some((name) => changed.has(name))) {
      if (changed.size !== 1 || !changed.has("at")) stage.close();
      filters.update();
      show();
    } else if (changed.has("measure") || changed.has("period")) {
      areas.show(filters.visible, choice);
      legend?.show();
    }
    look(changed);
  });
  show();
  look(new Set([...choice.chosen.keys()]));
  document.documentElement.dataset.ready = String(records.n);
}
