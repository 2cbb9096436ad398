"use strict";
(() => {
  const articles = [...document.querySelectorAll("article")];
  const chips = [...document.querySelectorAll(".chip")];
  const [search, level, area, shown] = ["search", "level", "area", "shown"].map((id) => document.getElementById(id));

  const filter = () => {
    const verdicts = new Set(chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.verdict));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const article of articles) {
      const its = article.dataset;
      const wanted = verdicts.has(its.verdict) && (!level.value || level.value === its.level)
        && (!area.value || area.value === its.area) && words.every((word) => its.words.includes(word));
      article.hidden = !wanted;
      count += wanted;
    }
    shown.textContent = `${count} of ${articles.length}`;
  };

  const everything = () => {
    chips.forEach((chip) => { chip.ariaPressed = "true"; });
    [search, level, area].forEach((input) => { input.value = ""; });
    filter();
  };

  // A click shows a verdict or not; with Ctrl or Alt it shows that one alone.
  for (const chip of chips) {
    chip.addEventListener("click", (event) => {
      if (event.ctrlKey || event.altKey) chips.forEach((other) => { other.ariaPressed = String(other === chip); });
      else chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    });
  }
  search.addEventListener("input", filter);
  [level, area].forEach((input) => input.addEventListener("change", filter));

  const move = (by) => {
    const summaries = articles.filter((article) => !article.hidden).map((article) => article.querySelector("summary"));
    const at = summaries.indexOf(document.activeElement?.closest("article")?.querySelector("summary"));
    summaries[Math.min(Math.max(at + by, 0), summaries.length - 1)]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select");
    if (event.key === "Escape") { everything(); document.activeElement?.blur(); }
    else if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
  });

  const open = () => {
    const article = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (article) { article.querySelector("details").open = true; article.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
})();
