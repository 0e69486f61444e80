// Makes the preview quicker to use; everything works without it, with the buttons.
(() => {
  "use strict";
  const result = document.getElementById("result");
  if (!result) return;
  const tune = document.getElementById("tune");
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.className = "unseen";
  result.before(status);
  let pending = null;

  const remembered = () => {
    const at = document.activeElement;
    return at && at.id && result.contains(at) ? { id: at.id, start: at.selectionStart, end: at.selectionEnd } : null;
  };

  const put = (html) => {
    const focus = remembered();
    result.innerHTML = html;
    const again = focus && document.getElementById(focus.id);
    if (again) {
      again.focus();
      if (focus.start != null && again.setSelectionRange && again.type !== "email") again.setSelectionRange(focus.start, focus.end);
    }
    const note = result.querySelector("[data-says]");
    status.textContent = note ? note.dataset.says : "";
  };

  let asking = 0;
  const show = async (address, options = {}) => {
    clearTimeout(asking); // what was being typed is overtaken by what was clicked
    if (pending) pending.abort();
    const mine = (pending = new AbortController());
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { ...options, signal: mine.signal, headers: { "X-Part": "result" } });
      if (!answer.ok) return location.reload();
      put(await answer.text());
      const here = answer.headers.get("X-Address");
      if (here) history.replaceState(null, "", here);
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = "The preview does not answer.";
    } finally {
      if (pending === mine) {
        pending = null;
        result.removeAttribute("aria-busy");
      }
    }
  };

  if (tune) {
    const retune = () => show(tune.action.split("?")[0] + location.search, { method: "POST", body: new URLSearchParams(new FormData(tune)) });
    let tuning = 0;
    tune.addEventListener("input", () => {
      clearTimeout(tuning);
      tuning = setTimeout(retune, 60);
    });
    tune.addEventListener("submit", (event) => {
      if (event.submitter && "whole" in event.submitter.dataset) {
        event.submitter.formAction = event.submitter.formAction.split("?")[0] + location.search;
        return;
      }
      event.preventDefault();
      retune();
    });
  }

  const ask = (form) => show(form.action + "?" + new URLSearchParams(new FormData(form)));
  result.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("form.search")) return;
    clearTimeout(asking);
    asking = setTimeout(() => ask(form), event.target.matches("select") ? 0 : 150);
  });
  result.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-part]")) return;
    event.preventDefault();
    ask(event.target);
  });
  result.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href);
  });

  const version = () => { const at = result.querySelector("[data-template-version]"); return at ? at.dataset.templateVersion : ""; };
  setInterval(async () => {
    if (document.hidden || pending) return;
    try {
      const answer = await fetch(result.dataset.version);
      if (answer.ok && (await answer.text()) !== version()) show(location.href);
    } catch { /* the preview was ended; there is nothing to reload */ }
  }, 1000);
})();
