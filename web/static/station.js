// The scan station: files are sent one after the other with a bar each, and verdicts are fetched as they come.
const section = document.getElementById("sending");
const words = JSON.parse(document.getElementById("words").textContent);
const batch = document.getElementById("batch");
const sent = document.getElementById("sent");
const sum = document.getElementById("sum");
const pages = document.getElementById("pages");
const desk = document.getElementById("desk");
const drop = document.getElementById("drop");
const base = section.dataset.to;
const queue = [];
const totals = { chosen: 0, done: 0, failed: 0 };
let sending = false;
let last = 0;
let quiet = 0;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function make(kind, text = "", cls = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  if (cls) element.className = cls;
  return element;
}

function choose(files) {
  for (const file of files) {
    const name = file.relativeName || file.webkitRelativePath || file.name;
    if (name.split("/").some((part) => part.startsWith("."))) continue;
    const line = make("li");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    const state = make("span", words.waits, "small");
    line.append(make("span", name), bar, state);
    sent.append(line);
    queue.push({ file, name, bar, state, batch: batch.value.trim() || "1" });
    totals.chosen += 1;
  }
  tell();
  if (!sending) work();
}

function tell() {
  sum.textContent = totals.chosen ? fill(words.sum, totals) : "";
}

async function work() {
  sending = true;
  while (queue.length) await send(queue.shift());
  sending = false;
  look(true);
}

async function send(one) {
  try {
    const content = await one.file.arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    one.state.textContent = words.sending;
    await put(one, content, sha256);
    one.bar.value = 1;
    one.state.textContent = words.received;
    totals.done += 1;
  } catch (error) {
    totals.failed += 1;
    one.state.textContent = error.message || words.failed;
    one.state.className = "fault";
    const again = make("button", words.again);
    again.addEventListener("click", () => {
      totals.failed -= 1;
      one.state.className = "small";
      one.state.textContent = words.waits;
      queue.push(one);
      if (!sending) work();
    });
    one.state.append(" ", again);
  }
  tell();
  look();
}

function put(one, content, sha256) {
  const query = new URLSearchParams({ batch: one.batch, name: one.name, sha256 });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `${base}/scans?${query}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("x-csrf-token", section.dataset.csrf);
    request.upload.addEventListener("progress", (event) => { one.bar.value = event.loaded / event.total; });
    request.addEventListener("load", () => {
      if (request.status === 201) resolve();
      else if (request.status === 401) reject(new Error(words.ended));
      else reject(new Error(told(request.responseText)));
    });
    request.addEventListener("error", () => reject(new Error(words.failed)));
    request.send(content);
  });
}

function told(text) {
  try {
    return JSON.parse(text).error || words.failed;
  } catch {
    return words.failed;
  }
}

// What is missing changes once everything that was sent is read: those parts of the page are fetched again.
async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const found = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (found) part.replaceWith(document.adoptNode(found));
  }
}

let looking = null;
let asked = false;
async function look(soon = false) {
  if (looking) return;
  looking = setTimeout(fetchArrivals, soon ? 0 : 700);
}

async function fetchArrivals() {
  const query = new URLSearchParams({ batch: batch.value.trim() || "1", after: last });
  let more = sending;
  try {
    const answer = await fetch(`${base}/arrivals?${query}`, { headers: { accept: "application/json" } });
    if (answer.ok) {
      const found = await answer.json();
      found.pages.forEach(show);
      desk.textContent = found.fault || (found.busy || found.waiting ? words.checking : last ? words.checked : words.none);
      desk.className = found.fault ? "fault" : "small";
      if (asked && !found.busy && !found.waiting) refresh();
      asked = found.busy || found.waiting > 0;
      more = more || found.busy || found.waiting > 0 || found.pages.length > 0;
      quiet = more ? 0 : quiet + 1;
    }
  } catch {
    more = true;
  }
  looking = null;
  if (more || quiet < 3) look();
}

function show(page) {
  last = Math.max(last, page.place);
  const line = make("li", "", page.state);
  const link = document.createElement("a");
  link.href = `${base}/pages/${page.id}`;
  const picture = document.createElement("img");
  picture.src = `/pages/${page.id}/thumbnail`;
  picture.alt = page.name;
  picture.loading = "lazy";
  link.append(picture);
  const text = document.createElement("div");
  const head = make("p");
  head.append(make("strong", page.name), " ", make("span", words.states[page.state], `mark ${words.marks[page.state]}`));
  text.append(head, ...page.findings.map((found) => make("p", found.text)));
  line.append(link, text);
  pages.prepend(line);
}

async function walk(entry, path) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    file.relativeName = path + file.name;
    return [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    for (const child of some) found.push(...(await walk(child, `${path}${entry.name}/`)));
  }
  return found;
}

drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const entries = Array.from(event.dataTransfer.items, (item) => item.webkitGetAsEntry()).filter(Boolean);
  const files = [];
  for (const entry of entries) files.push(...(await walk(entry, "")));
  choose(files);
});
for (const id of ["files", "folder"]) {
  const input = document.getElementById(id);
  input.addEventListener("change", () => { choose(Array.from(input.files)); input.value = ""; });
}
batch.addEventListener("change", () => { last = 0; quiet = 0; pages.replaceChildren(); look(true); });
window.addEventListener("arriving", () => { quiet = 0; look(true); });
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
look(true);
