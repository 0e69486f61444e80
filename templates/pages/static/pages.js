// Makes the forms nicer. Everything works without it.
"use strict";
(() => {
  const form = document.getElementById("signup");
  if (!form) return;

  // The time zone is guessed once, as long as nobody has chosen one.
  const guess = document.getElementById("guess");
  const zone = document.getElementById("timezone");
  if (guess.value && zone.value === "UTC") {
    try {
      zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    } catch { /* the browser does not say */ }
  }
  zone.addEventListener("input", () => { guess.value = ""; });

  // The keywords of the lines, as chips that can be taken away.
  const lines = document.getElementById("keywords");
  const chips = document.createElement("ul");
  chips.className = "chips";
  lines.after(chips);
  const terms = () => lines.value.split(/[\n;]/).map((line) => line.trim()).filter(Boolean);
  const drawChips = () => {
    chips.replaceChildren(...terms().slice(0, 60).map((term, place) => {
      const item = document.createElement("li");
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.textContent = `${term} ×`;
      chip.setAttribute("aria-label", `× ${term}`);
      chip.addEventListener("click", () => {
        lines.value = terms().filter((_, other) => other !== place).join("\n");
        lines.dispatchEvent(new Event("input", { bubbles: true }));
        lines.focus();
      });
      item.append(chip);
      return item;
    }));
  };

  // The preview follows what is typed, half a second behind.
  const preview = document.getElementById("preview");

  // A term that might do better takes the place of the one that it is proposed for, at a click.
  const offer = () => {
    for (const proposed of preview.querySelectorAll("[data-instead-of]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chip";
      button.lang = "en";
      button.textContent = proposed.textContent;
      button.addEventListener("click", () => {
        const replaced = terms().map((line) => {
          const [, term, weight = ""] = line.match(/^(.*?)(\s*\*\s*[\d.]+)?$/);
          return (term === proposed.dataset.insteadOf ? button.textContent : term) + weight;
        });
        lines.value = replaced.join("\n");
        lines.dispatchEvent(new Event("input", { bubbles: true }));
        lines.focus();
      });
      proposed.className = "";
      proposed.replaceChildren(button);
    }
  };
  let timer = 0;
  let request = null;
  const refresh = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST", body: new URLSearchParams(new FormData(form)), signal: request.signal,
      });
      if (answer.ok) {
        preview.innerHTML = await answer.text();
        offer();
      }
    } catch { /* overtaken by a newer one, or offline: the last preview stays */ }
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(refresh, 500); };
  form.addEventListener("input", (event) => {
    if (event.target === lines) drawChips();
    if (event.target.id !== "address" && event.target.id !== "name") later();
  });
  drawChips();
  offer();
  if (terms().length && !preview.querySelector(".paper")) later();
})();
