// What the scripts of the peers share: one command a line comes in, one line goes out when it is done.

import fs from "node:fs";
import readline from "node:readline";

// Runs the commands that come in on standard input, one after the other; ends when it ends.
export async function obey(commands) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, ...words] = line.split(" ");
    try {
      await commands[name](...words);
      console.log("done");
    } catch (error) {
      console.log(`failed ${error?.stack ?? error}`.replaceAll("\n", " | "));
    }
  }
  process.exit(0);
}

// One JSON object a line.
export function objectsIn(file) {
  const lines = fs.readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line.length > 0).map((line) => JSON.parse(line));
}

// Waits until something is so, but not for ever.
export async function until(condition) {
  const late = Date.now() + 300_000;
  while (!condition()) {
    if (Date.now() > late) throw new Error("waited five minutes in vain");
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
