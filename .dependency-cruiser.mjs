/**
 * The import table of docs/architecture.md, as rules. `scripts/boundaries.ts` runs them and fails when
 * nothing was cruised: dependency-cruiser without @swc/core cannot read TypeScript 7 and then passes in silence.
 */
/** Modules for the browser, which import each other by the address they are served at. */
const BROWSER = "^src/service/assets/[^/]+\\.js$";
const TEST = "(\\.test\\.ts$|^src/testing/|/testdata/)";

/** A room may import only what is listed; everything else in src, node:* and npm is forbidden. */
function room(name, { src = [], npm = [], node = false }) {
  const allowed = [
    `^src/${name}/`,
    ...src.map((path) => `^src/${path}`),
    ...npm.map((pkg) => `node_modules/${pkg}/`),
  ];
  return {
    name: `${name}-imports`,
    severity: "error",
    comment: `src/${name} may import: ${[...src, ...npm, ...(node ? ["node:*"] : [])].join(", ") || "itself alone"}`,
    from: { path: `^src/${name}/`, pathNot: TEST },
    to: { pathNot: allowed, ...(node ? { dependencyTypesNot: ["core"] } : {}) },
  };
}

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-siblings",
      comment: "a source or a provider never imports another one",
      severity: "error",
      from: { path: "^src/(sources|providers|notify)/([^/_]+)/", pathNot: TEST },
      to: { path: "^src/(sources|providers|notify)/([^/_]+)/", pathNot: "^src/$1/$2/" },
    },
    {
      name: "tests-only",
      comment: "src/testing is for tests",
      severity: "error",
      from: { path: "^src/", pathNot: TEST },
      to: { path: "^src/testing/" },
    },
    {
      name: "app-is-the-root",
      comment: "only the command line composes the app",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(app|cli)/", TEST] },
      to: { path: "^src/app/" },
    },
    room("core", {}),
    room("wire", { src: ["core/"] }),
    room("dns", { src: ["core/", "wire/"] }),
    room("schemas", { src: ["core/"], npm: ["zod"] }),
    room("sources", { src: ["core/", "wire/", "dns/", "schemas/"], npm: ["zod"] }),
    room("providers", { src: ["core/", "wire/", "dns/", "schemas/"], npm: ["zod"] }),
    room("engine", { src: ["core/"] }),
    room("store", { src: ["core/"], node: true }),
    room("platform", { src: ["core/"], npm: ["pino"], node: true }),
    room("config", {
      src: [
        "core/",
        "schemas/",
        "(sources|providers|notify)/definition\\.ts$",
        "sources/_shared/",
        "state/happening\\.ts$",
      ],
      npm: ["zod", "yaml"],
      node: true,
    }),
    room("report", { src: ["core/", "engine/"] }),
    room("state", { src: ["core/", "engine/", "report/"] }),
    room("metrics", { src: ["core/", "engine/", "state/"], npm: ["prom-client"], node: true }),
    room("notify", { src: ["core/", "schemas/", "state/"], npm: ["zod", "nodemailer"], node: true }),
    room("service", {
      src: ["core/", "engine/", "state/", "report/", "config/service-settings\\.ts$", "lab/controls\\.ts$"],
      npm: ["zod", "uplot"],
      node: true,
    }),
    room("kubernetes", {
      src: ["core/", "engine/", "state/", "report/", "platform/transport-failure\\.ts$"],
      npm: ["yaml"],
      node: true,
    }),
    room("lab", { src: ["core/", "wire/"], node: true }),
    room("cli", {
      src: [
        "core/",
        "engine/",
        "store/",
        "config/",
        "report/",
        "app/",
        "lab/",
        "platform/",
        "service/",
        "notify/",
      ],
      node: true,
    }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Tests may import anything, and the parser does not know `using`
    exclude: { path: ["\\.test\\.ts$", BROWSER] },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    parser: "swc",
    enhancedResolveOptions: {
      conditionNames: ["import", "node", "default", "types"],
      exportsFields: ["exports"],
    },
  },
};
