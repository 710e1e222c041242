/**
 * The few functions of PocketSphinx (0.8+5prealpha, as Debian packages it) that Parley calls, through koffi. They
 * block, and what goes wrong in them takes the process with it: only for the recogniser's own processes.
 *
 * `ps_add_word` is left out on purpose: with the packaged language model it corrupts memory, and the decoder dies some
 * utterances later. What is not in the dictionary and the language model cannot be heard.
 * https://github.com/cmusphinx/pocketsphinx
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import koffi from 'koffi';

import type { CepstralMean } from './cepstral-mean.js';
import { audibleWords } from './pocketsphinx-dictionary.js';

export interface PocketSphinxSettings {
  /** Acoustic model, a folder. */
  acousticModel: string;
  /** Language model, a file. */
  languageModel: string;
  /** Language model of what callers say, a file; a word may come from either model. */
  callerPhrases: string;
  /** Pronunciations, a file. */
  dictionary: string;
  /** Further settings of the decoder by name, such as `-beam`. */
  decoder: Readonly<Record<string, string>>;
}

/** Frames after which the library forgets exponentially (`CMN_WIN` in sphinxbase/cmn.h). */
const MEAN_WINDOW_FRAMES = 500;

type Pointer = bigint | number | null;
type Call<Arguments extends unknown[], Result> = (...values: Arguments) => Result;

interface Library {
  args: Call<[], Pointer>;
  parse: Call<[Pointer, Pointer, string, number], Pointer>;
  init: Call<[Pointer], Pointer>;
  free: Call<[Pointer], number>;
  start: Call<[Pointer], number>;
  process: Call<[Pointer, Int16Array, number, number, number], number>;
  end: Call<[Pointer], number>;
  hypothesis: Call<[Pointer, [number]], string | null>;
  features: Call<[Pointer], Pointer>;
  logarithms: Call<[Pointer], Pointer>;
  readModel: Call<[Pointer, string, number, Pointer], Pointer>;
  newModelSet: Call<[Pointer, Pointer[], string[], Float32Array, number], Pointer>;
  setLanguageModel: Call<[Pointer, string, Pointer], number>;
  setSearch: Call<[Pointer, string], number>;
  retainDictionary: Call<[Pointer], Pointer>;
  freeDictionary: Call<[Pointer], number>;
  retainSenones: Call<[Pointer], Pointer>;
  freeSenones: Call<[Pointer], number>;
  silenceLog: Call<[Pointer], void>;
  newFrontEnd: Call<[Pointer], Pointer>;
  startFrontEnd: Call<[Pointer], number>;
  processUtterance: Call<[Pointer, Int16Array, number, [Pointer], [number]], number>;
  freeFrames: Call<[Pointer], void>;
}

let loaded: Library | undefined;

/** @throws what koffi throws when the shared libraries are not installed. */
function library(): Library {
  if (loaded) return loaded;
  const base = koffi.load('libsphinxbase.so.3');
  const sphinx = koffi.load('libpocketsphinx.so.3');
  loaded = {
    args: sphinx.func('void *ps_args()') as Library['args'],
    parse: base.func('void *cmd_ln_parse_file_r(void *, void *, const char *, int)') as Library['parse'],
    init: sphinx.func('void *ps_init(void *)') as Library['init'],
    free: sphinx.func('int ps_free(void *)') as Library['free'],
    start: sphinx.func('int ps_start_utt(void *)') as Library['start'],
    process: sphinx.func(
      'int ps_process_raw(void *, const int16_t *, size_t, int, int)',
    ) as Library['process'],
    end: sphinx.func('int ps_end_utt(void *)') as Library['end'],
    hypothesis: sphinx.func('const char *ps_get_hyp(void *, _Out_ int32_t *)') as Library['hypothesis'],
    features: sphinx.func('void *ps_get_feat(void *)') as Library['features'],
    logarithms: sphinx.func('void *ps_get_logmath(void *)') as Library['logarithms'],
    readModel: base.func('void *ngram_model_read(void *, const char *, int, void *)') as Library['readModel'],
    newModelSet: base.func(
      'void *ngram_model_set_init(void *, void **, const char **, const float *, int)',
    ) as Library['newModelSet'],
    setLanguageModel: sphinx.func(
      'int ps_set_lm(void *, const char *, void *)',
    ) as Library['setLanguageModel'],
    setSearch: sphinx.func('int ps_set_search(void *, const char *)') as Library['setSearch'],
    retainDictionary: sphinx.func('void *dict_retain(void *)') as Library['retainDictionary'],
    freeDictionary: sphinx.func('int dict_free(void *)') as Library['freeDictionary'],
    retainSenones: sphinx.func('void *dict2pid_retain(void *)') as Library['retainSenones'],
    freeSenones: sphinx.func('int dict2pid_free(void *)') as Library['freeSenones'],
    silenceLog: base.func('void err_set_logfp(void *)') as Library['silenceLog'],
    newFrontEnd: base.func('void *fe_init_auto_r(void *)') as Library['newFrontEnd'],
    startFrontEnd: base.func('int fe_start_utt(void *)') as Library['startFrontEnd'],
    processUtterance: base.func(
      'int fe_process_utt(void *, const int16_t *, size_t, _Out_ void **, _Out_ int32_t *)',
    ) as Library['processUtterance'],
    freeFrames: base.func('void fe_free_2d(void *)') as Library['freeFrames'],
  };
  return loaded;
}

/** `feat_t` up to the field that is read, and `cmn_t` (sphinxbase/feat.h and cmn.h). */
const featureType = koffi.struct('feat_t', {
  refcount: 'int',
  name: 'void *',
  cepsize: 'int32_t',
  n_stream: 'int32_t',
  stream_len: 'void *',
  window_size: 'int32_t',
  n_sv: 'int32_t',
  sv_len: 'void *',
  subvecs: 'void *',
  sv_buf: 'void *',
  sv_dim: 'int32_t',
  cmn: 'int',
  varnorm: 'int32_t',
  agc: 'int',
  compute_feat: 'void *',
  cmn_struct: 'void *',
});
const meanType = koffi.struct('cmn_t', {
  cmn_mean: 'void *',
  cmn_var: 'void *',
  sum: 'void *',
  nframe: 'int32_t',
  veclen: 'int32_t',
});
/** `ps_decoder_t` up to the fields that are exchanged (pocketsphinx_internal.h). */
const decoderType = koffi.struct('ps_decoder_t', {
  config: 'void *',
  refcount: 'int',
  acmod: 'void *',
  dict: 'void *',
  d2p: 'void *',
});
interface DecoderStruct {
  config: Pointer;
  refcount: number;
  acmod: Pointer;
  dict: Pointer;
  d2p: Pointer;
}

/** Name of the search that a decoder makes with the language model that it is handed. */
const search = 'words';
/** `ngram_file_type_t`: by what is in the file. */
const ANY_FORMAT = 0;
/**
 * Share of what callers say in a word's score. Scores are probabilities to the power of 6.5 (`-lw`) when they are added, so this
 * is like a quarter. With more, sentences about other things are heard worse; with less, callers are.
 */
const CALLER_PHRASES_WEIGHT = 1e-4;

interface MeanStruct {
  cmn_mean: Pointer;
  cmn_var: Pointer;
  sum: Pointer;
  nframe: number;
  veclen: number;
}

/** One decoder, for one utterance at a time: about 95 MB and half a second to build, 50 MB beside another one. */
export class PocketSphinxDecoder {
  readonly #library: Library;
  readonly #decoder: Pointer;
  /** Shared with the other decoders of the process. */
  readonly #languageModel: Pointer;
  readonly #frontEnd: Pointer;
  readonly #meanAt: Pointer;
  /** The mean of nobody in particular, as it came with the acoustic model. */
  readonly generalMean: Float32Array;

  /**
   * @param other a decoder of the same settings with which this one shares dictionary and language model, which decoding
   *   only reads. It must not be freed before.
   */
  constructor(settings: PocketSphinxSettings, other?: PocketSphinxDecoder) {
    this.#library = library();
    this.#library.silenceLog(null);
    const { config, decoder } = this.#open(settings, other !== undefined);
    this.#decoder = decoder;
    if (!this.#decoder) throw new Error(`PocketSphinx cannot use the model in ${settings.acousticModel}.`);
    if (other !== undefined) this.#shareDictionary(other);
    this.#languageModel = other === undefined ? this.#interpolated(settings, config) : other.#languageModel;
    if (
      this.#library.setLanguageModel(this.#decoder, search, this.#languageModel) < 0 ||
      this.#library.setSearch(this.#decoder, search) < 0
    )
      throw new Error('PocketSphinx did not accept its language model.');
    this.#frontEnd = this.#library.newFrontEnd(config);
    const features = koffi.decode(this.#library.features(this.#decoder), featureType) as {
      cmn_struct: Pointer;
    };
    this.#meanAt = features.cmn_struct;
    const { cmn_mean, veclen } = this.#meanStruct();
    this.generalMean = (koffi.decode(cmn_mean, 'float', veclen) as Float32Array).slice();
  }

  /** Over all speech since it was last set, that included. */
  get mean(): CepstralMean {
    const { sum, nframe, veclen } = this.#meanStruct();
    const total = koffi.decode(sum, 'float', veclen) as Float32Array;
    return { mean: total.map((value) => value / Math.max(1, nframe)), frames: nframe };
  }

  /** May be set before or within an utterance; frames already decoded stay as they are. */
  set mean({ mean, frames }: CepstralMean) {
    const { cmn_mean, sum, veclen } = this.#meanStruct();
    const weight = Math.min(frames, MEAN_WINDOW_FRAMES);
    koffi.encode(cmn_mean, 'float', Array.from(mean), veclen);
    koffi.encode(
      sum,
      'float',
      Array.from(mean, (value) => value * weight),
      veclen,
    );
    koffi.encode(this.#meanAt, meanType, { ...this.#meanStruct(), nframe: weight });
  }

  /** Takes what a new caller has said so far into the mean, which otherwise happens at the utterance's end. */
  adaptMean(): void {
    const { mean, frames } = this.mean;
    if (frames > 0 && frames < MEAN_WINDOW_FRAMES) this.mean = { mean, frames };
  }

  /** The cepstral frames (10 ms each) of some sound, before any mean is subtracted. */
  cepstra(samples: Int16Array): Float32Array[] {
    const block: [Pointer] = [null];
    const count: [number] = [0];
    this.#library.startFrontEnd(this.#frontEnd);
    this.#library.processUtterance(this.#frontEnd, samples, samples.length, block, count);
    if (!block[0]) return [];
    const { veclen } = this.#meanStruct();
    // The frames lie one behind the other, found through the first of their pointers.
    const first = koffi.decode(block[0], 'void *') as Pointer;
    const values = koffi.decode(first, 'float', count[0] * veclen) as Float32Array;
    this.#library.freeFrames(block[0]);
    return Array.from({ length: count[0] }, (_, index) => values.slice(index * veclen, (index + 1) * veclen));
  }

  start(): void {
    if (this.#library.start(this.#decoder) < 0) throw new Error('PocketSphinx did not start the utterance.');
  }

  feed(samples: Int16Array): void {
    if (this.#library.process(this.#decoder, samples, samples.length, 0, 0) < 0) {
      throw new Error('PocketSphinx did not accept the speech.');
    }
  }

  /** Searches what is left and makes the best path; the words are final afterwards. */
  end(): void {
    if (this.#library.end(this.#decoder) < 0) throw new Error('PocketSphinx did not end the utterance.');
  }

  /** The best words so far. */
  words(): string {
    return this.#library.hypothesis(this.#decoder, [0]) ?? '';
  }

  /** Takes another decoder's dictionary in place of the empty one. */
  #shareDictionary(other: PocketSphinxDecoder): void {
    const lib = this.#library;
    const [own, its] = [this.#decoder, other.#decoder].map(
      (decoder) => koffi.decode(decoder, decoderType) as DecoderStruct,
    );
    if (own === undefined || its === undefined) return;
    koffi.encode(this.#decoder, decoderType, {
      ...own,
      dict: lib.retainDictionary(its.dict),
      d2p: lib.retainSenones(its.d2p),
    });
    lib.freeDictionary(own.dict);
    lib.freeSenones(own.d2p);
  }

  #interpolated({ languageModel, callerPhrases }: PocketSphinxSettings, config: Pointer): Pointer {
    const lib = this.#library;
    const logarithms = lib.logarithms(this.#decoder);
    const models = [languageModel, callerPhrases].map((file) => {
      const model = lib.readModel(config, file, ANY_FORMAT, logarithms);
      if (!model) throw new Error(`PocketSphinx cannot read the language model ${file}.`);
      return model;
    });
    const weights = new Float32Array([1 - CALLER_PHRASES_WEIGHT, CALLER_PHRASES_WEIGHT]);
    return lib.newModelSet(config, models, ['general', 'callers'], weights, models.length);
  }

  #meanStruct(): MeanStruct {
    return koffi.decode(this.#meanAt, meanType) as MeanStruct;
  }

  /**
   * Builds a decoder without language model, or `null` when that fails. The library takes its settings from a file.
   * @param bare with next to no dictionary: that of another decoder comes in its place.
   */
  #open(
    { acousticModel, languageModel, dictionary, decoder }: PocketSphinxSettings,
    bare: boolean,
  ): { config: Pointer; decoder: Pointer } {
    const folder = mkdtempSync(join(tmpdir(), 'parley-pocketsphinx-'));
    try {
      const file = join(folder, 'settings');
      const words = bare ? 'a AH\n' : audibleWords(dictionary, languageModel);
      const wordsFile = join(folder, 'words');
      if (words !== undefined) writeFileSync(wordsFile, words);
      const settings = {
        '-hmm': acousticModel,
        '-dict': words === undefined ? dictionary : wordsFile,
        '-logfn': '/dev/null',
        ...decoder,
      };
      writeFileSync(
        file,
        Object.entries(settings)
          .map(([name, value]) => `${name} ${value}\n`)
          .join(''),
      );
      const config = this.#library.parse(null, this.#library.args(), file, 0);
      return { config, decoder: this.#library.init(config) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
