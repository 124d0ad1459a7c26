import { MemoryStore } from "#store/memory-store.ts";
import { describeStoreContract, STORE_CONTRACT_HISTORY_LIMIT } from "#testing/store-contract.ts";

describeStoreContract("MemoryStore", () => new MemoryStore(STORE_CONTRACT_HISTORY_LIMIT));
