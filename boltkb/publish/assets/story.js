// What happens in a pool of four threads, step by step, as data; the picture draws it.
// A classic script without a page: it knows who holds what, and what a server counts of it.
(() => {
  "use strict";

  const THREADS = 4;
  const CLIENTS = ["shop-api", "report-job", "admin-tool"];
  const SIGN_IN = ["HELLO", "LOGON"];
  const QUERY = ["RUN", "PULL"];

  const signedIn = (...names) =>
    names.flatMap((name) => [
      ["open", name],
      ["take", name, "signs a client in", SIGN_IN],
      ["release", name],
    ]);

  // Of each step: a verb, the connection, what its thread does, and the messages that its client
  // sends.  The captions stand in the page, one for each step.
  const STEPS = [
    [],
    [["open", "shop-api 1"], ["take", "shop-api 1", "signs a client in", SIGN_IN]],
    [["release", "shop-api 1"]],
    signedIn("shop-api 2", "shop-api 3", "shop-api 4", "report-job 1", "report-job 2", "report-job 3", "admin-tool 1"),
    [["take", "shop-api 1", "works on a query", QUERY]],
    [["release", "shop-api 1"]],
    [["take", "report-job 1", "works on a query", ["BEGIN"]], ["send", "report-job 1", "works on a query", QUERY]],
    [["think", "report-job 1"]],
    [["take", "report-job 2", "works on a query", ["BEGIN"]], ["send", "report-job 2", "works on a query", QUERY], ["think", "report-job 2"]],
    [["take", "shop-api 1", "works on a query", QUERY], ["take", "shop-api 2", "works on a query", QUERY]],
    [["reject", "admin-tool 1", ["BEGIN"]]],
    [["close", "admin-tool 1"], ["wait", "admin-tool 1"], ["release", "shop-api 1"]],
    [["open", "admin-tool 2"], ["take", "admin-tool 2", "signs a client in", SIGN_IN]],
    [["release", "admin-tool 2"], ["take", "admin-tool 2", "works on a query", ["BEGIN"]], ["send", "admin-tool 2", "works on a query", QUERY]],
    [["send", "report-job 1", "commits", ["COMMIT"]], ["release", "report-job 1"]],
    [["release", "shop-api 2"], ["send", "admin-tool 2", "commits", ["COMMIT"]], ["release", "admin-tool 2"],
     ["send", "report-job 2", "commits", ["COMMIT"]], ["release", "report-job 2"]],
  ];

  const clientOf = (name) => name.slice(0, name.lastIndexOf(" "));
  const slotOf = (name) => Number(name.slice(name.lastIndexOf(" ") + 1)) - 1;

  /** The server as it counts from 5.0 on: gauges move with what happens, not with what is drawn. */
  const VERBS = {
    open(state, name) {
      state.connections.set(name, { thread: null, rejected: false });
      state.waiting.delete(clientOf(name));
      state.counts.connections_opened += 1;
      state.counts.connections_idle += 1;
    },
    take(state, name, does, messages) {
      const free = state.threads.indexOf(null);
      if (free < 0) throw new Error(`no thread is free for ${name}`);
      state.threads[free] = { connection: name, does };
      state.connections.get(name).thread = free;
      state.counts.connections_running += 1;
      state.counts.connections_idle -= 1;
      state.counts.messages_received += messages.length;
      state.counts.messages_started += messages.length;
    },
    send(state, name, does, messages) {
      state.threads[state.connections.get(name).thread].does = does;
      state.counts.messages_received += messages.length;
      state.counts.messages_started += messages.length;
    },
    think(state, name) {
      state.threads[state.connections.get(name).thread].does = "waits for its client";
    },
    release(state, name) {
      const connection = state.connections.get(name);
      state.threads[connection.thread] = null;
      connection.thread = null;
      state.counts.connections_running -= 1;
      state.counts.connections_idle += 1;
    },
    reject(state, name, messages) {
      if (state.threads.includes(null)) throw new Error(`a thread is free for ${name}`);
      state.connections.get(name).rejected = true;
      state.counts.messages_received += messages.length;
      state.counts.rejected += 1;
    },
    close(state, name) {
      state.connections.delete(name);
      state.counts.connections_idle -= 1;
      state.counts.connections_closed += 1;
    },
    wait(state, name) {
      state.waiting.add(clientOf(name));
    },
  };

  /** The state after each step. */
  function told() {
    let state = {
      threads: Array(THREADS).fill(null),
      connections: new Map(),
      waiting: new Set(),
      counts: {
        connections_running: 0, connections_idle: 0, connections_opened: 0, connections_closed: 0,
        messages_received: 0, messages_started: 0, rejected: 0,
      },
    };
    return STEPS.map((events) => {
      state = structuredClone(state);
      for (const [verb, ...rest] of events) VERBS[verb](state, ...rest);
      return state;
    });
  }

  window.boltkbStory = { THREADS, CLIENTS, STEPS, STATES: told(), clientOf, slotOf };
})();
