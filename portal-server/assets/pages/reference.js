// What the viewer of the API's reference lacks for those who use a keyboard or a screen reader.
"use strict";
(() => {
  // Where it holds nothing to press, the keyboard could not scroll it.
  document.addEventListener("spec-loaded", async (event) => {
    await event.target.updateComplete;
    event.target.shadowRoot.querySelector("main").tabIndex = 0;
  });

  // It calls the example of every operation a region, and all of them the same.
  customElements.whenDefined("syntax-highlighter").then((highlighter) => {
    highlighter.prototype.updated = function () {
      for (const example of this.shadowRoot.querySelectorAll("pre[role=region]")) {
        example.setAttribute("role", "group");
      }
    };
  });
})();
