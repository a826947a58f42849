// PouchDB as its users run it: a PouchDB server over HTTP with a database on disk, and a PouchDB that pulls from it.
// node pouchdb.mjs server|client FOLDER PORT

import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb-node";

import { obey, objectsIn } from "./commands.mjs";

const [role, folder, port] = process.argv.slice(2);
const Database = PouchDB.defaults({ prefix: `${folder}/` });
const database = new Database("records");

if (role === "server") {
  const app = express();
  const options = { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: `${folder}/log.txt` };
  app.use("/", expressPouchDB(Database, options));
  await new Promise((ready) => app.listen(Number(port), "127.0.0.1", ready));
}

async function write(documents) {
  for (const result of await database.bulkDocs(documents)) {
    if (result.error) throw new Error(JSON.stringify(result));
  }
}

await obey({
  async load(file) {
    await write(objectsIn(file).map(({ id, ...fields }) => ({ _id: id, ...fields })));
  },
  async edit(file) {
    for (const { id, ...fields } of objectsIn(file)) {
      await database.put({ ...(await database.get(id)), ...fields });
    }
  },
  async sync() {
    const result = await database.replicate.from(`http://127.0.0.1:${port}/records`);
    if (!result.ok || result.errors.length > 0) throw new Error(JSON.stringify(result));
  },
  async check(...files) {
    for (const file of files) {
      for (const { id, ...fields } of objectsIn(file)) {
        const held = await database.get(id);
        for (const [key, value] of Object.entries(fields)) {
          if (held[key] !== value) throw new Error(`${id} ${key}: ${held[key]} and not ${value}`);
        }
      }
    }
  },
});
