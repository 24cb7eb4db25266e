// The pages: one HTML file each, everything they load under /assets with a hash.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  root: "src",
  build: {
    // The Studio has an editor and a graph in it.
    chunkSizeWarningLimit: 900,
    outDir: "../../build/web/dist",
    emptyOutDir: true,
    target: "es2022",
    // A data: script or an inline one would break the pages' policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { home: "src/index.html", demo: "src/demo/index.html", desk: "src/desk/index.html", wall: "src/wall/index.html", studio: "src/studio/index.html" } },
  },
});
