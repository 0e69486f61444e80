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

  const show = async (address, options = {}) => {
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

  const onlyAfter = (pause, act) => {
    let timer = 0;
    return () => { clearTimeout(timer); timer = setTimeout(act, pause); };
  };

  if (tune) {
    const retune = () => show(tune.action.split("?")[0] + location.search, { method: "POST", body: new URLSearchParams(new FormData(tune)) });
    tune.addEventListener("input", onlyAfter(60, retune));
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
  const askSoon = onlyAfter(150, () => { const form = result.querySelector("form.search"); if (form) ask(form); });
  result.addEventListener("input", (event) => { if (event.target.form && event.target.form.matches("form.search")) askSoon(); });
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
