/** The engines of browsers that tests run in. */
export type Engine = 'chromium' | 'firefox' | 'webkit'

export const engines: readonly Engine[] = ['chromium', 'firefox', 'webkit']

/** What a browser is started with. */
export interface BrowserOptions {
  /** whether pages are told that the user prefers dark colours. @default false */
  readonly dark?: boolean | undefined
}

/** A page of a browser, and the input of a user. */
export interface DriverPage {
  /** Closes the page, whatever its program does. */
  close(): Promise<void>
  /** The value of a JavaScript expression or promise, which JSON can express. A content security policy of the page does not matter. */
  evaluate(expression: string): Promise<unknown>
  /** Presses the left button of the mouse on the first element that a selector matches, after scrolling to it. */
  click(selector: string): Promise<void>
  /** Types text into the element that has the focus. */
  type(text: string): Promise<void>
  /** Presses a key such as `Tab`, `ArrowDown`, `Shift+Tab` or `Control+v`. */
  press(key: string): Promise<void>
  /** Changes the size of the part of the window that shows the page, in CSS pixels. */
  resize(width: number, height: number): Promise<void>
  reload(): Promise<void>
  /** What can be seen, as PNG. */
  screenshot(): Promise<Uint8Array>
}

/** A running browser. All of its pages share one profile. */
export interface Driver {
  /** name and version */
  readonly version: string
  /** Opens a URL in a new page. */
  open(url: string): Promise<DriverPage>
  close(): Promise<void>
}
