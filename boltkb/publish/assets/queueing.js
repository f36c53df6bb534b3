// The formulas of the calculators: the same as boltkb.queueing, for a browser.
// A classic script without a page: it knows numbers only. Seconds, per second and erlangs.
(() => {
  "use strict";

  /** 1 / B - 1 for a fraction of a server: 1 / B = integral of exp(-u) (1 + u / a)^f du. */
  function partOfServer(fraction, load) {
    if (fraction === 0) return 0;
    // The double-exponential rule of Takahasi and Mori (1974) on a half-line.
    const step = 1 / 24;
    let sum = 0;
    for (let k = -100; k <= 100; k++) {
      const x = k * step;
      const decay = Math.exp(-x);
      const u = Math.exp(x - decay);
      const weight = u * (1 + decay) * Math.exp(-u);
      sum += weight * Math.expm1(fraction * Math.log1p(u / load));
    }
    return sum * step;
  }

  /** 1 / B - 1 of `servers` and `load`, by the recurrence of Jagerman (1974). */
  function excess(servers, load) {
    const whole = Math.floor(servers);
    const fraction = servers - whole;
    let value = partOfServer(fraction, load);
    for (let k = 1; k <= whole; k++) value = ((fraction + k) / load) * (1 + value);
    return value;
  }

  /** Share of arrivals that find every server taken (Erlang 1917); servers may be a real number. */
  function erlangB(servers, load) {
    if (load === 0) return servers === 0 ? 1 : 0;
    return 1 / (1 + excess(servers, load));
  }

  /** Share of arrivals that must wait, where any number can (Erlang 1917); 1 from full load on. */
  function erlangC(servers, load) {
    if (load === 0) return 0;
    if (load >= servers) return 1;
    const blocking = erlangB(servers, load);
    return (servers * blocking) / (servers - load * (1 - blocking));
  }

  /** Bursts by their peakedness (Hayward; Fredericks 1980). */
  const hayward = (servers, load, peakedness) => erlangB(servers / peakedness, load / peakedness);

  /**
   * Rejected requests that come back (extended Erlang B; Jagerman 1982).
   * Returns the load of all attempts, the share of attempts rejected and of requests lost.
   */
  function withRetries(servers, load, again, peakedness = 1) {
    if (load === 0) return { total: 0, blocking: 0, lost: 0 };
    if (again === 1 && load >= servers) {
      return { total: Infinity, blocking: 1, lost: Math.max(0, 1 - servers / load) };
    }
    const short = (total) => load + again * total * hayward(servers, total, peakedness) - total;
    let low = load;
    let high = load;
    while (short(high) > 0) high *= 2;
    for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
      const middle = (low + high) / 2;
      if (short(middle) > 0) low = middle;
      else high = middle;
    }
    const total = (low + high) / 2;
    const blocking = hayward(servers, total, peakedness);
    return { total, blocking, lost: (total * blocking * (1 - again)) / load };
  }

  /** M/M/c/K: a limited waiting room of `room` places. */
  function withRoom(servers, room, rate, hold) {
    const load = rate * hold;
    if (load === 0) return { blocking: 0, waiting: 0, wait: 0, busy: 0 };
    const blocking = erlangB(servers, load);
    const ratio = load / servers;
    // Weights times Erlang's B, so that a tiny one divides nothing; from the top where load is high.
    const top = ratio > 1 ? ratio ** -room : 1;
    let waiting = 0;
    let queued = 0;
    let weight = top * blocking;
    for (let i = 0; i < room; i++) {
      waiting += weight;
      queued += i * weight;
      weight *= ratio;
    }
    queued += room * weight;
    const below = top * (1 - blocking);
    const all = below + waiting + weight;
    return {
      blocking: weight / all,
      waiting: waiting / (below + waiting),
      wait: queued / (below + waiting) / rate,
      busy: (load * (below + waiting)) / all,
    };
  }

  /** M/M/c: any number can wait. */
  function withoutEnd(servers, rate, hold) {
    const load = rate * hold;
    if (load >= servers) return { waiting: 1, wait: Infinity, busy: servers };
    const waiting = erlangC(servers, load);
    return { waiting, wait: (waiting * hold) / (servers - load), busy: load };
  }

  /** The fewest servers for which `share(servers)` is at most the target; shares must fall. */
  function fewest(share, target, most = 100000) {
    let high = 1;
    while (high < most && share(high) > target) high *= 2;
    if (share(Math.min(high, most)) > target) return null;
    let low = Math.floor(high / 2);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (share(middle) > target) low = middle;
      else high = middle;
    }
    return high;
  }

  window.boltkbQueueing = { erlangB, erlangC, hayward, withRetries, withRoom, withoutEnd, fewest };
})();
