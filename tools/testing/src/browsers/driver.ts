/** The engines of browsers that tests run in. */
export type Engine = 'chromium' | 'firefox' | 'webkit'

export const engines: readonly Engine[] = ['chromium', 'firefox', 'webkit']

/** A page of a browser. */
export interface DriverPage {
  /** Closes the page, whatever its program does. */
  close(): Promise<void>
}

/** A running browser. All of its pages share one profile. */
export interface Driver {
  /** name and version */
  readonly version: string
  /** Opens a URL in a new page. */
  open(url: string): Promise<DriverPage>
  close(): Promise<void>
}
