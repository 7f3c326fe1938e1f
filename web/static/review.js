// The review desk: the next task and its picture are fetched while the reviewer looks at this one.
const by = (id) => document.getElementById(id);
const desk = by("desk");
const words = JSON.parse(by("words").textContent);
const queue = JSON.parse(by("waiting").textContent);
const done = [];
const ahead = new Map();
let task = null;
let leaf = 0;
let field = -1;
let scale = 1;
let turned = 0;
let deciding = false;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const path = (one) => `${desk.dataset.base}/${one.map(encodeURIComponent).join("/")}`;
const named = (one) => one.join("/");

async function fetched(one) {
  const answer = await fetch(path(one), { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(await reason(answer));
  const found = await answer.json();
  if (found.pages.length) new Image().src = found.pages[0].picture;
  return found;
}

async function reason(answer) {
  if (answer.status === 401) return words.ended;
  try {
    return (await answer.json()).error || words.failed;
  } catch {
    return words.failed;
  }
}

function prepare() {
  for (const one of queue.slice(0, 2)) {
    if (!ahead.has(named(one))) ahead.set(named(one), fetched(one).catch(() => null));
  }
}

async function next() {
  count();
  if (!queue.length) {
    desk.hidden = true;
    by("none").hidden = false;
    by("none").textContent = words.none;
    task = null;
    return;
  }
  prepare();
  const one = queue[0];
  const found = (await ahead.get(named(one))) || (await fetched(one).catch((error) => tell(error.message, true)));
  ahead.delete(named(one));
  if (!found) return;
  task = { key: one, ...found };
  desk.hidden = false;
  by("none").hidden = true;
  show();
}

function count() {
  by("count").textContent = fill(words.left, { left: queue.length, done: done.length });
}

function show() {
  leaf = 0;
  field = -1;
  by("title").textContent = `${task.serial} · ${task.title}`;
  by("business").textContent = task.business;
  const rows = task.fields.map((one, number) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = one.title;
    const mark = document.createElement("span");
    mark.className = `mark ${one.mark}`;
    mark.textContent = words[one.verdict];
    const verdict = document.createElement("td");
    verdict.append(mark);
    row.append(head, cell(one.booked), cell(one.read), verdict);
    row.addEventListener("mouseenter", () => point(number));
    return row;
  });
  by("fields").replaceChildren(...rows);
  turn(0);
  picture();
  by("view").focus({ preventScroll: true });
}

function cell(text) {
  const made = document.createElement("td");
  made.textContent = text || "–";
  return made;
}

function picture() {
  const page = task.pages[leaf];
  by("zone").hidden = true;
  by("picture").src = page ? page.picture : "";
  by("picture").alt = page ? page.name : "";
  by("page").textContent = page ? `${page.name} · ${fill(words.page, { number: leaf + 1, count: task.pages.length })} · ${page.operator}` : "";
  zoom(1);
}

function point(number) {
  field = number;
  const one = task.fields[number];
  Array.from(by("fields").rows, (row, at) => row.toggleAttribute("data-chosen", at === number));
  if (one.page !== null && one.page !== leaf) {
    leaf = one.page;
    picture();
  }
  const zone = by("zone");
  zone.hidden = !one.place;
  if (!one.place) return;
  const [left, top, width, height] = one.place;
  Object.assign(zone.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` });
  zone.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function zoom(to) {
  scale = Math.min(6, Math.max(1, to));
  by("paper").style.width = `${scale * 100}%`;
}

function turn(to) {
  turned = ((to % 360) + 360) % 360;
  by("paper").style.transform = `rotate(${turned}deg)`;
}

async function decide(what, key, values = {}) {
  if (deciding) return false;
  deciding = true;
  try {
    const answer = await fetch(`${path(key)}/${what}`, {
      method: "POST",
      headers: { accept: "application/json", "x-csrf-token": desk.dataset.csrf, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(values),
    });
    if (!answer.ok) throw new Error(await reason(answer));
    return true;
  } catch (error) {
    tell(error.message || words.failed, true);
    return false;
  } finally {
    deciding = false;
  }
}

function tell(text, bad = false) {
  by("told").textContent = text;
  by("told").className = bad ? "fault" : "small";
}

async function settle(what, values) {
  if (!task) return;
  const key = task.key;
  if (!(await decide(what, key, values))) return;
  queue.shift();
  done.push(key);
  tell(fill(what === "pass" ? words.passed : words.rejected, { task: named(key) }));
  await next();
}

async function undo() {
  const key = done.at(-1);
  if (!key || !(await decide("undo", key))) return;
  done.pop();
  queue.unshift(key);
  ahead.clear();
  tell(fill(words.undone, { task: named(key) }));
  await next();
}

function later() {
  if (queue.length > 1) queue.push(queue.shift());
  next();
}

function leafOn() {
  if (!task || task.pages.length < 2) return;
  leaf = (leaf + 1) % task.pages.length;
  picture();
}

function step(by_) {
  if (task && task.fields.length) point((field + by_ + task.fields.length) % task.fields.length);
}

const why = by("why");
const buttons = Array.from(why.querySelectorAll(".reasons button"));
function ask() {
  if (!task) return;
  by("note").value = "";
  why.showModal();
  buttons[0].focus();
}
for (const button of buttons) {
  button.addEventListener("click", () => {
    const values = { reason: button.value, note: by("note").value };
    why.close();
    settle("reject", values);
  });
}
why.addEventListener("keydown", (event) => {
  const number = Number(event.key);
  if (event.target !== by("note") && number >= 1 && number <= buttons.length) {
    event.preventDefault();
    buttons[number - 1].click();
  }
});

const acts = {
  p: () => settle("pass"), r: ask, n: later, u: undo, g: leafOn, t: () => turn(turned + 90), 0: () => { zoom(1); turn(0); },
  "+": () => zoom(scale * 1.4), "=": () => zoom(scale * 1.4), "-": () => zoom(scale / 1.4),
  arrowup: () => step(-1), arrowdown: () => step(1),
};
document.addEventListener("keydown", (event) => {
  if (why.open || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const act = acts[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
for (const [id, key] of [["pass", "p"], ["reject", "r"], ["later", "n"], ["undo", "u"], ["leaf", "g"], ["turn", "t"], ["whole", "0"], ["in", "+"], ["out", "-"]]) {
  by(id).addEventListener("click", acts[key]);
}
next();
