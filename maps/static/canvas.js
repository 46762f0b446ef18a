/* A canvas that covers the view and a little more, drawn anew after each move of the map. */

/** What extends it gives `drawOn(pen, view)`: the view in world pixels of the zoom, pen scaled. */
const CanvasLayer = L.Renderer.extend({
  initialize() {
    L.Renderer.prototype.initialize.call(this, {});
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.className = this.options.className;
    this._container.setAttribute("aria-hidden", "true");
  },

  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    this.draw();
  },

  draw() {
    const size = this._bounds.getSize();
    const density = window.devicePixelRatio || 1;
    const canvas = this._container;
    canvas.width = Math.round(size.x * density);
    canvas.height = Math.round(size.y * density);
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    const corner = this._map.getPixelOrigin().add(this._bounds.min);
    const scale = this._map.options.crs.scale(this._map.getZoom());
    const pen = canvas.getContext("2d");
    pen.scale(density, density);
    this.drawOn(pen, {left: corner.x, top: corner.y, width: size.x, height: size.y, scale, density});
  },
});
