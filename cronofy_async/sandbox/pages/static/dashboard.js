// Live updates of the dashboard. Without this script, its forms and links still work, and a reload shows what is new.

const board = document.querySelector(".board");
const notice = document.getElementById("notice");
const live = document.getElementById("live");
let position = board.dataset.position;
let source;

// Updates: new rows go to the top of their list; in other rows, only the changed parts are replaced.

const template = document.createElement("template");

function put(list, id, html) {
  template.innerHTML = html;
  const next = template.content.firstElementChild;
  const row = document.getElementById(id);
  if (row) return replace(row, next);
  if (!list || "fixed" in list.dataset) return;
  list.prepend(next);
  while (list.childElementCount > Number(list.dataset.limit || Infinity)) {
    const last = list.lastElementChild;
    if (last.querySelector("[open]") || last.contains(document.activeElement)) break;
    last.remove();
  }
  return next;
}

function replace(row, next) {
  const parts = (element) => (element.matches("[data-part]") ? [element] : [...element.querySelectorAll("[data-part]")]);
  const fresh = parts(next);
  let changed = false;
  parts(row).forEach((part, index) => {
    if (part.innerHTML === fresh[index].innerHTML) return;
    const focused = part.contains(document.activeElement) && part !== document.activeElement;
    part.innerHTML = fresh[index].innerHTML;
    changed = true;
    if (focused) (part.querySelector("button, a") || heading(row))?.focus();
  });
  const opened = row.querySelector("details.row[open]");
  if (changed && opened) show(opened);
}

function heading(element) {
  return element.closest("section")?.querySelector("h2");
}

function remove(id) {
  const row = document.getElementById(id);
  if (row?.contains(document.activeElement)) heading(row)?.focus();
  row?.remove();
}

function update(event) {
  position = event.lastEventId || position;
  for (const { list: name, rows, gone } of JSON.parse(event.data)) {
    const list = name && document.querySelector(`[data-list="${name}"]`);
    const added = rows.filter(([id, html]) => put(list, id, html)).length;
    gone?.forEach(remove);
    if (added && name === "exchanges") announce(added);
  }
}

// Screen readers announce new exchanges at most every five seconds.

let unheard = 0;
let timer;

function announce(count) {
  unheard += count;
  timer ??= setTimeout(() => {
    document.getElementById("news").textContent = unheard === 1 ? "1 new exchange" : `${unheard} new exchanges`;
    unheard = 0;
    timer = undefined;
  }, 5000);
}

function follow() {
  const query = new URLSearchParams(board.dataset.view);
  query.set("after", position);
  source = new EventSource(`/__sandbox__/events?${query}`);
  source.onmessage = update;
  source.onopen = () => label("Live");
  source.onerror = () => label("Reconnecting");
  source.addEventListener("reload", () => {
    source.close();
    location.reload();
  });
}

function label(text) {
  live.lastElementChild.textContent = text;
  live.dataset.state = text;
}

live.hidden = false;
live.addEventListener("click", () => {
  const pause = live.getAttribute("aria-pressed") === "true";
  live.setAttribute("aria-pressed", String(!pause));
  source.close();
  if (pause) label("Paused");
  else follow();
});

// Rows: an exchange is loaded when its row is opened.

async function show(row) {
  const holder = row.querySelector(".opened");
  const response = await fetch(row.querySelector(".opened a[href*='/exchanges/']").href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const opened = page.querySelector("main .opened");
  if (opened) {
    opened.classList.remove("panel");
    holder.replaceWith(document.adoptNode(opened));
  }
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.row[open]:not([data-shown])")) {
    event.target.dataset.shown = "";
    show(event.target);
  }
}, true);

// Forms: submitted without leaving the page, to keep opened rows and the focus.

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  notice.hidden = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "text/plain" },
      body: new URLSearchParams(new FormData(form, button)),
      redirect: "manual",
    });
    if (response.type === "opaqueredirect") {
      if (form.classList.contains("add")) form.reset();
      form.closest("details.drawer")?.removeAttribute("open");
    } else {
      tell(await response.text());
    }
  } catch {
    tell("The sandbox does not respond. Is it still running?");
  }
  button?.removeAttribute("aria-busy");
});

function tell(text) {
  notice.textContent = text;
  notice.hidden = false;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

follow();
