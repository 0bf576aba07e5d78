import type { Attack } from './attack.ts'
import { clocks } from './attacks/clocks.ts'
import { exhaustion } from './attacks/exhaustion.ts'
import { floods } from './attacks/floods.ts'
import { forgeries } from './attacks/forgery.ts'
import { malformed } from './attacks/malformed.ts'
import { memberNames } from './attacks/names.ts'
import { network } from './attacks/network.ts'
import { replays } from './attacks/replays.ts'
import { shares } from './attacks/shares.ts'
import { storage } from './attacks/storage.ts'
import { wireProviders } from './attacks/wire-providers.ts'
import { wireShares } from './attacks/wire-shares.ts'

/** Every attack, in the order of the table. */
export const attacks: readonly Attack[] = [
  ...forgeries,
  ...replays,
  ...clocks,
  ...malformed,
  ...memberNames,
  ...floods,
  ...shares,
  ...exhaustion,
  ...storage,
  ...network,
  ...wireShares,
  ...wireProviders
]
