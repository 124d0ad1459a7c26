import { defineConfig } from "vitest/config";

const slow = {
  testTimeout: 60_000,
  hookTimeout: 120_000,
  pool: "forks" as const,
  maxWorkers: 2,
  // What processes and two processors make of a deadline is not always the same; `npm test` names what was tried twice
  retry: 1,
};
const globalSetup = "e2e/take-default-port.ts";

export default defineConfig({
  test: {
    projects: [
      // Unit, contract and property tests: no process, nothing but loopback
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 15_000 } },
      // The program and its libraries against real peers on loopback
      { test: { ...slow, name: "e2e", include: ["e2e/peers/**/*.test.ts"], globalSetup } },
      // What a person sees: the dashboard in Chromium
      { test: { ...slow, name: "browser", include: ["e2e/browser/**/*.test.ts"], globalSetup } },
      // The built package in network namespaces: a home behind NAT
      {
        test: {
          ...slow,
          name: "netlab",
          include: ["e2e/netlab/**/*.test.ts"],
          globalSetup: "e2e/netlab/build-package.ts",
          fileParallelism: false,
        },
      },
      // A real API server, and agents as processes; nodes that run containers
      {
        test: {
          ...slow,
          name: "kube",
          include: ["e2e/kube/**/*.test.ts"],
          globalSetup: ["e2e/netlab/build-package.ts", "e2e/kube/build-kubernetes.ts"],
          // Each file has a cluster of its own, and waits most of the time
          fileParallelism: true,
          maxWorkers: 3,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      // The container image: what is in it, and what it does in a container
      {
        test: {
          ...slow,
          name: "image",
          include: ["e2e/image/**/*.test.ts"],
          globalSetup: "e2e/image/build-image.ts",
          fileParallelism: false,
          testTimeout: 300_000,
        },
      },
      // What a user installs and reads: the tarball, the systemd unit, the README's commands
      { test: { ...slow, name: "package", include: ["e2e/package/**/*.test.ts"], testTimeout: 300_000 } },
    ],
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/**/*.test.ts", "src/testing/**"] },
  },
});
