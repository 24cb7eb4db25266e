// The visitors' widget as a module, for the package @baton/widget.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "packages/widget/dist",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/widget/package.ts", formats: ["es"], fileName: () => "widget.js" },
  },
});
