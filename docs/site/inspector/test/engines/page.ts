import type { DriverPage } from '@recordkit/testing/browsers'

/** ms after which a condition is not waited for any more */
const timeout = 20_000

/** A page with the inspector, as a test sees it. */
export class InspectorPage {
  readonly driver: DriverPage

  constructor(driver: DriverPage) {
    this.driver = driver
  }

  /** The visible text of an element. */
  async text(selector: string): Promise<string> {
    return String(await this.driver.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`))
  }

  /** Whether a JavaScript expression is true. */
  async holds(expression: string): Promise<boolean> {
    return (await this.driver.evaluate(`Boolean(${expression})`)) === true
  }

  /** Waits until an expression is true in the page. @throws Error with what the page shows then */
  async until(expression: string): Promise<void> {
    const isTrue = await this.driver.evaluate(`new Promise((resolve) => {
      const until = Date.now() + ${timeout}
      const look = () => {
        if (${expression}) resolve(true)
        else if (Date.now() > until) resolve(false)
        else setTimeout(look, 15)
      }
      look()
    })`)
    if (isTrue !== true)
      throw new Error(`not true after ${timeout / 1000} s: ${expression}\n${(await this.text('body')).slice(0, 3000)}`)
  }

  /** Waits until an element contains text. */
  async untilText(selector: string, text: string): Promise<void> {
    await this.until(
      `document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(text)})`
    )
  }

  async focus(selector: string): Promise<void> {
    await this.driver.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`)
  }

  /** Replaces what a field contains by text from the clipboard, which is cut from a field that exists only for that. */
  async paste(selector: string, text: string): Promise<void> {
    await this.driver.evaluate(`(() => {
      const field = document.body.appendChild(document.createElement('textarea'))
      field.id = 'clipboard'
      field.value = ${JSON.stringify(text)}
      field.focus()
      field.select()
    })()`)
    await this.driver.press('Control+x')
    await this.until(`document.querySelector('#clipboard').value === ''`)
    await this.driver.evaluate(`document.querySelector('#clipboard').remove()`)
    await this.focus(selector)
    await this.driver.press('Control+a')
    await this.driver.press('Control+v')
  }

  /** Makes the page as narrow as on a phone. Windows of WebKitGTK have at least 447 pixels: there, the page takes a part of them. */
  async narrow(height: number): Promise<void> {
    await this.driver.resize(360, height)
    await this.until('innerWidth <= 480')
    await this.driver.evaluate(
      `document.documentElement.style.setProperty('width', innerWidth > 360 ? '360px' : 'auto')`
    )
  }

  /** Drops a file on the page. */
  async drop(bytes: Uint8Array): Promise<void> {
    await this.driver.evaluate(`(() => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(${JSON.stringify([...bytes])})], 'a.ipns-record'))
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }))
    })()`)
  }

  /** The element with the focus, as its ID, or its text. */
  async focused(): Promise<string> {
    return String(
      await this.driver.evaluate(
        `document.activeElement.id || document.activeElement.className + ' ' + document.activeElement.textContent.slice(0, 40)`
      )
    )
  }
}
