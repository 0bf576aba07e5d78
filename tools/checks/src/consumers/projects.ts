import { execFile } from 'node:child_process'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A new project of a user. */
export class Project {
  readonly folder: string
  readonly #registry: string
  readonly #dependencies: string[] = []
  readonly #manifest: Record<string, unknown> = { name: 'consumer', private: true, type: 'module' }

  constructor(folder: string, registry: string) {
    this.folder = folder
    this.#registry = registry
  }

  /** Creates the project and installs `dependencies` with npm. */
  async install(dependencies: readonly string[]): Promise<void> {
    await this.write('package.json', JSON.stringify(this.#manifest))
    await this.write('.npmrc', `@recordkit:registry=${this.#registry}\nignore-scripts=true\naudit=false\nfund=false\n`)
    await this.add(...dependencies)
  }

  /** Installs more packages, and keeps those that are installed. */
  async add(...dependencies: readonly string[]): Promise<void> {
    this.#dependencies.push(...dependencies)
    await this.run('npm', 'install', '--no-save', '--no-package-lock', '--prefer-offline', ...this.#dependencies)
  }

  /** Sets a field of package.json. */
  async set(field: string, value: unknown): Promise<void> {
    this.#manifest[field] = value
    await this.write('package.json', JSON.stringify(this.#manifest))
  }

  read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8')
  }

  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }

  /** Runs a command in the project and returns what it printed. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    // npm is a script on Windows
    const shell = process.platform === 'win32' && command === 'npm'
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
    const { stdout } = await run(command, args, { cwd: this.folder, env, shell, maxBuffer: 1 << 26 })
    return stdout.trim()
  }

  /** The number of installed packages, and the size of all their files in bytes. */
  async installed(): Promise<{ readonly packages: number; readonly bytes: number }> {
    const modules = join(this.folder, 'node_modules')
    let packages = 0
    let bytes = 0
    for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      bytes += (await stat(path)).size
      if (entry.name === 'package.json' && /node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+$/.test(entry.parentPath))
        packages++
    }
    return { packages, bytes }
  }
}
