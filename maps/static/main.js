/* Puts the parts together; called by the map of maps/layers.py with folium's Leaflet map. */

const VIEWS = [
  ["Lower 48", [[24.4, -125], [49.4, -66.9]]],
  ["Alaska", [[51, -179], [71.5, -130]]],
  ["Hawaii", [[18.8, -160.5], [22.4, -154.6]]],
  ["Puerto Rico", [[17.8, -67.4], [18.6, -65.1]]],
];
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
const WIDE = window.matchMedia("(min-width: 60rem)");

/** Once the browser has read the whole page. The map stands before the list and does not wait for
    it: with 1,500 departments usable after 0.51 and 0.63 s instead of 0.69 and 0.71 in two paired
    runs on a loaded machine (2026-11-23). */
function whenRead(deed) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", deed);
  else deed();
}

function start(map) {
  const home = VIEWS[0][1];
  const records = readRecords();
  const details = new Details(records);
  const form = document.getElementById("filters");
  const count = document.getElementById("count");
  for (const [name, level] of [["states", 350], ["departments", 450]]) {
    map.createPane(name).style.zIndex = level;
  }
  map.getPane("departments").style.pointerEvents = "none";
  const panel = document.getElementById("panel");
  const adapt = () => { panel.open = WIDE.matches; };
  WIDE.addEventListener("change", adapt);
  adapt();
  map.invalidateSize({animate: false});
  map.fitBounds(home, {animate: false});
  const fit = (bounds, maxZoom = 12) => map.fitBounds(bounds, {maxZoom, padding: [24, 24], animate: !STILL.matches});

  const popup = L.popup({maxWidth: 340, minWidth: 220, autoPanPadding: [16, 16]});
  const tip = L.tooltip({direction: "top", offset: [0, -10], opacity: 1});
  const openPopup = (latLng, content, focus = true) => {
    map.closeTooltip(tip);
    const room = map.getSize();
    popup.options.maxHeight = Math.max(180, room.y - 90);
    popup.options.maxWidth = Math.min(340, room.x - 80);
    popup.setLatLng(latLng).setContent(content).openOn(map);
    if (focus) content.querySelector("[tabindex]")?.focus({preventScroll: true});
  };
  const tally = (shown) => `${number(shown)} of ${number(records.n)} departments`;
  const pointOf = (i) => L.latLng(records.agencies.latitude[i] / 1e4, records.agencies.longitude[i] / 1e4);
  const openDepartment = (i, latLng, before = null) => {
    const content = details.department(i);
    if (before) {
      const back = make("button", {type: "button", class: "quiet"}, "Back to the list");
      back.addEventListener("click", () => openMany(before, latLng));
      content.prepend(back);
    }
    openPopup(latLng, content);
  };

  /** Departments that no zoom can part: all of them, by name. */
  function openMany(members, latLng) {
    const names = make("ol", {class: "many"});
    const more = make("button", {type: "button", class: "quiet"}, "Show more");
    let shown = 0;
    const add = () => {
      for (const i of members.slice(shown, shown + 100)) {
        const button = make("button", {type: "button"}, records.agencies.name[i]);
        button.addEventListener("click", () => openDepartment(i, latLng, members));
        names.append(make("li", {}, button));
      }
      shown += 100;
      more.hidden = shown >= members.length;
    };
    add();
    more.addEventListener("click", add);
    openPopup(latLng, make("article", {class: "details"},
      make("h2", {tabindex: "-1"}, `${number(members.length)} departments at this point`), names, more));
  }

  const states = new StateLayer(map, records, (state, event) => {
    if (layer.hit(event.containerPoint) >= 0) return;
    const content = make("article", {class: "details"}, make("h2", {tabindex: "-1"}, states.sentence(state)));
    if (states.listed.has(state)) {
      const only = make("button", {type: "button"}, `Show only ${states.paths.get(state).name}`);
      only.addEventListener("click", () => { map.closePopup(); chooseState(state); });
      content.append(only);
    } else {
      content.append(make("p", {}, "That is no finding: a department may be listed where we have not looked."));
    }
    openPopup(event.latlng, content);
  });

  let list = null; // the page below the map is still being read
  const filters = new Filters(records, form, ({visible, shown, choice}) => {
    map.closePopup();
    layer.visible = visible;
    layer.draw();
    states.show(visible, choice.state);
    list?.show(visible, choice.state);
    count.textContent = tally(shown);
    form.classList.toggle("filtered", shown !== records.n);
  });
  const layer = new DepartmentLayer(records, filters.visible);
  layer.addTo(map);

  function chooseState(state) {
    filters.set("state", state);
    fit(states.bounds(state) || home);
  }

  function showDepartment(i) {
    const fromList = document.activeElement?.closest("#rows");
    if (!filters.visible[i]) filters.clear();
    if (Number.isNaN(records.agencies.x[i])) {
      openPopup(map.getCenter(), details.department(i));
      return;
    }
    map.setView(pointOf(i), Math.max(map.getZoom(), 9), {animate: false});
    openDepartment(i, pointOf(i));
    if (fromList) map.getContainer().scrollIntoView({block: "center"});
  }

  form.elements.state.addEventListener("change", (event) => {
    fit(states.bounds(event.target.value) || home);
  });
  form.addEventListener("reset", () => fit(home));

  new Search(records, document.getElementById("search"), document.getElementById("choices"), (entry) => {
    if (entry.kind === "state") chooseState(entry.state);
    if (entry.kind === "department") showDepartment(entry.member);
    if (entry.kind === "place") {
      if (!entry.members.some((i) => filters.visible[i])) filters.clear();
      const placed = entry.members.filter((i) => !Number.isNaN(records.agencies.x[i]));
      if (entry.members.length === 1) showDepartment(entry.members[0]);
      else if (placed.length) {
        map.setView(pointOf(placed[0]), 9, {animate: false});
        openMany(entry.members, pointOf(placed[0]));
      } else openMany(entry.members, map.getCenter());
    }
  });

  map.on("click", (event) => {
    const at = layer.hit(event.containerPoint);
    if (at < 0) return;
    const group = layer.groups[at];
    if (group.count === 1) {
      openDepartment(group.any, pointOf(group.any));
      return;
    }
    const {members, box} = layer.members(at);
    const onePlace = box.east - box.west < 1e-9 && box.south - box.north < 1e-9;
    if (onePlace || map.getZoom() >= map.getMaxZoom()) openMany(members, layer.latLng(group));
    else {
      const scale = map.options.crs.scale(0);
      fit(L.latLngBounds(map.unproject([box.west * scale, box.south * scale], 0), map.unproject([box.east * scale, box.north * scale], 0)), 14);
    }
  });

  map.on("mousemove", (event) => {
    const at = layer.hit(event.containerPoint);
    const group = layer.groups[at];
    map.getContainer().classList.toggle("pointing", at >= 0);
    const words = group
      ? (group.count === 1 ? records.agencies.name[group.any] : `${number(group.count)} departments: click to look closer`)
      : states.hovered && states.sentence(states.hovered);
    if (!words || popup.isOpen()) {
      map.closeTooltip(tip);
      return;
    }
    tip.setLatLng(group ? layer.latLng(group) : event.latlng).setContent(document.createTextNode(words));
    if (!map.hasLayer(tip)) map.openTooltip(tip);
  });
  map.on("mouseout", () => map.closeTooltip(tip));

  const views = L.control({position: "bottomleft"});
  views.onAdd = () => {
    const bar = make("div", {class: "views", role: "group", "aria-label": "Parts of the map"});
    for (const [name, bounds] of VIEWS) {
      const button = make("button", {type: "button"}, name);
      button.addEventListener("click", () => fit(bounds));
      bar.append(button);
    }
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  views.addTo(map);

  const follow = () => {
    const state = decodeURIComponent(window.location.hash.slice(1)).toUpperCase();
    if (states.paths.has(state)) chooseState(state);
  };
  window.addEventListener("hashchange", follow);
  count.textContent = tally(records.n);
  follow();
  whenRead(() => {
    list = new List(document.getElementById("rows"), (i) => showDepartment(i));
    list.show(filters.visible, form.elements.state.value);
  });
  document.documentElement.dataset.ready = String(records.n);
}
