/* What the tests of access ask of a page; evaluated there as one expression. */
({
  /** The element with the focus: whether it was there before, is named, outlined and in view. */
  stop() {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const last = document.querySelector("[data-walked=last]");
    const again = element.dataset.walked === "before"; // the parts of a date have the focus in turn
    if (last) last.dataset.walked = "before";
    element.dataset.walked = "last";
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const by = document.getElementById(element.getAttribute("aria-labelledby"));
    const names = [element.getAttribute("aria-label"), element.innerText, element.labels?.[0]?.innerText, by?.innerText, element.title];
    return {
      again,
      what: element.outerHTML.slice(0, 200),
      named: names.some((name) => name?.trim()),
      outlined: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
      seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  },

  /** What could have the focus and never had it. */
  left() {
    const those = document.querySelectorAll("a[href], button, input, select, summary, textarea, [tabindex]");
    return [...those].filter((element) => element.tabIndex >= 0 && !element.disabled && !element.closest("[inert]")
      && element.checkVisibility({visibilityProperty: true}) && element.dataset.walked === undefined)
      .map((element) => element.outerHTML.slice(0, 200));
  },

  /** What is touched and smaller than 24 pixels; links in sentences may be. */
  small() {
    return [...document.querySelectorAll("button, select, input, summary, nav a")].filter((element) => {
      const {width, height} = element.getBoundingClientRect();
      return element.checkVisibility({visibilityProperty: true}) && (width < 24 || height < 24) && width > 1;
    }).map((element) => element.outerHTML.slice(0, 200));
  },

  /** What moves, or would. */
  moving() {
    const still = (time) => Math.max(...time.split(",").map(parseFloat)) <= 0.01;
    return [...document.querySelectorAll("*")].filter((element) => {
      const {transitionDuration, animationDuration} = getComputedStyle(element);
      return !still(transitionDuration) || !still(animationDuration);
    }).map((element) => element.outerHTML.slice(0, 200));
  },

  /** Controls that nothing but their colour tells from the page. */
  bare() {
    return [...document.querySelectorAll("button, select, input:not([type=range])")].filter((element) => {
      const {borderStyle, textDecorationLine} = getComputedStyle(element);
      return element.checkVisibility() && borderStyle === "none" && textDecorationLine === "none";
    }).map((element) => element.outerHTML.slice(0, 200));
  },
})
