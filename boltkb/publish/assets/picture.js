// The stepped picture of threads and connections: draws the story, state by state.
// A classic script, not a module: browsers refuse modules on file://.
(() => {
  "use strict";

  const { THREADS, CLIENTS, STEPS, STATES, clientOf, slotOf } = window.boltkbStory;

  // --- where things stand --------------------------------------------------------------------

  const WIDE = {
    name: "wide",
    box: [760, 356],
    client: (i) => ({ x: 16, y: 44 + 98 * i, width: 150, height: 84, text: [30, 80 + 98 * i], note: [30, 99 + 98 * i] }),
    dot: (i, j) => [300, 56 + 98 * i + 20 * j],
    line: (i, j) => `M166 ${56 + 98 * i + 20 * j} H292`,
    thread: (k) => ({ x: 540, y: 44 + 62 * k, width: 204, height: 46, text: [[556, 72 + 62 * k]] }),
    wire: ([x, y], k) => `M${x + 8} ${y} C 410 ${y}, 430 ${67 + 62 * k}, 540 ${67 + 62 * k}`,
    refused: ([x, y]) => `M${x + 8} ${y} C 410 ${y}, 430 318, 536 318`,
    rejected: [[544, 314, "rejected at once"], [544, 332, "no thread free, no waiting room"]],
    heads: [[16, 24, "Clients", ""], [262, 24, "Connections", "no limit", 360], [540, 24, "Threads", `${THREADS} in this pool`, 608]],
    legend: [[24, 346], [204, 346], [332, 346]],
    split: false,
  };
  const NARROW = {
    name: "narrow",
    box: [340, 396],
    client: (i) => ({ x: 6 + 114 * i, y: 26, width: 100, height: 50, text: [16 + 114 * i, 47], note: [16 + 114 * i, 65] }),
    dot: (i, j) => [20 + 114 * i + 24 * j, 134],
    line: (i, j) => `M${20 + 114 * i + 24 * j} 76 V126`,
    thread: (k) => ({ x: 2 + 86 * k, y: 226, width: 78, height: 54, text: [[41 + 86 * k, 249], [41 + 86 * k, 266]] }),
    wire: ([x, y], k) => `M${x} ${y + 8} C ${x} 186, ${41 + 86 * k} 180, ${41 + 86 * k} 226`,
    refused: ([x, y]) => `M${x} ${y + 8} C ${x} 200, 254 190, 254 316`,
    rejected: [[334, 338, "rejected at once"], [334, 356, "no thread free, no waiting room"]],
    heads: [[6, 16, "Clients", ""], [6, 112, "Connections", "no limit", 101], [6, 304, "Threads", `${THREADS} in this pool`, 72]],
    legend: [[14, 382], [100, 382], [206, 382]],
    split: true,
  };

  const SLOTS = 4;
  const LEGEND = [
    ["idle", "idle: holds no thread", "idle"],
    ["held", "its request runs", "request runs"],
    ["waits", "transaction open, client thinks", "client thinks"],
  ];
  const { draw, make } = window.boltkbCalculators.pieces;

  const kind = (does) => (does === "waits for its client" ? "waits" : "held");

  /** Two short lines for a narrow box. */
  function halves(words) {
    const middle = words.lastIndexOf(" ", Math.ceil(words.length / 2) + 2);
    return middle < 0 ? [words, ""] : [words.slice(0, middle), words.slice(middle + 1)];
  }

  /** One drawing: made once, then only its classes and words change, so that it can glide. */
  function scene(at) {
    const svg = draw("svg", { class: at.name, viewBox: `0 0 ${at.box.join(" ")}`, role: "img" });
    const wires = draw("g", {});
    const lines = new Map();
    const dots = new Map();
    const notes = new Map();
    const threads = [];
    for (const [x, y, strong, quiet, next] of at.heads) {
      svg.append(draw("text", { class: at.split ? "strong halo" : "strong", x, y }, strong));
      if (quiet) svg.append(draw("text", { class: at.split ? "quiet halo" : "quiet", x: next, y }, quiet));
    }
    CLIENTS.forEach((client, i) => {
      const { x, y, width, height, text, note } = at.client(i);
      const words = draw("text", { class: "quiet", x: note[0], y: note[1] });
      notes.set(client, words);
      svg.append(draw("rect", { class: "box", x, y, width, height, rx: 7 }), draw("text", { x: text[0], y: text[1] }, client), words);
      for (let j = 0; j < SLOTS; j++) {
        const name = `${client} ${j + 1}`;
        const [cx, cy] = at.dot(i, j);
        lines.set(name, draw("path", { class: "box link", d: at.line(i, j) }));
        dots.set(name, draw("circle", { cx, cy, r: 7 }));
        svg.prepend(lines.get(name));
        svg.append(dots.get(name));
      }
    });
    svg.append(wires);
    for (let k = 0; k < THREADS; k++) {
      const { x, y, width, height, text } = at.thread(k);
      const box = draw("rect", { x, y, width, height, rx: 6 });
      const words = text.map(([a, b]) => draw("text", at.split ? { class: "quiet", x: a, y: b, "text-anchor": "middle" } : { x: a, y: b }));
      threads.push({ box, words });
      svg.append(box, ...words);
    }
    const anchor = at.split ? { "text-anchor": "end" } : {};
    const refusal = draw("g", {}, ...at.rejected.map(([x, y, words], i) => draw("text", { class: i ? "quiet" : "strong bad-fill", x, y, ...anchor }, words)));
    svg.append(refusal);
    at.legend.forEach(([cx, cy], i) => {
      const [mark, long, short] = LEGEND[i];
      svg.append(draw("circle", { class: mark, cx, cy, r: 6 }), draw("text", { class: "quiet", x: cx + 13, y: cy + 4 }, at.split ? short : long));
    });

    function show(state) {
      svg.setAttribute("aria-label", summary(state));
      refusal.setAttribute("class", [...state.connections.values()].some((one) => one.rejected) ? "" : "away");
      for (const [client, words] of notes) {
        const pool = [...state.connections.keys()].filter((name) => clientOf(name) === client).length;
        words.textContent = state.waiting.has(client) ? "waits a second" : pool ? `${pool} connection${pool > 1 ? "s" : ""}` : "";
      }
      threads.forEach(({ box, words }, k) => {
        const held = state.threads[k];
        box.setAttribute("class", held ? kind(held.does) : "free");
        const said = held ? held.does : "free";
        const parts = at.split ? halves(said) : [said];
        words.forEach((word, i) => {
          word.textContent = parts[i] ?? "";
        });
      });
      for (const [name, dot] of dots) {
        const connection = state.connections.get(name);
        const held = connection && connection.thread !== null && state.threads[connection.thread];
        dot.setAttribute("class", !connection ? "idle away" : connection.rejected ? "refused" : held ? kind(held.does) : "idle");
        lines.get(name).setAttribute("class", connection ? "box link" : "box link away");
      }
      const kept = new Map([...wires.children].map((wire) => [wire.dataset.of, wire]));
      for (const [name, connection] of state.connections) {
        if (connection.thread === null && !connection.rejected) continue;
        const of = connection.rejected ? `${name} refused` : `${name} ${connection.thread}`;
        const wire = kept.get(of) ?? draw("path", { "data-of": of, d: way(name, connection) });
        const does = connection.rejected ? "refused" : kind(state.threads[connection.thread].does) === "waits" ? "thinking" : "";
        wire.setAttribute("class", `wire ${does}`);
        if (!kept.delete(of)) wires.append(wire);
      }
      for (const wire of kept.values()) wire.remove();
    }

    const way = (name, connection) => {
      const from = at.dot(CLIENTS.indexOf(clientOf(name)), slotOf(name));
      return connection.rejected ? at.refused(from) : at.wire(from, connection.thread);
    };

    /** A message travels from its client along the connection, and on to its thread. */
    function send(name, state, delay) {
      const connection = state.connections.get(name);
      if (!connection) return;
      const along = [at.line(CLIENTS.indexOf(clientOf(name)), slotOf(name))];
      if (connection.thread !== null || connection.rejected) along.push(way(name, connection));
      const paths = along.map((d) => draw("path", { d }));
      const lengths = paths.map((path) => path.getTotalLength());
      const whole = lengths.reduce((sum, length) => sum + length, 0);
      const dot = draw("circle", { class: connection.rejected ? "message bad-fill" : "message", r: 4, cx: -9, cy: -9 });
      svg.append(dot);
      let began;
      const move = (now) => {
        began ??= now + delay;
        const done = Math.min(1, Math.max(0, (now - began) / 650));
        let length = whole * done;
        const part = length > lengths[0] && paths.length > 1 ? 1 : 0;
        if (part) length -= lengths[0];
        const point = paths[part].getPointAtLength(length);
        dot.setAttribute("cx", point.x);
        dot.setAttribute("cy", point.y);
        if (done < 1 && dot.isConnected) requestAnimationFrame(move);
        else dot.remove();
      };
      requestAnimationFrame(move);
    }

    const stop = () => svg.querySelectorAll(".message").forEach((dot) => dot.remove());
    return { svg, show, send, stop };
  }

  function summary(state) {
    const held = state.threads.filter(Boolean);
    const waits = held.filter((thread) => kind(thread.does) === "waits").length;
    const { connections_running: running, connections_idle: idle, rejected } = state.counts;
    return `${held.length} of ${THREADS} threads are held, ${waits} of them by clients that think. ${running + idle} connections are open, ${idle} of them idle. Rejected so far: ${rejected}.`;
  }

  // --- the page ------------------------------------------------------------------------------

  const moves = matchMedia("(prefers-reduced-motion: no-preference)");

  function picture(element) {
    const captions = [...element.querySelectorAll("ol > li")];
    if (captions.length !== STATES.length) throw new Error("a caption for each step is needed");
    const scenes = [WIDE, NARROW].map(scene);
    const caption = make("div", { class: "now", "aria-live": "polite" });
    const button = (words) => make("button", { type: "button", class: "md-button" }, words);
    const back = button("← Back");
    const forward = button("Next →");
    const play = button("Play");
    const where = make("span", { class: "unit" });
    const counts = make("dl", { class: "boltkb-counts" });
    let step = 0;
    let timer = null;

    function show(next, { glide = false } = {}) {
      const before = STATES[step];
      const forwards = next === step + 1;
      step = next;
      const state = STATES[step];
      for (const one of scenes) {
        one.stop();
        one.show(state);
      }
      if (glide && forwards && moves.matches) {
        const sent = STEPS[step].filter(([verb]) => ["take", "send", "reject"].includes(verb));
        sent.forEach(([, name], i) => scenes.forEach((one) => one.send(name, state, 90 * i)));
      }
      caption.replaceChildren(...[...captions[step].childNodes].map((node) => node.cloneNode(true)));
      where.textContent = `Step ${step + 1} of ${STATES.length}`;
      counts.replaceChildren(
        ...Object.entries(state.counts).map(([name, value]) => {
          const change = value - before.counts[name];
          const told = make("dd", {}, String(value));
          if (change && forwards) told.append(make("small", {}, `${change > 0 ? "+" : "−"}${Math.abs(change)}`));
          return make("div", { class: change && forwards ? "changed" : "" },
            make("dt", {}, name === "rejected" ? "rejected" : make("code", {}, name)), told);
        }),
      );
      back.disabled = step === 0;
      forward.disabled = step === STATES.length - 1;
    }

    function pause() {
      clearTimeout(timer);
      timer = null;
      play.textContent = step === STATES.length - 1 ? "Play again" : "Play";
    }

    function later() {
      if (step === STATES.length - 1) return pause();
      timer = setTimeout(() => {
        show(step + 1, { glide: true });
        later();
      }, Math.max(2200, 45 * captions[step].textContent.length));
    }

    const go = (next) => {
      if (next < 0 || next >= STATES.length) return;
      show(next, { glide: true });
      pause();
    };
    back.addEventListener("click", () => go(step - 1));
    forward.addEventListener("click", () => go(step + 1));
    play.addEventListener("click", () => {
      if (timer !== null) return pause();
      show(step === STATES.length - 1 ? 0 : step + 1, { glide: true });
      play.textContent = "Pause";
      later();
    });

    const figure = make("figure", { class: "boltkb-figure boltkb-drawing boltkb-steps-drawn", tabIndex: 0 },
      make("figcaption", {}, make("b", { class: "title" }, "What a thread pool does, step by step"),
        make("span", { class: "caption" }, `A pool of ${THREADS} threads. Step with the buttons or the arrow keys.`)),
      ...scenes.map((one) => one.svg),
      make("div", { class: "controls" }, back, play, forward, where), caption, counts);
    figure.addEventListener("keydown", (event) => {
      const next = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: STATES.length - 1 }[event.key];
      if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      go(next);
    });
    element.prepend(figure);
    element.previousElementSibling?.classList.add("replaced");
    for (const folded of element.querySelectorAll("details")) folded.open = false;
    show(0);
  }

  function boot() {
    for (const element of document.querySelectorAll(".boltkb-picture:not([data-ready])")) {
      element.dataset.ready = "yes";
      picture(element);
    }
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", boot);
  else boot();
  window.document$?.subscribe(boot);
})();
