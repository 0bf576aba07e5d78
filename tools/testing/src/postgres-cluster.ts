import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder with the programs of the newest PostgreSQL server on this machine; `undefined` without one. */
export function findServer(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const folders = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...(process.env['PATH'] ?? '').split(':')
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
}

/** A PostgreSQL server of its own, in a temporary folder and on a free port of the loopback interface. */
export class Cluster {
  readonly port: number
  readonly #programs: string
  readonly #folder: string
  /** the server refuses to run as root */
  readonly #user: { readonly uid: number; readonly gid: number } | undefined

  private constructor(programs: string, folder: string, port: number, user: { uid: number; gid: number } | undefined) {
    this.#programs = programs
    this.#folder = folder
    this.port = port
    this.#user = user
  }

  static async start(programs: string): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'recordkit-postgres-'))
    const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined
    const data = join(folder, 'data')
    mkdirSync(data)
    chmodSync(data, 0o700)
    if (user !== undefined) for (const path of [folder, data]) chownSync(path, user.uid, user.gid)
    const cluster = new Cluster(programs, folder, await freePort(), user)
    cluster.#run('initdb', ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-instructions'])
    cluster.start()
    return cluster
  }

  get config(): { host: string; port: number; user: string; database: string } {
    return { host: '127.0.0.1', port: this.port, user: 'postgres', database: 'postgres' }
  }

  start(): void {
    const settings = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`
    const log = join(this.#folder, 'log')
    this.#run('pg_ctl', ['-D', join(this.#folder, 'data'), '-w', '-l', log, '-o', settings, 'start'])
  }

  /** @param mode - `immediate` is a crash: the server recovers from its log at the next start */
  stop(mode: 'fast' | 'immediate'): void {
    this.#run('pg_ctl', ['-D', join(this.#folder, 'data'), '-w', '-m', mode, 'stop'])
  }

  remove(): void {
    this.stop('immediate')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #run(program: string, parameters: readonly string[]): void {
    const { status, stderr, error } = spawnSync(join(this.#programs, program), parameters, {
      ...this.#user,
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8'
    })
    if (error !== undefined) throw error
    if (status !== 0) throw new Error(`${program} exited with ${String(status)}: ${stderr}`)
  }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
