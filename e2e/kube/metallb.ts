/**
 * MetalLB's controller as the project's manifest has it, as far as our script looks at it. With the stand-in for
 * kubelets no container of it runs; `tools/metallb.sh` runs the real one on real nodes.
 */
export const METALLB_STAND_IN = `
apiVersion: v1
kind: Namespace
metadata: { name: metallb-system }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: controller
  namespace: metallb-system
  labels: { app: metallb, component: controller }
spec:
  selector: { matchLabels: { app: metallb, component: controller } }
  template:
    metadata: { labels: { app: metallb, component: controller } }
    spec: { containers: [{ name: controller, image: "quay.io/metallb/controller:v0.16.1" }] }
`;
