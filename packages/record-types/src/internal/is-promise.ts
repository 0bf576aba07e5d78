/** Whether a value comes later; also as the promise of a library or of another realm. */
export function isPromise<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> & Promise<Result> {
  return typeof (value as PromiseLike<Result> | null | undefined)?.then === 'function'
}
