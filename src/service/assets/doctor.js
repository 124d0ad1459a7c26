// The doctor's findings as they come; without this script they come all at once, as a page.

const form = document.querySelector("form[data-doctor]");
const button = form?.querySelector("button");
const examination = document.getElementById("examination");
const summary = document.getElementById("examination-summary");
const trouble = document.getElementById("examination-trouble");
const groups = new Map(
  [...examination.querySelectorAll("[data-group]")].map((each) => [each.dataset.group, each]),
);

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") !== "true") void run();
});

async function run() {
  begin();
  try {
    for await (const { kind, data } of eventsOf(await ask())) {
      if (kind === "finding") add(data);
      if (kind === "failed") throw new Error(data.message);
    }
    end();
  } catch (error) {
    trouble.textContent =
      error instanceof TypeError ? "No answer from the daemon: it may have ended meanwhile." : error.message;
    trouble.hidden = false;
    end();
  }
}

async function ask() {
  const answer = await fetch(form.dataset.doctor, {
    method: "POST",
    headers: { accept: "text/event-stream", "x-esddns-csrf": new FormData(form).get("csrf") },
  });
  if (answer.ok) return answer.body.pipeThrough(new TextDecoderStream());
  const { title, detail } = await answer.json();
  throw new Error(detail ? `${title}: ${detail}` : title);
}

/** Of a stream of server-sent events, as the API writes them: `event`, then `data` on one line. */
async function* eventsOf(stream) {
  let rest = "";
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const kind = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (kind && data) yield { kind, data: JSON.parse(data) };
    }
  }
}

function begin() {
  button.setAttribute("aria-disabled", "true");
  button.textContent = "Running…";
  trouble.hidden = true;
  for (const group of groups.values()) {
    group.querySelector("ul").replaceChildren();
    group.hidden = true;
  }
  examination.hidden = false;
  examination.setAttribute("aria-busy", "true");
  tell("asking everybody …");
}

function add({ result, subject, words }) {
  const group = groups.get(result);
  const item = group.querySelector("template").content.cloneNode(true);
  item.querySelector(".subject").textContent = subject;
  item.querySelector(".words").textContent = words;
  group.querySelector("ul").append(item);
  group.hidden = false;
  group.querySelector(".count").textContent = String(countOf(group));
  tell(`${total()} looked at so far …`);
}

function end() {
  button.removeAttribute("aria-disabled");
  button.textContent = "Run it again";
  examination.removeAttribute("aria-busy");
  const [problems, warnings, fine] = ["problem", "warning", "ok"].map((each) => countOf(groups.get(each)));
  tell(`${say(problems, "problem")}, ${say(warnings, "warning")}, ${fine} fine`);
}

function total() {
  return [...groups.values()].reduce((sum, group) => sum + countOf(group), 0);
}

function countOf(group) {
  return group.querySelectorAll("li").length;
}

function say(count, noun) {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}

function tell(words) {
  summary.textContent = words;
}
