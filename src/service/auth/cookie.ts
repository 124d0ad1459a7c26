import type { IncomingHttpHeaders } from "node:http";
import { SESSION_TIME } from "#service/auth/sessions.ts";

/** Browsers take a cookie with this prefix from our own host over TLS alone (RFC 6265bis section 4.1.3.2). */
const SECURE_NAME = "__Host-esddns";
const PLAIN_NAME = "esddns";

/**
 * What may be the session's id. There can be several: cookies know no ports, so another service on this host, or a
 * page of it, can put one of its own in front.
 */
export function readCookies({ cookie = "" }: IncomingHttpHeaders, isSecure: boolean): readonly string[] {
  const prefix = `${nameFor(isSecure)}=`;
  return cookie
    .split(";")
    .map((each) => each.trim())
    .filter((each) => each.startsWith(prefix))
    .map((each) => each.slice(prefix.length));
}

export function writeCookie(id: string, isSecure: boolean): string {
  return cookieLine(id, isSecure, SESSION_TIME / 1000);
}

export function clearCookie(isSecure: boolean): string {
  return cookieLine("", isSecure, 0);
}

function cookieLine(value: string, isSecure: boolean, maxAge: number): string {
  const secure = isSecure ? "; Secure" : "";
  return `${nameFor(isSecure)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`;
}

function nameFor(isSecure: boolean): string {
  return isSecure ? SECURE_NAME : PLAIN_NAME;
}
