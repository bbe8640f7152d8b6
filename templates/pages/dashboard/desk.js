// Comfort on top of pages that work without it: every action here sends a form that the page has as well.
"use strict";

const { base, place, token } = document.body.dataset;
const policy = window.trustedTypes ? trustedTypes.createPolicy("desk", { createHTML: (text) => text }) : { createHTML: (text) => text };
const parse = (text) => new DOMParser().parseFromString(policy.createHTML(text), "text/html");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
document.documentElement.classList.add("scripted");

// --- filters apply as they are chosen ---

document.addEventListener("change", (event) => {
  const filters = event.target.closest("select")?.closest(".filters");
  if (filters) filters.requestSubmit();
});

// --- what is chosen ---

const boxes = () => all("#rows input[name=number]");

function tellChosen() {
  const bar = document.getElementById("chosen");
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked).length;
  document.getElementById("number").textContent = chosen ? `${chosen} chosen` : "Choose messages";
  for (const button of all("button", bar)) {
    button.disabled = !chosen;
    button.dataset.name ??= button.textContent;
    button.textContent = chosen && button.classList.contains("first") ? `${button.dataset.name} ${chosen}` : button.dataset.name;
  }
}

function offerAll() {
  const words = document.getElementById("number");
  if (!words || document.getElementById("all")) return;
  const box = Object.assign(document.createElement("input"), { type: "checkbox", id: "all" });
  box.setAttribute("aria-label", "Choose all on this page");
  words.parentElement.prepend(box, " ");
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("#rows input[type=checkbox]")) tellChosen();
});

// --- after an action the page is where it was ---

document.addEventListener("submit", (event) => {
  if (event.target.method === "post") {
    sessionStorage.setItem("place", JSON.stringify({ path: location.pathname, y: scrollY }));
  }
});

addEventListener("load", () => {
  const kept = JSON.parse(sessionStorage.getItem("place") ?? "null");
  sessionStorage.removeItem("place");
  if (!document.getElementById("note") || kept?.path !== location.pathname) return;
  const next = document.querySelector("[autofocus]");
  requestAnimationFrame(() => {
    next?.focus({ preventScroll: true });
    scrollTo(0, kept.y);
    next?.scrollIntoView({ block: "nearest" });
  });
});

// --- the preview beside the list ---

document.addEventListener("click", async (event) => {
  const link = event.target.closest("#rows .who");
  const pane = document.querySelector(".desk > .look");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !isPlain || !pane || !pane.offsetParent) return;
  event.preventDefault();
  const answer = await fetch(link.href);
  const look = answer.ok && parse(await answer.text()).getElementById("look");
  if (!look) return location.assign(link.href);
  const edit = Object.assign(document.createElement("a"), { href: link.href, className: "button", textContent: "Edit or move it" });
  pane.replaceChildren(edit, ...look.childNodes);
  for (const line of all(".line.shown")) line.classList.remove("shown");
  link.closest(".line").classList.add("shown");
});

// --- drag to another day or slot ---

let dragged = null;

function send(fields) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: `${base}/act`, hidden: true });
  for (const [name, value] of [["token", token], ["back", place], ...fields]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.requestSubmit();
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".chip[data-numbers]") ?? null;
  if (!dragged) return;
  event.dataTransfer.setData("text/plain", dragged.querySelector(".what").textContent);
  event.dataTransfer.effectAllowed = "move";
});

for (const kind of ["dragover", "dragleave", "dragend", "drop"]) {
  document.addEventListener(kind, (event) => {
    for (const day of all(".day.over-me")) day.classList.remove("over-me");
    const day = event.target.closest?.(".day[data-day]");
    if (!dragged || !day || kind === "dragleave" || kind === "dragend") return;
    event.preventDefault();
    if (kind === "dragover") return day.classList.add("over-me");
    const at = event.target.closest(".chip.free")?.dataset.at ?? dragged.dataset.at;
    const numbers = dragged.dataset.numbers.split(" ").map((number) => ["number", number]);
    dragged = null;
    send([["action", "move"], ["value", `${day.dataset.day}T${at}`], ...numbers]);
  });
}

// --- a counter in the network's own counting ---

const ask = (path, body) =>
  fetch(`${base}/api/v1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Syndicate-Token": token },
    body: JSON.stringify(body),
  });

let counting = 0;

async function count(area) {
  const asked = ++counting;
  const to = all("[name=to]:checked", area.form).map((box) => box.value);
  const about = area.dataset.count ? { delivery: Number(area.dataset.count) } : { post: area.form.elements.post.value, to };
  const answer = await ask("measure", { text: area.value, ...about });
  if (!answer.ok || asked !== counting) return;
  for (const size of all("[data-size]", area.form)) size.textContent = "";
  for (const one of (await answer.json()).counts) {
    const size = all("[data-size]", area.form).find((found) => found.dataset.size === one.account);
    if (!size) continue;
    size.textContent = `${one.count.toLocaleString("en")} of ${one.limit.toLocaleString("en")}${one.excess ? ": too long" : ""}`;
    size.classList.toggle("over", Boolean(one.excess));
  }
}

// --- a preview that follows what is typed ---

let looking = 0;

async function look(form) {
  const button = form.querySelector("[data-look]");
  const pane = document.getElementById("look");
  if (!button || !pane || (form.elements.post && !(form.elements.post.value && form.querySelector("[name=to]:checked")))) return;
  const asked = ++looking;
  const body = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(button.formAction, { method: "POST", body });
  if (!answer.ok || asked !== looking) return;
  const fresh = parse(await answer.text());
  const next = fresh.getElementById("look");
  const why = fresh.getElementById("note")?.innerText.trim();
  pane.replaceChildren(...(why ? [Object.assign(document.createElement("p"), { className: "warning", textContent: why })] : next.childNodes));
}

let pause;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  const area = form?.querySelector("textarea[data-count]");
  if (!area) return;
  clearTimeout(pause);
  pause = setTimeout(() => Promise.all([count(area), look(form)]).catch(() => {}), 300);
});

// --- what changes while the page is open ---

function isBusy(part) {
  const active = document.activeElement;
  return dragged || part.querySelector("details[open]") || (part.contains(active) && active.matches("textarea, select, input:not([type=checkbox])"));
}

async function refresh() {
  const answer = await fetch(`${base}${place}`, { redirect: "error" });
  if (!answer.ok) return;
  const fresh = parse(await answer.text());
  const chosen = new Set(all("input:checked").map((box) => box.id));
  const focused = document.activeElement?.id;
  for (const part of all(".live")) {
    const next = fresh.getElementById(part.id);
    if (!next || isBusy(part) || next.outerHTML === part.outerHTML) continue;
    for (const box of all("input[type=checkbox]", next)) box.checked = chosen.has(box.id);
    part.replaceWith(document.importNode(next, true));
  }
  for (const box of boxes()) box.checked = chosen.has(box.id);
  offerAll();
  tellChosen();
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

let waiting;
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => (document.hidden ? soon() : refresh().catch(() => {})), 300);
}

if (document.querySelector(".live")) {
  const events = new EventSource(`${base}/events`);
  events.addEventListener("change", soon);
  addEventListener("pagehide", () => events.close());
}
offerAll();
tellChosen();
