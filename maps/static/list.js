/* The list of the page: the filters act on it, and its names open the map. Row i is department i. */

class List {
  constructor(root, onChoice) {
    this.root = root;
    if (!root) return;
    this.groups = [...root.querySelectorAll("details")].map((group) => ({
      group,
      first: Number(group.dataset.first),
      count: Number(group.dataset.count),
      tally: group.querySelector(".tally"),
      bodies: group.querySelectorAll("tbody"),
    }));
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
    group.querySelectorAll("td:first-child").forEach((cell, place) => {
      const button = make("button", {type: "button", "data-row": first + place, title: "Show on the map"}, cell.textContent);
      cell.replaceChildren(button);
    });
  }

  show(visible, chosenState) {
    if (!this.root) return;
    for (const {group, first, count, tally, bodies} of this.groups) {
      let place = first;
      let shown = 0;
      for (const body of bodies) {
        const before = shown;
        for (let row = body.rows[0].nextElementSibling; row; row = row.nextElementSibling) {
          const hidden = !visible[place];
          if (row.hidden !== hidden) row.hidden = hidden;
          shown += hidden ? 0 : 1;
          place += 1;
        }
        body.hidden = shown === before;
      }
      group.hidden = shown === 0;
      tally.textContent = shown === count ? number(count) : `${number(shown)} of ${number(count)}`;
      if (group.dataset.state === chosenState) group.open = true;
    }
  }
}
