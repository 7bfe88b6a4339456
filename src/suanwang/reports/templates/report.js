// Draws each chart in the shape and width of its box, again where that width changes; and its tool tips.
(function () {
  "use strict";
  var SLIM_PX = 600, LEAST_PX = 400;
  var tip = document.getElementById("tip");
  var boxes = Array.from(document.querySelectorAll(".chart"));

  // A specification of another width. A chart that keeps its shape grows both ways; in others, panels one
  // over the other take the whole difference, panels side by side an equal part each.
  function fit(spec, width) {
    var most = width - spec.usermeta.width_px;
    if (spec.usermeta.keeps_shape) {
      spec.height = Math.round(spec.height * (spec.width + most) / spec.width);
    }
    if (spec.width) spec.width += most;
    (spec.vconcat || []).forEach(function (panel) { panel.width += most; });
    (spec.hconcat || []).forEach(function (panel) { panel.width += most / spec.hconcat.length; });
    return spec;
  }

  // Narrower than LEAST_PX nothing is laid out: the style sheet shrinks the picture.
  async function draw(box) {
    var width = box.clientWidth, chart = JSON.parse(box.querySelector("script").textContent);
    if (!width || box.width === width) return;
    box.width = width;
    var spec = width < SLIM_PX ? chart.specs[chart.specs.length - 1] : chart.specs[0];
    spec.datasets = chart.datasets;
    var place = document.createElement("div");
    try {
      var drawn = await vegaEmbed(place, fit(spec, Math.max(width, LEAST_PX)), {
        mode: "vega-lite", renderer: "svg", actions: false, tooltip: false, defaultStyle: false,
      });
      drawn.view.addEventListener("pointermove", show);
      drawn.view.addEventListener("pointerdown", show);
      drawn.view.addEventListener("pointerout", function (event) { if (event.pointerType === "mouse") hide(); });
      if (box.drawn) box.drawn.finalize();
      box.drawn = drawn;
    } catch (error) {
      console.error(error);
      place.className = "failed";
      place.textContent = {{ words.failed | tojson }} + ": " + error.message;
    }
    box.replaceChildren(box.querySelector("script"), place);
  }

  async function drawAll() {
    for (var box of boxes) await draw(box);
  }

  function show(event, item) {
    var words = item && item.tooltip;
    if (!words) return hide();
    tip.textContent = words;
    var size = tip.getBoundingClientRect(), above = event.clientY - size.height - 10;
    tip.style.left = Math.max(6, Math.min(event.clientX + 14, innerWidth - size.width - 8)) + "px";
    tip.style.top = (above < 4 ? event.clientY + 16 : above) + "px";
    tip.style.opacity = 1;
  }
  function hide() { tip.style.opacity = 0; }

  var later;
  window.addEventListener("resize", function () { clearTimeout(later); later = setTimeout(drawAll, 150); });
  document.addEventListener("scroll", hide, { passive: true });
  drawAll();
})();
