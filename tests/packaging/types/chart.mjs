// chart.mjs COMMAND ...: what is asked of a rendered chart beside its types.
//   same RENDERED KUSTOMIZED   the same objects, but for the differences that are named below
//   selects RENDERED ...       selectors take the pods of their own DaemonSet and no others
//   files FOLDER RENDERED ...  writes what the ConfigMaps hold into FOLDER/(name of RENDERED)/CONFIGMAP/KEY
//   covers VALUES FILE ...     each value in VALUES is another in some FILE
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = process.env.TYPES_DIR ?? dirname(fileURLToPath(import.meta.url));
const yaml = createRequire(join(here, "package.json"))("js-yaml");
const load = (file) => yaml.loadAll(readFileSync(file, "utf8")).filter((d) => d !== null);
const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const appArmor = "container.apparmor.security.beta.kubernetes.io/";

// What only Helm or only kustomize does, and what stands in another place with the same meaning.
function plainPod(template) {
  const annotations = template.metadata.annotations ?? {};
  for (const container of template.spec.containers) {
    // A field since Kubernetes 1.30, an annotation before.
    const profile = container.securityContext?.appArmorProfile;
    if (profile) annotations[appArmor + container.name] = profile.type.toLowerCase();
    delete container.securityContext?.appArmorProfile;
    // What Kubernetes does where a tag is not "latest".
    if (container.imagePullPolicy === "IfNotPresent") delete container.imagePullPolicy;
    container.volumeMounts?.sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  }
  template.spec.containers.sort((a, b) => (a.name < b.name ? -1 : 1));
  template.spec.volumes?.sort((a, b) => (a.name < b.name ? -1 : 1));
  // kustomize gives another name to another content, the chart has this.
  delete annotations["checksum/config"];
  for (const volume of template.spec.volumes ?? [])
    if (volume.configMap) volume.configMap.name = volume.configMap.name.replace(/-[a-z0-9]{10}$/, "");
}

function plain(objects) {
  const all = {};
  for (const o of objects) {
    // Helm's release needs a namespace before there is a chart to make it; tests are for Helm alone.
    if (o.kind === "Namespace" || o.metadata.annotations?.["helm.sh/hook"]) continue;
    // Labels of what is no pod choose nothing.
    delete o.metadata.labels;
    // A cluster may have several releases.
    for (const labels of [o.spec?.selector?.matchLabels, o.spec?.template?.metadata.labels])
      if (labels) delete labels["app.kubernetes.io/instance"];
    if (o.spec?.template) plainPod(o.spec.template);
    if (o.kind === "ConfigMap") {
      o.metadata.name = o.metadata.name.replace(/-[a-z0-9]{10}$/, "");
      // Policies are the same to the letter; these settings are made of values.
      if (o.data["reliefd.conf"])
        o.data["reliefd.conf"] = o.data["reliefd.conf"].split("\n").filter((l) => l && !l.startsWith(";")).join("\n");
    }
    all[`${o.kind} ${o.metadata.name}`] = o;
  }
  return all;
}

function differences(a, b, path, found) {
  if (isMap(a) && isMap(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) differences(a[key], b[key], `${path}.${key}`, found);
  } else if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) differences(a[i], b[i], `${path}[${i}]`, found);
  } else if (a !== b) {
    found.push(`${path}: the chart has ${JSON.stringify(a)}, kustomize ${JSON.stringify(b)}`);
  }
  return found;
}

function selects(file) {
  const objects = load(file);
  const found = [];
  const takes = (labels, pod) => Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
  for (const set of objects.filter((o) => o.kind === "DaemonSet" || o.kind === "PodMonitor")) {
    const labels = set.spec.selector.matchLabels;
    if (!labels["app.kubernetes.io/name"] || !labels["app.kubernetes.io/instance"]) found.push(`${file}: ${set.kind} takes other releases' pods`);
    for (const { spec } of objects.filter((o) => o.kind === "DaemonSet"))
      if (!takes(labels, spec.template)) found.push(`${file}: ${set.kind} does not take the pods of the DaemonSet`);
    for (const pod of objects.filter((o) => o.kind === "Pod"))
      if (takes(labels, pod)) found.push(`${file}: ${set.kind} takes the pod ${pod.metadata.name}, too`);
  }
  return found;
}

// Paths of what a user would set: down to lists, to empty maps and to plain values.
function leaves(value, path = []) {
  if (!isMap(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}
const at = (value, path) => path.reduce((v, key) => v?.[key], value);

const commands = {
  same: ([rendered, kustomized]) => differences(plain(load(rendered)), plain(load(kustomized)), "", []),
  selects: (files) => files.flatMap(selects),
  files: ([folder, ...files]) => {
    for (const file of files)
      for (const o of load(file).filter((d) => d.kind === "ConfigMap")) {
        const at = join(folder, basename(file), o.metadata.name);
        mkdirSync(at, { recursive: true });
        for (const [name, text] of Object.entries(o.data)) writeFileSync(join(at, name), text);
      }
    return [];
  },
  covers: ([values, ...files]) => {
    const defaults = load(values)[0];
    const others = files.map((file) => load(file)[0]);
    return leaves(defaults)
      .filter((path) => !others.some((o) => at(o, path) !== undefined && JSON.stringify(at(o, path)) !== JSON.stringify(at(defaults, path))))
      .map((path) => `no rendering has another ${path.join(".")}`);
  },
};

const [command, ...rest] = process.argv.slice(2);
const found = commands[command](rest);
for (const line of found) console.log(line);
process.exit(found.length ? 1 : 0);
