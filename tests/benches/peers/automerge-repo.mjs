// automerge-repo as its users run it: a sync server over WebSocket with files on disk, as in automerge-repo-sync-server,
// and a client that knows the URLs of the documents. One document a record.
// node automerge-repo.mjs server|client FOLDER PORT

import fs from "node:fs";

import { Repo } from "@automerge/automerge-repo";
import { WebSocketClientAdapter, WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs";
import { WebSocketServer } from "ws";

import { obey, objectsIn, until } from "./commands.mjs";

const [role, folder, port] = process.argv.slice(2);
const server = role === "server";
const repo = new Repo({
  network: server ? [new WebSocketServerAdapter(new WebSocketServer({ host: "127.0.0.1", port: Number(port) }))] : [],
  storage: new NodeFSStorageAdapter(`${folder}/${role}`),
  sharePolicy: async () => !server,
  peerId: `${role}-of-the-bench`,
});
const names = `${folder}/urls.json`;
const urls = fs.existsSync(names) ? JSON.parse(fs.readFileSync(names, "utf8")) : {};

await obey({
  async load(file) {
    for (const { id, ...fields } of objectsIn(file)) {
      urls[id] = repo.create(fields).url;
    }
    await repo.flush();
    fs.writeFileSync(names, JSON.stringify(urls));
  },
  async edit(file) {
    for (const { id, ...fields } of objectsIn(file)) {
      const handle = await repo.find(urls[id]);
      handle.change((document) => Object.assign(document, fields));
    }
    await repo.flush();
  },
  async sync(...files) {
    const wanted = new Map();
    for (const { id, ...fields } of files.flatMap(objectsIn)) {
      wanted.set(id, { ...wanted.get(id), ...fields });
    }
    repo.networkSubsystem.addNetworkAdapter(new WebSocketClientAdapter(`ws://127.0.0.1:${port}`));
    await until(() => repo.peers.length > 0);
    // A document for which the server has not been asked yet may be called unavailable for a moment.
    const allowed = { allowableStates: ["ready", "unavailable"] };
    const find = async (id) => [await repo.find(urls[id], allowed), wanted.get(id)];
    const found = await Promise.all([...wanted.keys()].map(find));
    const holds = (document, fields) => Object.entries(fields).every(([key, value]) => document[key] === value);
    const same = ([handle, fields]) => handle.isReady() && holds(handle.doc(), fields);
    await until(() => found.every(same));
    await repo.flush();
  },
});
