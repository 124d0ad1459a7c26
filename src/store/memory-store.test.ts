import { MemoryStore } from "#store/memory-store.ts";
import { describeStoreContract, STORE_CONTRACT_LIMITS } from "#testing/store-contract.ts";

describeStoreContract("MemoryStore", () => new MemoryStore(STORE_CONTRACT_LIMITS));
