// Brings what is on the page up to date in place: what is the same stays as it is, with its focus, its selection,
// what is folded out, and where it is scrolled to.

/** Every `data-live` part of the page, from a page that was fetched anew. */
export function swapPage(fresh) {
  if (document.title !== fresh.title) document.title = fresh.title;
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (old) swap(old, part);
    else return false;
  }
  // What is not there any more, e.g. a panel for trouble that is over
  for (const old of document.querySelectorAll("[data-live]")) {
    if (!fresh.getElementById(old.id)) return false;
  }
  return true;
}

function swap(old, fresh) {
  // What scripts have written is theirs, such as what came of a form
  if (old.isEqualNode(fresh) || old.matches("[data-keep]")) return;
  swapAttributes(old, fresh);
  const wanted = [...fresh.childNodes];
  const keyed = new Map([...old.children].filter((each) => each.id).map((each) => [each.id, each]));
  for (const [index, next] of wanted.entries()) {
    const here = old.childNodes[index];
    const known = next.id ? keyed.get(next.id) : undefined;
    const match = known ?? (here && isSameKind(here, next) ? here : undefined);
    if (!match) old.insertBefore(document.importNode(next, true), here ?? null);
    else {
      if (match !== here) old.insertBefore(match, here ?? null);
      if (match.nodeType === Node.ELEMENT_NODE) swap(match, next);
      else if (match.data !== next.data) match.data = next.data;
    }
  }
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

function isSameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id ?? "") === (b.id ?? "");
}

/** What a person has done to it is theirs: what is folded out, what is typed in, what is being moved. */
function swapAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isTheirs(old, name)) old.setAttribute(name, value);
  }
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && !isTheirs(old, name)) old.removeAttribute(name);
  }
  if (!(old instanceof HTMLInputElement) || old === document.activeElement) return;
  if (old.type === "checkbox" || old.type === "radio") old.checked = fresh.hasAttribute("checked");
  if (old.type === "range") old.value = fresh.getAttribute("value");
}

function isTheirs(element, name) {
  return (
    (name === "open" && element.localName === "details") || name === "hidden" || name === "aria-disabled"
  );
}
