import { existsSync } from 'node:fs'
import type { Engine } from './driver.ts'

/** Where platforms install browsers, and the environment variables that name other paths. */
const candidates: Readonly<Record<Engine, readonly (string | undefined)[]>> = {
  chromium: [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
  ],
  firefox: [
    process.env['FIREFOX_PATH'],
    '/usr/bin/firefox-esr',
    '/usr/bin/firefox',
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    'C:\\Program Files\\Mozilla Firefox\\firefox.exe'
  ],
  webkit: [
    process.env['MINIBROWSER_PATH'],
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser'
  ]
}

/** WebKitGTK is driven by a program of its own, and needs a display. */
const webkitPrograms = ['/usr/bin/WebKitWebDriver', '/usr/bin/Xvfb']

/** The executable of a browser; `undefined` when it, or what drives it, is not installed. */
export function findBrowser(engine: Engine): string | undefined {
  if (engine === 'webkit' && !webkitPrograms.every((path) => existsSync(path))) return undefined
  return candidates[engine].find((path) => path !== undefined && existsSync(path))
}
