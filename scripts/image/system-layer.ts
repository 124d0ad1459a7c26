import {
  lstatSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Architecture } from "./architecture.ts";
import type { DebianPackage } from "./debian.ts";
import { readElf, withoutSymbols } from "./elf.ts";
import { librariesOf } from "./libraries.ts";
import type { NodeProgram } from "./node-program.ts";
import { runProgram } from "./program.ts";
import { STATE, USER_ID } from "./settings.ts";
import { Tree } from "./tree.ts";

/** Everything below the program itself: the same layer for all versions of esddns with the same Node.js and libraries. */
export function systemLayer(
  architecture: Architecture,
  node: NodeProgram,
  packages: readonly DebianPackage[],
): Tree {
  using scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-system-"));
  const root = path.join(scratch.path, "root");
  for (const { archive } of packages) unpack(archive, root, scratch.path);
  const tree = new Tree();
  addNode(tree, node, architecture, root);
  addCertificates(tree, root);
  addAccounts(tree);
  addPackageFacts(tree, packages, root);
  return tree;
}

function unpack(archive: Buffer, root: string, scratch: string): void {
  const file = path.join(scratch, "package.deb");
  writeFileSync(file, archive);
  runProgram("dpkg-deb", ["--extract", file, root]);
}

function addNode(tree: Tree, node: NodeProgram, architecture: Architecture, root: string): void {
  tree.file("/usr/bin/node", withoutSymbols(node.program), 0o755);
  tree.file("/usr/share/doc/node/LICENSE", node.license);
  const libraries = librariesOf(node.program, architecture, root);
  for (const library of libraries) tree.file(library.path, library.content, 0o755);
  // The program names its loader by a path of its own, which in Debian is a link
  const loader = readElf(node.program)?.interpreter ?? "";
  const target = libraries.find((library) => path.basename(library.path) === path.basename(loader));
  if (!target) throw new Error(`Cannot find what starts Node.js: ${loader} is no library that it asks for`);
  if (target.path !== loader) tree.link(loader, path.relative(path.dirname(loader), target.path));
}

/** As update-ca-certificates(8) makes it of all authorities that the package has. */
function addCertificates(tree: Tree, root: string): void {
  const folder = path.join(root, "usr/share/ca-certificates/mozilla");
  const names = readdirSync(folder).toSorted();
  const bundle = names.map((name) => readFileSync(path.join(folder, name), "utf8").trimEnd());
  tree.file("/etc/ssl/certs/ca-certificates.crt", `${bundle.join("\n")}\n`);
}

function addAccounts(tree: Tree): void {
  const nowhere = "/sbin/nologin";
  tree.file(
    "/etc/passwd",
    `root:x:0:0:root:/:${nowhere}\nnonroot:x:${USER_ID}:${USER_ID}:nonroot:${STATE}:${nowhere}\n`,
  );
  tree.file("/etc/group", `root:x:0:\nnonroot:x:${USER_ID}:\n`);
  // Both are built into this C library
  tree.file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
  tree.folder("/etc/esddns");
  tree.folder(STATE, { owner: USER_ID, mode: 0o700 });
  tree.folder("/tmp", { mode: 0o1777 });
  // Secrets are mounted below either
  tree.folder("/run").link("/var/run", "../run");
}

/** What scanners read, in the form that images without dpkg have it, and the licences. */
function addPackageFacts(tree: Tree, packages: readonly DebianPackage[], root: string): void {
  tree.file("/etc/os-release", readFileSync(path.join(root, "usr/lib/os-release")));
  for (const { name, control } of packages) {
    tree.file(`/var/lib/dpkg/status.d/${name}`, control);
    addDocument(tree, root, `/usr/share/doc/${name}`, "copyright");
  }
  const texts = packages.map(
    ({ name }) => tree.content(`/usr/share/doc/${name}/copyright`)?.toString() ?? "",
  );
  const named = texts.join("").matchAll(/\/usr\/share\/common-licenses\/([\w.+-]*\w)/g);
  for (const [, name = ""] of named) addLicense(tree, root, `/usr/share/common-licenses/${name}`);
}

/** Packages of one source share a folder: the others are links to it. */
function addDocument(tree: Tree, root: string, folder: string, name: string): void {
  const source = path.join(root, folder);
  if (lstatSync(source).isSymbolicLink()) tree.link(folder, readlinkSync(source));
  else tree.file(`${folder}/${name}`, readFileSync(path.join(source, name)));
}

/** `GPL` is a link to `GPL-3`. */
function addLicense(tree: Tree, root: string, file: string): void {
  const source = path.join(root, file);
  if (!statSync(source, { throwIfNoEntry: false })) return;
  if (!lstatSync(source).isSymbolicLink()) return void tree.file(file, readFileSync(source));
  const target = readlinkSync(source);
  tree.link(file, target);
  tree.file(path.join(path.dirname(file), target), readFileSync(source));
}
