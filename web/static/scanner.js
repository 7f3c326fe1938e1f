// Scans from a device of the station: a run is begun, followed and stopped; station.js shows what arrives.
const section = document.getElementById("scanner");
const words = JSON.parse(document.getElementById("words").textContent);
const batch = document.getElementById("batch");
const devices = document.getElementById("device");
const told = document.getElementById("scanner-told");
const start = document.getElementById("scan");
const stop = document.getElementById("scan-stop");
const base = section.dataset.to;

const named = () => batch.value.trim() || "1";

async function ask(path, options = {}) {
  const answer = await fetch(`${base}/${path}`, { ...options, headers: { accept: "application/json", ...options.headers } });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || words.failed);
  return found;
}

const act = (path, values) => ask(path, {
  method: "POST",
  headers: { "x-csrf-token": section.dataset.csrf },
  body: new URLSearchParams(values),
});

function tell(text, fault = false) {
  told.textContent = text;
  told.className = fault ? "fault" : "small";
}

async function search() {
  tell(words.searching);
  start.disabled = true;
  try {
    const found = await ask("scanners");
    devices.replaceChildren(...found.map((one) => new Option(one.told, one.name)));
    start.disabled = !found.length;
    tell(found.length ? "" : words.no_scanner);
  } catch (error) {
    tell(error.message, true);
  }
}

let seen = 0;
function show(run) {
  start.disabled = run.running || !devices.options.length;
  stop.disabled = !run.running;
  if (run.fault) tell(run.fault, true);
  else if (run.running || run.pages.length) {
    tell((run.running ? words.scanning : words.scanned).replace("{count}", run.pages.length));
  }
  if (run.pages.length !== seen || !run.running) window.dispatchEvent(new Event("arriving"));
  seen = run.pages.length;
  if (run.running) setTimeout(follow, 700);
}

async function follow() {
  try {
    show(await ask(`scanner?${new URLSearchParams({ batch: named() })}`));
  } catch (error) {
    tell(error.message || words.failed, true);
    setTimeout(follow, 3000);
  }
}

start.addEventListener("click", async () => {
  start.disabled = true;
  seen = 0;
  const sides = section.querySelector("[name=sides]:checked").value;
  const paper = document.getElementById("paper").value;
  try {
    show(await act("scanner", { batch: named(), device: devices.value, paper, sides }));
  } catch (error) {
    start.disabled = false;
    tell(error.message, true);
  }
});
stop.addEventListener("click", () => act("scanner/stop", { batch: named() }).then(show, (error) => tell(error.message, true)));
document.getElementById("search").addEventListener("click", search);
search().then(follow);
