// The calculators of the site. Everything is computed here; nothing leaves the browser.
// A classic script, not a module: browsers refuse modules on file://.
(() => {
  "use strict";

  const q = () => window.boltkbQueueing;
  const SVG = "http://www.w3.org/2000/svg";

  // --- pieces of a page ----------------------------------------------------------------------

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "class") element.className = value;
      else if (name in element && name !== "list") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function draw(tag, properties, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /** A number as a reader takes it: three digits, no more. */
  function told(value) {
    if (value === Infinity) return "without end";
    if (!Number.isFinite(value)) return "unknown";
    if (value === 0) return "0";
    if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
    if (Math.abs(value) < 1e-3) return value.toExponential(1).replace("e-", " × 10^−");
    return String(Number(value.toPrecision(3)));
  }

  function share(value) {
    if (value === 0) return "0 %";
    if (value < 1e-5) return `${told(value)}`;
    return `${told(100 * value)} %`;
  }

  function seconds(value) {
    if (value === Infinity) return "without end";
    if (value < 1e-3) return value === 0 ? "0 s" : "below 1 ms";
    return value < 1 ? `${told(1000 * value)} ms` : `${told(value)} s`;
  }

  /** Fields by name, filled from the address, each with its label, unit and bounds. */
  function form(element, fields, changed) {
    const given = new URLSearchParams(location.hash.slice(1));
    const inputs = new Map();
    const rows = fields.map((field) => {
      const id = `${element.dataset.kind}-${field.name}`;
      const input = field.choices
        ? make("select", { id }, ...field.choices.map((words) => make("option", {}, words)))
        : make("input", {
            id,
            type: "number",
            inputMode: "decimal",
            min: field.min,
            max: field.max,
            step: field.step ?? "any",
          });
      input.value = given.get(field.name) ?? field.value;
      if (field.choices && !field.choices.includes(input.value)) input.value = field.value;
      input.addEventListener("input", changed);
      inputs.set(field.name, input);
      return make(
        "div",
        { class: "field" },
        make("label", { htmlFor: id }, field.label),
        make("span", { class: "entry" }, input, make("span", { class: "unit" }, field.unit ?? "")),
      );
    });
    const read = () => {
      const values = {};
      const wrong = [];
      for (const field of fields) {
        const input = inputs.get(field.name);
        const value = field.choices ? input.value : Number(input.value);
        const bad =
          !field.choices &&
          (input.value.trim() === "" ||
            !Number.isFinite(value) ||
            value < field.min ||
            value > field.max ||
            (field.step === 1 && !Number.isInteger(value)));
        input.toggleAttribute("aria-invalid", bad);
        if (bad) wrong.push(`${field.label}: ${field.min} to ${field.max.toLocaleString("en")}`);
        values[field.name] = value;
      }
      return { values, wrong };
    };
    const set = (name, value) => {
      inputs.get(name).value = value;
    };
    return { rows, read, set };
  }

  function remember(values) {
    const address = `#${new URLSearchParams(values)}`;
    if (location.hash !== address) history.replaceState(history.state, "", address);
  }

  function copyLink() {
    const button = make("button", { type: "button", class: "md-button" }, "Copy a link to this");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Copy the address of this page";
      }
    });
    return button;
  }

  /** A field that takes a report's facts.json, read here and sent nowhere. */
  function facts(take) {
    const said = make("span", { class: "unit", role: "status" });
    const input = make("input", { type: "file", accept: ".json,application/json", id: "facts" });
    input.addEventListener("change", async () => {
      try {
        said.textContent = take(JSON.parse(await input.files[0].text()));
      } catch {
        said.textContent = "This is no facts.json of a report.";
      }
      input.value = ""; // so that the same file can be chosen again
    });
    const label = make("label", { htmlFor: "facts" }, "Fill from a report's facts.json");
    return make("div", { class: "field" }, label, make("span", { class: "entry" }, input, said));
  }

  /** What a report's facts tell of the pool and its load; rate or hold as given where untold. */
  function reported(read, held) {
    const pool = read.pool ?? {};
    const [load, hold, rate] = ["offered_load", "mean_hold", "arrival_rate"].map(
      (name) => read.estimates?.[name]?.value ?? undefined,
    );
    if (pool.max_threads === undefined) throw new Error("no report");
    const total = (name) => (read.clients ?? []).reduce((sum, client) => sum + (client[name] ?? 0), 0);
    const told = {
      name: read.export?.name ?? "the report",
      load,
      threads: pool.max_threads ?? undefined,
      queue: Number.isInteger(pool.queue_size) ? pool.queue_size : undefined,
      thinking: total("threads") > 0 ? total("waiting_for_client") / total("threads") : undefined,
    };
    const short = (value) => Number(value.toPrecision(6));
    if (rate && hold) return { ...told, rate: short(rate), hold: short(hold) };
    return load ? { ...told, rate: short(load / held) } : told;
  }

  function card(label, value, note, kind = "") {
    return make(
      "div",
      { class: `boltkb-card ${kind}` },
      make("span", { class: "label" }, label),
      make("strong", {}, value),
      make("span", { class: "note" }, note),
    );
  }

  // --- the sizing calculator -------------------------------------------------------------------

  const SIZING = [
    { name: "threads", label: "Threads", value: 400, min: 1, max: 10000, step: 1, unit: "threads" },
    { name: "queue", label: "Places in the queue", value: 0, min: -1, max: 10000, step: 1,
      unit: "0: as shipped; −1: without end" },
    { name: "rate", label: "Requests", value: 500, min: 0.001, max: 1e6, unit: "a second" },
    { name: "hold", label: "Each holds a thread for", value: 0.7, min: 1e-4, max: 1e5,
      unit: "seconds, thinking included" },
    { name: "bursts", label: "Burstiness", value: 1, min: 0.1, max: 50,
      unit: "variance over mean of held threads; 1: by chance" },
    { name: "again", label: "Rejected requests that come back", value: 0, min: 0, max: 100, unit: "%" },
    { name: "target", label: "Target: rejected at most", value: 0.1, min: 1e-6, max: 50, unit: "%" },
  ];

  /** What the pool does at a number of threads: shares, waits, held threads. */
  function behaviour(given, threads) {
    const { queue, rate, hold, bursts } = given;
    const load = rate * hold;
    if (queue > 0) {
      const met = q().withRoom(threads, queue, rate, hold);
      return { rejected: met.blocking, lost: met.blocking, waiting: met.waiting, wait: met.wait, busy: met.busy };
    }
    if (queue < 0) {
      const met = q().withoutEnd(threads, rate, hold);
      return { rejected: 0, lost: 0, waiting: met.waiting, wait: met.wait, busy: met.busy };
    }
    const met = q().withRetries(threads, load, given.again / 100, bursts);
    const served = load * (1 - met.lost);
    return { rejected: met.blocking, lost: met.lost, waiting: 0, wait: 0, busy: served, total: met.total };
  }

  function sizing(element) {
    const cards = make("div", { class: "boltkb-cards" });
    const picture = make("figure", { class: "boltkb-figure boltkb-curve" });
    const words = make("div", { class: "boltkb-lead", role: "status" });
    const update = () => {
      const { values, wrong } = fields.read();
      if (wrong.length) {
        cards.replaceChildren();
        picture.replaceChildren();
        words.replaceChildren(make("p", {}, `Not a value that can be used. ${wrong.join("; ")}.`));
        return;
      }
      remember(values);
      answer(values);
    };
    const fields = form(element, SIZING, update);

    function answer(given) {
      const load = given.rate * given.hold;
      const now = behaviour(given, given.threads);
      const target = given.target / 100;
      const measure = given.queue < 0 ? "waiting" : "rejected";
      const needed = q().fewest((threads) => behaviour(given, threads)[measure], target);
      const attempts = now.total === undefined ? given.rate : now.total / given.hold;
      cards.replaceChildren(
        card(
          given.again > 0 ? "Share of attempts rejected" : "Share rejected",
          share(now.rejected),
          given.queue < 0 ? "the queue takes everybody" : `${told(3600 * attempts * now.rejected)} an hour`,
          now.rejected > target ? "bad" : "ok",
        ),
        card(
          given.queue === 0 ? "Requests that fail for good" : "Share that waits",
          share(given.queue === 0 ? now.lost : now.waiting),
          given.queue === 0 ? "nothing waits on the server" : `${seconds(now.wait)} on average over all`,
        ),
        card("Threads held", told(now.busy), `${share(now.busy / given.threads)} of ${told(given.threads)}; load ${told(load)} erlangs`),
        card(
          "Threads for the target",
          needed === null ? "none" : told(needed),
          needed === null ? "no number of threads meets it" : measure === "waiting" ? "so that few wait" : "so that few are rejected",
          needed === null ? "bad" : "",
        ),
      );
      picture.replaceChildren(...curve(given, measure, target, needed, picture.clientWidth));
      words.replaceChildren(make("p", {}, cautions(given, load)));
    }

    element.replaceChildren(
      make("form", { class: "boltkb-form", onsubmit: () => false }, ...fields.rows, facts((read) => {
        const { name, load, queue, ...found } = reported(read, fields.read().values.hold);
        for (const field of ["threads", "rate", "hold"]) {
          if (found[field] !== undefined) fields.set(field, found[field]);
        }
        if (queue !== undefined) fields.set("queue", queue);
        update();
        return load ? `Filled from ${name}.` : "Filled; this report states no load.";
      }), copyLink()),
      cards,
      words,
      picture,
    );
    update();
    let shown = picture.clientWidth;
    new ResizeObserver(() => {
      if (picture.clientWidth === shown) return;
      shown = picture.clientWidth;
      update();
    }).observe(picture);
    addEventListener("hashchange", () => {
      const given = new URLSearchParams(location.hash.slice(1));
      for (const field of SIZING) if (given.has(field.name)) fields.set(field.name, given.get(field.name));
      update();
    });
  }

  function cautions(given, load) {
    const notes = [];
    if (given.queue !== 0) {
      notes.push("The queue is an unsupported setting; with one, threads above the minimum start only when it is full, and without end never: then put the minimum into the field of threads.");
      if (given.again > 0 || given.bursts !== 1) notes.push("Bursts and retries are left out with a queue.");
    }
    if (given.queue === 0 && given.again > 0) {
      notes.push("Retries are reckoned as fresh arrivals, which holds if they pause for much longer than a hold; otherwise more are rejected than stands here.");
    }
    if (given.queue === 0 && given.bursts !== 1) notes.push("Bursts by Hayward's approximation, good to some ten per cent.");
    if (load >= given.threads) notes.push("The load is larger than the threads: no pool of this size can serve it.");
    notes.push(
      "It cannot know how your load varies (a mean hides its peak), whether holds get longer when more threads are busy, or what other ceilings there are: processors, heap, the transaction limit. A report on your own files does.",
    );
    return notes.join(" ");
  }

  /** The share by the number of threads on a logarithmic axis, with the reader's point. */
  function curve(given, measure, target, needed, room) {
    // As wide as it is shown on a narrow screen, so that its words keep their size.
    const width = room ? Math.min(760, Math.max(300, room)) : 760;
    const height = 300;
    const left = 64;
    const bottom = 40;
    const load = given.rate * given.hold;
    const middle = Math.max(given.threads, needed ?? 0, load);
    const least = Math.max(1, Math.floor(Math.min(given.threads, load) * 0.6));
    const most = Math.max(least + 4, Math.ceil(middle * 1.25));
    const step = Math.max(1, Math.ceil((most - least) / 160));
    const points = [];
    for (let threads = least; threads <= most; threads += step) {
      points.push([threads, behaviour(given, threads)[measure]]);
    }
    const floor = Math.max(1e-8, Math.min(target / 10, 1e-4));
    const x = (threads) => left + ((width - left - 16) * (threads - least)) / (most - least);
    const y = (value) => {
      const low = Math.log10(floor);
      const at = Math.log10(Math.min(1, Math.max(floor, value)));
      return 16 + ((height - bottom - 16) * -at) / -low;
    };
    const drawn = points.filter(([, value]) => value >= floor);
    const line = drawn.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("");
    const parts = [];
    for (let power = 0; power >= Math.log10(floor); power--) {
      const at = y(10 ** power);
      parts.push(draw("path", { class: "grid", d: `M${left} ${at}H${width - 16}` }));
      parts.push(draw("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, share(10 ** power)));
    }
    for (let i = 0; i <= 4; i++) {
      const threads = Math.round(least + ((most - least) * i) / 4);
      parts.push(draw("text", { x: x(threads), y: height - 20, "text-anchor": "middle" }, told(threads)));
    }
    parts.push(draw("text", { x: (left + width) / 2, y: height - 3, "text-anchor": "middle" }, "threads"));
    parts.push(draw("path", { class: "target", d: `M${left} ${y(target)}H${width - 16}` }));
    parts.push(draw("path", { class: "curve", d: line }));
    const now = behaviour(given, given.threads)[measure];
    parts.push(draw("circle", { class: "point", cx: x(given.threads), cy: y(now), r: 6 }));
    const name = measure === "waiting" ? "Share that waits" : "Share rejected";
    const svg = draw(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${name} by the number of threads, on a logarithmic axis. At ${given.threads} threads it is ${share(now)}.` },
      ...parts,
    );
    const caption = `${name} by the number of threads, on a logarithmic axis. The dot is the number above, the dashed line the target.`;
    return [svg, make("figcaption", {}, make("span", { class: "caption" }, caption))];
  }

  // --- the calculator of drivers' pools ----------------------------------------------------------

  const LANGUAGES = ["Java", "Python", "JavaScript", ".NET", "Go"];
  const POOLS = [
    { name: "processes", label: "Client processes", value: 15, min: 1, max: 100000, step: 1, unit: "" },
    { name: "objects", label: "Driver objects in each", value: 1, min: 1, max: 1000, step: 1, unit: "one is best" },
    { name: "pool", label: "Connections of one pool", value: 100, min: 1, max: 100000, step: 1, unit: "per member; 100 unless set" },
    { name: "members", label: "Cluster members", value: 1, min: 1, max: 99, step: 1, unit: "" },
    { name: "threads", label: "Threads of a member", value: 400, min: 1, max: 100000, step: 1, unit: "" },
    { name: "reserve", label: "Reserve", value: 40, min: 0, max: 100000, step: 1, unit: "threads for tools, deploys, routing" },
    { name: "rate", label: "Requests of one process", value: 10, min: 0.001, max: 1e5, unit: "a second, to one member" },
    { name: "hold", label: "Each holds a connection for", value: 0.4, min: 1e-4, max: 1e5, unit: "seconds" },
    { name: "nested", label: "Connections that one request needs at once", value: 1, min: 1, max: 20, step: 1, unit: "more with sessions inside sessions" },
    { name: "language", label: "Language", value: "Java", choices: LANGUAGES },
  ];

  function settings(language, pool, wait) {
    return {
      Java: `Config.builder()\n    .withMaxConnectionPoolSize(${pool})\n    .withConnectionAcquisitionTimeout(${wait}, TimeUnit.SECONDS)\n    .build();`,
      Python: `GraphDatabase.driver(\n    uri, auth=auth,\n    max_connection_pool_size=${pool},\n    connection_acquisition_timeout=${wait},\n)`,
      JavaScript: `neo4j.driver(uri, auth, {\n  maxConnectionPoolSize: ${pool},\n  connectionAcquisitionTimeout: ${wait * 1000}, // ms\n})`,
      ".NET": `GraphDatabase.Driver(uri, auth, o => o\n    .WithMaxConnectionPoolSize(${pool})\n    .WithConnectionAcquisitionTimeout(TimeSpan.FromSeconds(${wait})));`,
      Go: `neo4j.NewDriverWithContext(uri, auth, func(c *config.Config) {\n    c.MaxConnectionPoolSize = ${pool}\n    c.ConnectionAcquisitionTimeout = ${wait} * time.Second\n})`,
    }[language];
  }

  /** The bounds of a pool: what its share of the threads allows, and what its client needs. */
  function bounds(given) {
    const objects = given.processes * given.objects;
    const ceiling = objects * given.pool;
    const upper = Math.floor(Math.max(0, given.threads - given.reserve) / objects);
    const demand = (given.rate * given.hold) / given.objects;
    // One in a thousand of the client's own requests waits for a connection, at this demand.
    const needed = Math.max(1, q().fewest((pool) => q().erlangC(pool, demand), 1e-3) ?? Infinity);
    // Requests that hold one connection while they ask for another need one more, or all wait.
    const floor = given.nested > 1 ? needed * (given.nested - 1) + 1 : 1;
    return { objects, ceiling, upper, demand, lower: Math.max(needed, floor) };
  }

  function pools(element) {
    const cards = make("div", { class: "boltkb-cards" });
    const words = make("div", { class: "boltkb-lead", role: "status" });
    const code = make("code");
    const update = () => {
      const { values, wrong } = fields.read();
      if (wrong.length) {
        cards.replaceChildren();
        words.replaceChildren(make("p", {}, `Not a value that can be used. ${wrong.join("; ")}.`));
        return;
      }
      remember(values);
      const { ceiling, upper, demand, lower } = bounds(values);
      const fits = lower <= upper;
      cards.replaceChildren(
        card("All can open, on one member", told(ceiling), `towards ${told(values.threads)} threads`, ceiling > values.threads - values.reserve ? "warn" : "ok"),
        card("Over all members", told(ceiling * values.members), "connections"),
        card("At most, each pool", told(upper), "its share of the threads", upper < 1 ? "bad" : ""),
        card("At least, each pool", told(lower), `for ${told(demand)} in use on average`, fits ? "ok" : "bad"),
      );
      const told_ = [];
      if (ceiling <= values.threads - values.reserve) {
        told_.push("These clients alone cannot fill the pool of threads, by arithmetic. It is a proof only if no other source of connections is missing here.");
      } else {
        told_.push("Together these clients can ask for more threads than there are. Whether they do depends on how many ask at the same moment: the sizing calculator says how likely that is.");
      }
      told_.push(
        fits
          ? `Set each pool to a number from ${told(lower)} to ${told(upper)}.`
          : "What the clients need is more than their share: smaller pools would only move the wait into the client. Shorten the holds, add members, or add threads where processors are free.",
      );
      told_.push("A time-out of the pool of a few seconds tells the user soon; it should be below the request's own.");
      words.replaceChildren(make("p", {}, told_.join(" ")));
      const chosen = fits ? upper : Math.max(1, lower);
      code.textContent = settings(values.language, chosen, 5);
    };
    const fields = form(element, POOLS, update);
    element.replaceChildren(
      make("form", { class: "boltkb-form", onsubmit: () => false }, ...fields.rows, facts((read) => {
        const { name, threads } = reported(read);
        if (threads !== undefined) fields.set("threads", threads);
        update();
        return `Filled from ${name}.`;
      }), copyLink()),
      cards,
      words,
      make("pre", { class: "boltkb-copy" }, code),
    );
    update();
  }

  // --- what is my setting called? ------------------------------------------------------------------

  function names(element) {
    const table = element.querySelector("table");
    const rows = [...table.tBodies[0].rows];
    const input = make("input", { type: "search", id: "setting", placeholder: "thread_pool_max, timeout, log ..." });
    const said = make("span", { class: "unit", role: "status" });
    const given = new URLSearchParams(location.hash.slice(1));
    input.value = given.get("setting") ?? "";
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      said.textContent = `${shown} of ${rows.length}`;
      if (input.value) remember({ setting: input.value });
    };
    input.addEventListener("input", apply);
    element.prepend(
      make("form", { class: "boltkb-form", onsubmit: () => false },
        make("div", { class: "field" }, make("label", { htmlFor: "setting" }, "Any part of any of its names"),
          make("span", { class: "entry" }, input, said))),
    );
    apply();
  }

  const KINDS = { sizing, pools, names };

  function boot() {
    for (const element of document.querySelectorAll(".boltkb-calculator:not([data-ready])")) {
      element.dataset.ready = "yes";
      KINDS[element.dataset.kind](element);
    }
  }

  window.boltkbCalculators = {
    behaviour,
    bounds,
    pieces: { make, draw, told, share, seconds, form, remember, copyLink, facts, reported },
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", boot);
  else boot();
  window.document$?.subscribe(boot);
})();
