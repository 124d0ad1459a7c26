import type { IncomingHttpHeaders } from "node:http";
import { SESSION_TIME } from "#service/auth/sessions.ts";

/** Browsers take a cookie with this prefix from our own host over TLS alone (RFC 6265bis section 4.1.3.2). */
const SECURE_NAME = "__Host-esddns";
const PLAIN_NAME = "esddns";

/** The session's id, if the request has one. */
export function readCookie({ cookie = "" }: IncomingHttpHeaders, isSecure: boolean): string | undefined {
  const prefix = `${nameFor(isSecure)}=`;
  const pair = cookie.split(";").find((each) => each.trim().startsWith(prefix));
  return pair?.trim().slice(prefix.length);
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
