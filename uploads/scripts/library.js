// The library: filters, and cards of images that are being processed, are brought up to date by
// attributes in its markup. The address of what is shown stays one that can be shared and gone back to.

import htmx from "htmx.org/dist/htmx.esm.js";

import "./library/bulk.js";
import "./library/filters.js";
import "./library/placeholders.js";
import { scrollOn } from "./library/scrolling.js";

// What htmx would add to the page itself stands in the page's own style sheet.
htmx.config.includeIndicatorCSS = false;
htmx.config.history = "reload";

scrollOn();
