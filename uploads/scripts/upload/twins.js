// Whether a picture is here already: among those of this page, or among those of the reader.

import { requestJson } from "../shared/api.js";

export class Twins {
  #rows = new Map();

  /** @param address where the server tells which contents it has. */
  constructor(address) {
    this.address = address;
  }

  /** Return the earlier picture of the same content, `{name, url}`, or null; nothing is refused. */
  async of(row) {
    const sha256 = await digest(row.file).catch(() => null);
    if (!sha256) return null;
    const here = this.#rows.get(sha256);
    if (here?.isKept && here !== row) return { name: here.name, url: here.url };
    const twin = await this.#onServer(sha256);
    if (!twin) this.#rows.set(sha256, row);
    return twin;
  }

  async #onServer(sha256) {
    const query = new URLSearchParams({ sha256 });
    const { images } = await requestJson(`${this.address}?${query}`).catch(() => ({ images: [] }));
    return images[0] ?? null;
  }
}

/** Return the SHA-256 of a file; null without HTTPS, where browsers do not offer it. */
async function digest(file) {
  if (!crypto.subtle) return null;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
