// Talking to the server: the session cookie goes along, refusals come back as `Problem`.

import { word } from "./words.js";

export const IMAGES = "/api/v1/images/";

export const TERMINAL = new Set(["ready", "failed", "cancelled"]);

export class Problem extends Error {
  /** `status` is that of HTTP, 0 when no answer came; `detail` is a sentence for a person. */
  constructor({ status = 0, code = "", detail = "", retryAfterSeconds = 0 }) {
    super(detail);
    Object.assign(this, { status, code, detail, retryAfterSeconds });
  }
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/** Ask for JSON (or send it); throws `Problem`. */
export async function requestJson(path, { method = "GET", body } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body) headers["Content-Type"] = "application/json";
  const response = await reach(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text, response.headers.get("Retry-After"));
  return text ? JSON.parse(text) : null;
}

/** Ask for HTML; throws `Problem`. */
export async function requestHtml(path) {
  const response = await reach(path, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) throw new Problem({ status: response.status });
  return response.text();
}

async function reach(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Problem({ detail: word("lost") });
  }
}

/** Read a refusal; what is no problem+json is put into words by its status. */
export function problemOf(status, text, retryAfter) {
  const retryAfterSeconds = Number(retryAfter) || 0;
  const { code = "", detail = "" } = parsed(text);
  if (code === "not_authenticated") return new Problem({ status, code, detail: word("signed-out") });
  return new Problem({
    status,
    code,
    // Translated by its code; English is what the API speaks itself.
    detail: word(`reason-${code}`) || detail || word("unexpected", { status }),
    retryAfterSeconds,
  });
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
