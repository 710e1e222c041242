/**
 * `npm run token`: makes a token for a caller, with the link that brings it to the page. `npm run --silent token -- new-key [NAME]`
 * prints a line for the file of keys.
 */
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { loadConfig } from '../config.js';
import { ConfigurationError, ParleyError } from '../errors.js';
import { grantRequestSchema } from './call-grant.js';
import { newKeyLine, SigningKeys } from './signing-keys.js';
import { issueToken } from './tokens.js';

const usage = `npm run token -- [options]          makes a token
  --seconds N          lives so long; default access.tokenSeconds
  --caller NAME        whom it is for, as logs name the calls
  --persona TEXT       instructions for the agent
  --own-persona        the caller may bring instructions
  --voice NAME         the only voice
  --tools A,B          the only functions that the agent may call; '' for none
  --max-call-seconds N longest call
  --max-calls N        calls at once, default 1
  --admin              may read the admin page and the metrics
  --url URL            prints the link to the page at this address as well
npm run --silent token -- new-key [NAME]     prints a new key, to be put on top of the file access.keysFile
`;

/** @returns what is to be printed. */
export async function runTokenCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { values, positionals } = parse(args);
  if (values.help) return usage;
  const [command, name = `key-${new Date().toISOString().slice(0, 10)}`] = positionals;
  if (command === 'new-key') return `${newKeyLine(name)}\n`;
  if (command !== undefined) throw new ConfigurationError(`There is no command ${command}.\n${usage}`);
  const { access } = loadConfig(env);
  if (access.keysFile === '') {
    throw new ConfigurationError(
      'There is no key to sign with: "npm run --silent token -- new-key > keys", then name the file in access.keysFile ' +
        '(PARLEY_ACCESS_KEYS_FILE).',
    );
  }
  const keys = SigningKeys.open(access.keysFile, pino({ level: 'silent' }));
  try {
    const { token, expiresAt } = await issueToken(keys, requestOf(values), access);
    const link = values.url === undefined ? '' : `${new URL(`#token=${token}`, values.url).href}\n`;
    return `${token}\n${link}expires ${expiresAt}\n`;
  } finally {
    keys.close();
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: text,
        caller: text,
        persona: text,
        'own-persona': flag,
        voice: text,
        tools: text,
        'max-call-seconds': text,
        'max-calls': text,
        admin: flag,
        url: text,
        help: flag,
      },
    });
  } catch (error) {
    throw new ConfigurationError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function requestOf(values: Values) {
  const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  const given = {
    seconds: number(values.seconds),
    caller: values.caller,
    persona: values.persona,
    ownPersona: values['own-persona'],
    voice: values.voice,
    tools: values.tools?.split(',').filter((tool) => tool !== ''),
    maxCallSeconds: number(values['max-call-seconds']),
    maxCalls: number(values['max-calls']),
    admin: values.admin,
  };
  const request = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const checked = grantRequestSchema.safeParse(request);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new ConfigurationError(`${issue?.path.join('.')}: ${issue?.message}`);
}

if (import.meta.url === `file://${process.argv[1]}`) {
  runTokenCommand(process.argv.slice(2), process.env).then(
    (text) => process.stdout.write(text),
    (error: unknown) => {
      process.stderr.write(`${error instanceof ParleyError ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
