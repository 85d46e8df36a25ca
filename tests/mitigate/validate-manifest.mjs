// SPDX-License-Identifier: GPL-2.0
// validate-manifest.mjs MODULES MANIFEST: against the models in the folder MODULES
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const { loadAll } = require("js-yaml");
for (const object of loadAll(readFileSync(process.argv[3], "utf8"))) {
	const { [object.kind]: Model } = require(`kubernetes-models/${object.apiVersion}`);
	new Model(object).validate();
	console.log(`${object.kind} is as its schema says`);
}
