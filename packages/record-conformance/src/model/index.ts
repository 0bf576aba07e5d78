export { runStoreModel } from './run-store-model.ts'
export type { StoreModelOptions } from './run-store-model.ts'
