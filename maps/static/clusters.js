/* Groups of departments for one view: a grid over the viewport, then near neighbours joined.
   The grid is fixed to the world and not to the viewport, so groups stay put while panning. */

/**
 * @param points {x, y} world coordinates from 0 to 1
 * @param visible for each point 0 where the filters hide it, else how it stands (1 to 3)
 * @param view {left, top, width, height, scale} in world pixels of the zoom
 * @param size pixels of a grid cell
 */
function groupPoints(points, visible, view, size) {
  const {x, y} = points;
  const firstColumn = Math.floor(view.left / size) - 2;
  const firstRow = Math.floor(view.top / size) - 2;
  const columns = Math.ceil(view.width / size) + 5;
  const rows = Math.ceil(view.height / size) + 5;
  const cells = columns * rows;
  const grid = {
    size, firstColumn, firstRow, columns, rows, scale: view.scale,
    count: new Uint32Array(cells),
    sumX: new Float64Array(cells),
    sumY: new Float64Array(cells),
    any: new Uint32Array(cells),
    standings: new Uint8Array(cells),
    owner: new Int32Array(cells).fill(-1),
  };
  for (let i = 0; i < x.length; i += 1) {
    if (!visible[i]) continue;
    const cell = cellOf(grid, x[i], y[i]);
    if (cell < 0) continue;
    grid.count[cell] += 1;
    grid.sumX[cell] += x[i] * view.scale;
    grid.sumY[cell] += y[i] * view.scale;
    grid.any[cell] = i;
    grid.standings[cell] |= 1 << visible[i];
  }
  return {grid, groups: joined(grid)};
}

function cellOf(grid, x, y) {
  const column = Math.floor((x * grid.scale) / grid.size) - grid.firstColumn;
  const row = Math.floor((y * grid.scale) / grid.size) - grid.firstRow;
  const inside = column >= 0 && column < grid.columns && row >= 0 && row < grid.rows;
  return inside ? row * grid.columns + column : -1;
}

/** Cells from the fullest on; each takes the neighbours whose middles would overlap its circle. */
function joined(grid) {
  const {count, sumX, sumY, standings, owner, columns} = grid;
  const filled = [];
  for (let cell = 0; cell < count.length; cell += 1) if (count[cell]) filled.push(cell);
  filled.sort((a, b) => count[b] - count[a] || a - b);
  const groups = [];
  const reach = (grid.size * 0.8) ** 2;
  for (const cell of filled) {
    if (owner[cell] >= 0) continue;
    const group = {cell, count: count[cell], any: grid.any[cell], standings: standings[cell]};
    const middleX = sumX[cell] / count[cell];
    const middleY = sumY[cell] / count[cell];
    let [totalX, totalY] = [sumX[cell], sumY[cell]];
    owner[cell] = groups.length;
    for (const step of [-columns - 1, -columns, -columns + 1, -1, 1, columns - 1, columns, columns + 1]) {
      const other = cell + step;
      if (!count[other] || owner[other] >= 0) continue;
      const distance = (sumX[other] / count[other] - middleX) ** 2 + (sumY[other] / count[other] - middleY) ** 2;
      if (distance > reach) continue;
      owner[other] = groups.length;
      group.count += count[other];
      group.standings |= standings[other];
      totalX += sumX[other];
      totalY += sumY[other];
    }
    group.x = totalX / group.count;
    group.y = totalY / group.count;
    groups.push(group);
  }
  return groups;
}

/** The departments of one group, and the box they fill in world coordinates. */
function membersOf(number, grid, points, visible) {
  const members = [];
  const box = {west: Infinity, east: -Infinity, north: Infinity, south: -Infinity};
  for (let i = 0; i < points.x.length; i += 1) {
    if (!visible[i]) continue;
    const cell = cellOf(grid, points.x[i], points.y[i]);
    if (cell < 0 || grid.owner[cell] !== number) continue;
    members.push(i);
    box.west = Math.min(box.west, points.x[i]);
    box.east = Math.max(box.east, points.x[i]);
    box.north = Math.min(box.north, points.y[i]);
    box.south = Math.max(box.south, points.y[i]);
  }
  return {members, box};
}
