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

/** The faults of a `config.yaml` block. */
export const readConfigBlock = ({ text, page }: Block): readonly string[] =>
  faultOf(() => parseConfig(text, page))

/** The faults and notes of a Compose file. */
export const readYamlBlock = ({ text, page }: Block): readonly string[] => {
  const notes: string[] = []
  const faults = faultOf(() => {
    notes.push(...readCompose(text, { source: page, project: 'shop' }).notes.map(({ text: note }) => note))
  })
  return [...faults, ...notes]
}
