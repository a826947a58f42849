// Small comforts on top of pages that work without them. No framework, no inline code, nothing that a form needs.
(() => {
  "use strict";

  const all = (selector, inside) => Array.from((inside || document).querySelectorAll(selector));
  // Twenty-four hours and the day before the month, whatever the language.
  const language = { en: "en-GB", "en-XA": "en-GB", "ar-XB": "ar" }[document.documentElement.lang] || document.documentElement.lang;

  // ---- times in the time zone of this machine -------------------------------------------------------------

  const today = new Date().toDateString();
  const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const full = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric", ...hours });
  const clock = new Intl.DateTimeFormat(language, hours);
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...hours });

  function localTimes(inside) {
    for (const mark of all("time[data-style]", inside)) {
      const then = new Date(mark.dateTime);
      if (Number.isNaN(then.getTime())) continue;
      if (mark.dataset.style === "ago") {
        mark.title = full.format(then);
      } else if (mark.dataset.style === "at") {
        const near = Math.abs(Date.now() - then) < 300 * 86400000;
        mark.textContent = (then.toDateString() === today ? clock : near ? day : full).format(then);
      } else {
        mark.textContent = full.format(then);
      }
    }
  }

  // ---- the one polite live region -------------------------------------------------------------------------

  function announce(text) {
    const live = document.getElementById("live");
    if (live && text && live.textContent !== text) live.textContent = text;
  }

  // ---- keyboard -------------------------------------------------------------------------------------------

  const ways = { c: "/check", n: "/records/new", h: "/" };
  let cameFrom = null;

  function isTyping(target) {
    return target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
  }

  function onKey(event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (openPalette()) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && cameFrom && isTyping(event.target)) {
      event.target.blur();
      cameFrom.focus();
      cameFrom = null;
      return;
    }
    if (isTyping(event.target)) return;
    // Whoever speaks to their machine, or rests a hand on the keys, can switch single keys off.
    if (document.documentElement.dataset.keys === "off") return;
    if (event.key === "/") {
      const box = all("[data-shortcut='/']").find((one) => one.offsetParent !== null);
      if (!box) return;
      event.preventDefault();
      cameFrom = document.activeElement;
      box.focus();
      box.select();
    } else if (event.key === "?") {
      const shortcuts = document.getElementById("shortcuts");
      if (shortcuts && shortcuts.showModal) shortcuts.showModal();
    } else if (ways[event.key] && document.querySelector(`.rail a[href='${ways[event.key]}']`)) {
      location.assign(ways[event.key]);
    }
  }

  // ---- the palette ----------------------------------------------------------------------------------------

  function openPalette() {
    const palette = document.getElementById("palette");
    if (!palette || !palette.showModal) return false;
    if (palette.open || document.querySelector("dialog[open]")) return true;
    palette.querySelector("#palette-text").value = "";
    palette.showModal();
    fillPalette(document.getElementById("palette-list"));
    return true;
  }

  async function fillPalette(into) {
    try {
      const answer = await fetch("/go");
      if (!answer.ok || answer.redirected) throw new Error("no list");
      const list = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-palette-list]");
      into.replaceChildren(list);
      narrowPalette();
    } catch {
      announce(document.getElementById("live").dataset.lost);
    }
  }

  const paletteWays = () => all("#palette-list li").filter((one) => !one.hidden).map((one) => one.querySelector("a"));

  function choose(way) {
    all("#palette-list .chosen").forEach((one) => one.classList.remove("chosen"));
    if (!way) return;
    way.classList.add("chosen");
    way.scrollIntoView({ block: "nearest" });
    announce(way.textContent.trim());
  }

  // Every word that was typed must be in the label. With nothing chosen, Enter checks what was typed.
  function narrowPalette() {
    const typed = document.getElementById("palette-text").value.trim();
    const words = typed.toLowerCase().split(/\s+/);
    for (const one of all("#palette-list li")) {
      const label = one.textContent.toLowerCase();
      one.hidden = !words.every((word) => label.includes(word));
    }
    const search = document.querySelector("[data-palette-search]");
    if (search) search.href = typed ? `/search?text=${encodeURIComponent(typed)}` : "/search";
    choose(null);
  }

  function paletteKey(event) {
    const found = paletteWays();
    const at = found.findIndex((way) => way.classList.contains("chosen"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? found.length - 1 : at - 1;
      choose(found[(next + found.length) % found.length]);
    } else if (event.key === "Enter" && (at >= 0 || !event.target.value.trim())) {
      event.preventDefault();
      if (at >= 0) location.assign(found[at].href);
    }
  }

  function wirePalette() {
    const text = document.getElementById("palette-text");
    if (!text) return;
    text.addEventListener("input", narrowPalette);
    text.addEventListener("keydown", paletteKey);
  }

  // ---- forms ----------------------------------------------------------------------------------------------

  // A second box for fields that hold several values.
  function addBox(button) {
    const boxes = all("input, select", button.parentElement);
    const copy = boxes[boxes.length - 1].cloneNode(true);
    copy.value = "";
    copy.removeAttribute("id");
    copy.setAttribute("aria-label", button.dataset.label);
    button.before(copy);
    copy.focus();
  }

  // A form is sent once, however often the button is pressed.
  function sendOnce(event) {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent) {
      if (form.dataset.sent) event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  }

  // Leaving a form with changes that were neither saved nor kept as a draft. A form that keeps drafts sends itself a few
  // seconds after the last change, and at once when its page goes out of sight.
  const draftEveryMs = 3000;

  function guard(form) {
    let changes = 0;
    let safe = 0;
    let timer = 0;
    const keep = async () => {
      clearTimeout(timer);
      timer = 0;
      if (changes === safe) return;
      const upTo = changes;
      if (await keepDraft(form)) safe = Math.max(safe, upTo);
    };
    form.addEventListener("input", () => {
      changes += 1;
      if ("draft" in form.dataset && !timer) timer = setTimeout(keep, draftEveryMs);
    });
    form.addEventListener("submit", () => { safe = changes; clearTimeout(timer); timer = 0; });
    addEventListener("beforeunload", (event) => { if (changes !== safe) event.preventDefault(); });
    if ("draft" in form.dataset) {
      document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(); });
    }
  }

  async function keepDraft(form) {
    const state = form.querySelector("[data-draft-state]");
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch("/drafts", { method: "POST", body, headers: { "x-cairn-draft": "1" }, keepalive: true });
      // Someone whose session has ended is led to the sign-in page; that is no draft kept.
      if (!answer.ok || answer.redirected) throw new Error("not kept");
      state.textContent = await answer.text();
      return true;
    } catch {
      state.textContent = state.dataset.lost;
      announce(state.dataset.lost);
      return false;
    }
  }

  function dropArea(area) {
    const input = area.querySelector("input[type=file]");
    const over = (on) => (event) => { event.preventDefault(); area.classList.toggle("over-it", on); };
    area.addEventListener("dragover", over(true));
    area.addEventListener("dragleave", over(false));
    area.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }

  // A document reader types the lines of a passport with a return after each: wait for the last one.
  function passport(box) {
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      const lines = box.value.trim().split("\n");
      const last = lines[lines.length - 1];
      const machine = /^[A-Z0-9<]{30,44}$/.test(last);
      const wanted = last.length === 30 ? 3 : 2;
      if (machine && last.includes("<") && lines.length < wanted) {
        box.value = `${box.value.trim()}\n`;
        return;
      }
      box.form.requestSubmit();
    });
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.done;
  }

  // ---- wiring ---------------------------------------------------------------------------------------------

  function wire(inside) {
    localTimes(inside);
    all("form[data-guard]", inside).forEach(guard);
    all(".drop", inside).forEach(dropArea);
    all("[data-passport]", inside).forEach(passport);
    all("[data-needs-script]", inside).forEach((one) => { one.hidden = "copy" in one.dataset && !navigator.clipboard; });
    all("[data-picks]", inside).forEach((one) => {
      one.addEventListener("input", () => { document.getElementById(one.dataset.picks).checked = true; });
    });
    all("[data-focus]", inside).forEach((one) => one.focus());
    all("dialog", inside).forEach((one) => {
      one.addEventListener("click", (event) => { if (event.target === one) one.close(); });
    });
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", sendOnce);
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-box]");
    if (add) addBox(add);
    const copies = event.target.closest("[data-copy]");
    if (copies) copy(copies);
    if (event.target.closest("[data-print]")) print();
    if (event.target.closest("[data-palette]") && openPalette()) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-send-on-change]")) event.target.form.requestSubmit();
    // A column that becomes a date needs to say how its dates are written.
    const chosen = event.target.selectedOptions && event.target.selectedOptions[0];
    if (chosen && "dated" in chosen.dataset) event.target.closest("tr").querySelector("details").open = true;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    localTimes(event.target.parentElement || document);
    const news = event.target.matches("[data-announce]") ? event.target : event.target.querySelector("[data-announce]");
    if (news) announce(news.innerText.trim());
  });
  // A form that was refused shows the page that says why; what renews itself in the background stays as it was.
  document.addEventListener("htmx:responseError", (event) => {
    if (!event.detail.elt.closest("form")) return;
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector("#main");
    const main = document.getElementById("main");
    if (!answer || !main) return;
    main.replaceChildren(...answer.childNodes);
    main.focus();
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.elt.closest("form")) announce(document.getElementById("live").dataset.lost);
  });
  document.addEventListener("DOMContentLoaded", () => {
    wire(document);
    wirePalette();
    const first = document.querySelector("main [data-announce]");
    if (first) announce(first.innerText.trim());
    const summary = document.querySelector(".error-summary");
    if (summary) summary.focus();
  });
})();
