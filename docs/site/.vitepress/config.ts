// `npm run site` writes the pages into tools/site/dist/pages first.
export { config as default } from '../../../tools/site/src/config.ts'
