import type { TestBrowser } from '@recordkit/testing/browsers'

/** The result of {@link raceTabs}. */
export interface RaceResult {
  readonly acknowledged: number
  /** acknowledged puts of the page that was closed */
  readonly ofClosed: number
  /** what went wrong */
  readonly problems: readonly string[]
}

const pages = 3
/** The page that is closed. */
const closed = 1

/**
 * Three pages put records under the same keys at the same time. One of them is closed in the middle. Afterwards every key must
 * have the highest rank that any page was told about, and all indexes and counters must be right.
 *
 * @param entry - path of the program: packages/store-indexeddb/test/programs/race.ts
 * @param puts - of all pages
 */
export async function raceTabs(browser: TestBrowser, entry: string, puts: number): Promise<RaceResult> {
  const name = `race-${Math.random()}`
  const each = Math.ceil(puts / pages)
  const start = Date.now()
  const highest = new Map<string, number>()
  const counts = Array.from({ length: pages }, () => 0)
  let close = (): void => {}
  const middle = new Promise<void>((resolve) => (close = resolve))
  const running = await Promise.all(
    counts.map((_, page) =>
      browser.start({
        entry,
        argument: { task: 'race', name, page, puts: each, start },
        timeout: 600_000,
        onReport: (data) => {
          const orders = data as readonly (readonly [string, number])[]
          for (const [key, order] of orders) {
            counts[page] = (counts[page] as number) + 1
            highest.set(key, Math.max(order, highest.get(key) ?? -1))
          }
          if (page === closed && (counts[page] as number) > each / 3) close()
        }
      })
    )
  )
  await Promise.race([middle, running[closed]?.result])
  await running[closed]?.close()
  const others = await Promise.all(running.filter((_, page) => page !== closed).map(({ result }) => result))
  await Promise.all(running.filter((_, page) => page !== closed).map((page) => page.close()))
  const { orders, problems } = (await browser.run({
    entry,
    argument: { task: 'check', name, page: 0, puts: 0, start }
  })) as {
    orders: Record<string, number>
    problems: string[]
  }
  const lost = [...highest]
    .filter(([key, order]) => (orders[key] ?? -1) < order)
    .map(([key, order]) => `${key} has order ${orders[key]} at the end; ${order} was acknowledged`)
  return {
    acknowledged: counts.reduce((sum, count) => sum + count),
    ofClosed: counts[closed] as number,
    problems: [...(others as string[][]).flat(), ...lost, ...problems]
  }
}
