// `node sharp_at_bytes.mjs PICTURE FORMAT BYTES FILE`: the best quality of sharp's that fits into
// so many bytes, with every other option at its default.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

let sharp;
try {
  ({ default: sharp } = await import("sharp"));
} catch (error) {
  console.error(error.message.split("\n")[0]);
  process.exit(3);
}

const [picture, format, bytes, file] = process.argv.slice(2);
const source = readFileSync(picture);
let [lowest, highest] = [1, 100];
let best = null;
while (lowest <= highest) {
  const quality = Math.floor((lowest + highest) / 2);
  const content = await sharp(source).toFormat(format, { quality }).toBuffer();
  if (content.length <= Number(bytes)) {
    best = content;
    lowest = quality + 1;
  } else {
    highest = quality - 1;
  }
}
if (best === null) process.exit(1);
writeFileSync(file, best);
