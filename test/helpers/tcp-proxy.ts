/** A way between client and server that can break: passes TCP on, byte for byte, until it is cut. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Socket>();
  #open = true;

  /** Leads to a server; resolves when it takes connections. */
  static async to(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => {
      if (!this.#open) {
        client.resetAndDestroy();
        return;
      }
      const server = connect(
        Number(target.port),
        target.hostname === 'localhost' ? '127.0.0.1' : target.hostname,
      );
      client.pipe(server).pipe(client);
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#pairs.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.#pairs.delete(socket);
          // What it has still to write is written.
          other.destroySoon();
        });
      }
    });
  }

  /** The server's address by way of the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = 'localhost';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Breaks every connection, without a word of either side, and lets none through until {@link mend}. */
  cut(): void {
    this.#open = false;
    for (const socket of this.#pairs) socket.destroy();
  }

  mend(): void {
    this.#open = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
