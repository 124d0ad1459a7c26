import { describe, expect, it } from "vitest";
import { httpUrl, isReadableOnTheWay } from "#schemas/http-url.ts";

describe("httpUrl", () => {
  it.each(["https://api.example.org", "http://127.0.0.1:8081/api/v1", "https://api.example.org/v4/"])(
    "takes %s",
    (text) => {
      expect(httpUrl.parse(text).href).toBe(new URL(text).href);
    },
  );

  it.each([
    "api.example.org",
    "ftp://api.example.org",
    "https://user@api.example.org",
    "https://:secret@api.example.org",
    "https://api.example.org/?key=secret",
    "https://api.example.org/#top",
  ])("refuses %s", (text) => {
    expect(httpUrl.safeParse(text).success).toBe(false);
  });
});

describe("isReadableOnTheWay", () => {
  it.each(["https://api.example.org", "http://localhost:8081", "http://127.1.2.3", "http://[::1]:80"])(
    "is not so for %s",
    (text) => {
      expect(isReadableOnTheWay(new URL(text))).toBe(false);
    },
  );

  it.each(["http://api.example.org", "http://192.0.2.1", "http://127.0.0.1.example.org"])(
    "is so for %s",
    (text) => {
      expect(isReadableOnTheWay(new URL(text))).toBe(true);
    },
  );
});
