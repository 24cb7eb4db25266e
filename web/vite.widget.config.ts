// The visitors' widget: one script without imports, for any page.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "../build/web/dist",
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: "src/widget/main.tsx",
      formats: ["iife"],
      name: "BatonWidget",
      fileName: () => "widget.js",
    },
  },
});
