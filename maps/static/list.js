/* The list of the page: the filters act on it, and its names open the map. Row i is department i. */

class List {
  constructor(root, onChoice) {
    this.root = root;
    this.onChoice = onChoice;
    if (!root) return;
    this.groups = [...root.querySelectorAll("details")].map((group) => {
      const first = Number(group.dataset.first);
      const count = Number(group.dataset.count);
      return {group, first, count, tally: group.querySelector(".tally")};
    });
    root.addEventListener("toggle", (event) => this.enhance(event.target), true);
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-row]");
      if (button) onChoice(Number(button.dataset.row));
    });
  }

  /** Names of an opened state become buttons; closed states stay as light as they came. */
  enhance(group) {
    if (group.dataset.enhanced) return;
    group.dataset.enhanced = "yes";
    const first = Number(group.dataset.first);
    group.querySelectorAll("tbody tr").forEach((row, place) => {
      const cell = row.cells[0];
      const button = make("button", {type: "button", "data-row": first + place, title: "Show on the map"}, cell.textContent);
      cell.replaceChildren(button);
    });
  }

  show(visible, chosenState) {
    if (!this.root) return;
    for (const {group, first, count, tally} of this.groups) {
      const {rows} = group.querySelector("tbody");
      let shown = 0;
      for (let i = 0; i < count; i += 1) {
        const hidden = !visible[first + i];
        if (rows[i].hidden !== hidden) rows[i].hidden = hidden;
        shown += hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
      tally.textContent = shown === count ? number(count) : `${number(shown)} of ${number(count)}`;
      if (group.dataset.state === chosenState) group.open = true;
    }
  }
}
