import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RecordHandler } from '@recordkit/record-http'
import { nodeListener } from '@recordkit/record-http/node'
import { CommandError, exitStatus, failureOf, usageError } from '../failure.ts'

/** An HTTP server that runs. */
export interface RunningServer {
  /** with the port that it got */
  readonly url: string
  /** Accepts no more requests, and waits for those that run, at most `milliseconds`. */
  stop(milliseconds: number): Promise<void>
}

/** Host and port as text. @throws RecordError `INVALID_ARGUMENT` */
export function parseHostAndPort(text: string, option: string): { readonly host: string; readonly port: number } {
  const [, host = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (host !== '' && digits !== '' && port < 65_536) return { host: host.replace(/^\[(.*)\]$/, '$1'), port }
  throw usageError(`--${option} is "${text}"; a host and a port such as 127.0.0.1:8190 are expected`)
}

/** Starts a server. @throws CommandError when it cannot listen, naming the option */
export async function startHttpServer(
  handler: RecordHandler,
  address: string,
  option: string,
  isBehindProxy: boolean
): Promise<RunningServer> {
  const { host, port } = parseHostAndPort(address, option)
  const addressOf = isBehindProxy
    ? {
        addressOf: ({ headers, socket }: Parameters<ReturnType<typeof nodeListener>>[0]) =>
          String(headers['x-forwarded-for'] ?? '')
            .split(',')
            .at(-1)
            ?.trim() || socket.remoteAddress
      }
    : {}
  const server = createServer(
    // clients that send slowly do not keep a connection
    { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 },
    nodeListener(handler, addressOf)
  )
  await listen(server, host, port, option)
  const found = server.address() as AddressInfo
  const name = found.family === 'IPv6' ? `[${found.address}]` : found.address
  return { url: `http://${name}:${found.port}`, stop: (milliseconds) => stopServer(server, milliseconds) }
}

async function listen(server: Server, host: string, port: number, option: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const { code, message } = failureOf(error)
      reject(
        new CommandError(exitStatus.failed, code, `cannot listen on ${host}:${port} (--${option}): ${message}`, error)
      )
    })
    server.listen(port, host, resolve)
  })
  // later errors are those of connections
  server.on('error', () => {})
}

async function stopServer(server: Server, milliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), milliseconds)
  await closed
  clearTimeout(timer)
}
