import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { base64 } from '@recordkit/record-inspect/text'
import { toHex } from '@recordkit/record-types/internal'
import { lowContrast, unnamed } from './contrast.ts'
import type { InspectorPage } from './page.ts'
import { hostile } from './world.ts'
import type { World } from './world.ts'

/** What a user does, and what must happen. */
export interface Scenario {
  /** a sentence */
  readonly title: string
  run(page: InspectorPage, world: World): Promise<void>
}

const verdict = '#verdict-title'

async function enterName(page: InspectorPage, name: string): Promise<void> {
  await page.focus('#name')
  await page.driver.press('Control+a')
  await page.driver.type(name)
}

async function showRecord(page: InspectorPage, world: World, bytes: Uint8Array): Promise<void> {
  await page.paste('#record', base64(bytes))
  await page.until(`document.querySelector('#input-status').textContent.includes('${bytes.length} bytes')`)
  if (await page.holds(`document.querySelector('#name').value !== ${JSON.stringify(world.name)}`))
    await page.paste('#name', world.name)
}

/** Every scenario begins with the empty page. */
export const scenarios: readonly Scenario[] = [
  {
    title: 'explains hexadecimal text while it is typed',
    async run(page, { publicKey }) {
      await page.focus('#record')
      await page.driver.type(toHex(publicKey))
      await page.untilText(verdict, 'Public key')
      strictEqual(await page.text('#input-status'), 'Hexadecimal, 36 bytes. Public key.')
      match(await page.text('#facts'), /Ed25519/)
    }
  },
  {
    title: 'shows a pasted record as not verified until its name is typed, and then as valid',
    async run(page, { record, name }) {
      await page.paste('#record', base64(record))
      await page.untilText(verdict, 'IPNS record: not verified')
      await enterName(page, name)
      await page.untilText(verdict, 'IPNS record: valid')
      strictEqual(await page.driver.evaluate(`document.querySelectorAll('.step-passed').length`), 8)
      match(await page.text('#coverage'), /signatureV2 covers “ipns-signature:” and bytes \d+–\d+/)
      match(await page.text('#times'), /Now[\s\S]*Expires[\s\S]*in 23 h/)
    }
  },
  {
    title: 'explains a file that is dropped on the page',
    async run(page, { signed }) {
      await page.drop(signed)
      await page.untilText(verdict, 'Signed record: valid')
      match(await page.text('#times'), /Issued[\s\S]*Now[\s\S]*Expires/)
      ok(await page.holds(`document.querySelector('#drop').hidden`))
    }
  },
  {
    title: 'names the step that refuses a forged and an expired record',
    async run(page, world) {
      await showRecord(page, world, world.forged)
      await page.untilText(verdict, 'IPNS record: refused')
      match(await page.text('.step-failed'), /Signature[\s\S]*SIGNATURE_INVALID/)
      await showRecord(page, world, world.expired)
      await page.untilText(verdict, 'IPNS record: not accepted')
      match(await page.text('.step-failed'), /Time[\s\S]*EXPIRED/)
      strictEqual(await page.driver.evaluate(`document.querySelectorAll('.step-failed').length`), 1)
    }
  },
  {
    title: 'creates every sample by keyboard',
    async run(page) {
      const expected = [
        'IPNS record: valid',
        'IPNS record: not accepted',
        'IPNS record: refused',
        'IPNS record: valid',
        'Signed record: valid',
        'DHT record: valid'
      ]
      for (const [index, title] of expected.entries()) {
        await page.driver.evaluate(`document.querySelector('#verdict-title').replaceChildren()`)
        await page.focus(`#samples button:nth-child(${index + 1})`)
        await page.driver.press('Enter')
        await page.untilText(verdict, title)
      }
    }
  },
  {
    title: 'reaches every control with the tab key, in the order of the page, with a visible focus',
    async run(page, world) {
      await showRecord(page, world, world.record)
      await page.untilText(verdict, 'valid')
      await page.driver.evaluate(`(document.activeElement.blur(), scrollTo(0, 0), getSelection().removeAllRanges())`)
      await page.focus('.skip')
      const order: string[] = []
      for (let count = 0; count < 30 && order.at(-1) !== 'other'; count++) {
        order.push(await page.focused())
        const style = await page.driver.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)
        ok(style !== 'none', `${order.at(-1)} has no visible focus`)
        await page.driver.press('Tab')
      }
      const expected = ['skip', 'button', 'record', 'open-file', 'clear', ...Array.from({ length: 6 }, () => 'chip')]
      expected.push('name', 'router', 'fetch', 'hex', 'field-button', 'share', 'other')
      deepStrictEqual(
        order.map((name) => name.split(' ')[0]),
        expected
      )
    }
  },
  {
    title: 'selects fields with the arrow keys, and shows their bytes',
    async run(page, world) {
      await showRecord(page, world, world.record)
      await page.untilText(verdict, 'valid')
      await page.focus('.field-button')
      await page.driver.press('ArrowDown')
      await page.driver.press('ArrowDown')
      const pressed = `document.querySelector('#fields [aria-pressed="true"]')`
      strictEqual(await page.driver.evaluate(`${pressed}.dataset.path`), 'validityType')
      ok(await page.holds(`${pressed} === document.activeElement`))
      deepStrictEqual(
        await page.driver.evaluate(`[...document.querySelectorAll('.digits .selected')].map((one) => one.textContent)`),
        ['18', '00']
      )
      await page.driver.click('#fields [data-path="signatureV2"]')
      const covered = `[...document.querySelectorAll('.digits .covered')].map((one) => one.textContent).join(' ')`
      match(String(await page.driver.evaluate(covered)), /^a5 [\da-f ]+ 00$/)
      await page.driver.press('End')
      strictEqual(await page.driver.evaluate(`${pressed}.dataset.path`), 'data.ValidityType')
    }
  },
  {
    title: 'shows hostile text as text',
    async run(page, world) {
      const isSafe = `document.querySelectorAll('img').length === 1 && document.scripts.length === 1 && globalThis.hacked === undefined`
      await page.focus('#record')
      await page.driver.type(hostile)
      await page.untilText('#input-status', 'is in none of them')
      await page.focus('#name')
      await page.driver.type('<img src=x onerror=hacked=1>')
      await page.untilText('#name-status', 'is not a peer ID')
      ok(await page.holds(isSafe))
      for (const bytes of [world.hostile, world.signed]) {
        await showRecord(page, world, bytes)
        await page.until(`document.querySelector('#facts').textContent.includes('<img src=x')`)
        ok(await page.holds(`document.querySelector('#fields').textContent.includes('<img src=x')`))
        ok(await page.holds(isSafe))
      }
    }
  },
  {
    title: 'answers empty, truncated, unknown and huge input with one sentence',
    async run(page, { record, name }) {
      const { driver } = page
      const enter = (expression: string): Promise<unknown> =>
        driver.evaluate(
          `(() => { const field = document.querySelector('#record'); field.value = ${expression}; field.dispatchEvent(new Event('input')) })()`
        )
      // hidden: the browser takes seconds for the layout of so much text
      await driver.evaluate(`document.querySelector('#record').hidden = true`)
      await enter(`'a'.repeat(13_000_000)`)
      await page.untilText('#input-status', 'The text has 13000000 characters; the limit is 12582912.')
      await enter(`'ff01'`)
      await driver.evaluate(`document.querySelector('#record').hidden = false`)
      await page.untilText('#input-status', 'Hexadecimal, 2 bytes. The bytes are in no format that is known.')
      await enter(`'abcde'`)
      await page.untilText('#input-status', 'it is cut off, or characters are missing.')
      await enterName(page, name)
      await page.paste('#record', base64(record.subarray(0, -20)))
      await page.untilText('#verdict-message', 'PROTOBUF_TRUNCATED The bytes end within a field')
      await page.untilText('#fields', 'data is cut off')
      await enter(`'  '`)
      await page.until(`document.querySelector('#input-status').textContent === ''`)
      ok(await page.holds(`document.querySelector('#result').hidden`))
      await page.drop(new Uint8Array(9_000))
      await page.untilText('#input-status', 'File, 9,000 bytes. The bytes are in no format that is known.')
    }
  },
  {
    title: 'compares two records, and names the rule that decides',
    async run(page, world) {
      await showRecord(page, world, world.record)
      await page.untilText(verdict, 'valid')
      await page.focus('#other')
      await page.driver.evaluate(
        `(() => { const field = document.querySelector('#other'); field.value = ${JSON.stringify(base64(world.newer))}; field.dispatchEvent(new Event('input')) })()`
      )
      await page.untilText('#other-status', 'The second record wins.')
      match(await page.text('.decides'), /The higher sequence wins[\s\S]*7[\s\S]*8/)
      match(await page.text('.side.winner'), /Second record/)
    }
  },
  {
    title: 'shares both records by a link, and never a private key',
    async run(page, world) {
      await page.driver.click('#samples button:nth-child(4)')
      await page.untilText('#other-status', 'The second record wins.')
      await page.driver.click('#share')
      await page.until(
        `!document.querySelector('#link').hidden && document.querySelector('#share-status').textContent !== ''`
      )
      match(String(await page.driver.evaluate(`location.hash`)), /^#record=[\w-]+&other=[\w-]+&name=k51/)
      await page.driver.reload()
      await page.untilText('#other-status', 'The second record wins.')
      await page.drop(world.privateKey)
      await page.untilText(verdict, 'Private key')
      await page.driver.click('#share')
      await page.untilText('#share-status', 'A private key is never put into a link.')
      ok(await page.holds(`document.querySelector('#bytes-section').hidden`))
    }
  },
  {
    title: 'fetches the record of a name from a router, and says why another one does not work',
    async run(page, world) {
      await page.driver.click('#fetch')
      await page.untilText('#router-status', 'Enter the name of the record first.')
      await enterName(page, world.name)
      await page.focus('#router')
      await page.driver.type(world.router)
      await page.driver.press('Enter')
      await page.untilText(verdict, 'IPNS record: valid')
      await page.focus('#router')
      await page.driver.press('Control+a')
      await page.driver.type(world.otherRouter)
      await page.driver.click('#fetch')
      await page.untilText('#router-status', 'cannot be reached, or does not allow requests of web pages (CORS).')
    }
  },
  {
    title: 'fits a phone 360 pixels wide',
    async run(page, world) {
      await showRecord(page, world, world.record)
      await page.untilText(verdict, 'valid')
      await page.narrow(740)
      await page.until(`document.querySelector('.row .digits').textContent.trim().split(' ').length <= 8`)
      for (const sample of [4, 5, 6]) {
        await page.driver.click(`#samples button:nth-child(${sample})`)
        await page.until(`!document.querySelector('#result').hidden`)
        ok(await page.holds('document.body.scrollWidth <= 360'))
      }
    }
  },
  {
    title: 'names every control, and has the contrast of WCAG AA',
    async run(page) {
      for (const sample of [1, 2, 3, 4]) {
        await page.driver.evaluate(`document.querySelector('#verdict-title').replaceChildren()`)
        await page.driver.click(`#samples button:nth-child(${sample})`)
        await page.until(`document.querySelector('#verdict-title').textContent !== ''`)
        deepStrictEqual(await page.driver.evaluate(unnamed), [])
        deepStrictEqual(await page.driver.evaluate(lowContrast), [])
      }
    }
  }
]

/** In a browser whose user prefers dark colours. */
export const darkScenario: Scenario = {
  title: 'is dark for users who prefer it, with the contrast of WCAG AA',
  async run(page) {
    ok(await page.holds(`matchMedia('(prefers-color-scheme: dark)').matches`))
    strictEqual(await page.driver.evaluate(`getComputedStyle(document.body).backgroundColor`), 'rgb(13, 16, 23)')
    const contrast = scenarios.at(-1)
    await contrast?.run(page, {} as World)
  }
}

/** The page is loaded from a server of its own, which is then stopped. */
export const offlineTitle = 'works without its server once the service worker has installed it'
export async function checkOffline(page: InspectorPage, stopServer: () => Promise<void>): Promise<void> {
  await page.until(`!document.querySelector('#offline').hidden && navigator.serviceWorker.controller !== null`)
  await stopServer()
  await page.driver.reload()
  await page.driver.click('#samples button:nth-child(1)')
  await page.untilText(verdict, 'IPNS record: valid')
  ok(await page.holds(`getComputedStyle(document.querySelector('.card')).borderRadius === '14px'`))
  // the part for archives is loaded when it is needed
  await page.drop(new TextEncoder().encode('recordkit-records 1\n'))
  await page.untilText(verdict, 'Archive of records')
}
