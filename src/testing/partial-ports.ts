import type { Ports } from "#core/ports.ts";

/** The ports that a test gives. Whoever reaches for another one is told so, in place of a silent `undefined`. */
export function partialPorts(given: Partial<Ports>): Ports {
  const ports: object = new Proxy(given, {
    get(target, name, receiver) {
      if (name in target) return Reflect.get(target, name, receiver);
      throw new TypeError(`the test gives no port "${String(name)}"`);
    },
  });
  if (!isComplete(ports)) throw new TypeError("no ports");
  return ports;
}

/** True by construction: what is missing throws. */
function isComplete(ports: object): ports is Ports {
  return typeof ports === "object";
}
