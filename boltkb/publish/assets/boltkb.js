// Figures that follow the palette, a list that filters, and the single file's buttons.
// A classic script, not a module: browsers refuse modules on file://.
(() => {
  "use strict";

  // One pair of colours, for light and for dark, per meaning; notebooks store no colours.
  // The hues keep apart for colour-blind readers (after Okabe and Ito).
  const ROLES = {
    running: ["#0b6e99", "#5ab4dc"],
    idle: ["#7d8798", "#97a3b8"],
    limit: ["#b3261e", "#ff8a80"],
    reject: ["#b3261e", "#ff8a80"],
    fit: ["#b35900", "#ffb26b"],
    observed: ["#0b6e99", "#5ab4dc"],
    good: ["#1b7f4b", "#6bd69b"],
    band: ["rgba(11,110,153,.17)", "rgba(90,180,220,.22)"],
    satur: ["rgba(179,38,30,.08)", "rgba(255,138,128,.11)"],
    working: ["#1b7f4b", "#6bd69b"],
    client: ["#b35900", "#ffb26b"],
    lock: ["#7a4fa3", "#c6a5ea"],
    pause: ["rgba(122,79,163,.3)", "rgba(198,165,234,.32)"],
    shift: ["#565d6d", "#a9b1c6"],
    gap: ["rgba(90,98,116,.14)", "rgba(170,180,205,.14)"],
  };

  // Never offer to send somebody's figures anywhere: the button must not exist.
  const CONFIG = {
    responsive: true,
    displaylogo: false,
    displayModeBar: "hover",
    showSendToCloud: false,
    showEditInChartStudio: false,
    plotlyServerURL: "",
    topojsonURL: "",
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d", "sendDataToCloud"],
  };

  const here = document.currentScript && document.currentScript.src;
  const drawn = new Map(); // element -> the figure as stored
  let library;
  let printing = false;

  const isDark = () =>
    !printing && document.body.getAttribute("data-md-color-scheme") === "slate";

  /** Plotly, loaded once and only on pages with figures; inside the single file it is there. */
  function plotly() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    library ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL("plotly-basic.min.js", here || location.href);
      script.onload = () => done(window.Plotly);
      script.onerror = () => failed(new Error("the drawing library did not load"));
      document.head.append(script);
    });
    return library;
  }

  function template(dark) {
    const text = dark ? "#dfe3ee" : "#20242e";
    const muted = dark ? "#a9b1c6" : "#565d6d";
    const line = dark ? "rgba(255,255,255,.10)" : "rgba(20,30,60,.10)";
    const axis = {
      automargin: true,
      gridcolor: line,
      linecolor: line,
      tickcolor: line,
      tickfont: { color: muted },
      ticklen: 4,
      ticks: "outside",
      title: { font: { color: muted, size: 12 }, standoff: 10 },
      zeroline: false,
    };
    return {
      layout: {
        annotationdefaults: { font: { color: muted, size: 11.5 }, showarrow: false },
        colorway: ["running", "fit", "good", "lock", "idle", "reject"].map((r) => ROLES[r][+dark]),
        font: { color: text, family: getComputedStyle(document.body).fontFamily, size: 12.5 },
        hoverlabel: {
          bgcolor: dark ? "#2a2f3d" : "#ffffff",
          bordercolor: line,
          font: { color: text },
        },
        hovermode: "x unified",
        legend: {
          font: { color: muted },
          orientation: "h",
          traceorder: "normal",
          x: 0,
          y: 1.02,
          yanchor: "bottom",
        },
        margin: { b: 8, l: 8, r: 8, t: 8 },
        modebar: { activecolor: text, bgcolor: "rgba(0,0,0,0)", color: muted },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis,
        yaxis: axis,
      },
    };
  }

  function paintTrace(trace, dark) {
    const colour = ROLES[trace.meta && trace.meta.role]?.[+dark];
    if (!colour) return;
    if (trace.type === "bar") {
      trace.marker = { ...trace.marker, color: colour, line: { width: 0 } };
      return;
    }
    const hidden = trace.mode === "none" || (trace.line && trace.line.width === 0);
    trace.marker = { ...trace.marker, color: colour };
    if (trace.fill && trace.fill !== "none") trace.fillcolor = colour;
    trace.line = { ...trace.line, color: hidden ? "rgba(0,0,0,0)" : colour };
  }

  /** The stored figure in the colours of the palette, and in the space that there is. */
  function painted(figure, width) {
    const dark = isDark();
    const copy = structuredClone(figure);
    copy.layout ??= {};
    for (const trace of copy.data) paintTrace(trace, dark);
    for (const shape of copy.layout.shapes ?? []) {
      const colour = ROLES[shape.name]?.[+dark];
      if (!colour) continue;
      if (shape.type === "rect") Object.assign(shape, { fillcolor: colour, line: { width: 0 } });
      else shape.line = { ...shape.line, color: colour };
    }
    for (const note of copy.layout.annotations ?? []) {
      const colour = ROLES[note.name]?.[+dark];
      if (colour) note.font = { size: 11.5, ...note.font, color: colour };
    }
    copy.layout.template = template(dark);
    if (width < 480) {
      copy.layout.legend = { ...copy.layout.legend, font: { size: 11 }, itemwidth: 30 };
      copy.layout.hovermode = "closest";
      for (const key of Object.keys(copy.layout)) {
        if (key.startsWith("xaxis")) copy.layout[key] = { nticks: 5, ...copy.layout[key] };
      }
    }
    return copy;
  }

  async function draw(element) {
    try {
      const library_ = await plotly();
      render(library_, element);
    } catch (error) {
      element.classList.add("failed");
      element.textContent = `This figure cannot be drawn: ${error.message}.`;
    }
  }

  function render(library_, element) {
    if (!drawn.has(element)) drawn.set(element, JSON.parse(element.dataset.figure));
    const figure = painted(drawn.get(element), element.clientWidth);
    library_.react(element, figure.data, figure.layout, CONFIG);
    element.dataset.drawn = isDark() ? "slate" : "default";
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        draw(entry.target);
      }
    },
    { rootMargin: "400px" },
  );

  function redraw() {
    for (const element of drawn.keys()) if (element.isConnected) draw(element);
  }

  // --- the list of reports -----------------------------------------------------------------

  function filterable(bar) {
    const table = document.querySelector(".boltkb-table.reports tbody");
    if (!table || bar.dataset.ready) return;
    bar.dataset.ready = "yes";
    bar.hidden = false;
    const rows = [...table.rows];
    const input = bar.querySelector("input");
    const buttons = [...bar.querySelectorAll("button[data-state]")];
    const said = bar.querySelector("output");
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const states = buttons
        .filter((button) => button.getAttribute("aria-pressed") === "true")
        .map((button) => button.dataset.state);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits =
          (!states.length || states.includes(row.dataset.state)) &&
          words.every((word) => text.includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      said.textContent = `${shown} of ${rows.length} shown`;
    };
    input.addEventListener("input", apply);
    for (const button of buttons) {
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
        apply();
      });
    }
    apply();
  }

  // --- the single file ---------------------------------------------------------------------

  function singleFile() {
    const body = document.body;
    if (!body.classList.contains("boltkb-single") || body.dataset.ready) return;
    body.dataset.ready = "yes";
    const preferred = matchMedia("(prefers-color-scheme: dark)");
    const button = body.querySelector('[data-boltkb="palette"]');
    const set = (dark) => {
      body.setAttribute("data-md-color-scheme", dark ? "slate" : "default");
      button.textContent = dark ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to ${dark ? "light" : "dark"} colours`);
    };
    set(preferred.matches);
    preferred.addEventListener("change", (event) => set(event.matches));
    button.addEventListener("click", () => set(!isDark()));
    body.querySelector('[data-boltkb="print"]').addEventListener("click", () => window.print());
  }

  // --- gaps in the theme that assistive tools report -----------------------------------------

  /** What scrolls sideways can be reached by keys, also after the window has turned. */
  const sideways = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });

  function label(selector, name) {
    for (const element of document.querySelectorAll(selector)) element.setAttribute("aria-label", name);
  }

  function boot() {
    singleFile();
    label(".md-search[role=dialog]", "Search");
    label(".md-nav--secondary", "On this page");
    label(".md-path", "Breadcrumbs");
    // A list inside the navigation would else bear the name of a landmark that is there already.
    document.querySelectorAll(".md-nav .md-nav").forEach((list, i) => {
      if (list.classList.contains("md-nav--secondary")) return;
      list.removeAttribute("aria-labelledby");
      list.setAttribute("aria-label", `Pages, part ${i + 1}`);
    });
    document.querySelectorAll(".md-code__nav").forEach((bar, i) => {
      bar.setAttribute("aria-label", `Code ${i + 1}`);
    });
    for (const element of document.querySelectorAll(
      ".md-typeset__scrollwrap, .boltkb-table, .tabbed-labels",
    )) {
      sideways.observe(element);
    }
    for (const element of drawn.keys()) {
      if (element.isConnected) continue;
      window.Plotly.purge(element);
      drawn.delete(element);
    }
    for (const element of document.querySelectorAll(".boltkb-plot[data-figure]:not([data-drawn])")) {
      near.observe(element);
    }
    document.querySelectorAll(".boltkb-filter").forEach(filterable);
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", boot);
  else boot();
  window.document$?.subscribe(boot); // pages that load themselves in parts
  new MutationObserver(redraw).observe(document.body, {
    attributes: true,
    attributeFilter: ["data-md-color-scheme"],
  });

  // Paper is light: draw every figure so, at once, and give the palette back afterwards.
  addEventListener("beforeprint", () => {
    printing = true;
    for (const folded of document.querySelectorAll("details.boltkb-more:not([open])")) {
      folded.open = true;
      folded.dataset.folded = "yes";
    }
    if (!window.Plotly) return;
    for (const element of document.querySelectorAll(".boltkb-plot[data-figure]")) {
      render(window.Plotly, element);
    }
  });
  addEventListener("afterprint", () => {
    printing = false;
    for (const folded of document.querySelectorAll("details[data-folded]")) {
      folded.open = false;
      delete folded.dataset.folded;
    }
    redraw();
  });
})();
