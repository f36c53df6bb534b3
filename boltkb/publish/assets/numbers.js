// A drawing of the reader's own numbers: connections that can be open, threads that are held.
// A classic script, not a module: browsers refuse modules on file://.
(() => {
  "use strict";

  const { make, draw, told, share, form, remember, copyLink, facts, reported } =
    window.boltkbCalculators.pieces;

  const FIELDS = [
    { name: "threads", label: "Threads", value: 400, min: 1, max: 10000, step: 1, unit: "threads" },
    { name: "processes", label: "Client processes", value: 15, min: 1, max: 100000, step: 1,
      unit: "with one driver object each" },
    { name: "pool", label: "Connections in each pool", value: 100, min: 1, max: 100000, step: 1,
      unit: "100 unless set" },
    { name: "rate", label: "Requests", value: 150, min: 0.001, max: 1e6, unit: "a second, of all clients" },
    { name: "hold", label: "Each holds a thread for", value: 0.8, min: 1e-4, max: 1e5,
      unit: "seconds, thinking included" },
    { name: "thinking", label: "Of this time its client thinks", value: 60, min: 0, max: 100, unit: "%" },
  ];
  // More marks than these are hard to see and slow to draw.
  const MOST = 1600;

  /** The bound by arithmetic, and the means by Little's law; all in threads. */
  function reckon({ threads, processes, pool, rate, hold, thinking }) {
    const open = processes * pool;
    const most = Math.min(open, threads);
    const load = rate * hold;
    const held = Math.min(load, most);
    const waiting = (held * thinking) / 100;
    return { open, most, load, held, waiting, working: held - waiting };
  }

  function sentences(given, got) {
    const said = [];
    const open = `Your clients can open ${told(got.open)} connection${got.open > 1 ? "s" : ""}`;
    if (got.open > given.threads) {
      said.push(`${open}. Were all of them to ask at the same moment, ${told(given.threads)} would get a thread, and ${told(got.open - given.threads)} would be rejected.`);
    } else {
      said.push(`${open}, and each can hold one thread: at most ${told(got.open)} of the ${told(given.threads)} threads can be asked for. These clients alone cannot fill the pool.`);
    }
    const product = `${told(given.rate)} requests a second × ${told(given.hold)} s`;
    if (got.load >= got.most) {
      said.push(
        got.open > given.threads
          ? `${product} would hold ${told(got.load)} threads on average, and there are only ${told(given.threads)}: at least ${share(1 - given.threads / got.load)} of the requests must be rejected, however evenly they come.`
          : `${product} would hold ${told(got.load)} threads on average, and the clients can open only ${told(got.open)} connections: requests wait in the clients, and time out there.`,
      );
    } else {
      const low = Math.max(0, got.load - 2 * Math.sqrt(got.load));
      const high = got.load + 2 * Math.sqrt(got.load);
      const spent = `${told(got.working)} at work, ${told(got.waiting)} waiting for clients that think`;
      said.push(
        high < got.most
          ? `${product} hold ${told(got.load)} threads on average: ${spent}. At a steady load of independent requests the number is mostly between ${told(Math.floor(low))} and ${told(Math.ceil(high))}; a load that varies goes further.`
          : `${product} hold ${told(got.load)} threads on average if all of them get one: ${spent}. ` +
              (got.open > given.threads
                ? "That is so near the number of threads that all of them are taken now and then, even at a steady load."
                : "That is so near the number of connections that requests wait in the clients now and then, even at a steady load."),
      );
    }
    return said;
  }

  /** How many marks each part gets, so that they add up. */
  function marks(parts, scale) {
    const ends = [];
    parts.reduce((sum, part) => (ends.push(Math.round((sum + part) / scale)), sum + part), 0);
    return ends.map((end, i) => end - (ends[i - 1] ?? 0));
  }

  const SHAPES = {
    dot: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    square: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  };

  /** A grid of marks, one path for each kind; returns its parts and its height. */
  function grid(shape, counts, cell, left, top, width) {
    const columns = Math.min(Math.floor(width / cell), Math.max(10, Math.ceil(1.2 * Math.sqrt(counts.reduce((a, b) => a + b)))));
    let at = 0;
    const parts = ["held", "waits", shape === "dot" ? "idle" : "free"].map((kind, i) => {
      const d = [];
      for (let n = 0; n < counts[i]; n++, at++) {
        const x = left + (at % columns) * cell + cell / 2;
        const y = top + Math.floor(at / columns) * cell + cell / 2;
        d.push(SHAPES[shape](x, y, cell * 0.36));
      }
      return draw("path", { class: kind, d: d.join("") });
    });
    return { parts, height: Math.ceil(at / columns) * cell };
  }

  function drawing(name, given, got, label) {
    const largest = Math.max(got.open, given.threads);
    const scale = [1, 2, 5].flatMap((n) => [n, 10 * n, 100 * n, 1e3 * n, 1e4 * n, 1e5 * n, 1e6 * n, 1e7 * n])
      .sort((a, b) => a - b).find((n) => largest / n <= MOST);
    const count = largest / scale;
    const cell = count <= 60 ? 20 : count <= 250 ? 14 : 9;
    const narrow = name === "narrow";
    const top = 34;
    const dots = marks([got.working, got.waiting, got.open - got.held], scale);
    const squares = marks([got.working, got.waiting, given.threads - got.held], scale);
    const first = grid("dot", dots, cell, 8, top, narrow ? 324 : 400);
    const below = narrow ? top + first.height + 42 : top;
    const second = grid("square", squares, cell, narrow ? 8 : 440, below, narrow ? 324 : 312);
    const height = narrow ? below + second.height + 8 : top + Math.max(first.height, second.height) + 8;
    const [x, y] = narrow ? [8, below - 14] : [440, 20];
    return draw("svg", { class: name, viewBox: `0 0 ${narrow ? 340 : 760} ${height}`, role: "img", "aria-label": label, "data-scale": scale },
      draw("text", { class: "strong", x: 8, y: 20 }, `${told(got.open)} connections can be open`), ...first.parts,
      draw("text", { class: "strong", x, y }, `${told(given.threads)} threads`), ...second.parts);
  }

  function numbers(element) {
    const words = make("div", { class: "boltkb-lead", role: "status" });
    const picture = make("figure", { class: "boltkb-figure boltkb-drawing boltkb-marks" });
    const onward = make("a", {}, "How many requests find all threads taken? The sizing calculator, with these numbers.");
    const update = (typed) => {
      const { values, wrong } = fields.read();
      picture.hidden = wrong.length > 0;
      onward.hidden = picture.hidden;
      if (wrong.length) {
        words.replaceChildren(make("p", {}, `Not a value that can be used. ${wrong.join("; ")}.`));
        return;
      }
      // Not before something is typed: the address may name a section to go to.
      if (typed) remember(values);
      const got = reckon(values);
      const said = sentences(values, got);
      words.replaceChildren(...said.map((sentence) => make("p", {}, sentence)));
      const drawn = ["wide", "narrow"].map((name) => drawing(name, values, got, said.join(" ")));
      const scale = Number(drawn[0].dataset.scale);
      const caption = `${scale > 1 ? `One mark is ${told(scale)}. ` : ""}Dots are connections, squares are threads. Blue: at work; orange: held by a client that thinks; empty: idle connections and free threads, on average.`;
      picture.replaceChildren(make("figcaption", {}, make("span", { class: "caption" }, caption)), ...drawn);
      const { threads, rate, hold } = values;
      onward.href = `../tools/sizing.html#${new URLSearchParams({ threads, rate, hold })}`;
    };
    const fields = form(element, FIELDS, update);
    element.replaceChildren(
      make("form", { class: "boltkb-form", onsubmit: () => false }, ...fields.rows, facts((read) => {
        const { name, load, thinking, ...found } = reported(read, fields.read().values.hold);
        for (const field of ["threads", "rate", "hold"]) {
          if (found[field] !== undefined) fields.set(field, found[field]);
        }
        if (thinking !== undefined) fields.set("thinking", Math.round(100 * thinking));
        update(true);
        return load ? `Filled from ${name}; processes and pools are yours to say.` : "Filled; this report states no load.";
      }), copyLink()),
      words,
      picture,
      make("p", {}, onward),
    );
    update();
    addEventListener("hashchange", () => {
      const given = new URLSearchParams(location.hash.slice(1));
      const named = FIELDS.filter((field) => given.has(field.name));
      for (const field of named) fields.set(field.name, given.get(field.name));
      if (named.length) update();
    });
  }

  function boot() {
    for (const element of document.querySelectorAll(".boltkb-numbers:not([data-ready])")) {
      element.dataset.ready = "yes";
      numbers(element);
    }
  }

  window.boltkbNumbers = { reckon };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", boot);
  else boot();
  window.document$?.subscribe(boot);
})();
