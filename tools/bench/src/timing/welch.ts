/** The measured times of two classes of inputs. */
export interface Times {
  readonly fixed: readonly number[]
  readonly random: readonly number[]
}

/** Running mean and variance. @see Welford 1962 */
class Moments {
  count = 0
  mean = 0
  #squares = 0

  add(value: number): void {
    this.count++
    const before = value - this.mean
    this.mean += before / this.count
    this.#squares += before * (value - this.mean)
  }

  get variance(): number {
    return this.count < 2 ? 0 : this.#squares / (this.count - 1)
  }
}

/** Welch's t of two samples: the distance of their means in standard errors. */
export function welch(a: readonly number[], b: readonly number[]): number {
  const [one, two] = [new Moments(), new Moments()]
  for (const value of a) one.add(value)
  for (const value of b) two.add(value)
  const error = Math.sqrt(one.variance / one.count + two.variance / two.count)
  return error === 0 ? 0 : (one.mean - two.mean) / error
}

/** The shares of all times, from the fastest, that are compared: the slow tail comes from the machine, not from the code. */
const crops = [0.5, 0.7, 0.8, 0.9, 0.95, 1]

/** The t of the largest absolute value over all crops, whose thresholds are those of both classes together. */
export function largestT({ fixed, random }: Times): number {
  const all = [...fixed, ...random].sort((a, b) => a - b)
  let largest = 0
  for (const crop of crops) {
    const most = all[Math.min(all.length - 1, Math.floor(all.length * crop))] ?? 0
    const within = (values: readonly number[]): number[] => values.filter((value) => value <= most)
    const t = welch(within(fixed), within(random))
    if (Math.abs(t) > Math.abs(largest)) largest = t
  }
  return largest
}
