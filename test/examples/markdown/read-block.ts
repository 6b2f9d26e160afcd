import { parseConfig, readCompose } from '@portolan/core'
import type { Block } from './blocks.ts'

const faultOf = (read: () => unknown): readonly string[] => {
  try {
    read()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** What is wrong with a block of `config.yaml`. */
export const readConfigBlock = ({ text, page }: Block): readonly string[] =>
  faultOf(() => parseConfig(text, page))

/** What is wrong with a Compose file, or noted about it. */
export const readYamlBlock = ({ text, page }: Block): readonly string[] => {
  const notes: string[] = []
  const faults = faultOf(() => {
    notes.push(...readCompose(text, { source: page, project: 'shop' }).notes.map(({ text: note }) => note))
  })
  return [...faults, ...notes]
}
