export type { ComposeFile, ComposeFilesOptions, ComposeOptions } from './options.ts'
export { readCompose, readComposeFiles } from './read-compose.ts'
