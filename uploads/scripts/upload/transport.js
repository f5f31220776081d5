// How a file travels: one multipart request, by Uppy's plugin for them. This module is what to
// replace for another way, such as uploads straight to a bucket or resumable ones.

import XHRUpload from "@uppy/xhr-upload";

import { IMAGES, Problem, csrfToken, problemOf } from "../shared/api.js";
import { word } from "../shared/words.js";

// Uploads at once; a stream of changes and one request beside them leave room in the six connections
// that a browser allows to a host.
export const AT_ONCE = 3;

/** Let `uppy` send files; their `meta` has title, alt_text, tags and a `key` of the file's own. */
export function installTransport(uppy) {
  uppy.use(XHRUpload, {
    endpoint: IMAGES,
    allowedMetaFields: ["title", "alt_text", "tags"],
    headers: (file) => ({
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
      // The same key makes no second picture, if only the answer was lost.
      "Idempotency-Key": file.meta.key,
    }),
    limit: AT_ONCE,
    // When to try again is for the outbox to say.
    shouldRetry: () => false,
  });
}

/** Return the image that the server made of a file, from what `upload-success` tells. */
export function imageOf(response) {
  return response.body;
}

/** Return in words why a file did not arrive, from what `upload-error` tells. */
export function problemOfUpload(request) {
  if (!request?.status) return new Problem({ detail: word("lost") });
  const { status, responseText } = request;
  return problemOf(status, responseText, request.getResponseHeader("Retry-After"));
}
