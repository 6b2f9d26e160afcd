import {
  type ComposeFilesOptions,
  type Intent,
  type MappingIntent,
  printPortMapping,
  readCompose,
} from '@portolan/core'

/** Reads a text as the project `shop`. */
export const read = (text: string, options: ComposeFilesOptions = {}): Intent =>
  readCompose(text, { source: 'compose.yaml', project: 'shop', ...options })

/** The refusal of a text: `line:column message`. Fails when the text is accepted. */
export const refusal = (text: string, options: ComposeFilesOptions = {}): string => {
  try {
    read(text, options)
  } catch (error) {
    return `${(error as Error).name} ${(error as Error).message}`
  }
  throw new Error(`this was read without complaint:\n${text}`)
}

/** A mapping in one line: `web#1 front 127.0.0.1:8080:80`. */
export const inWords = (mapping: MappingIntent): string =>
  `${mapping.service}#${mapping.replica} ${mapping.network} ${printPortMapping(mapping)}`

export const mappings = (text: string, options: ComposeFilesOptions = {}): readonly string[] =>
  read(text, options).mappings.map(inWords)

export const notes = (text: string, options: ComposeFilesOptions = {}): readonly string[] =>
  read(text, options).notes.map(({ text: words, place }) => `${place?.line}:${place?.column} ${words}`)
