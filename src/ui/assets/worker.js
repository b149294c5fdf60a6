// Lets the device inbox be installed, and says so where there is no network. It keeps nothing of anybody.
"use strict";
const OFFLINE = "/device-inbox/offline";
const KEPT = [OFFLINE, "/assets/moneta.css", "/assets/inbox.css", "/assets/guilloche.svg", "/assets/coin.svg"];
/** Another content has another name, so another set of names is another cache. */
const CACHE = KEPT.join();

self.addEventListener("install", (event) => {
  const keep = async () => (await caches.open(CACHE)).addAll(KEPT);
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (KEPT.includes(path)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
