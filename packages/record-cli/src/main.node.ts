#!/usr/bin/env node
import process from 'node:process'
import { runCommandLine } from './command-line.ts'
import { processIo } from './process-io.node.ts'

const io = processIo()
process.exitCode = await runCommandLine(process.argv.slice(2), io)
// a read of a pipe that stays open cannot be cancelled
if (io.signal.aborted) process.exit()
