/** Reads the settings: `config/default.yaml`, the profile's, the user's file, the environment; checks and freezes them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { configSchema, type Config } from '../config/schema.js';
import { ConfigurationError } from './errors.js';
import { projectRoot } from './project-root.js';

export type { Config } from '../config/schema.js';

type Section = Record<string, unknown>;

/**
 * @param env the environment: `PARLEY_CONFIG` names a file, `PARLEY_SECTION_KEY` overrides one setting, `HOST` and `PORT`
 *   override `server.host` and `server.port`.
 * @throws ConfigurationError naming the setting, where it was set, and what would be right.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const defaults = readYaml(join(projectRoot(), 'config/default.yaml'));
  const file = env['PARLEY_CONFIG'];
  const own = file === undefined ? {} : readYaml(file);
  const profile =
    env['PARLEY_MODELS_PROFILE'] ?? own['models']?.['profile'] ?? defaults['models']?.['profile'];
  const merged = merge(merge(defaults, ...profileSettings(String(profile))), own, file ?? '');
  applyEnvironment(merged, env);
  const checked = configSchema.safeParse(merged);
  if (!checked.success) throw new ConfigurationError(describe(checked.error.issues));
  if (checked.data.calls.max > checked.data.languageModel.sequences) {
    throw new ConfigurationError(
      `calls.max is ${checked.data.calls.max}, but languageModel.sequences is only ` +
        `${checked.data.languageModel.sequences}: every call needs a sequence. Raise the one or lower the other.`,
    );
  }
  return deepFreeze(checked.data);
}

/** Settings of a profile, and where they stand. */
function profileSettings(profile: string): [Record<string, Section>, string] {
  const folder = join(projectRoot(), 'config/profiles');
  const path = join(folder, `${profile}.yaml`);
  if (!/^[\w-]+$/.test(profile) || !existsSync(path)) {
    const known = readdirSync(folder).map((file) => file.replace('.yaml', ''));
    throw new ConfigurationError(
      `models.profile: there is no profile ${JSON.stringify(profile)}. Profiles: ${known.join(', ')}.`,
    );
  }
  return [readYaml(path), path];
}

function readYaml(path: string): Record<string, Section> {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`Configuration file ${path} cannot be read: ${why}`, { cause: error });
  }
  if (content === null || content === undefined) return {};
  if (!isSection(content))
    throw new ConfigurationError(`Configuration file ${path} must hold sections of settings.`);
  for (const [name, section] of Object.entries(content)) {
    if (!isSection(section))
      throw new ConfigurationError(`${name} in ${path} must be a section of settings.`);
  }
  return content as Record<string, Section>;
}

function merge(
  defaults: Record<string, Section>,
  user: Record<string, Section>,
  file: string,
): Record<string, Section> {
  const merged = structuredClone(defaults);
  for (const [name, section] of Object.entries(user)) {
    const target = merged[name];
    if (target === undefined) throw unknownSetting(name, file, Object.keys(merged));
    for (const [key, value] of Object.entries(section)) {
      if (!(key in target)) {
        throw unknownSetting(
          `${name}.${key}`,
          file,
          Object.keys(target).map((known) => `${name}.${known}`),
        );
      }
      target[key] = value;
    }
  }
  return merged;
}

function applyEnvironment(settings: Record<string, Section>, env: NodeJS.ProcessEnv): void {
  const names = new Map<string, { section: string; key: string }>();
  for (const [section, values] of Object.entries(settings)) {
    for (const key of Object.keys(values)) names.set(environmentName(section, key), { section, key });
  }
  const given = Object.entries(env).filter(
    ([name]) => name.startsWith('PARLEY_') && name !== 'PARLEY_CONFIG' && name !== 'PARLEY_CACHE',
  );
  for (const [name, text] of given) {
    const place = names.get(name);
    if (place === undefined) throw unknownSetting(name, 'the environment', [...names.keys()]);
    set(place.section, place.key, text ?? '');
  }
  if (env['HOST'] !== undefined) set('server', 'host', env['HOST']);
  if (env['PORT'] !== undefined) set('server', 'port', env['PORT']);

  function set(section: string, key: string, text: string): void {
    const target = settings[section];
    if (target === undefined) return;
    target[key] = likeDefault(text, target[key]);
  }
}

/** A list, number or truth value where the setting has one now and the text is one; else the text, for the schema to judge. */
function likeDefault(text: string, now: unknown): unknown {
  const number = Number(text);
  const numeric = typeof now === 'number' || now === 'auto';
  if (numeric && text.trim() !== '' && !Number.isNaN(number)) return number;
  if (Array.isArray(now)) return text.split(',').flatMap((item) => item.trim() || []);
  if (typeof now === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** `turn.endSilenceMs` is PARLEY_TURN_END_SILENCE_MS in the environment. */
function environmentName(section: string, key: string): string {
  const words = (text: string) => text.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
  return `PARLEY_${words(section)}_${words(key)}`;
}

function unknownSetting(name: string, where: string, known: string[]): ConfigurationError {
  return new ConfigurationError(`Unknown setting ${name} in ${where}. Known ones: ${known.join(', ')}.`);
}

function describe(issues: readonly z.core.$ZodIssue[]): string {
  return (
    issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') +
    ' (see config/default.yaml)'
  );
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
