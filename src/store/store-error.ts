import { EsddnsError } from "#core/errors.ts";

/** The store cannot be used. Codes: `store-locked`, `store-newer`, `store-foreign`. */
export class StoreError extends EsddnsError {}
