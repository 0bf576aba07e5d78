import { checkClock, checkDuration, checkFunction, checkOptions } from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
import { boundNames, checkedBounds } from './bounds.ts'
import type { StoreOptions } from './create-store.ts'
import { checkedLimits } from './store-arguments.ts'

/** The names of the options of every store on a backend. */
export const storeOptionNames: OptionNames<StoreOptions> = /* @__PURE__ */ Object.assign(
  { limits: 0, timeout: 0, onCorrupt: 0, clock: 0, setTimer: 0, random: 0 } as const,
  boundNames
)

/**
 * Checks the options of a store before its medium is opened.
 *
 * @param names - of all options: `storeOptionNames`, and those of the store
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 */
export function checkStoreOptions<Options extends StoreOptions>(
  options: Options,
  names: OptionNames<NoInfer<Options>>
): void {
  checkOptions(options, names)
  const { clock, setTimer, random, onCorrupt } = options
  checkClock(clock)
  for (const [name, value] of Object.entries({ setTimer, random, onCorrupt }))
    if (value !== undefined) checkFunction(value, name)
  checkDuration(options.timeout, 'timeout', 0)
  checkedLimits(options.limits)
  checkedBounds(options)
}
