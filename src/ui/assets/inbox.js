// Keeps the pages of the device inbox up to date: the server says that something changed, the page asks what.
// Without this script they work by loading them again.
"use strict";
{
  const main = document.getElementById("inbox");
  const list = document.getElementById("requests");
  const live = document.getElementById("live");
  const title = document.title;
  /** Milliseconds in which nothing can be pressed after a request has moved under the thumb, or somebody left. */
  const SETTLE = 600;
  /** Milliseconds between two attempts where the server takes no more listeners. */
  const PATIENCE = 10000;

  const say = (state, text) => {
    if (live.dataset.state === state && live.textContent === text) return;
    live.dataset.state = state;
    live.textContent = text;
  };

  const times = (within) => {
    for (const time of within.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
      time.title = at.toLocaleString();
    }
    for (const left of within.querySelectorAll(".left")) {
      left.ends = Date.now() + 1000 * Number(left.dataset.left);
    }
  };

  const words = (seconds) => {
    const minutes = Math.floor(seconds / 60), rest = seconds % 60;
    if (!minutes) return `${rest} s`;
    return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  };

  const count = () => {
    let over = false;
    for (const left of main.querySelectorAll(".left")) {
      const seconds = Math.ceil((left.ends - Date.now()) / 1000);
      left.textContent = words(Math.max(seconds, 0));
      over ||= seconds === 0;
    }
    if (over) refresh();
  };

  const named = () => {
    const waiting = list ? list.children.length : 0;
    document.title = waiting ? `(${waiting}) ${title}` : title;
  };

  /** Puts in what waits now. What stays keeps its place unless something above it went. */
  const merge = (fresh) => {
    const before = [...list.children].map((request) => request.id);
    const after = [...fresh.children].map((request) => request.id);
    if (before.join() === after.join()) return;
    const focused = document.activeElement?.id;
    for (const request of fresh.children) {
      request.classList.toggle("new", !before.includes(request.id));
    }
    list.replaceChildren(...fresh.children);
    times(list);
    named();
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    const stays = before.filter((id) => after.includes(id));
    if (stays.some((id) => before.indexOf(id) !== after.indexOf(id))) {
      list.classList.add("settling");
      setTimeout(() => list.classList.remove("settling"), SETTLE);
    }
    const came = [...list.querySelectorAll(".new")].map((request) => request.dataset.client);
    if (came.length) say("on", `New: a request of ${came.join(", ")}`);
  };

  const ask = async () => {
    const answer = await fetch(location.pathname, { cache: "no-store", redirect: "manual" });
    // Whoever is not signed in any more is sent elsewhere.
    if (answer.type === "opaqueredirect") return location.reload();
    if (answer.status >= 500 || answer.status === 429) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("inbox");
    if (fresh?.dataset.state !== main.dataset.state) return location.reload();
    if (list) merge(page.getElementById("requests"));
  };

  let asking = false, again = false;
  const refresh = async () => {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again) {
        again = false;
        await ask();
      }
    } catch {
      say("off", "No connection");
    } finally {
      asking = false;
    }
  };

  let source;
  const listen = () => {
    source = new EventSource("/device-inbox/events");
    source.addEventListener("open", () => {
      say("on", live.dataset.on);
      refresh();
    });
    source.addEventListener("changed", refresh);
    source.addEventListener("ended", () => {
      source.close();
      main.replaceChildren(live);
      say("off", "You are signed out here");
      // Whoever signs in as somebody else in this browser has that session in a moment.
      setTimeout(() => location.reload(), SETTLE);
    });
    source.addEventListener("error", () => {
      say("off", "No connection, trying again");
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(listen, PATIENCE);
      refresh();
    });
  };

  times(document);
  named();
  setInterval(count, 1000);
  listen();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  navigator.serviceWorker?.register("/device-inbox/worker.js", { scope: "/device-inbox" });
}
