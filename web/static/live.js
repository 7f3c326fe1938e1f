// Parts of a page that are fetched anew every so many seconds, while somebody looks at it.
async function refresh(parts) {
  let text;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch {
    return;
  }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const name of parts) {
    const part = document.querySelector(`[data-live="${name}"]`);
    const found = fresh.querySelector(`[data-live="${name}"]`);
    if (!part || !found || part.contains(document.activeElement)) continue;
    for (const [at, open] of Array.from(part.querySelectorAll("details"), (one) => one.open).entries()) {
      const again = found.querySelectorAll("details")[at];
      if (again) again.open = open;
    }
    part.replaceWith(document.adoptNode(found));
  }
}

const every = new Map();
for (const part of document.querySelectorAll("[data-live][data-every]")) {
  const seconds = Number(part.dataset.every);
  every.set(seconds, [...(every.get(seconds) || []), part.dataset.live]);
}
for (const [seconds, parts] of every) {
  setInterval(() => { if (!document.hidden) refresh(parts); }, seconds * 1000);
}
