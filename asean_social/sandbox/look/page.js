// Keeps the page current without a flicker: only cards whose digest has changed are replaced.
"use strict";

const footer = document.querySelector("footer");
const calm = footer.textContent;
const said = document.getElementById("said");
let tag = "";
let timer = 0;

function sync(list, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...list.children]) if (!wanted.has(child.id)) child.remove();
  const old = new Map([...list.children].map((child) => [child.id, child]));
  let place = list.firstElementChild;
  for (const child of [...fresh.children]) {
    const known = old.get(child.id);
    const kept = known && known.dataset.digest === child.dataset.digest ? known : document.importNode(child, true);
    if (kept === place) {
      place = place.nextElementSibling;
    } else {
      list.insertBefore(kept, place);
    }
    if (known && known !== kept) {
      if (known === place) place = place.nextElementSibling;
      known.remove();
    }
  }
}

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch(location.pathname + location.search, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag") || "";
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const list of document.querySelectorAll("[data-list]")) {
        const same = fresh.querySelector(`[data-list="${list.dataset.list}"]`);
        if (same) sync(list, same);
      }
    }
    footer.className = "";
    footer.textContent = calm;
  } catch {
    footer.className = "lost";
    footer.textContent = footer.dataset.lost;
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, document.hidden ? 5000 : 1500);
}

async function order(button) {
  const { order: what, body, sure, done } = button.dataset;
  if (sure && !window.confirm(sure)) return;
  let good = false;
  try {
    good = (await fetch(`/_sandbox/${what}`, { method: "POST", body })).ok;
  } catch {
    good = false; // said below
  }
  said.className = good ? "good" : "bad";
  said.textContent = good ? done : said.dataset.refused;
  refresh();
}

for (const button of document.querySelectorAll("button[data-order]")) {
  button.addEventListener("click", () => order(button));
}
timer = setTimeout(refresh, 1500);
