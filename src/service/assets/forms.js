// Sends forms from behind the page and says what came of them; copies what is to be copied.

/** @param refresh brings the page up to date afterwards */
export function takeForms(refresh) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-enhance]")) return;
    event.preventDefault();
    if (event.submitter?.ariaDisabled === "true") return;
    void send(form, event.submitter).finally(refresh);
  });
  // Of what says so, a choice is sent as soon as it is made
  document.addEventListener("change", ({ target }) => {
    if (target.form?.matches("form[data-enhance][data-auto]")) target.form.requestSubmit();
  });
  document.addEventListener("input", ({ target }) => {
    const output = target.type === "range" ? document.querySelector(`output[for="${target.id}"]`) : null;
    if (output) output.value = `${target.value} ${target.dataset.unit ?? ""}`.trim();
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (button) void copy(button);
  });
}

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const words = button?.dataset.busy;
  const label = button?.textContent;
  // What is disabled loses the focus, and who has no mouse is back at the top of the page
  if (button) button.ariaDisabled = "true";
  if (words) button.textContent = words;
  const result = resultOf(form);
  say(result, "", "");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: fields,
      headers: { accept: "application/json", "x-esddns-csrf": fields.get("csrf") ?? "" },
    });
    if (answer.status === 401) return location.reload();
    const json = await answer.json().catch(() => ({}));
    if (answer.ok) say(result, "good", json.message ?? "Done");
    else say(result, "bad", [json.title ?? "It did not work", json.detail].filter(Boolean).join(": "));
  } catch {
    say(result, "bad", "No answer from the daemon");
  } finally {
    if (button) button.ariaDisabled = null;
    if (words) button.textContent = label;
  }
}

function resultOf(form) {
  const { result } = form.dataset;
  return result ? document.getElementById(result) : undefined;
}

function say(place, kind, words) {
  if (!place) return announce(words);
  place.classList.remove("good", "bad");
  if (kind) place.classList.add(kind);
  place.textContent = words;
}

/** For those who listen to the page. */
export function announce(words) {
  const announcer = document.getElementById("announcer");
  if (announcer && words) announcer.textContent = words;
}

async function copy(button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return select(button.dataset.copy, button);
  }
  button.textContent = "copied";
  announce(`Copied ${button.dataset.copy}`);
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

/** Where there is no clipboard, as with plain HTTP from elsewhere: one key is left to press. */
function select(text, button) {
  const place = [...(button.parentElement?.children ?? [])].find((each) => each.textContent === text);
  if (place) getSelection()?.selectAllChildren(place);
}
