// Comfort on top of pages that work without it: what is done here through the API, a form of the page does as well.
"use strict";

const { base, place } = document.body.dataset;
let { token } = document.body.dataset;
const policy = window.trustedTypes ? trustedTypes.createPolicy("desk", { createHTML: (text) => text }) : { createHTML: (text) => text };
const parse = (text) => new DOMParser().parseFromString(policy.createHTML(text), "text/html");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, fields, ...children) => {
  const made = Object.assign(document.createElement(tag), fields);
  made.append(...children);
  return made;
};
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
  const box = make("input", { type: "checkbox", id: "all" });
  box.setAttribute("aria-label", "Choose all on this page");
  words.parentElement.prepend(box, " ");
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("#rows input[type=checkbox]")) tellChosen();
});

// --- what an action came to ---

function say(words, isWrong, ...more) {
  const note = make("div", { id: "note", className: isWrong ? "note wrong" : "note" }, make("p", { textContent: words }), ...more);
  document.getElementById("notes").replaceChildren(note);
  offerClosing();
}

function offerClosing() {
  const note = document.getElementById("note");
  if (!note) return;
  const button = make("button", { type: "button", className: "close", textContent: "×" });
  button.setAttribute("aria-label", "Close");
  button.addEventListener("click", closeNote);
  note.append(button);
}

let after = "";

function closeNote() {
  document.getElementById("note")?.remove();
  findPlace(after || "main")?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.getElementById("note")) closeNote();
});

// --- actions on messages: by the API, so that the page stays ---

const MINUTES = { minute: 1, hour: 60, day: 1440, week: 10080 };

function readWish(fields) {
  const [one, number] = (fields.get("one") ?? "").split(":");
  const ids = (number ? [number] : fields.getAll("number")).map(Number);
  const seen = (fields.get("order") ?? "").split(" ").map((word) => word.split(":")).filter(([id]) => ids.includes(Number(id)));
  const wish = { action: one || fields.get("action"), ids, seen: Object.fromEntries(seen) };
  if (wish.action !== "move") return ids.length ? wish : null;
  const [step, unit] = (fields.get("by") ?? "").split(" ");
  if (fields.get("value")) wish.at = fields.get("value");
  else if (step) wish.by_minutes = Number(step) * MINUTES[unit];
  if (fields.get("force")) wish.force = true;
  return ids.length && (wish.at || wish.by_minutes) ? wish : null;
}

function findNext(ids) {
  const order = boxes().map((box) => Number(box.value));
  const places = ids.map((id) => order.indexOf(id)).filter((found) => found >= 0);
  if (!places.length) return document.activeElement?.id ?? "";
  const last = Math.max(...places);
  const isFree = (id) => !ids.includes(id);
  return `c${order.slice(last + 1).find(isFree) ?? order.slice(0, last).findLast(isFree) ?? order[last]}`;
}

function offerForce(fields, chip) {
  const button = make("button", { textContent: "Move it all the same" });
  const kept = [...fields].filter(([name]) => ["number", "value", "by"].includes(name));
  const all = [...kept, ["token", token], ["back", place], ["action", "move"], ["force", "yes"]];
  const form = make("form", { method: "post", action: `${base}/act` }, ...all.map(([name, value]) => make("input", { type: "hidden", name, value })), button);
  form.dataset.api = chip ?? "";
  return form;
}

const findPlace = (id) => document.getElementById(id) ?? document.querySelector(`.chip[data-numbers~="${id.slice(1)}"]`);
let isActing = false;

async function act(fields, chip) {
  const wish = readWish(fields);
  if (!wish || isActing) return;
  isActing = true;
  try {
    const answer = await insist(() => ask("deliveries/many", wish));
    if (answer) await tellOutcome(await answer.json(), wish, fields, chip);
  } catch {
    say(SILENT, true);
  } finally {
    isActing = false;
  }
}

const SILENT = "The dashboard did not answer. Reload the page to see what became of it.";
const LOGGED_OUT = "You are logged out, and nothing was changed. Log in in another tab, then try again here.";

// Once more with the token of the present login, where the page is older than that; nothing where nobody is logged in.
async function insist(send) {
  const answer = await send();
  if (answer.status !== 401 && answer.status !== 403) return answer;
  const again = await fetch(`${base}${place}`);
  if (!takeToken(parse(await again.text()))) return void say(LOGGED_OUT, true);
  return send();
}

function takeToken(fresh) {
  const given = fresh.body.dataset.token;
  if (given) token = given;
  for (const field of all("input[name=token]")) field.value = token;
  return Boolean(given);
}

async function tellOutcome(told, wish, fields, chip) {
  if (!told.told) return say(`${told.detail}${told.hint ? `: ${told.hint}` : ""}.`.replace("..", "."), true);
  const isRefused = told.refused.length > 0;
  after = chip ?? (told.changed.length ? findNext(wish.ids) : `c${wish.ids[0]}`);
  for (const box of boxes()) box.checked = false;
  for (const menu of all("#rows details[open]")) menu.open = false;
  await refresh(true).catch(() => {});
  say(told.told, isRefused, ...(isRefused && wish.action === "move" && !wish.force ? [offerForce(fields, chip)] : []));
  const place = findPlace(after);
  const next = document.querySelector("#note form button") ?? place ?? document.getElementById("main");
  next.focus({ preventScroll: true });
  if (!chip) place?.scrollIntoView({ block: "nearest" });
}

// --- forms of one message or account: sent as they are, and the page stays ---

async function sendHere(form, button) {
  if (isActing) return;
  isActing = true;
  const to = button?.hasAttribute("formaction") ? button.formAction : form.getAttribute("action"); // some of our buttons are called "action"
  try {
    const answer = await insist(() => fetch(to, { method: "POST", body: new URLSearchParams(new FormData(form, button)) }));
    if (answer) showOutcome(parse(await answer.text()), form, button);
  } catch {
    say(SILENT, true);
  } finally {
    isActing = false;
  }
}

function showOutcome(fresh, form, button) {
  if (!fresh.body.dataset.token) return say(fresh.body.textContent.trim() || SILENT, true);
  const typed = listTyped(document.getElementById("page")).filter((field) => field.form !== form && form.id !== "anew");
  for (const id of ["notes", "page"]) document.getElementById(id).replaceWith(document.importNode(fresh.getElementById(id), true));
  putBack(typed);
  for (const part of all("#page .live")) shown.set(part.id, part.outerHTML);
  show(fresh, true);
  offerClosing();
  const same = button?.value && document.querySelector(`#page form button[value="${CSS.escape(button.value)}"]`);
  const next = document.querySelector("#note form button") ?? (same || document.querySelector("#page form button") || document.getElementById("main"));
  next.focus({ preventScroll: true });
}

const listTyped = (part) => all("textarea[id], input[id]:not([type=hidden])", part).filter(isTyped);

function putBack(typed) {
  for (const { id, value, checked, form } of typed) {
    const field = document.getElementById(id);
    if (!field) continue;
    Object.assign(field, { value, checked });
    const [was, before] = [field.form, form].map((one) => one?.elements.was);
    if (was && before) was.value = before.value; // nobody has seen yet what others wrote meanwhile
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const isTyped = (field) => field.value !== field.defaultValue || (field.checked ?? false) !== (field.defaultChecked ?? false);

document.addEventListener("submit", (event) => {
  if (!("here" in event.target.dataset)) return;
  event.preventDefault();
  sendHere(event.target, event.submitter);
});

document.addEventListener("submit", (event) => {
  if (!("api" in event.target.dataset)) return;
  const fields = new FormData(event.target, event.submitter);
  if (!readWish(fields)) return;
  event.preventDefault();
  act(fields, event.target.dataset.api || undefined);
});

// --- after a form was sent the page is where it was ---

document.addEventListener("submit", (event) => {
  if (event.target.method === "post" && !event.defaultPrevented) {
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
  if (!(await peek(pane, link.href))) return location.assign(link.href);
  for (const line of all(".line.shown")) line.classList.remove("shown");
  link.closest(".line").classList.add("shown");
});

async function peek(pane, href) {
  const answer = await fetch(href);
  const look = answer.ok && parse(await answer.text()).getElementById("look");
  if (!look) return false;
  pane.dataset.from = href;
  pane.replaceChildren(make("a", { href, className: "button", textContent: "Edit or move it" }), ...look.childNodes);
  return true;
}

// --- drag to another day or slot ---

let dragged = null;

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
    const fields = new FormData();
    fields.set("action", "move");
    fields.set("value", `${day.dataset.day}T${at}`);
    for (const number of dragged.dataset.numbers.split(" ")) fields.append("number", number);
    act(fields, dragged.id);
    dragged = null;
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
  const answer = await ask("measure", { text: area.value, ...about }).catch(() => ({ ok: false }));
  if (asked !== counting) return;
  for (const size of all("[data-size]", area.form)) size.textContent = answer.ok ? "" : "not counted";
  if (!answer.ok) return;
  if (!area.dataset.count && !area.value.trim()) return; // composed from the post: the preview tells its length
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
  pane.replaceChildren(...(why ? [make("p", { className: "warning", textContent: why })] : next.childNodes));
}

document.addEventListener("change", async (event) => {  // each post has pictures of its own
  const { id, form, value } = event.target;
  if (id !== "post") return;
  const chosen = form.elements.media.value;
  const answer = await fetch(`${base}/new?post=${encodeURIComponent(value)}`);
  const next = answer.ok && parse(await answer.text()).getElementById("with");
  if (!next || form.elements.post.value !== value) return;
  document.getElementById("with").replaceWith(document.importNode(next, true));
  const same = document.getElementById(`with-${chosen}`);
  if (same) same.checked = true;
  look(form).catch(() => {});
});

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
  const words = part.id === "look" ? document.getElementById("page") : part; // a preview belongs to what is typed beside it
  if (listTyped(words).some((field) => field.matches("textarea"))) return true;
  return dragged || part.dataset.from || part.querySelector("details[open]") || (part.contains(active) && active.matches("textarea, select, input:not([type=checkbox])"));
}

const shown = new Map(all(".live").map((part) => [part.id, part.outerHTML]));
const listParts = (page) => all("#page .live", page).map((part) => part.id).join();

async function refresh(isOurs = false) {
  const answer = await fetch(`${base}${place}`, { redirect: "manual", signal: AbortSignal.timeout(10000) });
  if (answer.type === "opaqueredirect") return tellSilence("You are logged out");
  if (answer.status >= 500) throw new Error(answer.statusText);
  if (answer.ok) show(parse(await answer.text()), isOurs);
  else say((await answer.text()).trim(), true);
  const pane = document.querySelector(".look[data-from]");
  if (pane) await peek(pane, pane.dataset.from);
}

function show(fresh, isOurs) {
  takeToken(fresh);
  const chosen = new Set(all("input:checked").map((box) => box.id));
  const focused = document.activeElement?.id;
  const isKept = (part) => !isOurs && isBusy(part);
  if (listParts(fresh) !== listParts(document) && !isKept(document.getElementById("page"))) {
    document.getElementById("page").replaceChildren(...fresh.getElementById("page").childNodes);
    for (const part of all("#page .live")) shown.set(part.id, part.outerHTML);
  }
  for (const part of all(".live")) {
    const next = fresh.getElementById(part.id);
    if (!next || isKept(part) || next.outerHTML === shown.get(part.id)) continue;
    shown.set(part.id, next.outerHTML);
    const typed = listTyped(part);
    part.replaceWith(document.importNode(next, true));
    putBack(typed);
  }
  for (const box of boxes()) box.checked = chosen.has(box.id);
  offerAll();
  tellChosen();
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

let waiting;
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => (document.hidden ? null : refresh().catch(() => tellSilence())), 300);
}

// A page that nobody sees does not listen: browsers keep six connections to a server, for all its tabs.
let events;
let silence = 0;

function hear() {
  clearTimeout(silence);
  silence = 0;
}

function listen() {
  events?.close();
  hear();
  if (document.hidden) return;
  silence = setTimeout(tellSilence, 6000); // of a connection that hangs a browser tells nothing
  events = new EventSource(`${base}/events`);
  events.addEventListener("change", soon);
  events.addEventListener("open", () => {
    hear();
    if (!shown.has("running")) soon();
  });
  events.addEventListener("error", () => {
    silence ||= setTimeout(tellSilence, 6000);
    if (events.readyState === EventSource.CLOSED) soon(); // it may be that nobody is logged in any more
  });
}

function tellSilence(why = "The dashboard does not answer") {
  const running = document.getElementById("running");
  running.classList.add("alarm");
  running.replaceChildren(make("span", { className: "dot" }), `${why}: this page may be old`);
  shown.delete("running");
  clearTimeout(silence);
  silence = setTimeout(listen, 10000); // the browser tries again by itself, but may wait for one that hangs
}

if (document.querySelector(".live")) {
  listen();
  setInterval(soon, 60000); // what follows the clock alone is no event
  addEventListener("pagehide", () => events?.close());
  document.addEventListener("visibilitychange", () => {
    listen();
    soon();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    listen();
    soon();
  });
}
offerAll();
offerClosing();
tellChosen();
