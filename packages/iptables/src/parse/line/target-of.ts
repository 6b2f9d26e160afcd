import { argumentOf, type ExtensionOption } from '../../model/option/extension.ts'
import type { Target } from '../../model/option/target.ts'

/** The options without an argument, with their dashes. */
const flags = (options: readonly ExtensionOption[]): readonly string[] =>
  options.filter(({ values }) => values.length === 0).map(({ name }) => `--${name}`)

/** Makes a target from its options, of its own kind where it has one, else of the general kind. */
export const targetOf = (name: string, options: readonly ExtensionOption[]): Target => {
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return { kind: 'verdict', verdict: name }
    case 'DNAT':
      return { kind: 'dnat', to: argumentOf(options, 'to-destination') ?? '', options: flags(options) }
    case 'SNAT':
      return { kind: 'snat', to: argumentOf(options, 'to-source') ?? '', options: flags(options) }
    case 'MASQUERADE':
    case 'REDIRECT':
      return {
        kind: name === 'MASQUERADE' ? 'masquerade' : 'redirect',
        ports: argumentOf(options, 'to-ports') ?? null,
        options: flags(options),
      }
    case 'REJECT':
      return { kind: 'reject', with: argumentOf(options, 'reject-with') ?? null }
    default:
      return { kind: 'extension', name, options }
  }
}
