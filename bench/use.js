/* Uses our page, or a rival's, and tells how long it takes to answer; put there by bench/chromium.py.

   An answer is there when what the page says has changed; its time ends with the animation frame
   after that one which showed it, and two frames after the event at the earliest. */
(() => {
  const PATIENCE = 3_000; // milliseconds
  const frame = () => new Promise(requestAnimationFrame);
  const said = (id) => () => document.getElementById(id)?.textContent;

  /** Milliseconds from `deed` to its answer; null where nothing that `read` reads changed. The deed
      is done by a timer: what a debugger runs itself, Chromium does not count as a script's. */
  async function answered(deed, read) {
    const before = read();
    const start = await new Promise((started) => setTimeout(() => { started(performance.now()); deed(); }));
    do await frame(); while (read() === before && performance.now() - start < PATIENCE);
    await frame();
    return read() === before ? null : performance.now() - start;
  }

  function tell(element, value, event) {
    element.value = value;
    element.dispatchEvent(new Event(event, {bubbles: true}));
  }

  /** Every `count`th or so of `values`. */
  function spread(values, count) {
    return Array.from({length: Math.min(count, values.length)}, (_, i) => values[Math.floor(i * values.length / count)]);
  }

  const ours = {
    filters(count) {
      const turns = [...document.querySelectorAll("#filters select")].flatMap(({name, options}) =>
        [...options].filter(({value}) => value).map(({value}, turn) => [turn, name, value]));
      return turns.sort(([a], [b]) => a - b).slice(0, count).map(([, name, value]) => [name, value]);
    },
    filter([name, value]) {
      return answered(() => tell(document.querySelector(`#filters select[name=${name}]`), value, "change"), said("count"));
    },
    search(words) {
      return answered(() => tell(document.getElementById("search"), words, "input"), said("choices"));
    },
    moments(count) {
      const {min, max} = document.querySelector("#time [type=range]");
      return spread(Array.from({length: max - min + 1}, (_, i) => Number(min) + i), count);
    },
    moment(value) {
      return answered(() => tell(document.querySelector("#time [type=range]"), value, "input"), said("time-said"));
    },
    reset() {
      tell(document.getElementById("search"), "", "input");
      document.querySelector("#filters button[type=reset]").click();
    },
  };

  /* The nearest a group of markers can do: take all away and put back those that pass. */
  const group = Object.values(window).find((value) => window.L?.MarkerClusterGroup && value instanceof L.MarkerClusterGroup);
  const all = group?.getLayers();
  const show = (markers) => answered(() => { group.clearLayers(); group.addLayers(markers); }, () => NaN);
  const rival = {
    filters: (count) => Array.from({length: count}, (_, i) => i % 3),
    filter: (third) => show(all.filter((_, i) => i % 3 === third)),
    search: null,
    moments: (count) => Array.from({length: count}, (_, i) => (i + 1) / count),
    moment: (share) => show(all.slice(0, share * all.length)),
    reset() {},
  };
  window.use = group ? rival : ours;
})();
