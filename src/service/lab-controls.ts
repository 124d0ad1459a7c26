export type { LabControls, LabView, ProviderBehaviour, WitnessBehaviour } from "#lab/controls.ts";
