// The search has a name, and what is wider than its place can be scrolled by keys.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
const reach = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth && !target.querySelector("a[href], button")) target.tabIndex = 0;
  }
});
addEventListener("load", () =>
  document.querySelectorAll(".md-typeset__scrollwrap, .output, math[display=block], pre > code").forEach((wide) => reach.observe(wide)),
);
