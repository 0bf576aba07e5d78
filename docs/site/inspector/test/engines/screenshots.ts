import { base64 } from '@recordkit/record-inspect/text'
import type { InspectorPage } from './page.ts'
import type { ScenarioSuite } from './run-scenarios.ts'

/** Pictures of the page in one engine: empty, with records of every status, a comparison, on a phone, light and dark. */
export async function takeScreenshots(
  { openPage, world }: ScenarioSuite,
  save: (name: string, image: Uint8Array) => void
): Promise<void> {
  for (const dark of [false, true]) {
    const theme = dark ? 'dark' : 'light'
    const page = await openPage({ dark })
    const take = async (name: string): Promise<void> => {
      // a picture shows the last frame that was drawn
      await page.driver.evaluate(
        'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))'
      )
      save(`${theme}-${name}`, await page.driver.screenshot())
    }
    await page.driver.resize(1280, 1000)
    await take('empty')
    await page.driver.resize(1280, 2100)
    for (const [name, sample] of [
      ['valid', 1],
      ['refused', 3],
      ['comparison', 4],
      ['signed', 5],
      ['dht', 6]
    ] as const) {
      await showSample(page, sample)
      if (name === 'valid') await page.driver.click('[data-path="signatureV2"]')
      await take(name)
    }
    await page.driver.evaluate(
      `(() => { const field = document.querySelector('#record'); field.value = ${JSON.stringify(base64(world.record.subarray(0, -60)))}; field.dispatchEvent(new Event('input')) })()`
    )
    await page.untilText('#input-status', `${world.record.length - 60} bytes`)
    await take('truncated')
    await page.narrow(2400)
    await showSample(page, 4)
    await take('phone')
    await page.driver.evaluate(`document.querySelector('#steps-section').scrollIntoView({ behavior: 'instant' })`)
    await take('phone-below')
    await page.driver.close()
  }
}

async function showSample(page: InspectorPage, sample: number): Promise<void> {
  await page.driver.evaluate(`document.querySelector('#verdict-title').replaceChildren()`)
  await page.driver.click(`#samples button:nth-child(${sample})`)
  await page.until(`document.querySelector('#verdict-title').textContent !== ''`)
  await page.until(`document.querySelector('#other').value === '' || !document.querySelector('#comparison').hidden`)
}
