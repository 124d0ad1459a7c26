import type { LabControls, ProviderBehaviour, WitnessBehaviour } from "#lab/controls.ts";

export const WITNESS_WORDS = {
  honest: "honest",
  lies: "lies",
  dead: "dead",
} as const satisfies Record<WitnessBehaviour, string>;

export const PROVIDER_WORDS = {
  honest: "does as it is told",
  refuses: "refuses",
  throttles: "throttles",
  "times-out": "never answers",
  "times-out-once": "misses one answer",
} as const satisfies Record<ProviderBehaviour, string>;

/** @returns what was done; `undefined` for what the lab does not have */
export function turnKnob(lab: LabControls, knob: string, form: URLSearchParams): string | undefined {
  switch (knob) {
    case "move":
      lab.moveAddress();
      return `The address is now ${lab
        .view()
        .addresses.map(({ text }) => text)
        .join(" and ")}`;
    case "offline":
      lab.goOffline(5000);
      return "Offline for 5 s";
    case "online":
      lab.setOnline(true);
      return "Online again";
    case "udp": {
      const isBlocked = form.get("blocked") === "yes";
      lab.setUdpBlocked(isBlocked);
      return isBlocked ? "UDP is blocked" : "UDP gets through again";
    }
    case "loss":
      return setNumber(form.get("loss"), 100, (value) => {
        lab.setLoss(value);
        return `${value} % of datagrams are lost, each way`;
      });
    case "delay":
      return setNumber(form.get("delay"), 10_000, (value) => {
        lab.setDelay(value);
        return `Every answer takes ${value} ms longer`;
      });
    case "witness":
      return setWitness(lab, form);
    case "provider": {
      const behaviour = keyOf(PROVIDER_WORDS, form.get("behaviour"));
      if (!behaviour) return undefined;
      lab.setProvider(behaviour);
      return `The provider ${PROVIDER_WORDS[behaviour]}`;
    }
    case "reset":
      lab.reset();
      return "Everything is as it was at the start, the address excepted";
    default:
      return undefined;
  }
}

function setWitness(lab: LabControls, form: URLSearchParams): string | undefined {
  const name = form.get("name") ?? "";
  const behaviour = keyOf(WITNESS_WORDS, form.get("behaviour"));
  if (!behaviour || !lab.view().witnesses.some((each) => each.name === name)) return undefined;
  lab.setBehaviour(name, behaviour);
  return behaviour === "lies" ? `${name} lies` : `${name} is ${behaviour}`;
}

function setNumber(text: string | null, most: number, set: (value: number) => string): string | undefined {
  if (text === null || !/^\d{1,5}$/.test(text) || Number(text) > most) return undefined;
  return set(Number(text));
}

function keyOf<Key extends string>(
  words: Readonly<Record<Key, string>>,
  text: string | null,
): Key | undefined {
  for (const key in words) if (key === text) return key;
  return undefined;
}
