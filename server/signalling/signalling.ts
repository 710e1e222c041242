/** socket.io on the HTTP server: who may connect, how much a connection may send, and when it is cut off. */
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { Access } from '../access/access.js';
import type { CallerLimits } from '../access/caller-limits.js';
import type { ShutOut } from '../access/shut-out.js';
import type { Config } from '../config.js';
import type { Logger } from '../log.js';
import type { Refusals } from '../observability/refusals.js';
import type { ClientToServerEvents, ServerToClientEvents } from '../protocol.js';
import { CallLines, type CallerSocket } from './call-line.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { framingBroke } from './departure.js';
import { Doorkeeper } from './doorkeeper.js';
import { PacketBudget } from './packet-budget.js';

type EngineSocket = CallerSocket['conn'];

export interface SignallingOptions extends Omit<ConnectionOptions, 'lines'> {
  /** Who may come in. */
  access: Pick<Access, 'checkRequest' | 'grant' | 'addressOf'>;
  /** What one connection may send. */
  limits: Config['limits'];
  callerLimits: CallerLimits;
  shutOut: ShutOut;
  refusals: Refusals;
  /** How long a call goes on whose connection broke, ms. */
  reconnectMs: number;
  log: Logger;
}

export interface Signalling {
  /** Disconnects every client. The HTTP server is closed with it. */
  close(): Promise<void>;
}

/** Largest message of a client, bytes. The largest real one, `sendMicrophone`, has about 2 kB. */
const maxMessageBytes = 65_536;

/** Who has not greeted by then is disconnected, ms. */
const connectTimeoutMs = 10_000;

/** Starts to take clients on an HTTP server. */
export function startSignalling(http: HttpServer, options: SignallingOptions): Signalling {
  const doorkeeper = new Doorkeeper(options.access, options.callerLimits, options.shutOut, options.refusals);
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    connectTimeout: connectTimeoutMs,
    pingInterval: 10_000,
    pingTimeout: 10_000,
    allowRequest: (request, decide) => decide(null, doorkeeper.mayConnect(request)),
  });
  // Before the first message, for sockets may flood without ever being greeted.
  const budgets = new WeakMap<object, PacketBudget>();
  const greeted = new WeakSet<object>();
  // What has come already is still looked at when a connection is being closed: it is to blame once.
  const blamed = new WeakSet<object>();
  const blame = (connection: EngineSocket, how: () => void) => {
    if (!blamed.has(connection)) how();
    blamed.add(connection);
  };
  let closing = false;
  io.engine.on('connection', (connection: EngineSocket) => {
    const { request } = connection;
    const openedAtMs = performance.now();
    const gone = doorkeeper.opened(request);
    connection.once('close', (reason: string, description: unknown) => {
      gone();
      if (closing) return;
      // socket.io closes at once what is no greeting, and later what has not greeted.
      const noGreeting = !greeted.has(connection) && reason === 'forced close';
      const early = performance.now() - openedAtMs < connectTimeoutMs;
      if (framingBroke(reason, description) || (noGreeting && early))
        blame(connection, () => doorkeeper.brokeFraming(request));
    });
    const budget = new PacketBudget(options.limits, openedAtMs);
    budgets.set(connection, budget);
    connection.on('packet', ({ data }: { data?: string | Buffer }) => {
      if (budget.takePacket(data?.length ?? 0, performance.now())) return;
      blame(connection, () => doorkeeper.sentTooMuch('flood', request));
      // Closed, it reads no further of what has come already; what is still coming does not come at all.
      connection.close(true);
      request.socket.destroy();
    });
  });
  io.use((socket, next) => {
    doorkeeper.greet(socket.handshake, socket.request).then((gone) => {
      // It may have gone meanwhile.
      if (socket.conn.readyState === 'open') socket.conn.once('close', gone);
      else gone();
      next();
    }, next);
  });
  const lines = new CallLines(options.reconnectMs, options.log);
  io.on('connection', (socket) => {
    greeted.add(socket.conn);
    // socket.io's own packets; it closes the connection.
    socket.on('error', () => blame(socket.conn, () => doorkeeper.brokeFraming(socket.request)));
    const budget = budgets.get(socket.conn);
    if (budget !== undefined) new Connection(socket, budget, doorkeeper, { ...options, lines });
  });
  return {
    close: () => {
      closing = true;
      return io.close();
    },
  };
}
