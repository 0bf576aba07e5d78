#!/usr/bin/env node
import process from 'node:process'
import { runCommandLine } from './command-line.ts'
import { processIo } from './process-io.node.ts'

const status = await runCommandLine(process.argv.slice(2), processIo())
// all output is written; what libraries left open, such as a read of a pipe or a node that did not start, does not delay the end
await new Promise((resolve) => process.stdout.write('', resolve))
process.exit(status)
