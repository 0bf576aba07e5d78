import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodeBlock } from './find-blocks.ts'

/** Programs that tests run. A block that is a part of one of them, word for word, is compiled and run with it. */
const programs = [
  'examples/jobs/{src,test}/**/*.ts',
  'packages/record-libp2p/test/*.ts',
  'packages/store-sqlite/{src,test}/*.ts',
  'tools/checks/test/*.ts'
]

/** A block that is a module of its own, and its file. */
export interface BlockModule extends CodeBlock {
  readonly file: string
}

/** Whether a text contains the code, with the indentation of any depth. */
function contains(text: string, code: string): boolean {
  return ['', '  ', '    ', '      '].some((indentation) => text.includes(code.replaceAll(/^(?=.)/gm, indentation)))
}

/**
 * Writes each block that is not a part of a program to a file, as a module.
 * @param folder - is emptied first
 * @returns the modules
 */
export function writeModules(root: string, folder: string, blocks: readonly CodeBlock[]): BlockModule[] {
  const code = globSync(programs, { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return blocks
    .filter((block) => !code.some((text) => contains(text, block.code)))
    .map((block) => {
      const file = join(folder, `${block.page.replaceAll('/', '-')}-${block.line}.ts`)
      // the lines of the file are those of the block
      writeFileSync(file, `${block.code}export {}\n`)
      return { ...block, file }
    })
}
