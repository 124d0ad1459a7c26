import { changeRows } from "./change.ts";
import { commandRows } from "./commands.ts";
import { detectionRows } from "./detection.ts";
import { growthRows } from "./growth.ts";
import { idleRows, ROUNDS_OF_AN_HOUR } from "./idle.ts";
import { kubernetesRows } from "./kubernetes.ts";
import { peerRows } from "./peers.ts";
import type { Row } from "./rows.ts";
import { serviceRows } from "./service.ts";
import type { World } from "./world.ts";

/** By name; each is measured in one place. */
export type Groups<Place> = Readonly<Record<string, (place: Place) => Promise<readonly Row[]>>>;

/** In the home network. */
export function homeGroups(quick: boolean): Groups<World> {
  return {
    detection: (world) =>
      detectionRows(
        world,
        quick
          ? { rounds: 30, lossyRounds: 60, confirmations: 15 }
          : { rounds: 100, lossyRounds: 250, confirmations: 50 },
      ),
    commands: (world) => commandRows(world, quick ? 7 : 21),
    change: (world) => changeRows(world, quick ? 3 : 10),
    idle: (world) => idleRows(world, quick ? ROUNDS_OF_AN_HOUR / 4 : ROUNDS_OF_AN_HOUR),
    service: (world) =>
      serviceRows(
        world,
        quick
          ? {
              pages: { rounds: ROUNDS_OF_AN_HOUR / 4, inTurn: 300, timed: 500 },
              readers: { turns: 5, rounds: 10, alone: 20 },
              browser: { moves: 5, idle: 20 },
            }
          : {
              pages: { rounds: ROUNDS_OF_AN_HOUR, inTurn: 1000, timed: 2000 },
              readers: { turns: 15, rounds: 10, alone: 100 },
              browser: { moves: 20, idle: 60 },
            },
      ),
    growth: (world) => growthRows(world, quick ? [1, 100] : [1, 100, 1000]),
    peers: (world) => peerRows(world, quick ? 3 : 9),
  };
}

/** Beside a Kubernetes; they have a network of their own on loopback, and need the program alone. */
export function kubernetesGroups(quick: boolean): Groups<string> {
  return {
    kubernetes: (program) =>
      kubernetesRows(
        program,
        quick
          ? {
              crowds: { agents: [1, 10], changes: 4, quiet: 20 },
              requests: { agents: [10], settling: 45, span: 60 },
              kills: 3,
              garbage: "left",
            }
          : {
              crowds: { agents: [1, 10, 100], changes: 15, quiet: 45 },
              requests: { agents: [10, 100], settling: 100, span: 300 },
              kills: 20,
              garbage: "collected",
            },
      ),
  };
}
