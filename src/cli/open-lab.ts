import { type Daemon, startDaemon } from "#app/daemon.ts";
import { registries } from "#app/registries.ts";
import type { Terminal } from "#cli/command.ts";
import { writeLab } from "#cli/lab-files.ts";
import { checkConfiguration } from "#config/load.ts";
import { loadWithOrigins } from "#config/print.ts";
import type { LabControls } from "#lab/controls.ts";
import { createLabControls } from "#lab/create-controls.ts";
import { startWorld, type World } from "#lab/world.ts";
import { createLog } from "#platform/log.ts";

/** A world on loopback and the file that leads there; nobody at work in it yet. */
export interface Lab {
  readonly world: World;
  readonly configFile: string;
  close(): Promise<void>;
}

/** The daemon in a lab, with its dashboard; the engine is started by who opened it. */
export interface WatchedLab extends Lab {
  readonly controls: LabControls;
  readonly daemon: Daemon;
  /** Where the dashboard is, for people. */
  readonly dashboard: string | undefined;
}

const USUAL_PORT = 51_339;

export async function openLab(port: number): Promise<Lab> {
  const world = await startWorld();
  const files = writeLab(world, port);
  return {
    world,
    configFile: files.configFile,
    async close() {
      await world.close();
      files.remove();
    },
  };
}

/** @param port of the dashboard; absent: the usual one when it is free, else any */
export async function openWatchedLab({ cwd, env }: Terminal, port?: number): Promise<WatchedLab> {
  const lab = await openLab(port ?? USUAL_PORT);
  try {
    const source = { file: lab.configFile, cwd, env, registries };
    const watched: { daemon?: Daemon } = {};
    const controls = createLabControls(lab.world, () => {
      watched.daemon?.app.engine.pardon();
      watched.daemon?.app.engine.trigger("command");
    });
    const daemon = await startDaemon(await loadWithOrigins(source), {
      check: () => checkConfiguration(source),
      createLog: () => createLog({ format: "text", level: "error" }),
      cacheFolder: undefined,
      isInsecure: false,
      lab: controls,
    });
    watched.daemon = daemon;
    const close = async () => {
      await daemon.close();
      await lab.close();
    };
    const origin = daemon.service?.origin;
    const isTaken = port === undefined && !origin?.endsWith(`:${USUAL_PORT}`);
    const dashboard = origin && `${origin}/${isTaken ? ` (port ${USUAL_PORT} is taken)` : ""}`;
    return { ...lab, controls, daemon, dashboard, close };
  } catch (error) {
    await lab.close();
    throw error;
  }
}
