// How a file travels: one multipart request with progress. The one part to replace for another way.

import { IMAGES, Problem, csrfToken, problemOf } from "./api.js";
import { word } from "./words.js";

// A busy server names the pause it wants; after so many pauses a person decides.
const PATIENCE = 5;
const PAUSE_SECONDS = 10;
const PASSING = new Set(["throttled", "storage_unavailable"]);

/** Send a row's file; returns the image, throws `Problem`. */
export async function send(row, { tags }) {
  for (let pauses = 0; ; pauses += 1) {
    try {
      return await post(row, tags);
    } catch (problem) {
      if (!PASSING.has(problem.code) || pauses === PATIENCE) throw problem;
      await pause(row, problem.retryAfterSeconds || PAUSE_SECONDS);
    }
  }
}

async function pause(row, seconds) {
  for (let left = seconds; left > 0; left -= 1) {
    row.say(word("later", { seconds: left }));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// `fetch` tells nothing about what has been sent so far.
function post(row, tags) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", IMAGES);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Idempotency-Key", row.key);
    request.upload.onprogress = (event) => row.progress(event.loaded / event.total);
    request.upload.onload = () => row.progress(1);
    request.onerror = () => reject(new Problem({ detail: word("lost") }));
    request.onload = () => settle(request, resolve, reject);
    row.progress(0);
    request.send(body(row.file, tags));
  });
}

function settle(request, resolve, reject) {
  const { status, responseText: text } = request;
  if (status >= 200 && status < 300) resolve(JSON.parse(text));
  else reject(problemOf(status, text, request.getResponseHeader("Retry-After")));
}

function body(file, tags) {
  const data = new FormData();
  for (const tag of tags.split(",").map((text) => text.trim())) {
    if (tag) data.append("tags", tag);
  }
  data.append("file", file, file.name);
  return data;
}
