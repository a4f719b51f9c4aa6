// What the pages do beyond HTML and htmx: fields that appear with their conditions, and copying.
// The conditions are those of the plugin's declaration; no field is known here.
"use strict";
(() => {
  const PREFIX = "configuration.";

  const boxOf = (form, field) => form.querySelector(`[data-control="${CSS.escape(PREFIX + field)}"]`);

  // The value that a field counts as: its default while it is not shown.
  const valueOf = (form, field) => {
    const box = boxOf(form, field);
    if (box && box.hidden) return JSON.parse(box.dataset.default || "null");
    const controls = [...form.elements].filter((control) => control.name === PREFIX + field);
    if (box && box.dataset.kind === "checkbox") return controls.some((control) => control.checked);
    const chosen = controls
      .filter((control) => !["checkbox", "radio"].includes(control.type) || control.checked)
      .map((control) => control.value);
    return box && box.dataset.kind === "several" ? chosen : chosen[0] ?? null;
  };

  const text = (value) => (value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

  const holds = (form, condition) => text(valueOf(form, condition.field_name)) === text(condition.value);

  // One condition may rest on a field that has one itself, so this repeats until nothing changes.
  const showFields = (form) => {
    const boxes = [...form.querySelectorAll("[data-shown-when]")];
    for (let round = 0, changed = true; changed && round <= boxes.length; round += 1) {
      changed = false;
      for (const box of boxes) {
        const hidden = !JSON.parse(box.dataset.shownWhen).every((condition) => holds(form, condition));
        changed = changed || hidden !== box.hidden;
        box.hidden = hidden;
      }
    }
  };

  const showAll = () => document.querySelectorAll("#asset-form").forEach(showFields);

  const showCopyButtons = () => {
    for (const button of document.querySelectorAll("button[data-copy]")) {
      button.hidden = !navigator.clipboard;
    }
  };

  const announce = (message) => {
    document.getElementById("announcement").textContent = message;
  };

  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest?.("#asset-form");
      if (form) showFields(form);
    });
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.classList.add("copied");
      announce("Copied");
      setTimeout(() => button.classList.remove("copied"), 1500);
    } catch {
      announce("The browser does not allow copying here");
    }
  });

  const start = () => {
    showAll();
    showCopyButtons();
    (document.getElementById("conflict") || document.querySelector("section#problems"))?.focus();
  };

  // A preview that could not be refreshed shows what was typed before, and must not pass for the truth.
  const setStale = (event, stale) => {
    if (event.target.id !== "preview") return;
    event.target.classList.toggle("stale", stale);
    document.getElementById("preview-stale").hidden = !stale;
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => setStale(event, true));
  }
  document.addEventListener("htmx:afterSwap", (event) => setStale(event, false));

  document.addEventListener("htmx:afterSettle", showAll);
  document.addEventListener("htmx:afterSettle", showCopyButtons);
  // A page that comes back from the history has its fields as they were filled.
  window.addEventListener("pageshow", showAll);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
