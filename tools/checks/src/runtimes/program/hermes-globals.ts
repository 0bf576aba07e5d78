// What Hermes does not have, and React Native or an application adds: imported before everything else. `crypto.subtle` stays absent.

declare const print: (text: string) => void

const globals: { readonly [name: string]: unknown } = {
  performance: { now: () => Date.now() },
  queueMicrotask: (run: () => void) => void Promise.resolve().then(run),
  console: { log: print, warn: print, error: print },
  // random enough for the keys of this program only
  crypto: {
    getRandomValues: (bytes: Uint8Array) => bytes.map((_, index) => (bytes[index] = Math.floor(Math.random() * 256)))
  }
}
for (const [name, value] of Object.entries(globals))
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
