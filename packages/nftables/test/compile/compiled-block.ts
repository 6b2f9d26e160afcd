import { print, type Ruleset } from '../../src/index.ts'

/** The lines of one chain, set or map, as nft lists them. */
export const block = (ruleset: Ruleset, name: string): readonly string[] => {
  const lines = print(ruleset, 'nft').split('\n')
  const start = lines.findIndex((line) => new RegExp(`^\t(chain|set|map) ${name} \\{$`).test(line))
  if (start < 0) return []
  return lines
    .slice(start + 1, lines.indexOf('\t}', start))
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('comment '))
}
