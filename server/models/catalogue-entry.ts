/** What the catalogue knows of a model: one YAML file each in `models/catalogue/`, or one of the user's own. */
import { z } from 'zod';

export const stages = ['recognizer', 'endOfTurn', 'languageModel', 'synthesizer'] as const;
/** What a model does in a call. */
export type Stage = (typeof stages)[number];

/** Where files come from: a hub that speaks Hugging Face's protocol. */
const hub = z.strictObject({
  /** `organisation/name`. */
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be organisation/name'),
  /** Commit, 40 hexadecimal digits. A branch or tag such as `main` only where the commit is not known yet. */
  revision: z.string().min(1),
  /** Address of the same tree of files somewhere else, used when the hub fails. */
  mirror: z.url().optional(),
});

const hubFile = z.strictObject({
  path: z.string().min(1),
  /** Name in the model's folder, which the runner asks for. Default: the last part of `path`. */
  name: z.string().min(1).optional(),
  /** Bytes. Left out where nobody has published it: the hub is believed the first time. */
  size: z.int().positive().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
    .optional(),
  /** Where this file comes from, when not from the entry's `hub`. */
  hub: hub.optional(),
});

/** A file that is here already; a relative path is seen from the folder of the entry. */
const localFile = z.strictObject({ local: z.string().min(1), name: z.string().min(1).optional() });

/** A figure that somebody published. */
const published = z.strictObject({ what: z.string(), value: z.string(), source: z.string() });

export const entrySchema = z.strictObject({
  stage: z.enum(stages),
  /** The code that runs it, a key of `server/engines/runners.ts`. */
  runner: z.string().min(1),
  title: z.string().min(1),
  licence: z.strictObject({
    name: z.string().min(1),
    url: z.url().optional(),
    /** What it asks, in words, such as whom to name. */
    asks: z.string().optional(),
    /** Whoever fetches it must have agreed to it: `npm run models` asks. */
    acceptance: z.boolean().optional(),
    nonCommercial: z.boolean().optional(),
  }),
  /** ISO 639-1 codes. */
  languages: z.array(z.string()),
  /** Names of its voices, its default first. */
  voices: z.array(z.string()).optional(),
  hub: hub.optional(),
  files: z.array(z.union([hubFile, localFile])),
  quality: z.array(published).optional(),
  speed: z.array(published).optional(),
  /** When revision, sizes and sums were compared with the real files; `false` as long as nobody has. */
  confirmed: z.union([z.literal(false), z.iso.date()]),
  /** Peculiarities for the runner, which checks them. */
  options: z.record(z.string(), z.unknown()).optional(),
});

export type Hub = z.infer<typeof hub>;
export type Entry = z.infer<typeof entrySchema>;

/** One file of a model, with everything that is known of it. */
export interface ModelFile {
  /** Name in the model's folder, and for the runner. */
  name: string;
  source: LocalSource | HubSource;
}
export interface LocalSource {
  type: 'local';
  /** Absolute. */
  path: string;
}
export interface HubSource extends Hub {
  type: 'hub';
  path: string;
  size?: number | undefined;
  sha256?: string | undefined;
}

/** An entry with its name and its files. */
export interface CatalogueModel extends Omit<Entry, 'files' | 'hub'> {
  /** Name of its folder, and in logs. */
  id: string;
  /** What names it in settings and commands. */
  reference: string;
  files: ModelFile[];
}
