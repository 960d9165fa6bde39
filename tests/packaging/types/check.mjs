// check.mjs FILE ...: holds each document of YAML files against the Kubernetes types, strictly: an unknown key, a
// missing one and a value of another type are errors. Kinds that are no part of Kubernetes itself have a row below.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = process.env.TYPES_DIR ?? dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "package.json"));
const yaml = require("js-yaml");
const ts = require("typescript");

// What belongs to others, as far as we use it.
const relabelings = "{ sourceLabels?: string[]; targetLabel?: string; regex?: string; action?: string }[]";
const foreign = {
  "kustomize.config.k8s.io/v1beta1/Kustomization": `{
    apiVersion: string; kind: string; namespace?: string; resources?: string[]; components?: string[];
    configMapGenerator?: { name: string; files: string[] }[];
    images?: { name: string; newName?: string; newTag?: string }[];
    patches?: { path?: string; patch?: string; target?: { kind: string; name?: string } }[];
  }`,
  "monitoring.coreos.com/v1/PodMonitor": `{
    apiVersion: string; kind: string; metadata: { name: string; namespace?: string; labels?: Record<string, string> };
    spec: { selector: { matchLabels: Record<string, string> };
            podMetricsEndpoints: { port: string; path?: string; interval?: string;
              relabelings?: ${relabelings}; metricRelabelings?: ${relabelings} }[] };
  }`,
  "monitoring.coreos.com/v1/PrometheusRule": `{
    apiVersion: string; kind: string; metadata: { name: string; namespace?: string; labels?: Record<string, string> };
    spec: { groups: { name: string; rules: { alert: string; expr: string; for?: string;
              labels?: Record<string, string>; annotations?: Record<string, string> }[] }[] };
  }`,
};

function typeOf(doc) {
  const name = `${doc.apiVersion}/${doc.kind}`;
  if (foreign[name]) return { head: "", type: foreign[name] };
  const [group, version] = doc.apiVersion.includes("/") ? doc.apiVersion.split("/") : [null, doc.apiVersion];
  const path = group ? `${group}/${version}` : version;
  return { head: `import type { I${doc.kind} } from "kubernetes-models/${path}/${doc.kind}";\n`, type: `I${doc.kind}` };
}

let failures = 0;
const sources = [];
for (const file of process.argv.slice(2)) {
  let documents;
  try {
    documents = yaml.loadAll(readFileSync(file, "utf8")).filter((d) => d !== null);
  } catch (error) {
    console.log(`${file}: ${error.message}`);
    failures++;
    continue;
  }
  documents.forEach((doc, i) => {
    if (!doc.apiVersion || !doc.kind) {
      console.log(`${file}: document ${i + 1} has no apiVersion and kind`);
      failures++;
      return;
    }
    const { head, type } = typeOf(doc);
    const name = join(here, `checked-${sources.length}.ts`);
    writeFileSync(name, `${head}export const m: ${type} = ${JSON.stringify(doc, null, 1)};\n`);
    sources.push({ name, file, what: `${doc.kind} ${doc.metadata?.name ?? ""}` });
  });
}

const program = ts.createProgram(sources.map((s) => s.name), {
  strict: true, noEmit: true, skipLibCheck: true, esModuleInterop: true,
  module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022,
});
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  const source = sources.find((s) => s.name === diagnostic.file?.fileName);
  console.log(`${source ? `${source.file}: ${source.what}` : "types"}: ` +
    ts.flattenDiagnosticMessageText(diagnostic.messageText, " ").replace(/\s+/g, " ").slice(0, 400));
  failures++;
}
console.log(`${sources.length} documents, ${failures} errors`);
// Where nothing was looked at, nothing is well.
process.exit(failures || !sources.length ? 1 : 0);
