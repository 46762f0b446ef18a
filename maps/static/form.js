/* The form of the filters: it shows what is chosen, and how many departments each value leaves. */

const FILTERED_BY = ["state", "programme", "status", "kind", "year", "counts", "documents"];

class FilterForm {
  constructor(form, filters, choice) {
    Object.assign(this, {form, filters, choice, waiting: 0});
    this.selects = FILTERED_BY.map((name) => form.elements[name]).filter(Boolean);
    for (const select of this.selects) {
      for (const option of select.options) option.dataset.label = option.textContent;
      select.addEventListener("change", () => choice.set({[select.name]: select.value}));
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      choice.set(Object.fromEntries([...FILTERED_BY, "subject", "at"].map((name) => [name, ""])));
    });
  }

  /** After the filters ran: what is chosen at once, the numbers when the page has shown it. */
  show() {
    const {choice, filters} = this;
    for (const select of this.selects) {
      select.value = choice.get(select.name);
      if (select.selectedIndex < 0) select.value = "";
    }
    this.form.classList.toggle("filtered", [...FILTERED_BY, "at", "subject"].some((name) => choice.get(name)));
    document.getElementById("count").textContent = `${number(filters.shown)} of ${number(filters.records.n)} departments`;
    window.clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.tell(), 150);
  }

  tell() {
    for (const select of this.selects) {
      const counts = this.filters.tally(select.name);
      for (const option of select.options) {
        if (option.value) option.textContent = `${option.dataset.label} (${number(counts.get(option.value) || 0)})`;
      }
    }
  }
}

/* A whole number with commas; toLocaleString would load its tables first: 36 ms (2026-11-23). */
function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
