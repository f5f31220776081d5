// sharp: `node sharp.mjs MODE WARM-UP.json JOB.json ANSWER.json`, where MODE is
//   defaults  one pipeline per output without a single encoder option, as people use it
//   equal     Darkroom's settings: one decode, a cascade of resizes, each size encoded from memory
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

let sharp;
try {
  ({ default: sharp } = await import("sharp"));
} catch (error) {
  console.error(error.message.split("\n")[0]);
  process.exit(3);
}

// JPEG has no transparency. Black, the default, would only spoil the comparison.
const onWhite = (pipeline, format) =>
  format === "jpeg" ? pipeline.flatten({ background: "#ffffff" }) : pipeline;

async function withDefaults(job) {
  const made = [];
  for (const { preset, width, height, cover, formats } of job.wanted) {
    for (const format of formats) {
      const resized = sharp(job.photograph)
        .autoOrient()
        .resize(width, height, { fit: cover ? "cover" : "fill" });
      const content = await onWhite(resized, format).toFormat(format).toBuffer();
      made.push({ preset, format, content });
    }
  }
  return made;
}

async function withEqualSettings(job) {
  const made = [];
  const largestFirst = [...job.wanted].sort((a, b) => a.cover - b.cover || b.width - a.width);
  let source = sharp(job.photograph).autoOrient();
  for (const { preset, width, height, cover } of largestFirst) {
    const resized = source.resize(width, height, { fit: cover ? "cover" : "fill" });
    const { data, info } = await resized.raw().toBuffer({ resolveWithObject: true });
    const pixels = { raw: { width: info.width, height: info.height, channels: info.channels } };
    for (const { format, options } of settingsOf(job, preset)) {
      const content = await onWhite(sharp(data, pixels), format)
        .toFormat(format, options)
        .toBuffer();
      made.push({ preset, format, content });
    }
    if (!cover) source = sharp(data, pixels);
  }
  return made;
}

function settingsOf(job, preset) {
  const webpEffort = job.options.formats.split(" ").includes("avif") ? 4 : 6;
  return job.settings
    .filter((each) => each.preset === preset && each.format !== "png")
    .map(({ format, quality, graphic, full_color: fullColor }) => ({
      format,
      options: {
        jpeg: { quality, progressive: true, chromaSubsampling: fullColor ? "4:4:4" : "4:2:0" },
        webp: { quality, effort: webpEffort, lossless: graphic && quality === 100 },
        // aom's speed is 9 less the effort.
        avif: { quality, effort: 3, chromaSubsampling: fullColor ? "4:4:4" : "4:2:0" },
      }[format],
    }));
}

// ru_maxrss begins at the size of the process that started this one; VmHWM does not.
function peakBytes() {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

function forgetPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    return;
  }
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function measured(make, job) {
  forgetPeak();
  const ready = peakBytes();
  const cpu = cpuSeconds();
  const startedAt = performance.now();
  const made = await make(job);
  const wall = (performance.now() - startedAt) / 1000;
  const used = cpuSeconds() - cpu;
  const peak = peakBytes();
  const files = made.map(({ preset, format, content }) => {
    const path = join(job.folder, `${preset}.${format}`);
    writeFileSync(path, content);
    return { preset, format, path };
  });
  return {
    cpu_seconds: used,
    wall_seconds: wall,
    peak_bytes: peak,
    ready_bytes: ready,
    files,
  };
}

const [mode, warmUp, jobPath, answerPath] = process.argv.slice(2);
const make = { defaults: withDefaults, equal: withEqualSettings }[mode];
await make(JSON.parse(readFileSync(warmUp, "utf8")));
const answer = await measured(make, JSON.parse(readFileSync(jobPath, "utf8")));
writeFileSync(answerPath, JSON.stringify(answer));
