"use strict";
(() => {
  const { components, resources } = JSON.parse(document.getElementById("data").textContent);
  const step = 100;
  const rows = document.getElementById("rows"), more = document.getElementById("more");
  const find = document.getElementById("find"), found = document.getElementById("found"), form = document.getElementById("search");
  // Lower case once, so that typing stays fast over many components.
  const names = components.map(([name]) => name.toLowerCase());
  const ids = resources.map((id) => id.toLowerCase());
  let matches = components, shown = 0;

  const row = ([name, on, cost]) => {
    const line = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
    head.scope = "row";
    head.textContent = name;
    on.forEach((rank, i) => {
      const link = document.createElement("a");
      link.href = "#r" + rank;
      link.className = "id";
      link.textContent = resources[rank];
      cell.append(i ? ", " : "", link);
    });
    line.append(head);
    if (cost !== null) {
      const paid = document.createElement("td");
      paid.className = "n";
      paid.textContent = cost;
      line.append(paid);
    }
    line.append(cell);
    return line;
  };
  const extend = () => {
    const next = matches.slice(shown, shown + step);
    rows.append(...next.map(row));
    shown += next.length;
    more.hidden = shown >= matches.length;
    found.textContent = matches.length === 0 ? "Nothing found" : `${matches.length} of ${components.length} components`;
  };
  const search = () => {
    const words = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const on = words.map((word) => new Set(ids.flatMap((id, rank) => (id === word || (!ids.includes(word) && id.includes(word)) ? [rank] : []))));
    matches = words.length === 0 ? components
      : components.filter((component, i) => words.every((word, w) => names[i].includes(word) || component[1].some((rank) => on[w].has(rank))));
    rows.replaceChildren();
    shown = 0;
    extend();
  };
  const open = () => {
    // `#find=UserApi` is a search to send to somebody.
    if (location.hash.startsWith("#find=")) {
      find.value = decodeURIComponent(location.hash.slice("#find=".length));
      search();
      document.getElementById("sharing").scrollIntoView();
      return;
    }
    const details = document.querySelector(location.hash.startsWith("#r") ? location.hash + " details" : "#none");
    if (details) details.open = true;
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  find.addEventListener("input", search);
  more.addEventListener("click", extend);
  addEventListener("hashchange", open);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-find]");
    if (!button) return;
    find.value = button.dataset.find;
    search();
    document.getElementById("sharing").scrollIntoView();
    find.focus();
  });
  search();
  open();
})();
