// The report's behaviour: verdict on top, one filter over both tables, its state in the fragment of the address
// (#status=FAIL,ERROR&severity=critical&impact=data&q=orders&check=...). It reads the page and writes no HTML.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const groups = ["status", "severity", "impact"];
  const verdict = document.getElementById("dc-verdict");
  const form = document.getElementById("dc-filters");
  const checks = [...document.querySelectorAll("#dc-table > tbody")];
  const texts = new Map(checks.map((body) => [body, body.textContent.toLowerCase()]));
  const charts = document.getElementById("dc-time");
  const figures = [...document.querySelectorAll("#dc-time figure")];
  const figureTexts = new Map(figures.map((figure) => [figure, `${figure.dataset.check} ${figure.textContent}`.toLowerCase()]));
  document.documentElement.lang ||= "en";
  // one main landmark, the verdict first in it; pytest-html's title steps down to the second level
  const main = document.createElement("main");
  main.append(...[...document.body.children].filter((element) => element.localName !== "footer"));
  document.body.prepend(main);
  document.getElementById("title")?.setAttribute("aria-level", "2");
  if (verdict) main.prepend(verdict);
  // paper cannot be unfolded
  const folded = () => [...document.querySelectorAll("#dc-table details:not([open])")];
  let unfolded = [];
  window.addEventListener("beforeprint", () => { unfolded = folded(); for (const each of unfolded) each.open = true; });
  window.addEventListener("afterprint", () => { for (const each of unfolded) each.open = false; });
  if (!form) return;
  const section = document.getElementById("dc-checks")?.closest("section");
  if (section) verdict?.after(form, ...(charts ? [charts] : []), section);

  const boxes = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];

  const readAddress = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of groups) {
      const wanted = state.has(name) ? state.get(name).split(",") : null;
      for (const box of boxes(name)) box.checked = wanted === null || wanted.includes(box.value);
    }
    form.elements.q.value = state.get("q") ?? "";
    return state.get("check");
  };

  const writtenState = () => {
    const state = new URLSearchParams();
    for (const name of groups) {
      const chosen = boxes(name).filter((box) => box.checked);
      if (chosen.length < boxes(name).length) state.set(name, chosen.map((box) => box.value).join(","));
    }
    if (form.elements.q.value) state.set("q", form.elements.q.value);
    return state;
  };

  const asFragment = (state) => String(state).replaceAll("%2C", ",");

  const writeAddress = () => {
    const fragment = asFragment(writtenState());
    history.replaceState(history.state, "", fragment ? `#${fragment}` : location.pathname + location.search);
  };

  const accepts = () => {
    const chosen = groups.map((name) => [name, new Set(boxes(name).filter((box) => box.checked).map((box) => box.value))]);
    const query = form.elements.q.value.trim().toLowerCase();
    return (data, text) =>
      chosen.every(([name, words]) => data[name] === undefined || words.has(data[name])) && text.includes(query);
  };

  const filterTests = (fits) => {
    for (const body of document.querySelectorAll("#results-table > tbody.results-table-row")) {
      const mark = body.querySelector("td.col-dcstatus");
      if (mark) body.hidden = !fits(mark.dataset, body.textContent.toLowerCase());
    }
  };

  const apply = () => {
    const fits = accepts();
    for (const body of checks) body.hidden = !fits(body.dataset, texts.get(body));
    const shown = checks.filter((body) => !body.hidden).length;
    form.elements.shown.value = `${shown} of ${checks.length} ${checks.length === 1 ? "check" : "checks"} shown`;
    const none = document.getElementById("dc-none");
    if (none) none.hidden = shown > 0;
    for (const figure of figures) figure.hidden = !fits(figure.dataset, figureTexts.get(figure));
    if (charts) charts.hidden = figures.every((figure) => figure.hidden);
    filterTests(fits);
  };

  const goTo = (id) => {
    for (const body of checks) body.classList.remove("dc-here");
    const body = checks.find((candidate) => decodeURIComponent(candidate.id) === `check=${id}`);
    if (!body) return;
    body.hidden = false;
    body.classList.add("dc-here");
    body.scrollIntoView({ block: "center" });
    body.tabIndex = -1;
    body.focus({ preventScroll: true });
  };

  const followAddress = () => {
    const check = readAddress();
    apply();
    if (check) goTo(check);
  };

  form.addEventListener("input", () => { writeAddress(); apply(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { writeAddress(); apply(); }));
  window.addEventListener("hashchange", followAddress);
  // a link to a check keeps the filter
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#check="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const state = writtenState();
    state.set("check", new URLSearchParams(link.hash.slice(1)).get("check"));
    const fragment = `#${asFragment(state)}`;
    if (location.hash === fragment) followAddress();
    else location.hash = fragment;
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    form.elements.q.focus();
  });
  // pytest-html builds its table anew whenever one of its own controls is used
  new MutationObserver(() => filterTests(accepts())).observe(main, { childList: true });
  followAddress();
});
