/** `npm run bench`: lists the benchmarks; `npm run bench -- NAME [options]` runs one. */

/** Each is a file of this folder that runs when it is imported. */
const benchmarks: Readonly<Record<string, string>> = {
  profile: 'time until ready and memory of all processes',
  voices: 'lateness and losses of the answers while the engines work for several callers',
  cost: 'what a caller costs an hour, from measured capacity and a table of prices',
  kills: 'each part killed in mid call: who is affected, and how long until service',
  proxies: 'the configurations for Caddy and nginx, tried with the programs themselves',
  network: 'calls over a slow and lossy link, with UDP or all but a TURN server blocked (as root)',
  hostile: 'a good call beside floods of messages and packets and half-open calls',
  pacer: 'lateness of the 20 ms pacer under load, beside a plain timer',
  speech: 'word errors and speed of recognition, speed of synthesis',
  'pocket-llm': 'the built-in language model on held-out dialogues, by skill',
  'talk-beside-prompt': 'gaps between tokens while somebody else brings a long prompt; time to abort that',
  'random-model': 'writes a language model of a real shape with random weights',
  'long-conversation': 'a call of 200 turns, more than the context holds',
  'language-model': 'first token, tokens per second and memory for one to eight callers',
};

const name = process.argv[2];
if (name === undefined || !(name in benchmarks)) {
  const lines = Object.entries(benchmarks).map(([key, what]) => `  ${key.padEnd(16)} ${what}`);
  process.stdout.write(`npm run bench -- NAME [options], where NAME is one of\n${lines.join('\n')}\n`);
  process.exitCode = name === undefined ? 0 : 1;
} else {
  // The benchmark reads its own options.
  process.argv.splice(2, 1);
  await import(`./${name}.ts`);
}
