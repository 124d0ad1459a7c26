import { FAMILIES, type Family, parseAddress } from "#core/address.ts";
import type { Operator } from "#core/witness.ts";
