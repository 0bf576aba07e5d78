import { execFile, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packagesFolder = fileURLToPath(new URL('../../../../packages/', import.meta.url))

/** A registry on loopback for our packages, and for no others. */
export interface Registry extends AsyncDisposable {
  readonly url: string
  /** variables with which npm and pnpm publish to it */
  readonly environment: NodeJS.ProcessEnv
}

/** Starts a registry that contains nothing. */
export async function startRegistry(folder: string): Promise<Registry> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'config.yaml')
  await writeFile(
    config,
    JSON.stringify({
      storage: join(folder, 'storage'),
      uplinks: {},
      packages: { '@recordkit/*': { access: '$all', publish: '$all', unpublish: '$all' } },
      log: { type: 'stdout', format: 'pretty', level: 'error' },
      web: { enable: false }
    })
  )
  const require = createRequire(import.meta.url)
  const program = join(require.resolve('verdaccio/package.json'), '..', 'bin', 'verdaccio')
  const server = spawn(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
    stdio: 'ignore'
  })
  await waitForAnswer(`${url}-/ping`)
  const userconfig = join(folder, 'npmrc')
  await writeFile(userconfig, `//127.0.0.1:${port}/:_authToken=anyone\n`)
  // the names of npm, and those of pnpm, which does not read the former
  const variables = { userconfig, registry: url, provenance: 'false' }
  const environment = Object.entries(variables).flatMap(([name, value]) => [
    [`npm_config_${name}`, value],
    [`pnpm_config_${name}`, value]
  ])
  return {
    url,
    environment: { ...process.env, ...Object.fromEntries(environment) },
    async [Symbol.asyncDispose]() {
      server.kill()
    }
  }
}

/** Publishes all packages of the repository to it. */
export async function publishPackages({ environment }: Registry): Promise<void> {
  for (const name of readdirSync(packagesFolder))
    await run('pnpm', ['publish', '--no-git-checks', '--access', 'public'], {
      cwd: join(packagesFolder, name),
      shell: process.platform === 'win32',
      env: environment
    })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** Waits until a server answers, for at most 30 s. */
export async function waitForAnswer(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      if ((await fetch(url)).ok) return
    } catch {
      // the server does not listen yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} does not answer after 30 s`)
}
