import { Buffer } from 'node:buffer'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** Where a connection is cut: before the server receives a message that contains the text, or before the client has its reply. */
export interface Cut {
  readonly text: string
  readonly when: 'before' | 'after'
}

/** Passes connections on to a server, and cuts the next one that sends a given text. */
export class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cut: Cut | undefined
  cuts = 0

  private constructor(target: number) {
    this.#server = createServer((client) => this.#pass(client, connect(target, '127.0.0.1')))
  }

  static async start(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await new Promise((resolve) => proxy.#server.once('listening', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  cutNext(cut: Cut): void {
    this.#cut = cut
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pass(client: Socket, server: Socket): void {
    const end = (): void => {
      client.destroy()
      server.destroy()
    }
    let isReplyCut = false
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', end)
      socket.on('close', end)
    }
    client.on('data', (data: Buffer) => {
      const cut = this.#cut
      if (cut !== undefined && data.includes(Buffer.from(cut.text))) {
        this.#cut = undefined
        this.cuts++
        if (cut.when === 'before') {
          end()
          return
        }
        isReplyCut = true
      }
      server.write(data)
    })
    server.on('data', (data: Buffer) => {
      if (isReplyCut) end()
      else client.write(data)
    })
  }
}
