// Runs the passkey ceremony of each form that asks for one, and posts what comes of it. Without it such
// forms stay hidden; everything else on the pages works without scripts.
"use strict";

(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const ceremonies = {
    async get(options) {
      options.challenge = bytes(options.challenge);
      options.allowCredentials = described(options.allowCredentials);
      const { id, rawId, type, response } = await navigator.credentials.get({ publicKey: options });
      return {
        id, type, rawId: text(rawId),
        response: {
          clientDataJSON: text(response.clientDataJSON),
          authenticatorData: text(response.authenticatorData),
          signature: text(response.signature),
          userHandle: response.userHandle ? text(response.userHandle) : null,
        },
      };
    },
    async create(options) {
      options.challenge = bytes(options.challenge);
      options.user.id = bytes(options.user.id);
      options.excludeCredentials = described(options.excludeCredentials);
      const { id, rawId, type, response } =
        await navigator.credentials.create({ publicKey: options });
      return {
        id, type, rawId: text(rawId),
        response: {
          clientDataJSON: text(response.clientDataJSON),
          attestationObject: text(response.attestationObject),
          transports: response.getTransports ? response.getTransports() : [],
        },
      };
    },
  };

  const sentences = {
    InvalidStateError: "This device has a passkey for you already.",
    NotAllowedError: "No passkey was used. You can try again.",
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    document.querySelector("[data-passkey-missing]")?.remove();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      const status = form.querySelector("[data-passkey-status]");
      button.disabled = true;
      status.textContent = "Waiting for your passkey …";
      try {
        const run = ceremonies[form.dataset.passkey];
        const answer = await run(JSON.parse(form.dataset.options));
        form.elements.assertion.value = JSON.stringify(answer);
        form.submit();
      } catch (error) {
        status.textContent = sentences[error.name] || "This browser cannot use a passkey here.";
        button.disabled = false;
      }
    });
  }
})();
