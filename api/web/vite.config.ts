import { defineConfig } from "vite";

// The names of the built files hold hashes; the Go server finds them through the manifest.
export default defineConfig({
  base: "./",
  build: {
    outDir: "dist/assets",
    assetsDir: "",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    rollupOptions: { input: "src/main.ts" },
  },
});
