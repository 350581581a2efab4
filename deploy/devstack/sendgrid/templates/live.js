// Keeps the element marked data-live as fresh as the page it came from, unless the reader is busy inside it.
setInterval(async () => {
  const live = document.querySelector("[data-live]");
  if (!live || document.hidden || live.contains(document.activeElement)) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (fresh && fresh.innerHTML !== live.innerHTML) live.innerHTML = fresh.innerHTML;
  } catch {
    // The stack may be restarting: the next round tries again.
  }
}, 2000);
