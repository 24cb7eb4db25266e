// sbom_valid.mjs - standard input by CycloneDX's own schema: prints what is wrong, ends with 1.
import fs from "node:fs";
import { createRequire } from "node:module";

const clients = createRequire(new URL("../clients/package.json", import.meta.url));
const { Spec, Validation } = clients("@cyclonedx/cyclonedx-library");
const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(fs.readFileSync(0, "utf8"));
if (wrong !== null) console.log(JSON.stringify(wrong, null, 2));
process.exit(wrong === null ? 0 : 1);
