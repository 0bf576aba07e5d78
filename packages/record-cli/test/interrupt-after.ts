// Loaded with `node --import` before the program: sends ctrl-C to its own process after a number of its asynchronous operations, counted
// from when the program listens for it. At the end it writes the number of all of them to file descriptor 3.
import { createHook } from 'node:async_hooks'
import { writeSync } from 'node:fs'
import process from 'node:process'

const moment = Number(process.env['INTERRUPT_AFTER'] ?? Number.POSITIVE_INFINITY)
let operations = 0
createHook({
  init() {
    if (process.listenerCount('SIGINT') > 0 && ++operations === moment) process.kill(process.pid, 'SIGINT')
  }
}).enable()
process.on('exit', () => writeSync(3, String(operations)))
