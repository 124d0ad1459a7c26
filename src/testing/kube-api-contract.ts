import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seconds } from "#core/units.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { type ConfigMap, CONFIG_MAPS, LEASES } from "#kubernetes/api/resource.ts";
import type { WatchEvent } from "#kubernetes/api/watch-event.ts";

/** An API server with a namespace that is the test's own. */
export interface ServedApi {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** As somebody else does: esddns deletes nothing. */
  remove(plural: "configmaps" | "leases", name: string): Promise<void>;
}

const never = new AbortController().signal;

/**
 * What esddns relies on in an API server, in the words of the Kubernetes API conventions and API concepts. The fake of
 * kube-api.ts passes it, and so must every real server: then what is tested with the fake is true of them.
 */
export function kubeApiContract(title: string, open: () => Promise<ServedApi>): void {
  describe(`${title} keeps the conventions of the Kubernetes API`, () => {
    it("counts a version up with every change, and not for an update that changes nothing", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      const same = await api.client.replace(CONFIG_MAPS, place, created, never);
      const changed = await api.client.replace(CONFIG_MAPS, place, { ...same, data: { a: "2" } }, never);
      expect(same.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
      expect(changed.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      expect(await api.client.get(CONFIG_MAPS, place, never)).toMatchObject({ data: { a: "2" } });
    });

    it("refuses to replace a version that is not the newest", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      await api.client.replace(CONFIG_MAPS, place, { ...created, data: { a: "2" } }, never);
      await expect(
        api.client.replace(CONFIG_MAPS, place, { ...created, data: { a: "3" } }, never),
      ).rejects.toMatchObject({ code: "conflict", status: 409, reason: "Conflict" });
    });

    it("replaces no Lease without its version", async () => {
      const api = await open();
      const place = { namespace: api.namespace, name: randomName() };
      const lease = { metadata: place, spec: { holderIdentity: "a", leaseDurationSeconds: 15 } };
      await api.client.create(LEASES, place, lease, never);
      await expect(api.client.replace(LEASES, place, lease, never)).rejects.toMatchObject({ status: 422 });
    });

    it("makes a Lease by a replacement of no version, once", async () => {
      const api = await open();
      const place = { namespace: api.namespace, name: randomName() };
      const lease = { metadata: place, spec: { holderIdentity: "a", leaseDurationSeconds: 15 } };
      const made = await api.client.replace(LEASES, place, lease, never);
      expect(made.spec?.holderIdentity).toBe("a");
      await expect(api.client.replace(LEASES, place, lease, never)).rejects.toMatchObject({
        code: "invalid",
        status: 422,
      });
    });

    it("makes no ConfigMap by a replacement, of no version or of one that was deleted", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      await api.remove("configmaps", place.name);
      for (const object of [{ metadata: place }, created]) {
        await expect(api.client.replace(CONFIG_MAPS, place, object, never)).rejects.toMatchObject({
          code: "not-found",
        });
      }
    });

    it("refuses to replace an object that was deleted and made anew meanwhile", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      await api.remove("configmaps", place.name);
      await api.client.create(CONFIG_MAPS, place, { metadata: place, data: { a: "2" } }, never);
      await expect(api.client.replace(CONFIG_MAPS, place, created, never)).rejects.toMatchObject({
        code: "conflict",
      });
    });

    it("refuses to replace a Lease that was deleted meanwhile", async () => {
      const api = await open();
      const place = { namespace: api.namespace, name: randomName() };
      const lease = { metadata: place, spec: { holderIdentity: "a", leaseDurationSeconds: 15 } };
      const created = await api.client.create(LEASES, place, lease, never);
      await api.remove("leases", place.name);
      await expect(api.client.replace(LEASES, place, created, never)).rejects.toMatchObject({ status: 409 });
    });

    it("creates a name once, and has none that was not created", async () => {
      const { api, place } = await withConfigMap({});
      await expect(api.client.create(CONFIG_MAPS, place, { metadata: place }, never)).rejects.toMatchObject({
        code: "already-exists",
        status: 409,
      });
      await api.remove("configmaps", place.name);
      for (const attempt of [
        () => api.client.get(CONFIG_MAPS, place, never),
        () => api.client.patch(CONFIG_MAPS, place, { kind: "merge", body: { data: {} } }, never),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: "not-found", status: 404, reason: "NotFound" });
      }
    });

    it("merges and applies patches", async () => {
      const { api, place } = await withConfigMap({ a: "1", b: "2" });
      const { client } = api;
      const merged = await client.patch(
        CONFIG_MAPS,
        place,
        { kind: "merge", body: { data: { a: null, c: "3" } } },
        never,
      );
      expect(merged.data).toEqual({ b: "2", c: "3" });
      const applied = await client.patch(
        CONFIG_MAPS,
        place,
        { kind: "apply", body: { metadata: { name: place.name }, data: { d: "4" } }, fieldManager: "esddns" },
        never,
      );
      expect(applied.data).toEqual({ b: "2", c: "3", d: "4" });
    });

    it("creates by apply what is not there", async () => {
      const api = await open();
      const place = { namespace: api.namespace, name: randomName() };
      const body = { metadata: { name: place.name }, data: { a: "1" } };
      const applied = await api.client.patch(
        CONFIG_MAPS,
        place,
        { kind: "apply", body, fieldManager: "esddns" },
        never,
      );
      expect(applied.data).toEqual({ a: "1" });
    });

    it("makes an empty object by an apply of no fields, which changes nothing of one that is there", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      const apply = (name: string) => {
        const body = { metadata: { name, namespace: api.namespace } };
        const patch = { kind: "apply", body, fieldManager: "esddns" } as const;
        return api.client.patch(CONFIG_MAPS, { namespace: api.namespace, name }, patch, never);
      };
      expect((await apply(randomName())).data).toBeUndefined();
      expect(await apply(place.name)).toMatchObject({
        metadata: { resourceVersion: created.metadata.resourceVersion },
        data: { a: "1" },
      });
    });

    it("lists the one object that a field selector names, and tells what happens to it from there", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      const query = { namespace: api.namespace, fieldSelector: `metadata.name=${place.name}` };
      await withConfigMap({ other: "1" }, api);
      const list = await api.client.list(CONFIG_MAPS, query, never);
      expect(list.items.map(({ metadata }) => metadata.name)).toEqual([place.name]);
      const { resourceVersion } = list;
      const watch = await api.client.watch(
        CONFIG_MAPS,
        { ...query, resourceVersion, timeout: seconds(30) },
        never,
      );
      await api.client.replace(CONFIG_MAPS, place, { ...created, data: { a: "2" } }, never);
      await withConfigMap({ other: "2" }, api);
      await api.remove("configmaps", place.name);
      await api.client.create(CONFIG_MAPS, place, { metadata: place, data: { a: "3" } }, never);
      const events = await firstChanges(watch, 3);
      expect(events.map(({ kind, object }) => [kind, object.metadata.name, object.data])).toEqual([
        ["modified", place.name, { a: "2" }],
        ["deleted", place.name, { a: "2" }],
        ["added", place.name, { a: "3" }],
      ]);
    });

    it("gives an event of deletion a version of its own", async () => {
      const { api, place, created } = await withConfigMap({ a: "1" });
      const query = { namespace: api.namespace, fieldSelector: `metadata.name=${place.name}` };
      const { resourceVersion } = await api.client.list(CONFIG_MAPS, query, never);
      await api.remove("configmaps", place.name);
      const watch = await api.client.watch(
        CONFIG_MAPS,
        { ...query, resourceVersion, timeout: seconds(30) },
        never,
      );
      const [event] = await firstChanges(watch, 1);
      expect(event?.object.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
    });

    async function withConfigMap(data: Record<string, string>, api?: ServedApi) {
      const served = api ?? (await open());
      const place = { namespace: served.namespace, name: randomName() };
      const created = await served.client.create(CONFIG_MAPS, place, { metadata: place, data }, never);
      return { api: served, place, created };
    }
  });
}

type Change = Extract<WatchEvent<ConfigMap>, { readonly object: ConfigMap }>;

async function firstChanges(watch: AsyncIterable<WatchEvent<ConfigMap>>, count: number): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const event of watch) {
    if (event.kind !== "bookmark") changes.push(event);
    if (changes.length === count) break;
  }
  return changes;
}

function randomName(): string {
  return `contract-${randomUUID()}`;
}
