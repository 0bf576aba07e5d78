import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { PageRunner } from './browsers.ts'
import { importMap } from './import-map.ts'
import { exported, required } from './programs.ts'
import type { Use } from './programs.ts'
import type { Project } from './projects.ts'
import { freePort, waitForAnswer } from './registry.ts'

/** A tool that builds, serves or tests a whole application, here all programs together. */
export interface Application {
  readonly title: string
  /** what npm installs beside the packages */
  readonly tools: readonly string[]
  /** part of the short form */
  readonly short?: true
  /** leaves a program out */
  readonly leavesOut?: (use: Use) => boolean
  /** Runs all programs. @throws Error when one of them fails */
  run(project: Project, uses: readonly Use[], page: PageRunner | undefined): Promise<void>
}

function expectOk(text: string): void {
  if (text !== 'ok') throw new Error(`the programs printed "${text}"; expected "ok"`)
}

/** Runs a program of the installed tools. */
const runTool = (project: Project, program: string, ...args: readonly string[]): Promise<string> =>
  project.run(process.execPath, join(project.folder, 'node_modules', program), ...args)

/** Writes the programs, and `all.mjs` with a function that runs them. */
async function writePrograms(project: Project, uses: readonly Use[]): Promise<void> {
  await Promise.all(uses.map((use, index) => project.write(`program-${index}.mjs`, exported(use))))
  const imports = uses.map((_, index) => `import { program as program${index} } from './program-${index}.mjs'\n`)
  const calls = uses.map((_, index) => `  await program${index}()\n`)
  await project.write(
    'all.mjs',
    `${imports.join('')}export async function runAll() {\n${calls.join('')}  return 'ok'\n}\n`
  )
}

const printAll = `import { runAll } from './all.mjs'\nrunAll().then(console.log, (error) => console.log(String(error)))\n`

const nextFiles: Readonly<Record<string, string>> = {
  'app/layout.jsx': `export default function Layout({ children }) {
  return <html><body>{children}</body></html>
}`,
  'app/page.jsx': `'use client'
import { useEffect } from 'react'
import { runAll } from '../all.mjs'
export default function Page() {
  useEffect(() => { runAll().then(console.log, (error) => console.log(String(error))) }, [])
  return <p>page</p>
}`,
  'app/edge/route.js': `import { runAll } from '../../all.mjs'
export const runtime = 'edge'
export const dynamic = 'force-dynamic'
export async function GET() { return new Response(await runAll()) }`,
  'app/server/route.js': `import { runAll } from '../../all.mjs'
export const dynamic = 'force-dynamic'
export async function GET() { return new Response(await runAll()) }`
}

async function next(project: Project, uses: readonly Use[], page: PageRunner | undefined): Promise<void> {
  await writePrograms(project, uses)
  for (const [name, text] of Object.entries(nextFiles)) await project.write(name, text)
  const program = 'next/dist/bin/next'
  await runTool(project, program, 'build')
  const port = await freePort()
  const args = [join(project.folder, 'node_modules', program), 'start', '--port', `${port}`, '--hostname', '127.0.0.1']
  const server = spawn(process.execPath, args, { cwd: project.folder, stdio: 'ignore' })
  try {
    const origin = `http://127.0.0.1:${port}`
    await waitForAnswer(origin)
    for (const route of ['server', 'edge']) {
      const text = await (await fetch(`${origin}/${route}`)).text()
      if (text !== 'ok') throw new Error(`the route /${route} answered "${text.slice(0, 200)}"; expected "ok"`)
    }
    if (page !== undefined) expectOk(await page.open(origin))
  } finally {
    server.kill()
  }
}

/** A test per program, in a file that is a CommonJS module. */
const jestTests = (uses: readonly Use[]): string =>
  uses
    .map((use) => `test(${JSON.stringify(use.title)}, async () => {\n${required(use, { print: false })}\n})`)
    .join('\n')

export const applications: readonly Application[] = [
  {
    title: 'import map, a page without a bundler',
    tools: [],
    short: true,
    // abstract-level is a CommonJS package, which no browser loads
    leavesOut: ({ others }) => others !== undefined,
    async run(project, uses, page) {
      await writePrograms(project, uses)
      const map = JSON.stringify(await importMap(project))
      const head = `<script type="importmap">${map}</script>`
      if (page !== undefined) expectOk(await page.run(printAll, { folder: project.folder, head }))
    }
  },
  {
    title: 'Next.js: page, server route and edge route',
    tools: ['next@16', 'react@19', 'react-dom@19'],
    short: true,
    run: next
  },
  {
    title: 'Metro, of React Native',
    tools: [
      'metro@0.87',
      'react-native@0.88',
      '@react-native/babel-preset@0.88',
      '@react-native/metro-config@0.88',
      '@babel/core'
    ],
    async run(project, uses, page) {
      await writePrograms(project, uses)
      await project.write('index.mjs', printAll)
      await project.write(
        'metro.config.cjs',
        `module.exports = require('@react-native/metro-config').getDefaultConfig(__dirname)\n`
      )
      const args = [
        'index.mjs',
        '--config',
        'metro.config.cjs',
        '--platform',
        'android',
        '--out',
        'metro.js',
        '-z',
        'false'
      ]
      await runTool(project, 'metro/src/cli.js', 'build', ...args)
      const bundle = join(project.folder, 'metro.js')
      expectOk(await project.run(process.execPath, bundle))
      if (page !== undefined) expectOk(await page.run(await project.read('metro.js')))
    }
  },
  {
    title: 'Jest in CommonJS mode, `NODE_OPTIONS=--experimental-vm-modules`',
    tools: ['jest@30'],
    async run(project, uses) {
      await project.set('type', 'commonjs')
      await project.write('all.test.js', jestTests(uses))
      await project.run(process.execPath, '--experimental-vm-modules', join('node_modules', 'jest', 'bin', 'jest.js'))
    }
  },
  {
    title: 'Jest in CommonJS mode, `transformIgnorePatterns`',
    tools: ['jest@30', 'babel-jest@30', '@babel/core', '@babel/preset-env'],
    short: true,
    leavesOut: ({ esmOnly }) => esmOnly === true,
    async run(project, uses) {
      await project.set('type', 'commonjs')
      await project.write('all.test.js', jestTests(uses))
      await project.write(
        'jest.config.js',
        `module.exports = {
  transformIgnorePatterns: ['node_modules/(?!(@recordkit|@noble|multiformats)/)'],
  transform: { '\\\\.js$': ['babel-jest', { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] }] }
}`
      )
      await runTool(project, 'jest/bin/jest.js')
    }
  },
  {
    title: 'Parcel without `packageExports`: reports that it does not find the packages',
    tools: ['parcel@2'],
    async run(project, uses) {
      await writePrograms(project, uses)
      const args = ['build', 'all.mjs', '--no-cache', '--no-source-maps']
      const reason = await runTool(project, 'parcel/lib/bin.js', ...args).then(
        () => 'the programs were bundled; docs/consumers.md says that they cannot be',
        (error: Error & { stdout?: string; stderr?: string }) => `${error.message}${error.stdout}${error.stderr}`
      )
      if (!/Failed to resolve '@recordkit\//.test(reason)) throw new Error(reason)
    }
  }
]
