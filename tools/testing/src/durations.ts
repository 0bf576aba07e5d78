/** Durations in ns. */
export const second: bigint = 1_000_000_000n
export const minute: bigint = 60n * second
export const hour: bigint = 60n * minute
export const day: bigint = 24n * hour
